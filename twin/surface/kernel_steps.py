"""The loop over steps: step length, rain, sweep by bands, edges, record."""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from twin.compilation import INNER
from twin.surface.constants import (
    DRY_UNITS,
    GRAVITY_M_S2,
    LANES,
    MAX_UNITS,
    RAIN_QUANTUM_M,
    RAIN_TICK_M,
    RECHECK_STEPS,
    UNIT_M,
)
from twin.surface.kernel_bands import record_flood, sweep
from twin.surface.kernel_conduits import pass_conduits
from twin.surface.kernel_faces import step_factors
from twin.surface.kernel_openings import Openings, drive_openings, driving_depth, pass_openings
from twin.surface.kernel_record import Record
from twin.surface.kernel_sweep import save_strips
from twin.surface.kernel_tiles import activate, deal_rows, find_wet
from twin.surface.state import Grid, Scratch, Strips, Structures, Tiles

STEADY, UNSTABLE = 0, 1


class Rule(NamedTuple):
    """What does not change during a run.

    Parameters
    ----------
    cell_size_m, courant, max_step_s
        Cell edge, Courant number and longest step.
    tiled
        Sweep active tiles only.
    record_interval_s
        Time between looks at what is recorded, s.
    rows, cols
        Size of the domain.
    """

    cell_size_m: float
    courant: float
    max_step_s: float
    tiled: bool
    record_interval_s: float
    rows: int
    cols: int


class Progress(NamedTuple):
    """Where the loop stands.

    Parameters
    ----------
    time_s
        Simulated time.
    deepest
        Largest depth, units.
    recheck
        Whether wet tiles must be looked for before the next step.
    next_record_s
        When the water is looked at again for the record.
    steps, cell_steps
        Steps and cell updates so far.
    left_units
        Units that have left over the edges.
    status
        `STEADY` or `UNSTABLE`.
    """

    time_s: float
    deepest: int
    recheck: bool
    next_record_s: float
    steps: int
    cell_steps: int
    left_units: int
    status: int


class Rain(NamedTuple):
    """Rain per gauge zone, shape (zones,).

    Parameters
    ----------
    rate
        m/s.
    pending
        Fallen but not yet laid on the ground, m, less than a tick.
    quanta
        Scratch: quanta laid in the present step.
    laid
        Quanta laid since the start.
    """

    rate: Any
    pending: Any
    quanta: Any
    laid: Any


@njit(**INNER)
def gather_rain(rain: Rain, dt_s: float) -> bool:
    """Add the rain of a step; return whether it is time to lay it on the ground."""
    due = False
    for zone in range(rain.rate.size):
        rain.pending[zone] += rain.rate[zone] * dt_s
        ending = rain.rate[zone] == 0.0 and rain.pending[zone] >= RAIN_QUANTUM_M
        due = due or ending or rain.pending[zone] >= RAIN_TICK_M
    if due:
        for zone in range(rain.rate.size):
            quanta = np.int64(rain.pending[zone] / RAIN_QUANTUM_M)
            rain.pending[zone] -= quanta * RAIN_QUANTUM_M
            rain.quanta[zone] = quanta
            rain.laid[zone] += quanta
    return due


@njit(**INNER)
def _step_length(deepest: int, remaining_s: float, rule: Rule) -> float:
    """Return the longest stable step that divides the remaining time: courant dx / sqrt(g h_max)."""
    depth_m = max(deepest, DRY_UNITS) * UNIT_M
    longest = min(rule.max_step_s, rule.courant * rule.cell_size_m / np.sqrt(GRAVITY_M_S2 * depth_m))
    return remaining_s / np.ceil(remaining_s / longest)


@njit(cache=True)
def advance(
    grid: Grid,
    strips: Strips,
    scratch: Scratch,
    tiles: Tiles,
    openings: Openings,
    structures: Structures,
    rain: Rain,
    rule: Rule,
    progress: Progress,
    end_s: float,
    record: Record,
) -> Progress:
    """Advance the water to ``end_s``; the arrays of ``grid``, ``rain`` and ``record`` change in place.

    Returns
    -------
    Where the loop stands; on `UNSTABLE` the offending depths are left in place.
    """
    time_s, deepest, recheck, next_record_s, steps, cell_steps, left, _ = progress
    rows, end = rule.rows, LANES + -(-rule.cols // LANES) * LANES
    next_check, cells, cell_area_m2 = steps, 0, rule.cell_size_m**2
    while time_s < end_s:
        remaining_s = end_s - time_s
        outside = driving_depth(openings, time_s, rule.courant, rule.cell_size_m)
        dt_s = _step_length(max(deepest, outside), remaining_s, rule)
        raining = gather_rain(rain, dt_s)
        if raining or not rule.tiled:
            cells = activate(grid, tiles, rows, end, True)
            deal_rows(tiles, rows, cells)
        elif recheck or steps >= next_check:
            find_wet(grid, tiles, rows, rule.cols, recheck)
            cells = activate(grid, tiles, rows, end, False)
            deal_rows(tiles, rows, cells)
            next_check, recheck = steps + RECHECK_STEPS, False
        step = step_factors(dt_s, rule.cell_size_m)
        drive_openings(grid.depth, grid.qx, grid.qy, openings, dt_s, rule.cell_size_m)
        save_strips(grid, strips, tiles)
        deepest = sweep(grid, strips, scratch, tiles, structures.crests, cells, rain.quanta, raining, step)
        filled, woken = pass_conduits(grid.depth, grid.bed, structures.conduits, dt_s, cell_area_m2)
        time_s = end_s if dt_s >= remaining_s else time_s + dt_s
        out, touched, woke = pass_openings(
            grid.depth, grid.qx, grid.qy, openings, time_s, dt_s, rule.cell_size_m
        )
        left, deepest = left + out, max(deepest, filled, touched)
        recheck = recheck or raining or woken or woke
        steps += 1
        cell_steps += cells
        if deepest > MAX_UNITS:
            return Progress(time_s, deepest, True, next_record_s, steps, cell_steps, left, UNSTABLE)
        if time_s >= next_record_s:
            if (woken or woke) and rule.tiled:  # water came into tiles that no sweep has visited yet
                find_wet(grid, tiles, rows, rule.cols, True)
                cells = activate(grid, tiles, rows, end, False)
                deal_rows(tiles, rows, cells)
            due_s = (np.floor(time_s / rule.record_interval_s) + 1.0) * rule.record_interval_s
            looks = int(np.rint((due_s - next_record_s) / rule.record_interval_s))
            record_flood(grid, tiles, rows, cells, np.float32(time_s), looks, record)
            next_record_s = due_s
    return Progress(time_s, deepest, recheck, next_record_s, steps, cell_steps, left, STEADY)
