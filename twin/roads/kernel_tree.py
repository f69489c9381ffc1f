"""Kernels: the tree of fastest ways to one junction, and a way along it."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from twin.compilation import FROM_PYTHON, INNER

NOWHERE = -1
"""Next arc of a junction from which there is no way, and of the destination itself."""


@njit(**INNER)
def _push(key: Any, item: Any, count: int, new_key: float, new_item: int) -> int:
    """Add an entry to a binary heap with the least key first; return the new count."""
    position = count
    while position > 0:
        above = (position - 1) >> 1
        if key[above] <= new_key:
            break
        key[position], item[position] = key[above], item[above]
        position = above
    key[position], item[position] = new_key, new_item
    return count + 1


@njit(**INNER)
def _pop(key: Any, item: Any, count: int) -> int:
    """Take the first entry of a binary heap away; return the new count."""
    count -= 1
    moved_key, moved_item = key[count], item[count]
    position, below = 0, 1
    while below < count:
        if below + 1 < count and key[below + 1] < key[below]:
            below += 1
        if key[below] >= moved_key:
            break
        key[position], item[position] = key[below], item[below]
        position = below
        below = 2 * position + 1
    key[position], item[position] = moved_key, moved_item
    return count


@njit(cache=True)
def grow_tree(
    row_start: NDArray[np.int32],
    tail: NDArray[np.int32],
    arc_s: NDArray[np.float64],
    destination: int,
    time_s: NDArray[np.float64],
    next_arc: NDArray[np.int32],
) -> None:
    """Find the fastest way from each junction to one, against the arcs (Dijkstra 1959).

    Parameters
    ----------
    row_start, tail
        Arcs to junction n are those from ``row_start[n]`` to ``row_start[n + 1]``; where each comes from.
    arc_s
        Travel time of each arc, s; ``inf`` where it is cut.
    destination
        Index of the junction.
    time_s, next_arc
        Of each junction, shape (junctions,): travel time, s, ``inf`` where there is no way, and the arc
        to take first. Filled in.
    """
    time_s[:] = np.inf
    next_arc[:] = NOWHERE
    time_s[destination] = 0.0
    key, item = np.empty(len(arc_s) + 1), np.empty(len(arc_s) + 1, dtype=np.int32)
    count = _push(key, item, 0, 0.0, destination)
    while count > 0:
        so_far, node = key[0], item[0]
        count = _pop(key, item, count)
        if so_far > time_s[node]:
            continue  # reached on a faster way in the meantime
        for arc in range(row_start[node], row_start[node + 1]):
            total = so_far + arc_s[arc]
            if total < time_s[tail[arc]]:
                time_s[tail[arc]] = total
                next_arc[tail[arc]] = arc
                count = _push(key, item, count, total, tail[arc])


@njit(**FROM_PYTHON)
def follow(
    next_arc: NDArray[np.int32],
    head: NDArray[np.int32],
    arc_road: NDArray[np.int64],
    origin: int,
    roads: NDArray[np.int64],
) -> int:
    """Fill in the roads from a junction to the end of its tree, in driving order; return how many they are.

    ``roads`` has room for one to each junction.
    """
    count, node = 0, origin
    while next_arc[node] != NOWHERE:
        arc = next_arc[node]
        roads[count] = arc_road[arc]
        node = head[arc]
        count += 1
    return count


@njit(**FROM_PYTHON)
def look_up(
    time_s: NDArray[np.float64],
    rows: NDArray[np.int32],
    first: NDArray[np.int64],
    origins: NDArray[np.int64],
    wanted: NDArray[np.bool_],
    limit_s: float,
    out: NDArray[np.float64],
) -> None:
    """Fill in the times from origins to the nearest junction of each target, where they are wanted.

    Parameters
    ----------
    time_s
        Trees, a row each, see `grow_tree`.
    rows, first
        Trees of target n: those of ``rows`` from ``first[n]`` to ``first[n + 1]``.
    origins
        Junctions.
    wanted
        Which pairs are asked for, shape (origins, targets).
    limit_s
        Longer ways count as none, s.
    out
        Shape (origins, targets), s; ``inf`` on entry.
    """
    for target in range(len(first) - 1):
        for origin in range(len(origins)):
            if wanted[origin, target]:
                best = np.inf
                for index in range(first[target], first[target + 1]):
                    best = min(best, time_s[rows[index], origins[origin]])
                if best <= limit_s:
                    out[origin, target] = best
