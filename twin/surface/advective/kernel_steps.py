"""What a step does besides its passes: entries for Python to kernels that otherwise only kernels call."""

from typing import Any

import numpy as np
from numba import njit

from twin.surface.advective.kernel_borders import carry_outlets, open_border
from twin.surface.advective.kernel_tiles import still_tiles
from twin.surface.advective.kernel_weirs import patch_weirs, weir_discharges
from twin.surface.advective.motion import Motion
from twin.surface.constants import FREE_WAVES, GRAVITY_M_S2, LANES, UNIT_M
from twin.surface.kernel_conduits import pass_conduits
from twin.surface.kernel_openings import Openings, drive_openings, driving_depth, pass_openings
from twin.surface.kernel_steps import Rain, Rule, gather_rain
from twin.surface.kernel_tiles import activate, find_wet
from twin.surface.state import Grid, Structures, Tiles


@njit(cache=True)
def choose_tiles(
    grid: Grid, motion: Motion, tiles: Tiles, rule: Rule, everywhere: bool, look_everywhere: bool
) -> int:
    """Find the active tiles, deal them out to the bands and return the number of active cells.

    Parameters
    ----------
    everywhere
        Activate all tiles.
    look_everywhere
        Look for water in all tiles, see `twin.surface.kernel_tiles.find_wet`.
    """
    end = LANES + -(-rule.cols // LANES) * LANES
    was_active = tiles.active.copy()
    if not everywhere:
        find_wet(grid, tiles, rule.rows, rule.cols, look_everywhere)
    cells: int = activate(grid, tiles, rule.rows, end, everywhere)
    if not everywhere:
        still_tiles(motion, tiles, was_active, rule.rows, end)
    return cells


@njit(cache=True)
def speed_outside(openings: Openings, time_s: float, rule: Rule) -> float:
    """Set the levels beyond the edges at a time; return the celerity of the water there, m/s."""
    outside = driving_depth(openings, time_s, rule.courant, rule.cell_size_m, FREE_WAVES)
    return float(np.sqrt(GRAVITY_M_S2 * outside * UNIT_M))


@njit(cache=True)
def add_rain(rain: Rain, dt_s: float) -> bool:
    """Add the rain of a step; return whether it is time to lay it on the ground."""
    return bool(gather_rain(rain, dt_s))


@njit(cache=True)
def drive_borders(
    grid: Grid, motion: Motion, openings: Openings, structures: Structures, dt_s: float, cell_size_m: float
) -> Any:
    """Find what passes at the edges and over barriers before the water moves; return the latter, m²/s."""
    drive_openings(grid.depth, grid.qx, grid.qy, openings, dt_s, cell_size_m, FREE_WAVES)
    carry_outlets(grid, motion, openings.outlets)
    pressure = np.float32(GRAVITY_M_S2 * dt_s / cell_size_m * UNIT_M * UNIT_M)
    return weir_discharges(grid, structures.crests, pressure)


@njit(cache=True)
def patch_borders(grid: Grid, motion: Motion, openings: Openings, structures: Structures, weirs: Any) -> None:
    """Let barriers and edges rule their faces, after `drive_borders` and the pass over all faces."""
    patch_weirs(grid, motion, structures.crests, weirs)
    open_border(motion, openings.outlets.border)
    open_border(motion, openings.levels.border)


@njit(cache=True)
def pass_borders(
    grid: Grid, openings: Openings, structures: Structures, time_s: float, dt_s: float, cell_size_m: float
) -> tuple[int, int, bool]:
    """Move the water of a step that ends at ``time_s`` through culverts and edges.

    Returns
    -------
    Units that left, largest depth touched, and whether a dry cell became wet.
    """
    filled, woken = pass_conduits(grid.depth, grid.bed, structures.conduits, dt_s, cell_size_m * cell_size_m)
    out, touched, woke = pass_openings(grid.depth, grid.qx, grid.qy, openings, time_s, dt_s, cell_size_m)
    return out, max(filled, touched), woken or woke
