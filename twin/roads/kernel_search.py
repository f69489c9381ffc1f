"""Shortest times on the road graph from many places at once, each search on its own."""

from typing import Any

import numpy as np
from numba import njit, prange

_FAN = 4  # children of a heap entry


@njit(cache=True)
def _push(keys: Any, nodes: Any, size: int, key: float, node: int) -> None:
    """Add an entry to a heap that holds ``size``."""
    hole = size
    while hole > 0:
        parent = (hole - 1) // _FAN
        if keys[parent] <= key:
            break
        keys[hole] = keys[parent]
        nodes[hole] = nodes[parent]
        hole = parent
    keys[hole] = key
    nodes[hole] = node


@njit(cache=True)
def _drop_first(keys: Any, nodes: Any, size: int) -> None:
    """Take the first entry out of a heap that holds ``size`` afterwards."""
    key, node = keys[size], nodes[size]
    hole = 0
    while True:
        first = _FAN * hole + 1
        if first >= size:
            break
        least = first
        for child in range(first + 1, min(first + _FAN, size)):
            if keys[child] < keys[least]:
                least = child
        if keys[least] >= key:
            break
        keys[hole] = keys[least]
        nodes[hole] = nodes[least]
        hole = least
    keys[hole] = key
    nodes[hole] = node


@njit(cache=True)
def _search(
    row_start: Any, neighbour: Any, arc_s: Any, starts: Any, asked: Any, limit_s: float, out: Any
) -> None:
    """Search from ``starts`` until every junction that is asked for is settled or the limit is passed."""
    best = np.full(len(row_start) - 1, np.inf)
    keys = np.empty(len(neighbour) + len(starts) + 1)
    nodes = np.empty(len(neighbour) + len(starts) + 1, dtype=np.int32)
    size = 0
    for node in starts:
        best[node] = 0.0
        _push(keys, nodes, size, 0.0, node)
        size += 1
    left = out.size
    while size > 0 and left > 0:
        time_s, node = keys[0], nodes[0]
        if time_s > limit_s:
            break
        size -= 1
        _drop_first(keys, nodes, size)
        if time_s > best[node]:  # an entry that a faster way has overtaken
            continue
        if asked[node] >= 0 and out[asked[node]] == np.inf:
            out[asked[node]] = time_s
            left -= 1
        for arc in range(row_start[node], row_start[node + 1]):
            after_s = time_s + arc_s[arc]
            if after_s < best[neighbour[arc]]:
                best[neighbour[arc]] = after_s
                _push(keys, nodes, size, after_s, neighbour[arc])
                size += 1


@njit(cache=True, parallel=True)
def search_all(
    row_start: Any,
    neighbour: Any,
    arc_s: Any,
    start_row: Any,
    starts: Any,
    asked: Any,
    limit_s: float,
    out: Any,
) -> None:
    """Fill the shortest times from each of several starting places to the junctions asked for.

    The searches do not touch each other, so the number of threads changes nothing.

    Parameters
    ----------
    row_start, neighbour, arc_s
        Graph as compressed rows; ``arc_s`` is the time of each arc, s, ``inf`` where it is cut.
    start_row, starts
        Junctions of each starting place, as compressed rows.
    asked
        Index of each junction among those asked for, -1 for all others.
    limit_s
        Where a search ends, s.
    out
        Shape (places, junctions asked for), s; ``inf`` on entry, and afterwards where there is no way
        within the limit.
    """
    for place in prange(len(start_row) - 1):
        own = starts[start_row[place] : start_row[place + 1]]
        _search(row_start, neighbour, arc_s, own, asked, limit_s, out[place])
