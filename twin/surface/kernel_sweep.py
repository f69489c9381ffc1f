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
from twin.surface.kernel_faces import StepFactors, face_discharges, limit_faces, new_depths, outflow_shares
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
def _lay_rain(weight: Any, zone: Any, quanta: Any, first: int, end: int, out: Any) -> None:
    """Fill a row with the units of rain that fall on each cell."""
    w, z, rain = weight[first:end], zone[first:end], out[first:end]
    if quanta.size == 1:
        amount = np.int32(quanta[0])
        for col in range(rain.size):
            rain[col] = np.int32(w[col]) * amount
    else:
        for col in range(rain.size):
            rain[col] = np.int32(w[col]) * np.int32(quanta[z[col]])


@njit(fastmath=FAST, error_model="numpy", cache=True, nogil=True)
def sweep_band(
    grid: Grid,
    halo: Halo,
    scratch: Scratch,
    tiles: Tiles,
    band: int,
    quanta: Any,
    raining: bool,
    step: StepFactors,
) -> Any:
    """Advance the rows of one band by one step.

    Parameters
    ----------
    quanta
        Rain quanta per zone; used when ``raining``.
    step
        Constants of the step.

    Returns
    -------
    Largest new depth in units, uint32.
    """
    first_row, end_row = tiles.band_rows[band], tiles.band_rows[band + 1]
    deepest = np.uint32(0)
    if first_row >= end_row:
        return deepest
    depth, qx, qy = grid.depth, grid.qx, grid.qy
    depth_above, depth_below = halo.depth_above[band], halo.depth_below[band]
    qx_above, qx_below = halo.qx_above[band], halo.qx_below[band]
    qy_above, qy_below = halo.qy_above[band], halo.qy_below[band]
    flux_x, flux_y, share = scratch.flux_x[band], scratch.flux_y[band], scratch.share[band]
    spill, rain = scratch.spill[band, 0], scratch.rain[band, 0]
    segments, counts = tiles.segments, tiles.counts
    _clear_scratch(scratch, band, segments[0], 0)
    rough_last, weight_last = grid.friction.shape[0] - 1, grid.rain_weight.shape[0] - 1
    zone_last = grid.rain_zone.shape[0] - 1
    last_tile_row = -1
    for r in range(first_row - 2, end_row + 1):
        k = tile_row_of(r, counts.size)
        depth_0 = _row(depth, depth_above, depth_below, r, first_row, end_row)
        depth_1 = _row(depth, depth_above, depth_below, r + 1, first_row, end_row)
        qx_0 = _row(qx, qx_above, qx_below, r, first_row, end_row)
        qx_1 = _row(qx, qx_above, qx_below, r + 1, first_row, end_row)
        qy_0 = _row(qy, qy_above, qy_below, r, first_row, end_row)
        qy_1 = _row(qy, qy_above, qy_below, r + 1, first_row, end_row)
        qy_2 = _row(qy, qy_above, qy_below, r + 2, first_row, end_row)
        friction_0, friction_1 = grid.friction[min(r, rough_last)], grid.friction[min(r + 1, rough_last)]
        north, south = flux_y[r % 2], flux_y[(r + 1) % 2]
        for run in range(counts[k]):
            first, end = segments[k, run, 0], segments[k, run, 1]
            face_discharges(
                depth_0,
                depth_1,
                grid.bed[r],
                grid.bed[r + 1],
                friction_0,
                friction_1,
                qx_0,
                qx_1,
                qy_0,
                qy_1,
                qy_2,
                first,
                end,
                step,
                flux_x[r % 2],
                south,
            )
            if r >= first_row - 1:
                outflow_shares(depth_0, flux_x[r % 2], north, south, first, end, step, share[r % 2])
        done = r - 1
        k_done = tile_row_of(done, counts.size)
        if done >= first_row - 1:
            faces_south = qy[r] if r < end_row else spill
            for run in range(counts[k_done]):
                first, end = segments[k_done, run, 0], segments[k_done, run, 1]
                if done < first_row:
                    limit_faces(north, share[done % 2], share[r % 2], first, end, faces_south)
                    continue
                if raining:
                    weight = grid.rain_weight[min(done, weight_last)]
                    zone = grid.rain_zone[min(done, zone_last)]
                    _lay_rain(weight, zone, quanta, first, end, rain)
                found = new_depths(
                    depth[done],
                    flux_x[done % 2],
                    north,
                    share[done % 2],
                    share[r % 2],
                    rain,
                    first,
                    end,
                    step,
                    qy[done],
                    qx[done],
                    faces_south,
                )
                deepest = max(deepest, found)
        if k != last_tile_row:
            _clear_scratch(scratch, band, segments[k], counts[k])
            last_tile_row = k
    if raining:
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
