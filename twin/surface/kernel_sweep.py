"""One step on one band of rows: a single pass over the memory, in place.

Row ``r`` needs the old state two rows below and one above, and its depth may only be overwritten when no
row needs it any more. So three stages follow each other down the band, one row apart::

    row r      wanted discharge of its west faces and of the north faces of r + 1, then outflow shares
    row r - 1  final discharges and new depth

A band starts two rows early to know what the row above it gives, and reads the neighbours' rows from
copies made before the step; both bands compute the discharge through their common faces with the same
instructions on the same numbers, so the result does not depend on the number of bands.
"""

from typing import Any

import numpy as np
from numba import njit

from twin.surface.constants import ROWS_BEFORE, TILE
from twin.surface.intrinsics import FAST
from twin.surface.kernel_barriers import Crests, patch_row
from twin.surface.kernel_faces import (
    StepFactors,
    count_short,
    face_discharges,
    limit_faces,
    new_depths,
    outflow_shares,
)
from twin.surface.state import Grid, Halo, Scratch, Tiles


@njit(inline="always")
def _row(array: Any, above: Any, below: Any, row: int, first_row: int, end_row: int) -> Any:
    """Return a row as it was before the step."""
    if row < first_row:
        return above[row - first_row + 2]
    if row >= end_row:
        return below[row - end_row]
    return array[row]


@njit(inline="always")
def tile_row_of(row: int, tile_rows: int) -> int:
    """Return the tile row of a padded row; rows of wall belong to the nearest."""
    return min(max(row - ROWS_BEFORE, 0) // TILE, tile_rows - 1)


@njit(cache=True)
def _clear_scratch(scratch: Scratch, band: int, segments: Any, count: int) -> None:
    """Reset the rolling rows outside the given segments: dry faces, full shares."""
    start = 0
    for run in range(count + 1):
        stop = segments[run, 0] if run < count else scratch.share.shape[2]
        for slot in range(2):
            scratch.flux_x[band, slot, start:stop] = 0
            scratch.flux_y[band, slot, start:stop] = 0
            scratch.share[band, slot, start:stop] = 1
        scratch.rain[band, 0, start:stop] = 0
        if run < count:
            start = segments[run, 1]


@njit(cache=True)
def _lay_rain(grid: Grid, row: int, quanta: Any, first: int, end: int, out: Any) -> None:
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


@njit(cache=True)
def _afford(
    depth: Any, flux_x: Any, north: Any, south: Any, segments: Any, count: int, step: StepFactors, share: Any
) -> int:
    """Fill a row of outflow shares where a cell of the row is short of water; return how many are.

    Where none is, which is the rule, the row of shares is not touched and holds ones.
    """
    short = 0
    for run in range(count):
        short += count_short(depth, flux_x, north, south, segments[run, 0], segments[run, 1], step)
    if short > 0:
        for run in range(count):
            outflow_shares(depth, flux_x, north, south, segments[run, 0], segments[run, 1], step, share)
    return short


@njit(fastmath=FAST, error_model="numpy", cache=True, nogil=True)
def sweep_band(
    grid: Grid,
    halo: Halo,
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
    flux_x, flux_y, share = scratch.flux_x[band], scratch.flux_y[band], scratch.share[band]
    rain, segments, counts = scratch.rain[band, 0], tiles.segments, tiles.counts
    rough_last = grid.friction.shape[0] - 1
    short = np.zeros(2, np.int64)  # cells short of water in the rows of `share`
    _clear_scratch(scratch, band, segments[0], 0)
    last_tile_row = -1
    for r in range(top - 2, end_row + 1):
        k, now, before = tile_row_of(r, counts.size), r % 2, (r + 1) % 2
        north, south = flux_y[now], flux_y[before]
        depth_0 = _row(grid.depth, halo.depth_above[band], halo.depth_below[band], r, top, end_row)
        depth_1 = _row(grid.depth, halo.depth_above[band], halo.depth_below[band], r + 1, top, end_row)
        qx_0 = _row(grid.qx, halo.qx_above[band], halo.qx_below[band], r, top, end_row)
        qx_1 = _row(grid.qx, halo.qx_above[band], halo.qx_below[band], r + 1, top, end_row)
        qy_0 = _row(grid.qy, halo.qy_above[band], halo.qy_below[band], r, top, end_row)
        qy_1 = _row(grid.qy, halo.qy_above[band], halo.qy_below[band], r + 1, top, end_row)
        qy_2 = _row(grid.qy, halo.qy_above[band], halo.qy_below[band], r + 2, top, end_row)
        friction_0, friction_1 = grid.friction[min(r, rough_last)], grid.friction[min(r + 1, rough_last)]
        bed_0, bed_1, x_now = grid.bed[r], grid.bed[r + 1], flux_x[now]
        for run in range(counts[k]):
            first, end = segments[k, run, 0], segments[k, run, 1]
            face_discharges(
                *(depth_0, depth_1, bed_0, bed_1, friction_0, friction_1, qx_0, qx_1, qy_0, qy_1, qy_2),
                *(first, end, step, x_now, south),
            )
        patch_row(
            *(crests, r, depth_0, depth_1, bed_0, bed_1, qx_0, qy_1),
            *(step.pressure, x_now, south),
        )
        if r >= top - 1:
            if short[now] > 0:
                share[now, :] = 1
            short[now] = _afford(depth_0, x_now, north, south, segments[k], counts[k], step, share[now])
        done, k_done = r - 1, tile_row_of(r - 1, counts.size)
        out_south = grid.qy[r] if r < end_row else scratch.spill[band, 0]
        limited = short[0] + short[1] > 0
        for run in range(counts[k_done]):
            first, end = segments[k_done, run, 0], segments[k_done, run, 1]
            if done == top - 1:
                limit_faces(north, share[before], share[now], first, end, out_south)
            elif done >= top:
                if raining:
                    _lay_rain(grid, done, quanta, first, end, rain)
                found = new_depths(
                    *(grid.depth[done], flux_x[before], north, share[before], share[now], rain, first, end),
                    *(step, grid.qy[done], grid.qx[done], out_south, limited),
                )
                deepest = max(deepest, found)
        if k != last_tile_row:
            _clear_scratch(scratch, band, segments[k], counts[k])
            last_tile_row = k
    rain[:] = 0
    return deepest


@njit(cache=True)
def save_halo(grid: Grid, halo: Halo, tiles: Tiles) -> None:
    """Copy the rows around each band before the step."""
    for band in range(tiles.band_rows.size - 1):
        first_row, end_row = tiles.band_rows[band], tiles.band_rows[band + 1]
        for row in range(2):
            halo.depth_above[band, row] = grid.depth[first_row - 2 + row]
            halo.qx_above[band, row] = grid.qx[first_row - 2 + row]
            halo.qy_above[band, row] = grid.qy[first_row - 2 + row]
        for row in range(3):
            halo.depth_below[band, row] = grid.depth[end_row + row]
            halo.qx_below[band, row] = grid.qx[end_row + row]
            halo.qy_below[band, row] = grid.qy[end_row + row]
