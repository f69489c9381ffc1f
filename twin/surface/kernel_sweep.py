"""One step on one band of rows: a single pass over the memory, in place.

Row ``r`` needs the old state two rows below and one above, and its depth may only be overwritten when no
row needs it any more. So three stages follow each other down the band, one row apart::

    row r      wanted discharge of its west faces and of the north faces of r + 1, then outflow shares
    row r - 1  final discharges and new depth

A band starts two rows early to know what the row above it gives, and reads the rows around its edges from
copies made before the step; both bands compute the discharge through their common faces with the same
instructions on the same numbers, so the result does not depend on the number of bands.
"""

from typing import Any

import numpy as np
from numba import njit

from twin.compilation import INNER
from twin.surface.constants import LANES, ROWS_BEFORE, TILE
from twin.surface.intrinsics import FAST
from twin.surface.kernel_barriers import Crests, patch_row
from twin.surface.kernel_faces import (
    StepFactors,
    count_short,
    limit_faces,
    limit_row,
    new_depths,
    outflow_shares,
    wanted_discharges,
)
from twin.surface.state import STRIP_BEFORE, STRIP_ROWS, Flow, Grid, Scratch, Strips, Tiles, Wanted

FIRST_ROW, NO_TILES, SHARED = np.int64(0), np.int64(0), np.bool_(True)
"""Arguments of kernels; not Python's own, for each of which a kernel would be compiled anew."""


@njit(inline="always")
def tile_row_of(row: int, tile_rows: int) -> int:
    """Return the tile row of a padded row; rows of wall belong to the nearest."""
    return min(max(row - ROWS_BEFORE, 0) // TILE, tile_rows - 1)


@njit(**INNER)
def _clear_scratch(wanted: Wanted, rain: Any, segments: Any, tile_row: int, count: int) -> None:
    """Reset the rolling rows outside the segments of a row of tiles: dry faces, full shares."""
    start = 0
    for run in range(count + 1):
        stop = segments[tile_row, run, 0] if run < count else rain.size
        for slot in range(2):
            wanted.x[slot, start:stop] = 0
            wanted.y[slot, start:stop] = 0
            wanted.share[slot, start:stop] = 1
        rain[start:stop] = 0
        if run < count:
            start = segments[tile_row, run, 1]


@njit(inline="always")
def lay_rain(grid: Grid, row: int, quanta: Any, first: int, end: int, out: Any) -> None:
    """Fill a row with the units of rain that fall on each cell."""
    weight_row = np.uint64(min(row, grid.rain_weight.shape[0] - 1))
    zone_row = np.uint64(min(row, grid.rain_zone.shape[0] - 1))
    weight, zone = grid.rain_weight, grid.rain_zone
    if quanta.size == 1:
        amount = np.int32(quanta[0])
        for col in range(np.uint64(first), np.uint64(end)):
            out[col] = np.int32(weight[weight_row, col]) * amount
    else:
        for col in range(np.uint64(first), np.uint64(end)):
            out[col] = np.int32(weight[weight_row, col]) * np.int32(quanta[zone[zone_row, col]])


@njit(fastmath=FAST, error_model="numpy", **INNER)
def _want_row(
    flow: Flow,
    at: int,
    grid: Grid,
    row: int,
    tiles: Tiles,
    crests: Crests,
    step: StepFactors,
    work: Any,
    wanted: Wanted,
    shared: bool,
) -> int:
    """Compute what the west faces of a row and the north faces of the next want, and outflow shares.

    Parameters
    ----------
    flow, at
        Old state, and where in its arrays the row lies.
    shared
        Whether outflow shares are needed.

    Returns
    -------
    Number of cells of the row that are short of water. Where it is 0, which is the rule, the row of shares
    is not touched and holds ones.
    """
    k, now, other, short = tile_row_of(row, tiles.counts.size), row % 2, (row + 1) % 2, 0
    for run in range(tiles.counts[k]):
        first, end = tiles.segments[k, run, 0], tiles.segments[k, run, 1]
        wanted_discharges(flow, at, grid, row, first, end, step, work, wanted, now)
    if crests.first[row] < crests.first[row + 1]:
        patch_row(
            *(crests, row, flow.depth[at], flow.depth[at + 1], grid.bed[row], grid.bed[row + 1]),
            *(flow.qx[at], flow.qy[at + 1], step.pressure, wanted.x[now], wanted.y[other]),
        )
    if shared:
        for run in range(tiles.counts[k]):
            first, end = tiles.segments[k, run, 0], tiles.segments[k, run, 1]
            short += count_short(flow.depth, at, wanted, now, first, end, step)
    if short > 0:
        for run in range(tiles.counts[k]):
            first, end = tiles.segments[k, run, 0], tiles.segments[k, run, 1]
            outflow_shares(flow.depth, at, wanted, now, first, end, step)
    return short


@njit(fastmath=FAST, error_model="numpy", **INNER)
def _finish_row(
    grid: Grid,
    row: int,
    tiles: Tiles,
    wanted: Wanted,
    rain: Any,
    quanta: Any,
    raining: bool,
    short: int,
    step: StepFactors,
    south: Any,
    south_row: int,
) -> Any:
    """Lay rain on a row, limit its discharges where cells are short and give it its new depth.

    Returns
    -------
    Largest new depth in units, uint32, see `new_depths`.
    """
    k, slot, deepest = tile_row_of(row, tiles.counts.size), row % 2, np.uint32(0)
    for run in range(tiles.counts[k]):
        first, end = tiles.segments[k, run, 0], tiles.segments[k, run, 1]
        if raining:
            lay_rain(grid, row, quanta, first, end, rain)
        if short > 0:
            limit_row(wanted, slot, first, end)
        found = new_depths(grid, row, wanted, slot, rain, first, end, step, south, south_row)
        deepest = max(deepest, found)
    return deepest


@njit(error_model="numpy", **INNER)
def sweep_band(
    grid: Grid,
    strips: Strips,
    scratch: Scratch,
    tiles: Tiles,
    crests: Crests,
    band: int,
    quanta: Any,
    raining: bool,
    step: StepFactors,
) -> Any:
    """Advance the rows of one band by one step.

    Parameters
    ----------
    crests
        Barriers on faces.
    quanta
        Rain quanta per zone; used when ``raining``.
    step
        Constants of the step.

    Returns
    -------
    Largest new depth in units, uint32.
    """
    top, end_row, bottom = tiles.band_rows[band], tiles.band_rows[band + 1], tiles.band_rows[band + 1] - 2
    deepest = np.uint32(0)
    if top >= end_row:
        return deepest
    wanted = Wanted(scratch.x[band], scratch.y[band], scratch.share[band])
    rain, work, spill = scratch.rain[band, 0], scratch.work[band], scratch.spill[band]
    inside = Flow(grid.depth, grid.qx, grid.qy)
    above = Flow(strips.depth[band], strips.qx[band], strips.qy[band])
    below = Flow(strips.depth[band + 1], strips.qx[band + 1], strips.qy[band + 1])
    _clear_scratch(wanted, rain, tiles.segments, FIRST_ROW, NO_TILES)
    last_tile_row, short, short_before, short_earlier = -1, 0, 0, 0
    for r in range(top - 2, end_row + 1):
        if short_earlier > 0:
            wanted.share[r % 2, :] = 1
        if r >= bottom:
            short = _want_row(below, r - bottom, grid, r, tiles, crests, step, work, wanted, SHARED)
        elif r >= top:
            short = _want_row(inside, r, grid, r, tiles, crests, step, work, wanted, SHARED)
        else:
            at, shared = r - top + STRIP_BEFORE, r == top - 1
            short = _want_row(above, at, grid, r, tiles, crests, step, work, wanted, shared)
        both = short + short_before
        if r == end_row:
            found = _finish_row(
                grid, r - 1, tiles, wanted, rain, quanta, raining, both, step, spill, FIRST_ROW
            )
            deepest = max(deepest, found)
        elif r > top:
            found = _finish_row(grid, r - 1, tiles, wanted, rain, quanta, raining, both, step, grid.qy, r)
            deepest = max(deepest, found)
        elif r == top:
            k = tile_row_of(top - 1, tiles.counts.size)
            for run in range(tiles.counts[k]):
                limit_faces(wanted, r % 2, tiles.segments[k, run, 0], tiles.segments[k, run, 1], grid.qy, r)
        k = tile_row_of(r, tiles.counts.size)
        if k != last_tile_row:
            _clear_scratch(wanted, rain, tiles.segments, k, tiles.counts[k])
            last_tile_row = k
        short_earlier, short_before = short_before, short
    rain[:] = 0
    return deepest


@njit(inline="always")
def save_strip(grid: Grid, strips: Strips, tiles: Tiles, crests: Crests, edge: int) -> None:
    """Copy the rows around the first row of a band, or the end of the last, before the step.

    Only the columns that the sweep reads: those of the active tiles and a cache line more on either side.
    Barriers may look at any.
    """
    row_0 = tiles.band_rows[edge] - STRIP_BEFORE
    first, end = grid.depth.shape[1], 0
    for k in range(tile_row_of(row_0, tiles.counts.size), tile_row_of(row_0 + 2, tiles.counts.size) + 1):
        if tiles.counts[k] > 0:
            first = min(first, tiles.segments[k, 0, 0] - LANES)
            end = max(end, tiles.segments[k, tiles.counts[k] - 1, 1] + LANES)
    if crests.first[row_0] < crests.first[row_0 + STRIP_BEFORE + 1]:
        first, end = 0, grid.depth.shape[1]
    for row in range(STRIP_ROWS):
        for col in range(first, end):
            strips.depth[edge, row, col] = grid.depth[row_0 + row, col]
            strips.qx[edge, row, col] = grid.qx[row_0 + row, col]
            strips.qy[edge, row, col] = grid.qy[row_0 + row, col]
