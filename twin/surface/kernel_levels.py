"""Edges at which the water level outside is given: a river downstream, the sea, a lake.

Each such face has a discharge of its own, driven like those inside (see `twin.surface.kernel_faces`) by
the drop from the level outside to the cell, over the length of a cell. Beyond the face lies a bed as
high as the cell's. The flow may reach, not pass, the speed of a gravity wave: no level can empty or
flood a cell faster than a step that respects the Courant number allows.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from twin.compilation import BORROWING
from twin.surface.constants import DRY_UNITS, GRAVITY_M_S2, THETA_MIN, UNIT_M
from twin.surface.intrinsics import larger, smaller
from twin.surface.kernel_edges import Border


class LevelFaces(NamedTuple):
    """Faces with a given level beyond, one entry each, and the levels in time.

    Parameters
    ----------
    border
        The faces.
    bed
        Bed of the cell, units above the datum, float64.
    friction
        g n², m^(1/3)/s².
    inner_row, inner_col
        Where `Grid.qx` or `Grid.qy` holds the discharge of the cell's opposite face.
    series
        Which series of levels applies.
    level
        Scratch: the level of each series at present, whole units, shape (series,).
    first
        Where each series begins in the knots, and the end, shape (series + 1,).
    knots_s, knots
        Times, s, and levels, whole units above the datum, as float64.
    """

    border: Border
    bed: Any
    friction: Any
    inner_row: Any
    inner_col: Any
    series: Any
    level: Any
    first: Any
    knots_s: Any
    knots: Any


@njit(**BORROWING)
def knots_until(knots_s: Any, time_s: float) -> int:
    """Return how many knots, in the order of time, do not lie after a time."""
    low, high = 0, knots_s.size
    while low < high:
        middle = (low + high) // 2
        if knots_s[middle] <= time_s:
            low = middle + 1
        else:
            high = middle
    return low


@njit(**BORROWING)
def interpolate(knots_s: Any, knots: Any, time_s: float) -> float:
    """Value at a time, linear between knots, constant before the first and after the last."""
    last = knots_s.size - 1
    if time_s <= knots_s[0]:
        return float(knots[0])
    if time_s >= knots_s[last]:
        return float(knots[last])
    after = knots_until(knots_s, time_s)
    share = (time_s - knots_s[after - 1]) / (knots_s[after] - knots_s[after - 1])
    return float(knots[after - 1] + share * (knots[after] - knots[after - 1]))


@njit(**BORROWING)
def _set_levels(faces: LevelFaces, time_s: float) -> None:
    """Set the scratch to the levels at a time."""
    for series in range(faces.level.size):
        first, end = faces.first[series], faces.first[series + 1]
        faces.level[series] = np.rint(interpolate(faces.knots_s[first:end], faces.knots[first:end], time_s))


@njit(inline="always")
def deepest_outside(faces: LevelFaces, time_s: float) -> int:
    """Largest depth of the water outside over the bed at the edge, units."""
    _set_levels(faces, time_s)
    deepest = 0
    for face in range(faces.bed.size):
        deepest = larger(deepest, np.int64(faces.level[faces.series[face]] - faces.bed[face]))
    return deepest


@njit(inline="always")
def drive_levels(
    depth: Any, qx: Any, qy: Any, faces: LevelFaces, dt_s: float, dx_m: float, wave_depth: float
) -> None:
    """Find the discharges of a step of ``dt_s`` from the levels that `deepest_outside` has set.

    Above the wave depth, units, waves are slowed as in `twin.surface.kernel_faces`.
    """
    border = faces.border
    ratio = dt_s / dx_m
    for face in range(border.row.size):
        units: Any = np.int64(depth[border.row[face], border.col[face]])
        outside: Any = larger(faces.level[faces.series[face]] - faces.bed[face], 0.0)
        flow_units: Any = larger(outside, units)
        if flow_units <= DRY_UNITS:
            border.discharge[face] = 0.0
            continue
        drop = outside - units
        if abs(drop) <= 1.0:
            drop = 0.0  # no finer than the depth itself: level water is at rest
        field = qx if border.along_x[face] else qy
        inner = border.inward[face] * field[faces.inner_row[face], faces.inner_col[face]]
        q, h = border.discharge[face], flow_units * UNIT_M
        theta = larger(THETA_MIN, 1.0 - abs(q) / h * ratio)
        mean = 0.5 * (q + inner)
        slowed = smaller(1.0, wave_depth / flow_units)
        driven = mean + theta * (q - mean) + GRAVITY_M_S2 * h * slowed * ratio * drop * UNIT_M
        new = driven / (1.0 + dt_s * faces.friction[face] * abs(q) / h ** (7.0 / 3.0) * slowed)
        fastest = h * np.sqrt(GRAVITY_M_S2 * h * slowed)
        border.discharge[face] = smaller(larger(new, -fastest), fastest)
