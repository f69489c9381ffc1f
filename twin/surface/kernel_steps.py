"""The loop over steps: step length, rain, sweep by bands, edges, record."""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from twin.compilation import FROM_PYTHON
from twin.surface.constants import (
    DRY_UNITS,
    FREE_WAVES,
    GRAVITY_M_S2,
    LANES,
    MAX_UNITS,
    RAIN_QUANTUM_M,
    RAIN_TICK_M,
    RECHECK_STEPS,
    UNIT_M,
)
from twin.surface.intrinsics import larger, smaller
from twin.surface.kernel_bands import (
    Site,
    Workers,
    help_out,
    look_for_water,
    record_flood,
    sweep,
    wave_depth_now,
)
from twin.surface.kernel_conduits import Conduits
from twin.surface.kernel_faces import step_factors
from twin.surface.kernel_openings import Openings
from twin.surface.kernel_sides import (
    CELL,
    COURANT,
    DEEPEST,
    DRIVE,
    LEFT,
    LOOK,
    PASS,
    STEP,
    TIME,
    WAVE_DEPTH,
    WOKE,
    Sides,
)
from twin.surface.kernel_tiles import activate

STEADY, UNSTABLE = 0, 1
EVERYWHERE, AROUND_WATER = np.bool_(True), np.bool_(False)


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
    cells
        Active cells in the last step.
    next_check
        Step before which wet tiles are looked for again at the latest.
    wave_depth
        Depth above which gravity waves are slowed, units.
    """

    time_s: float
    deepest: int
    recheck: bool
    next_record_s: float
    steps: int
    cell_steps: int
    left_units: int
    status: int
    cells: int
    next_check: int
    wave_depth: float


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


@njit(inline="always")
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


@njit(inline="always")
def _step_length(deepest: int, remaining_s: float, rule: Rule) -> float:
    """Return the longest stable step that divides the remaining time: courant dx / sqrt(g h).

    ``deepest`` is the depth h of the fastest waves, units.
    """
    depth_m = larger(deepest, DRY_UNITS) * UNIT_M
    longest = smaller(rule.max_step_s, rule.courant * rule.cell_size_m / np.sqrt(GRAVITY_M_S2 * depth_m))
    return remaining_s / np.ceil(remaining_s / longest)


@njit(inline="always")
def _activate_wet(do: Workers, site: Site, end: int, cells: int, everywhere: bool) -> int:
    """Look for water and activate the tiles around it; return the number of active cells.

    Parameters
    ----------
    cells
        Active cells so far; only these are looked at, unless ``everywhere``.
    """
    look_for_water(do, site, site.rows * site.cols if everywhere else cells, everywhere)
    return activate(site.grid, site.tiles, site.rows, end, AROUND_WATER)


@njit(nogil=True, error_model="numpy", **FROM_PYTHON)
def advance(
    rank: int,
    do: Workers,
    by: Sides,
    site: Site,
    openings: Openings,
    conduits: Conduits,
    rain: Rain,
    rule: Rule,
    progress: Progress,
    end_s: float,
) -> Progress:
    """Advance the water to ``end_s``; the arrays of ``site``, ``openings`` and ``rain`` change in place.

    These and ``conduits`` are lent, see `twin.surface.lending`.

    Parameters
    ----------
    rank
        0 for the thread that leads; the others help it until they are dismissed. Each calls this function,
        so that there is one kernel to compile.
    do
        What does one part of a task, see `twin.surface.kernel_bands.workers`.
    by
        What serves openings and culverts, see `twin.surface.kernel_sides`.

    Returns
    -------
    Where the loop stands; on `UNSTABLE` the offending depths are left in place. Only the leader's counts.
    """
    if rank != 0:
        help_out(do, site)
        return progress
    time_s, deepest, recheck, next_record_s, steps, cell_steps, left, _, cells, next_check, wave_depth = (
        progress
    )
    moment, passed = site.present.moment, site.present.passed
    moment[COURANT], moment[CELL] = rule.courant, rule.cell_size_m
    end, status = LANES + -(-site.cols // LANES) * LANES, STEADY
    while time_s < end_s:
        remaining_s = end_s - time_s
        if not rule.tiled:
            cells = activate(site.grid, site.tiles, site.rows, end, EVERYWHERE)
        elif recheck or steps >= next_check:
            cells = _activate_wet(do, site, end, cells, recheck)
            next_check, recheck = steps + RECHECK_STEPS, False
        if site.present.least_wave[0] < FREE_WAVES and steps % RECHECK_STEPS == 0:
            wave_depth = wave_depth_now(do, site, cells)
        moment[TIME], moment[WAVE_DEPTH] = time_s, wave_depth
        passed[LEFT], passed[DEEPEST], passed[WOKE] = 0, 0, 0
        by.openings(site, openings, LOOK)
        dt_s = _step_length(
            larger(smaller(deepest, np.int64(wave_depth)), passed[DEEPEST]), remaining_s, rule
        )
        raining = gather_rain(rain, dt_s)
        time_s = end_s if dt_s >= remaining_s else time_s + dt_s
        moment[TIME], moment[STEP], passed[DEEPEST] = time_s, dt_s, 0
        by.openings(site, openings, DRIVE)
        deepest = sweep(do, site, cells, raining, step_factors(dt_s, rule.cell_size_m, wave_depth))
        by.conduits(site, conduits, PASS)
        by.openings(site, openings, PASS)
        left, deepest, woke = left + passed[LEFT], larger(deepest, passed[DEEPEST]), passed[WOKE] != 0
        recheck = recheck or raining or woke
        steps += 1
        cell_steps += cells
        if deepest > MAX_UNITS:
            recheck, status = True, UNSTABLE
            break
        if time_s >= next_record_s:
            if (raining or woke) and rule.tiled:  # water came into tiles that no sweep has visited yet
                cells = _activate_wet(do, site, end, cells, True)
            due_s = (np.floor(time_s / rule.record_interval_s) + 1.0) * rule.record_interval_s
            looks: Any = np.int64(np.rint((due_s - next_record_s) / rule.record_interval_s))
            record_flood(do, site, cells, time_s, looks)
            next_record_s = due_s
    return Progress(
        *(time_s, deepest, recheck, next_record_s, steps, cell_steps, left, status, cells, next_check),
        wave_depth,
    )
