"""Shortest times on the road graph from many places at once, each search on its own.

The searches are Dijkstra's with a bucket queue: junctions wait in buckets of equal width in time, and a
bucket is emptied in any order, with those back in it to which a shorter way is found. The times are those
of a heap to the last bit, because a junction's time is the least over its neighbours in whatever order
they come. Indices are unsigned, so that no access checks for a negative one, and the links of the buckets
are written out where they are used: calls for them made the search twice as slow.

Sources: Dial (1969), Algorithm 360; Meyer and Sanders (2003), delta-stepping.
"""

from typing import Any

import numpy as np
from numba import njit, prange

_NONE = -1
_AFTER, _BEFORE, _BUCKET = range(3)  # columns of the queue


@njit(cache=True)
def _search(
    row_start: Any,
    neighbour: Any,
    arc_s: Any,
    starts: Any,
    asked: Any,
    per_s: float,
    limit_s: float,
    best: Any,
    queue: Any,
    first: Any,
    out: Any,
) -> None:
    """Search until every junction that is asked for is settled or nothing is left within the limit.

    Junctions in a bucket are doubly linked, so that one to which a shorter way is found moves at once.
    """
    best[:] = np.inf
    queue[:, _BUCKET] = _NONE
    first[:] = _NONE
    mask, now = np.int64(len(first) - 1), np.int64(0)
    left, waiting = np.int64(out.size), np.int64(0)
    for start in starts:
        if best[start] > 0.0:
            best[start] = 0.0
            head = first[0]
            queue[start, _AFTER], queue[start, _BEFORE], queue[start, _BUCKET] = head, _NONE, 0
            if head != _NONE:
                queue[np.uint32(head), _BEFORE] = np.int32(start)
            first[0] = np.int32(start)
            waiting += 1
    while waiting > 0 and left > 0:
        slot = np.uint32(now & mask)
        while first[slot] != _NONE:
            node = np.uint32(first[slot])
            after = queue[node, _AFTER]
            first[slot] = after
            if after != _NONE:
                queue[np.uint32(after), _BEFORE] = _NONE
            queue[node, _BUCKET] = _NONE
            waiting -= 1
            here_s, place = best[node], asked[node]
            if place != _NONE:
                if out[np.uint32(place)] == np.inf:
                    left -= 1
                out[np.uint32(place)] = here_s
            for arc in range(row_start[node], row_start[node + np.uint32(1)]):
                time_s, other = here_s + arc_s[arc], neighbour[arc]
                if time_s >= best[other] or time_s > limit_s:
                    continue
                best[other] = time_s
                if queue[other, _BUCKET] != _NONE:
                    after, before = queue[other, _AFTER], queue[other, _BEFORE]
                    if before == _NONE:
                        first[np.uint32(queue[other, _BUCKET])] = after
                    else:
                        queue[np.uint32(before), _AFTER] = after
                    if after != _NONE:
                        queue[np.uint32(after), _BEFORE] = before
                    waiting -= 1
                bucket = np.uint32(max(np.int64(time_s * per_s), now) & mask)
                head = first[bucket]
                queue[other, _AFTER], queue[other, _BEFORE] = head, _NONE
                queue[other, _BUCKET] = np.int32(bucket)
                if head != _NONE:
                    queue[np.uint32(head), _BEFORE] = np.int32(other)
                first[bucket] = np.int32(other)
                waiting += 1
        now += 1


@njit(cache=True, parallel=True)
def search_all(
    row_start: Any,
    neighbour: Any,
    arc_s: Any,
    start_row: Any,
    starts: Any,
    asked: Any,
    per_s: float,
    limit_s: float,
    best: Any,
    queue: Any,
    first: Any,
    out: Any,
) -> None:
    """Fill the shortest times from each of several starting places to the junctions asked for.

    The searches do not touch each other, so the number of workers and threads changes nothing.

    Parameters
    ----------
    row_start, neighbour, arc_s
        Graph as compressed rows, uint32; ``arc_s`` is the time of each arc, s, ``inf`` where it is cut.
    start_row, starts
        Junctions of each starting place, as compressed rows, uint32.
    asked
        Index of each junction among those asked for, int32, -1 for all others.
    per_s
        Buckets to a second, 1/s.
    limit_s
        Where a search ends, s.
    best, queue, first
        Room for each worker: times, shape (workers, junctions); links, int32, shape (workers,
        junctions, 3); and first junctions, int32, shape (workers, buckets). The number of buckets is a
        power of two, and together they span more than the longest arc that is not cut.
    out
        Shape (places, junctions asked for), s; ``inf`` on entry, and afterwards where there is no way
        within the limit.
    """
    workers, places = len(best), len(start_row) - 1
    for worker in prange(workers):
        for place in range(worker, places, workers):
            _search(
                row_start,
                neighbour,
                arc_s,
                starts[start_row[place] : start_row[place + 1]],
                asked,
                per_s,
                limit_s,
                best[worker],
                queue[worker],
                first[worker],
                out[place],
            )
