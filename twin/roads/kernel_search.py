"""Shortest times on the road graph from many places at once, each search on its own.

The searches are Dijkstra's with a bucket queue: junctions wait in buckets of equal width in time, and a
bucket is emptied in any order, with those back in it to which a shorter way is found. The times are those
of a heap to the last bit, because a junction's time is the least over its neighbours in whatever order
they come. Indices are unsigned, so that no access checks for a negative one.

Sources: Dial (1969), Algorithm 360; Meyer and Sanders (2003), delta-stepping.
"""

from typing import Any

import numpy as np
from numba import njit, prange

_NONE = -1


@njit(cache=True)
def _put(first: Any, after: Any, before: Any, bucket_of: Any, slot: Any, node: Any) -> None:
    """Put a junction into a bucket, in front of the others there."""
    head = first[slot]
    after[node] = head
    before[node] = _NONE
    if head != _NONE:
        before[np.uint32(head)] = np.int32(node)
    first[slot] = np.int32(node)
    bucket_of[node] = np.int32(slot)


@njit(cache=True)
def _take(first: Any, after: Any, before: Any, bucket_of: Any, node: Any) -> None:
    """Take a junction out of its bucket."""
    previous, following = before[node], after[node]
    if previous == _NONE:
        first[np.uint32(bucket_of[node])] = following
    else:
        after[np.uint32(previous)] = following
    if following != _NONE:
        before[np.uint32(following)] = previous
    bucket_of[node] = _NONE


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
    """Search until every junction that is asked for is settled or nothing is left within the limit."""
    after, before, bucket_of = queue[0], queue[1], queue[2]
    best[:] = np.inf
    bucket_of[:] = _NONE
    first[:] = _NONE
    left, waiting, now, mask = out.size, 0, np.int64(0), np.int64(len(first) - 1)
    for node in starts:
        if best[node] > 0.0:
            best[node] = 0.0
            _put(first, after, before, bucket_of, np.uint32(0), node)
            waiting += 1
    while waiting > 0 and left > 0:
        slot = np.uint32(now & mask)
        while first[slot] != _NONE:
            node = np.uint32(first[slot])
            _take(first, after, before, bucket_of, node)
            waiting -= 1
            here_s, place = best[node], asked[node]
            if place != _NONE:
                left -= out[np.uint32(place)] == np.inf
                out[np.uint32(place)] = here_s
            for arc in range(row_start[node], row_start[node + np.uint32(1)]):
                time_s, other = here_s + arc_s[arc], neighbour[arc]
                if time_s < best[other] and time_s <= limit_s:
                    best[other] = time_s
                    if bucket_of[other] != _NONE:
                        _take(first, after, before, bucket_of, other)
                        waiting -= 1
                    later = np.uint32(max(np.int64(time_s * per_s), now) & mask)
                    _put(first, after, before, bucket_of, later, other)
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
        Room for each worker: times, shape (workers, junctions); links, int32, shape (workers, 3,
        junctions); and first junctions, int32, shape (workers, buckets). The number of buckets is a
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
