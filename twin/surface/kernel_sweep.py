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


@njit(inline="always")
def tile_row_of(row: int, tile_rows: int) -> int:
    """Return the tile row of a padded row; rows of wall belong to the nearest."""
    return min(max(row - ROWS_BEFORE, 0) // TILE, tile_rows - 1)


@njit(**INNER)
def _clear_scratch(wanted: Wanted, rain: Any, segments: Any, count: int) -> None:
    """Reset the rolling rows outside the given segments: dry faces, full shares."""
    start = 0
    for run in range(count + 1):
        stop = segments[run, 0] if run < count else rain.size
        for slot in range(2):
            wanted.x[slot, start:stop] = 0
            wanted.y[slot, start:stop] = 0
            wanted.share[slot, start:stop] = 1
        rain[start:stop] = 0
        if run < count:
            start = segments[run, 1]


@njit(**INNER)
def lay_rain(grid: Grid, row: int, quanta: Any, first: int, end: int, out: Any) -> None:
    """Fill a row with the units of rain that fall on each cell."""
    weight = grid.rain_weight[min(row, grid.rain_weight.shape[0] - 1)]
    zone = grid.rain_zone[min(row, grid.rain_zone.shape[0] - 1)]
    w, z, rain = weight[first:end], zone[first:end], out[first:end]
    if quanta.size == 1:
        amount = np.int32(quanta[0])
        for col in range(rain.size):
            rain[col] = np.int32(w[col]) * amount
    else:
        for col in range(rain.size):
            rain[col] = np.int32(w[col]) * np.int32(quanta[z[col]])


@njit(**INNER)
def _afford(
    depth: Any, at: int, wanted: Wanted, slot: int, segments: Any, count: int, step: StepFactors
) -> int:
    """Fill a row of outflow shares where a cell of the row is short of water; return how many are.

    Where none is, which is the rule, the row of shares is not touched and holds ones.
    """
    short = 0
    for run in range(count):
        short += count_short(depth, at, wanted, slot, segments[run, 0], segments[run, 1], step)
    if short > 0:
        for run in range(count):
            outflow_shares(depth, at, wanted, slot, segments[run, 0], segments[run, 1], step)
    return short


@njit(fastmath=FAST, error_model="numpy", nogil=True, **INNER)
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
    top, end_row = tiles.band_rows[band], tiles.band_rows[band + 1]
    deepest = np.uint32(0)
    if top >= end_row:
        return deepest
    wanted = Wanted(scratch.x[band], scratch.y[band], scratch.share[band])
    rain, work, segments, counts = scratch.rain[band, 0], scratch.work[band], tiles.segments, tiles.counts
    inside = Flow(grid.depth, grid.qx, grid.qy)
    above = Flow(strips.depth[band], strips.qx[band], strips.qy[band])
    below = Flow(strips.depth[band + 1], strips.qx[band + 1], strips.qy[band + 1])
    short = np.zeros(2, np.int64)  # cells short of water in the rows of `wanted.share`
    _clear_scratch(wanted, rain, segments[0], 0)
    last_tile_row = -1
    for r in range(top - 2, end_row + 1):
        k, now, before = tile_row_of(r, counts.size), r % 2, (r + 1) % 2
        flow, at = inside, r
        if r >= end_row - 2:
            flow, at = below, r - (end_row - STRIP_BEFORE)
        elif r < top:
            flow, at = above, r - (top - STRIP_BEFORE)
        for run in range(counts[k]):
            first, end = segments[k, run, 0], segments[k, run, 1]
            wanted_discharges(flow, at, grid, r, first, end, step, work, wanted, now)
        if crests.first[r] < crests.first[r + 1]:
            patch_row(
                *(crests, r, flow.depth[at], flow.depth[at + 1], grid.bed[r], grid.bed[r + 1]),
                *(flow.qx[at], flow.qy[at + 1], step.pressure, wanted.x[now], wanted.y[before]),
            )
        if r >= top - 1:
            if short[now] > 0:
                wanted.share[now, :] = 1
            short[now] = _afford(flow.depth, at, wanted, now, segments[k], counts[k], step)
        done, k_done = r - 1, tile_row_of(r - 1, counts.size)
        south, south_row = (grid.qy, r) if r < end_row else (scratch.spill[band], 0)
        for run in range(counts[k_done]):
            first, end = segments[k_done, run, 0], segments[k_done, run, 1]
            if done == top - 1:
                limit_faces(wanted, now, first, end, south, south_row)
            elif done >= top:
                if raining:
                    lay_rain(grid, done, quanta, first, end, rain)
                if short[0] + short[1] > 0:
                    limit_row(wanted, before, first, end)
                found = new_depths(grid, done, wanted, before, rain, first, end, step, south, south_row)
                deepest = max(deepest, found)
        if k != last_tile_row:
            _clear_scratch(wanted, rain, segments[k], counts[k])
            last_tile_row = k
    rain[:] = 0
    return deepest


@njit(**INNER)
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
