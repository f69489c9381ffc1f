"""Culverts: water that passes from cell to cell below the ground, in whole units.

A culvert carries the smaller of two discharges (FHWA HDS-5). With *inlet control* the entrance decides, by
a rating of headwater against discharge that is tabulated once. With *outlet control* the barrel decides::

    Q = A sqrt(2 g Δ / (1 + k_e + 2 g n² L / R^(4/3)))

with Δ from the headwater to the tailwater, or to the least depth at the outlet where the tailwater is
lower; A and R at the mean of the depths at both ends, at most full. Approach velocity and the slope term
of the inlet rating are left out.

The water in the barrel has inertia: in a step it gains at most g A dt/L times the drop. Drop and rating
are those of the levels after the step, when the water has left one cell and reached the other: steady flow
follows the rating whatever the step, and levels that are nearly equal do not swing.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from twin.compilation import BORROWING
from twin.surface.constants import DRY_DEPTH_M, DRY_UNITS, GRAVITY_M_S2, UNIT_M, UNITS_PER_M
from twin.surface.intrinsics import larger, smaller


class Conduits(NamedTuple):
    """Barrels between pairs of cells, shape (barrels,) unless said otherwise.

    Parameters
    ----------
    row, col
        Padded cell at either end, shape (barrels, 2).
    invert
        Invert at either end above the lowest bed, m, shape (barrels, 2).
    width, height
        Clear width and height of the culvert, m; the diameter twice where it is round.
    is_round
        1 for a circular section, 0 for a rectangular one.
    length
        Length, m.
    entrance
        Entrance loss coefficient.
    friction
        2 g n² L, m^(4/3).
    share
        Part of the culvert that this barrel stands for.
    head_step
        Distance of the headwaters in the rating, m.
    discharge, outlet_depth
        Rating of the whole culvert: discharge with inlet control, m³/s, and least depth at the outlet, m,
        at headwaters 0, 1, 2 … times the step; shape (barrels, headwaters).
    shut
        1 while its gate is shut.
    flow
        Present discharge, positive from end 0 to end 1, m³/s. Changed by the kernel.
    """

    row: Any
    col: Any
    invert: Any
    width: Any
    height: Any
    is_round: Any
    length: Any
    entrance: Any
    friction: Any
    share: Any
    head_step: Any
    discharge: Any
    outlet_depth: Any
    shut: Any
    flow: Any


@njit(cache=True, error_model="numpy")
def section(width: float, height: float, is_round: bool, depth: float) -> tuple[float, float]:
    """Return flow area (m²) and hydraulic radius (m) at a depth; full above the height."""
    if is_round:
        angle = 2.0 * np.arccos(1.0 - 2.0 * smaller(depth / height, 1.0))
        area = height * height / 8.0 * (angle - np.sin(angle))
        return area, area / (0.5 * height * angle)
    filled = smaller(depth, height)
    perimeter = width + 2.0 * filled + (width if depth >= height else 0.0)
    return width * filled, width * filled / perimeter


@njit(cache=True, error_model="numpy")
def capacity(
    conduits: Conduits,
    k: int,
    upper: int,
    level_up: float,
    level_down: float,
    response: float = 0.0,
    before: float = 0.0,
) -> float:
    """Return what the whole culvert carries, m³/s.

    Parameters
    ----------
    upper
        End with the higher level, 0 or 1.
    level_up, level_down
        Water levels before the step above the lowest bed, m.
    response
        How far the levels at the ends fall and rise in the step for each m³/s that the whole culvert
        carries, m; 0 for levels that are given.
    before
        Discharge of the whole culvert in the step before, m³/s; the entrance looks at the level that it
        would leave.
    """
    head = level_up - response * before - conduits.invert[k, upper]
    if head <= DRY_DEPTH_M:
        return 0.0
    last = conduits.discharge.shape[1] - 1
    position = head / conduits.head_step[k]
    below = smaller(np.int64(position), last - 1)
    part = smaller(position - below, 1.0)
    rating, depths = conduits.discharge[k], conduits.outlet_depth[k]
    inlet = rating[below] + part * (rating[below + 1] - rating[below])
    inlet *= np.sqrt(larger(position / last, 1.0))
    least = depths[below] + part * (depths[below + 1] - depths[below])
    invert_down = conduits.invert[k, 1 - upper]
    outlet_depth = larger(level_down - invert_down, least)
    drop = level_up - (invert_down + outlet_depth)
    if drop <= 0.0:
        return 0.0
    height = conduits.height[k]
    depth = 0.5 * (smaller(head, height) + smaller(outlet_depth, height))
    area, radius = section(conduits.width[k], height, conduits.is_round[k] != 0, depth)
    losses = 1.0 + conduits.entrance[k] + conduits.friction[k] / radius ** (4.0 / 3.0)
    conveyance = area * area * 2.0 * GRAVITY_M_S2 / losses
    # Q² = conveyance (drop - ends response Q): a tailwater above the least depth rises too
    ends = 2.0 if outlet_depth > least else 1.0
    half = 0.5 * ends * response * conveyance
    return smaller(inlet, np.sqrt(half * half + conveyance * drop) - half)


@njit(error_model="numpy", **BORROWING)
def _discharge(
    conduits: Conduits, k: int, upper: int, levels: Any, dt_s: float, cell_area_m2: float
) -> float:
    """Return the new discharge of a barrel from its upper to its lower end, m³/s, >= 0."""
    head = levels[upper] - conduits.invert[k, upper]
    if conduits.shut[k] != 0 or head <= DRY_DEPTH_M:
        return 0.0
    share, response = conduits.share[k], dt_s / cell_area_m2
    before = larger(conduits.flow[k] if upper == 0 else -conduits.flow[k], 0.0)
    drop = levels[upper] - larger(levels[1 - upper], conduits.invert[k, upper])
    area, _ = section(conduits.width[k], conduits.height[k], conduits.is_round[k] != 0, head)
    gain = GRAVITY_M_S2 * share * area * dt_s / conduits.length[k]
    driven = (before + gain * drop) / (1.0 + 2.0 * gain * response)
    most = capacity(conduits, k, upper, levels[upper], levels[1 - upper], share * response, before / share)
    return smaller(driven, share * most)


@njit(inline="always")
def _level(depth: Any, bed: Any, conduits: Conduits, k: int, end: int) -> float:
    """Return the water level at one end of a barrel above the lowest bed, m."""
    row, col = conduits.row[k, end], conduits.col[k, end]
    return (np.float64(bed[row, col]) + np.float64(depth[row, col])) * UNIT_M


@njit(inline="always")
def pass_conduits(
    depth: Any, bed: Any, conduits: Conduits, dt_s: float, cell_area_m2: float
) -> tuple[int, bool]:
    """Move water through all barrels for one step, in order, never more than the upper cell holds.

    Parameters
    ----------
    depth, bed
        Padded grids in units; the depth is changed.

    Returns
    -------
    Largest depth touched, units, and whether a dry cell became wet.
    """
    deepest, woke = 0, False
    for k in range(conduits.flow.size):
        levels = _level(depth, bed, conduits, k, 0), _level(depth, bed, conduits, k, 1)
        upper = 0 if levels[0] >= levels[1] else 1
        from_row, from_col = conduits.row[k, upper], conduits.col[k, upper]
        to_row, to_col = conduits.row[k, 1 - upper], conduits.col[k, 1 - upper]
        discharge = 0.0
        if depth[from_row, from_col] > DRY_UNITS:
            discharge = _discharge(conduits, k, upper, levels, dt_s, cell_area_m2)
        # water below the invert stays where it is
        above = larger(np.int64((levels[upper] - conduits.invert[k, upper]) * UNITS_PER_M), 0)
        held = smaller(np.int64(depth[from_row, from_col]), above)
        units = np.int64(discharge * dt_s / cell_area_m2 * UNITS_PER_M)
        if units > held:
            units, discharge = held, held * UNIT_M * cell_area_m2 / dt_s
        conduits.flow[k] = discharge if upper == 0 else -discharge
        before: Any = np.int64(depth[to_row, to_col])
        depth[from_row, from_col] -= units
        depth[to_row, to_col] += units
        deepest = larger(deepest, before + units)
        woke = woke or (before <= DRY_UNITS < before + units)
    return deepest, woke
