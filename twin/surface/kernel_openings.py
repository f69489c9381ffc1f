"""All ways in which water crosses the border of the domain, handled around the sweep of each step.

A step calls `driving_depth`, `drive_openings`, then sweeps the grid, then calls `pass_openings`.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from twin.surface.constants import UNIT_M
from twin.surface.intrinsics import larger, smaller
from twin.surface.kernel_edges import Outlets, drive_outlets, pass_border
from twin.surface.kernel_inflows import InflowCells, inflow_depth, pour_inflows
from twin.surface.kernel_levels import LevelFaces, deepest_outside, drive_levels


class Openings(NamedTuple):
    """Where water leaves freely, where a level is given, where a hydrograph enters.

    Parameters
    ----------
    outlets, levels, inflows
        Each may be without entries.
    entered
        Units that came in over the edges so far, shape (1,), int64; changes in place. What inflows have
        given they know themselves.
    """

    outlets: Outlets
    levels: LevelFaces
    inflows: InflowCells
    entered: Any


@njit(inline="always")
def driving_depth(
    openings: Openings, time_s: float, courant: float, cell_size_m: float, wave_depth: float
) -> int:
    """Set the levels at a time; return the depth outside that the next step must respect, units.

    Behind levels it counts up to the wave depth (units), above which waves are slowed.
    """
    outside = smaller(deepest_outside(openings.levels, time_s), np.int64(wave_depth))
    return larger(outside, inflow_depth(openings.inflows, time_s, courant, cell_size_m))


@njit(inline="always")
def drive_openings(
    depth: Any, qx: Any, qy: Any, openings: Openings, dt_s: float, cell_size_m: float, wave_depth: float
) -> None:
    """Find the discharges at the edges from the depths as they are before the step."""
    drive_outlets(depth, openings.outlets)
    drive_levels(depth, qx, qy, openings.levels, dt_s, cell_size_m, wave_depth)


@njit(inline="always")
def pass_openings(
    depth: Any, qx: Any, qy: Any, openings: Openings, time_s: float, dt_s: float, cell_size_m: float
) -> tuple[int, int, bool]:
    """Move the water of a step that ends at ``time_s`` through all openings.

    Returns
    -------
    Units that left, largest depth touched, and whether a dry cell became wet.
    """
    left, _, _, _ = pass_border(depth, qx, qy, openings.outlets.border, dt_s, cell_size_m)
    out, entered, deepest, woke = pass_border(depth, qx, qy, openings.levels.border, dt_s, cell_size_m)
    openings.entered[0] += entered
    poured_to, woken = pour_inflows(depth, openings.inflows, time_s, UNIT_M * cell_size_m * cell_size_m)
    return left + out, larger(deepest, poured_to), woke or woken
