"""Work that is dealt out to threads, where there is enough of it.

Handing work to another thread and waiting for it takes some 0.1 ms, in which one thread alone would have
swept some 30,000 cells. Smaller amounts are done at once; the result is the same to the last bit.
"""

from typing import Any

import numpy as np
from numba import njit, prange

from twin.compilation import INNER
from twin.surface.kernel_barriers import Crests
from twin.surface.kernel_record import Record, record_tile_row
from twin.surface.kernel_sweep import sweep_band
from twin.surface.state import Grid, Scratch, Strips, Tiles

WORTH_SHARING = 1 << 16
"""Cells from which on the work is shared between threads."""


@njit(**INNER)
def _shared(tiles: Tiles, cells: int) -> bool:
    return tiles.deepest.shape[0] > 1 and cells >= WORTH_SHARING


@njit(parallel=True, **INNER)
def _record_by_threads(grid: Grid, tiles: Tiles, rows: int, time_s: Any, looks: int, record: Record) -> None:
    for tile_row in prange(tiles.counts.size):
        record_tile_row(grid, tiles, tile_row, rows, time_s, looks, record)


@njit(**INNER)
def record_flood(
    grid: Grid, tiles: Tiles, rows: int, cells: int, time_s: Any, looks: int, record: Record
) -> None:
    """Record the flood in the active tiles, which hold ``cells`` cells, see `record_tile_row`."""
    if _shared(tiles, cells):
        _record_by_threads(grid, tiles, rows, time_s, looks, record)
    else:
        for tile_row in range(tiles.counts.size):
            record_tile_row(grid, tiles, tile_row, rows, time_s, looks, record)


@njit(parallel=True, **INNER)
def _sweep_by_threads(
    grid: Grid,
    strips: Strips,
    scratch: Scratch,
    tiles: Tiles,
    crests: Crests,
    quanta: Any,
    raining: bool,
    step: Any,
) -> None:
    deepest = tiles.deepest
    for band in prange(deepest.shape[0]):
        deepest[band, 0] = sweep_band(grid, strips, scratch, tiles, crests, band, quanta, raining, step)


@njit(**INNER)
def sweep(
    grid: Grid,
    strips: Strips,
    scratch: Scratch,
    tiles: Tiles,
    crests: Crests,
    cells: int,
    quanta: Any,
    raining: bool,
    step: Any,
) -> int:
    """Advance all bands, which hold ``cells`` active cells, by one step; return the largest depth, units."""
    deepest = tiles.deepest
    if _shared(tiles, cells):
        _sweep_by_threads(grid, strips, scratch, tiles, crests, quanta, raining, step)
    else:
        for band in range(deepest.shape[0]):
            deepest[band, 0] = sweep_band(grid, strips, scratch, tiles, crests, band, quanta, raining, step)
    return int(np.int64(deepest[:, 0].max()))
