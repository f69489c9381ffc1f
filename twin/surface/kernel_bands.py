"""The parts of a step that threads share: what is done to one band of rows, or to one row of tiles.

A part writes only what belongs to it and reads nothing that another part of the same task writes, so that
the result does not depend on who does what when.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numba import njit, typeof, types

from twin.compilation import BORROWING, BY_ADDRESS
from twin.surface.constants import LANES
from twin.surface.intrinsics import larger
from twin.surface.kernel_barriers import Crests
from twin.surface.kernel_faces import StepFactors
from twin.surface.kernel_record import Record, record_depth_row, record_tile_row
from twin.surface.kernel_sweep import rain_beside, save_strip, sweep_band
from twin.surface.kernel_team import FIRST, NO_PART, TASK, await_all, await_part, finish_part, post, take_part
from twin.surface.kernel_tiles import find_wet_row
from twin.surface.kernel_waves import find_wave_depth
from twin.surface.lending import Lent
from twin.surface.state import Grid, Scratch, Strips, Tiles

WORTH_SHARING = 1 << 12
"""Cells from which on work is shared: some 20 µs for one thread, while handing it over takes one or two."""

SAVE, SWEEP, FIND, FIND_EVERYWHERE, RAIN, RECORD, RECORD_RATES, WAVES = map(np.int64, range(8))
"""Tasks: save a strip, sweep a band, look for water in a row of tiles, lay rain beside the active ones,
record the largest depth there, record the flood with its rates, find its wave depth.

No Python numbers, for each of which a kernel that takes a task would be compiled anew.
"""


class Present(NamedTuple):
    """What changes from task to task.

    Parameters
    ----------
    step
        `StepFactors` in their order, float32, shape (5,).
    raining
        1 where the sweep lays rain, shape (1,).
    time_s
        Present time, float32, shape (1,).
    looks
        Looks that a recording stands for, shape (1,).
    least_wave
        Wave depth where nothing flows, units, float32, shape (1,).
    moment
        What `twin.surface.kernel_sides` is told of the step, float64, shape (5,).
    passed
        What it answers, int64, shape (3,).
    """

    step: Any
    raining: Any
    time_s: Any
    looks: Any
    least_wave: Any
    moment: Any
    passed: Any


class Site(NamedTuple):
    """All that the parts of a step read and write; kernels get it lent, see `twin.surface.lending`.

    Parameters
    ----------
    grid, strips, scratch, tiles, crests, record
        Water and ground, working arrays, active tiles, barriers, the record of the flood.
    quanta
        Rain quanta per zone, used when it rains.
    rows, cols
        Size of the domain.
    present, counters
        The present task, and the counters of the team.
    """

    grid: Grid
    strips: Strips
    scratch: Scratch
    tiles: Tiles
    crests: Crests
    record: Record
    quanta: Any
    rows: int
    cols: int
    present: Present
    counters: Any


def new_present(wave_depth: float) -> Present:
    """Return the variables of a task before the first one; ``wave_depth`` is the least one, units."""
    step, raining, time_s = np.zeros(5, np.float32), np.zeros(1, np.int64), np.zeros(1, np.float32)
    looks, least_wave = np.ones(1, np.int64), np.full(1, wave_depth, np.float32)
    return Present(step, raining, time_s, looks, least_wave, np.zeros(5), np.zeros(3, np.int64))


@njit(error_model="numpy", **BY_ADDRESS)
def do_part(site: Site, task: int, part: int) -> None:
    """Do one part of a task before `RECORD_RATES` on a lent site."""
    grid, tiles, present = site.grid, site.tiles, site.present
    if task == SWEEP:
        factors = present.step
        step = StepFactors(factors[0], factors[1], factors[2], factors[3], factors[4])
        tiles.deepest[part, 0] = sweep_band(site, part, present.raining[0] != 0, step)
    elif task == SAVE:
        save_strip(grid, site.strips, tiles, site.crests, part)
    elif task == RECORD:
        record_depth_row(grid, tiles, part, site.rows, present.time_s[0], site.record)
    elif task == RAIN:
        rain_beside(grid, tiles, part, site.rows, site.cols, site.quanta)
    else:
        find_wet_row(grid, tiles, part, site.rows, site.cols, task == FIND_EVERYWHERE)


@njit(error_model="numpy", **BY_ADDRESS)
def do_special(site: Site, task: int, part: int) -> None:
    """Do one part of a task from `RECORD_RATES` on, of which most runs have none, on a lent site."""
    grid, tiles, present = site.grid, site.tiles, site.present
    if task == RECORD_RATES:
        record_tile_row(grid, tiles, part, site.rows, present.time_s[0], present.looks[0], site.record)
    else:
        find_wave_depth(grid, tiles, part, site.rows, present.least_wave[0])


@njit(**BY_ADDRESS)
def do_nothing(_site: Site, _task: int, _part: int) -> None:
    """Stand where `do_special` would in a run that needs none of it."""


class Workers(NamedTuple):
    """What does a part of a task: one of all runs, and one of those that record rates or slow waves."""

    usual: Any
    special: Any


def workers(site: Lent, *, special: bool) -> Workers:
    """Return the functions that do parts, as arguments for the kernels below.

    They call them by their address. If they named them instead, they would be linked into each of them, and
    the loops of the sweep would be optimised and translated again every time. What a run does not need is
    not compiled.
    """
    kind = typeof(site)
    return Workers(
        by_address(do_part, kind, types.int64, types.int64),
        by_address(do_special if special else do_nothing, kind, types.int64, types.int64),
    )


@cache
def by_address(kernel: Any, *kinds: Any) -> Any:
    """Return a kernel without a result, compiled for arguments of some types, as an argument for others."""
    return types.CompileResultWAP(kernel.get_compile_result(types.none(*kinds)))


@njit(**BORROWING)
def do_all(do: Any, site: Site, task: int, parts: int, cells: int) -> None:
    """Do all parts of a task that concerns ``cells`` cells, with the help of whoever is free."""
    counters = site.counters
    if cells < WORTH_SHARING:
        for part in range(parts):
            do(site, task, part)
        return
    post(counters, task, parts)
    while True:
        part = take_part(counters)
        if part == NO_PART:
            break
        do(site, task, part - counters[FIRST, 0])
        finish_part(counters)
    await_all(counters)


@njit(inline="always")
def help_out(do: Workers, site: Site) -> None:
    """Do parts of what the leader posts, until the team is dismissed."""
    counters = site.counters
    while True:
        part = await_part(counters)
        if part == NO_PART:
            break
        if counters[TASK, 0] < RECORD_RATES:
            do.usual(site, counters[TASK, 0], part - counters[FIRST, 0])
        else:
            do.special(site, counters[TASK, 0], part - counters[FIRST, 0])
        finish_part(counters)


@njit(inline="always")
def look_for_water(do: Workers, site: Site, cells: int, everywhere: bool) -> None:
    """Set the wet flags of the tiles, see `find_wet_row`; ``cells`` are looked at."""
    do_all(do.usual, site, FIND_EVERYWHERE if everywhere else FIND, site.tiles.counts.size, cells)


@njit(inline="always")
def record_flood(do: Workers, site: Site, cells: int, time_s: float, looks: int) -> None:
    """Record the flood in the active tiles, which hold ``cells`` cells, see `twin.surface.kernel_record`."""
    site.present.time_s[0], site.present.looks[0] = np.float32(time_s), looks
    if site.record.rates:
        do_all(do.special, site, RECORD_RATES, site.tiles.counts.size, cells)
    else:
        do_all(do.usual, site, RECORD, site.tiles.counts.size, cells)


@njit(inline="always")
def wave_depth_now(do: Workers, site: Site, cells: int) -> float:
    """Return the wave depth that the flow in the active tiles asks for, which hold ``cells`` cells, units."""
    do_all(do.special, site, WAVES, site.tiles.counts.size, cells)
    asked = site.present.least_wave[0]
    for tile_row in range(site.tiles.wave_depths.size):
        asked = larger(asked, site.tiles.wave_depths[tile_row])
    return float(asked)


@njit(inline="always")
def sweep(do: Workers, site: Site, cells: int, raining: bool, step: StepFactors) -> int:
    """Advance all bands, which hold ``cells`` active cells, by one step; return the largest depth, units.

    Rain falls on all tiles; in those that are not active nothing else happens.
    """
    tiles, factors = site.tiles, site.present.step
    factors[0], factors[1], factors[2], factors[3], factors[4] = step
    site.present.raining[0] = raining
    do_all(do.usual, site, SAVE, tiles.band_rows.size, cells)
    do_all(do.usual, site, SWEEP, tiles.deepest.shape[0], cells)
    deepest: Any = np.int64(0)
    for band in range(tiles.deepest.shape[0]):
        deepest = larger(deepest, np.int64(tiles.deepest[band, 0]))
    beside = site.rows * -(-site.cols // LANES) * LANES - cells  # active cells are counted in whole lines
    if raining and beside > 0:
        do_all(do.usual, site, RAIN, tiles.counts.size, beside)
        for tile_row in range(tiles.rained.size):
            deepest = larger(deepest, tiles.rained[tile_row])
    return deepest
