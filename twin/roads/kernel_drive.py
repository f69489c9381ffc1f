"""Kernel: where a driver is at which time along given roads."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from twin.compilation import FROM_PYTHON, INNER

TOLERANCE_M = 1.0
"""A place is left out of a path where the remaining ones have the driver within this distance of it, m."""


StreetArrays = tuple[
    NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]
]
"""Where roads run and how fast they are when dry; a plain tuple, because a named one is compared with its
class at every call, which takes as long as the drive.

First and last junction of each road, shape (roads, 2); the first vertex of each road, shape (roads + 1,);
all vertices, x and y in m; roads that nobody drives from their last to their first junction, shape
(roads,); travel time of each road when it is dry, shape (roads,), s.
"""


DriveArrays = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]
"""What becomes of a drive over n roads: room that is used again and again, since arrays made for each drive
would cost more than the drive.

Junctions and roads, shape (2, > n); time at each junction, time on each road, and time lost to water before
each junction, shape (3, > n), s; the path, x and y in m and time in s, with room for the first junction and
all vertices of the roads, shape (m, 3).
"""


@njit(**INNER)
def _apart(vertices: NDArray[np.float64], one: int, other: int) -> float:
    """Distance between two vertices, m."""
    return float(np.hypot(vertices[one, 0] - vertices[other, 0], vertices[one, 1] - vertices[other, 1]))


@njit(**INNER)
def _fits(path: NDArray[np.float64], first: int, last: int) -> bool:
    """Whether a straight drive between two places passes all between them at their times."""
    span = path[last, 2] - path[first, 2]
    for between in range(first + 1, last):
        share = (path[between, 2] - path[first, 2]) / span if span > 0.0 else 0.0
        off_x = path[first, 0] + share * (path[last, 0] - path[first, 0]) - path[between, 0]
        off_y = path[first, 1] + share * (path[last, 1] - path[first, 1]) - path[between, 1]
        if off_x * off_x + off_y * off_y > TOLERANCE_M * TOLERANCE_M:
            return False
    return True


@njit(**INNER)
def _keep(kept: NDArray[np.float64], number: int, path: NDArray[np.float64], place: int) -> None:
    """Copy one place; value by value, since assigning a row takes seconds to compile."""
    for axis in range(3):
        kept[number, axis] = path[place, axis]


@njit(**INNER)
def _thin(path: NDArray[np.float64], count: int) -> int:
    """Keep of a path what says it within the tolerance, rounded to 1 cm and 1 ms; return how many places."""
    if count == 0:
        return 0
    first, number = 0, 0
    for last in range(2, count):
        if not _fits(path, first, last):
            first = last - 1
            number += 1
            _keep(path, number, path, first)
    if count > 1:
        number += 1
        _keep(path, number, path, count - 1)
    for index in range(number + 1):
        path[index, 0] = np.floor(path[index, 0] * 100.0 + 0.5) / 100.0
        path[index, 1] = np.floor(path[index, 1] * 100.0 + 0.5) / 100.0
        path[index, 2] = np.floor(path[index, 2] * 1000.0 + 0.5) / 1000.0
    return number + 1


@njit(**INNER)
def _along(
    line: NDArray[np.float64], against: bool, travel_s: float, path: NDArray[np.float64], count: int
) -> int:
    """Add the vertices of a road that follow its first one to a path; return how many places it has."""
    depart_s, last = path[count - 1, 2], len(line) - 1
    if last == 1:  # most roads
        here = 0 if against else 1
        path[count, 0], path[count, 1] = line[here, 0], line[here, 1]
        path[count, 2] = depart_s + travel_s
        return count + 1
    length = 0.0
    for vertex in range(last):
        length += _apart(line, vertex, vertex + 1)
    along = 0.0
    for step in range(1, last + 1):
        here = last - step if against else step
        along += _apart(line, here, here + 1 if against else here - 1)
        share = along / length if length > 0.0 else float(step) / last
        path[count, 0], path[count, 1] = line[here, 0], line[here, 1]
        path[count, 2] = depart_s + share * travel_s
        count += 1
    return count


@njit(**FROM_PYTHON)
def drive(
    streets: StreetArrays,
    road_s: NDArray[np.float64],
    node: int,
    number: int,
    depart_s: float,
    told: DriveArrays,
) -> int:
    """Drive roads one after the other.

    Parameters
    ----------
    streets
        All roads.
    road_s
        Travel time of each road now, shape (roads,), s; ``inf`` where it is cut.
    node
        Where the driver sets out; an end of the first road.
    number
        How many roads to drive, each beginning where the one before ends.
    depart_s
        When, s.
    told
        The roads, and room for what becomes of the drive.

    Returns
    -------
    Number of places of the path, which ends before the first road that is cut.
    """
    ends, start, vertices, oneway, dry_s = streets
    whole, times, path = told
    nodes, roads = whole[0], whole[1]
    reached_s, leg_s, delay_s = times[0], times[1], times[2]
    nodes[0], reached_s[0], delay_s[0], count = node, depart_s, 0.0, 0
    if number > 0:
        first = start[roads[0]] if ends[roads[0], 0] == node else start[roads[0] + 1] - 1
        path[0, 0], path[0, 1], path[0, 2] = vertices[first, 0], vertices[first, 1], depart_s
        count = 1
    for index in range(number):
        road = roads[index]
        against = ends[road, 0] != nodes[index]
        nodes[index + 1] = ends[road, 0] if against else ends[road, 1]
        leg_s[index] = np.inf if against and oneway[road] else road_s[road]
        reached_s[index + 1], delay_s[index + 1] = reached_s[index] + leg_s[index], delay_s[index]
        if np.isfinite(reached_s[index + 1]):
            delay_s[index + 1] += max(leg_s[index] - dry_s[road], 0.0)
            count = _along(vertices[start[road] : start[road + 1]], against, leg_s[index], path, count)
    return _thin(path, count)
