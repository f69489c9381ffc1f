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
from twin.surface.kernel_record import Record, record_tile_row
from twin.surface.kernel_sweep import rain_beside, save_strip, sweep_band
from twin.surface.kernel_team import FIRST, NO_PART, TASK, await_all, await_part, finish_part, post, take_part
from twin.surface.kernel_tiles import find_wet_row
from twin.surface.kernel_waves import find_wave_depth
from twin.surface.lending import Lent
from twin.surface.state import Grid, Scratch, Strips, Tiles

WORTH_SHARING = 1 << 12
"""Cells from which on work is shared: some 20 µs for one thread, while handing it over takes one or two."""

SAVE, SWEEP, FIND, FIND_EVERYWHERE, RECORD, WAVES, RAIN = map(np.int64, range(7))
"""Tasks: save a strip, sweep a band, look for water in a row of tiles, record the flood there, find its
wave depth, lay rain beside the active tiles.

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
    """

    step: Any
    raining: Any
    time_s: Any
    looks: Any
    least_wave: Any


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
    return Present(step, raining, time_s, np.ones(1, np.int64), np.full(1, wave_depth, np.float32))


@njit(error_model="numpy", **BY_ADDRESS)
def do_part(site: Site, task: int, part: int) -> None:
    """Do one part of a task on a lent site."""
    grid, tiles, present = site.grid, site.tiles, site.present
    if task == SWEEP:
        factors = present.step
        step = StepFactors(factors[0], factors[1], factors[2], factors[3], factors[4])
        tiles.deepest[part, 0] = sweep_band(site, part, present.raining[0] != 0, step)
    elif task == SAVE:
        save_strip(grid, site.strips, tiles, site.crests, part)
    elif task == RECORD:
        record_tile_row(grid, tiles, part, site.rows, present.time_s[0], present.looks[0], site.record)
    elif task == WAVES:
        find_wave_depth(grid, tiles, part, site.rows, present.least_wave[0])
    elif task == RAIN:
        rain_beside(grid, tiles, part, site.rows, site.cols, site.quanta)
    else:
        find_wet_row(grid, tiles, part, site.rows, site.cols, task == FIND_EVERYWHERE)


def worker(site: Lent) -> Any:
    """Return `do_part` as an argument for the kernels below.

    They call it by its address. If they named it instead, it would be linked into each of them, and the loops
    of the sweep would be optimised and translated again every time.
    """
    return _worker(typeof(site))


@cache
def _worker(site_type: Any) -> Any:
    signature = types.none(site_type, types.int64, types.int64)
    return types.CompileResultWAP(do_part.get_compile_result(signature))


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
def help_out(do: Any, site: Site) -> None:
    """Do parts of what the leader posts, until the team is dismissed."""
    counters = site.counters
    while True:
        part = await_part(counters)
        if part == NO_PART:
            break
        do(site, counters[TASK, 0], part - counters[FIRST, 0])
        finish_part(counters)


@njit(inline="always")
def look_for_water(do: Any, site: Site, cells: int, everywhere: bool) -> None:
    """Set the wet flags of the tiles, see `find_wet_row`; ``cells`` are looked at."""
    do_all(do, site, FIND_EVERYWHERE if everywhere else FIND, site.tiles.counts.size, cells)


@njit(inline="always")
def record_flood(do: Any, site: Site, cells: int, time_s: float, looks: int) -> None:
    """Record the flood in the active tiles, which hold ``cells`` cells, see `record_tile_row`."""
    site.present.time_s[0], site.present.looks[0] = np.float32(time_s), looks
    do_all(do, site, RECORD, site.tiles.counts.size, cells)


@njit(inline="always")
def wave_depth_now(do: Any, site: Site, cells: int) -> float:
    """Return the wave depth that the flow in the active tiles asks for, which hold ``cells`` cells, units."""
    do_all(do, site, WAVES, site.tiles.counts.size, cells)
    asked = site.present.least_wave[0]
    for tile_row in range(site.tiles.wave_depths.size):
        asked = larger(asked, site.tiles.wave_depths[tile_row])
    return float(asked)


@njit(inline="always")
def sweep(do: Any, site: Site, cells: int, raining: bool, step: StepFactors) -> int:
    """Advance all bands, which hold ``cells`` active cells, by one step; return the largest depth, units.

    Rain falls on all tiles; in those that are not active nothing else happens.
    """
    tiles, factors = site.tiles, site.present.step
    factors[0], factors[1], factors[2], factors[3], factors[4] = step
    site.present.raining[0] = raining
    do_all(do, site, SAVE, tiles.band_rows.size, cells)
    do_all(do, site, SWEEP, tiles.deepest.shape[0], cells)
    deepest: Any = np.int64(0)
    for band in range(tiles.deepest.shape[0]):
        deepest = larger(deepest, np.int64(tiles.deepest[band, 0]))
    beside = site.rows * -(-site.cols // LANES) * LANES - cells  # active cells are counted in whole lines
    if raining and beside > 0:
        do_all(do, site, RAIN, tiles.counts.size, beside)
        for tile_row in range(tiles.rained.size):
            deepest = larger(deepest, tiles.rained[tile_row])
    return deepest
