"""One step on one band of rows: a single pass over the memory, in place.

Row ``r`` needs the old state two rows below and one above, and its depth may only be overwritten when no
row needs it any more. So three stages follow each other down the band, one row apart::

    row r      wanted discharge of its west faces and of the north faces of r + 1, then outflow shares
    row r - 1  final discharges and new depth

A band starts two rows early to know what the row above it gives, and reads the rows around its edges from
copies made before the step; both bands compute the discharge through their common faces with the same
instructions on the same numbers, so the result does not depend on the number of bands.

A band is swept in *blocks* of columns, each from top to bottom, so that all rows that are worked on stay in
the second cache. A block also computes a few columns of the next one, which tell what its last cells give;
of its east edge it notes, row by row, the discharge that was wanted and the final one, since it has
overwritten what the next block would need to compute them.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from twin.surface.constants import BLOCK, LANES, ROWS_BEFORE, TILE
from twin.surface.kernel_barriers import Crests, patch_row
from twin.surface.kernel_faces import (
    StepFactors,
    any_short,
    limit_faces,
    limit_row,
    new_depths,
    outflow_shares,
    wanted_discharges,
)
from twin.surface.state import STRIP_BEFORE, STRIP_ROWS, Flow, Grid, Strips, Tiles, Wanted, Work

WANTED, FINAL = np.int64(0), np.int64(1)
"""Rows of `Scratch.edge`."""


class Block(NamedTuple):
    """A block of columns of a band, and the rows that belong to it.

    Parameters
    ----------
    number, first, end
        Which block it is, its first column and the end.
    wanted, work, rain, edge
        Working rows, see `Scratch`.
    """

    number: int
    first: int
    end: int
    wanted: Wanted
    work: Work
    rain: Any
    edge: Any


@njit(inline="always")
def tile_row_of(row: int, tile_rows: int) -> int:
    """Return the tile row of a padded row; rows of wall belong to the nearest."""
    return min(max(row - ROWS_BEFORE, 0) // TILE, tile_rows - 1)


@njit(inline="always")
def _clear(block: Block, first: int, end: int) -> None:
    """Reset columns of the rolling rows: dry faces, full shares."""
    x, y, share = block.wanted.x, block.wanted.y, block.wanted.share
    for slot in range(np.uint64(2)):
        for col in range(np.uint64(first), np.uint64(max(first, end))):
            x[slot, col] = 0
            y[slot, col] = 0
            share[slot, col] = 1


@njit(inline="always")
def _clear_around(block: Block, tiles: Tiles, tile_row: int) -> None:
    """Reset the rolling rows outside the runs of a row of tiles."""
    start = block.first - LANES
    for run in range(tiles.run_counts[tile_row, block.number]):
        _clear(block, start, tiles.runs[tile_row, block.number, run, 0])
        start = tiles.runs[tile_row, block.number, run, 1]
    _clear(block, start, min(block.end + 2 * LANES, block.rain.size))


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


@njit(inline="always")
def _want_row(
    flow: Flow, at: int, grid: Grid, row: int, tiles: Tiles, crests: Crests, step: StepFactors, block: Block
) -> bool:
    """Compute what the west faces of a row and the north faces of the next want, and outflow shares.

    Parameters
    ----------
    flow, at
        Old state, and where in its arrays the row lies.

    Returns
    -------
    Whether any cell of the row is short of water. Where none is, which is the rule, the row of shares is not
    touched and holds ones.
    """
    k, now, short = tile_row_of(row, tiles.counts.size), row % 2, False
    wanted, reach = block.wanted, block.end + LANES
    for run in range(tiles.run_counts[k, block.number]):
        first, end = tiles.runs[k, block.number, run, 0], tiles.runs[k, block.number, run, 1]
        start, stop = max(first, block.first), min(end, reach)
        wanted_discharges(flow, at, grid, row, start, stop, step, block.work, wanted, now)
    if crests.first[row] < crests.first[row + 1]:
        patch_row(crests, row, flow, at, grid.bed, step, wanted, (block.first, reach))
    for run in range(tiles.run_counts[k, block.number]):
        first, end = tiles.runs[k, block.number, run, 0], tiles.runs[k, block.number, run, 1]
        start, stop = max(first, block.first), min(end, reach)
        if first < block.first:
            wanted.x[now, start] = block.edge[WANTED, row]
        if end > block.end:
            block.edge[WANTED, row] = wanted.x[now, block.end]
        short |= any_short(flow.depth, at, wanted, now, start, stop, step)
    if short:
        for run in range(tiles.run_counts[k, block.number]):
            first, end = tiles.runs[k, block.number, run, 0], tiles.runs[k, block.number, run, 1]
            start, stop = max(first, block.first), min(end, reach)
            outflow_shares(flow.depth, at, wanted, now, start, stop, step)
    return short


@njit(inline="always")
def _finish_row(
    grid: Grid,
    row: int,
    tiles: Tiles,
    quanta: Any,
    raining: bool,
    short: bool,
    step: StepFactors,
    block: Block,
    south: Any,
    south_row: int,
) -> Any:
    """Lay rain on a row, limit its discharges where cells are short and give it its new depth.

    Returns
    -------
    Largest new depth in units, uint32, see `new_depths`.
    """
    k, slot, deepest = tile_row_of(row, tiles.counts.size), row % 2, np.uint32(0)
    for run in range(tiles.run_counts[k, block.number]):
        first, end = tiles.runs[k, block.number, run, 0], tiles.runs[k, block.number, run, 1]
        start, stop = max(first, block.first), min(end, block.end)
        if raining:
            lay_rain(grid, row, quanta, start, stop, block.rain)
        if short:
            limit_row(block.wanted, slot, start, min(end, block.end + LANES))
        if first < block.first:
            block.wanted.x[slot, start] = block.edge[FINAL, row]
        if end > block.end:
            block.edge[FINAL, row] = block.wanted.x[slot, block.end]
        found = new_depths(grid, row, block.wanted, slot, block.rain, start, stop, step, south, south_row)
        deepest = max(deepest, found)
    return deepest


@njit(inline="always")
def _sweep_block(site: Any, band: int, number: int, raining: bool, step: StepFactors) -> Any:
    """Advance a block of columns of a band by one step; return its largest new depth in units, uint32."""
    grid, strips, scratch, tiles, crests = site.grid, site.strips, site.scratch, site.tiles, site.crests
    top, end_row, bottom = tiles.band_rows[band], tiles.band_rows[band + 1], tiles.band_rows[band + 1] - 2
    deepest = np.uint32(0)
    lines = scratch.work[band]
    work = Work(lines[0], lines[1], lines[2], lines[3], lines[4], lines[5], lines[6], lines[7])
    wanted = Wanted(scratch.x[band], scratch.y[band], scratch.share[band])
    first = LANES + number * BLOCK
    end = min(first + BLOCK, wanted.x.shape[1] - LANES)
    block = Block(number, first, end, wanted, work, scratch.rain[band, 0], scratch.edge[band])
    inside = Flow(grid.depth, grid.qx, grid.qy)
    above = Flow(strips.depth[band], strips.qx[band], strips.qy[band])
    below = Flow(strips.depth[band + 1], strips.qx[band + 1], strips.qy[band + 1])
    _clear(block, first - LANES, min(end + 2 * LANES, block.rain.size))
    last_tile_row, short_before, short_earlier = -1, False, False
    for r in range(top - 2, end_row + 1):
        if short_earlier:
            wanted.share[r % 2, first - LANES : end + LANES] = 1
        flow, at = inside, r
        if r >= bottom:
            flow, at = below, r - bottom
        elif r < top:
            flow, at = above, r - top + STRIP_BEFORE
        short = _want_row(flow, at, grid, r, tiles, crests, step, block)
        if r > top:
            south, south_row = (scratch.spill[band], 0) if r == end_row else (grid.qy, r)
            scarce = short or short_before
            found = _finish_row(
                grid, r - 1, tiles, site.quanta, raining, scarce, step, block, south, south_row
            )
            deepest = max(deepest, found)
        elif r == top:
            k = tile_row_of(top - 1, tiles.counts.size)
            for run in range(tiles.run_counts[k, number]):
                start = max(tiles.runs[k, number, run, 0], first)
                limit_faces(wanted, r % 2, start, min(tiles.runs[k, number, run, 1], end), grid.qy, r)
        k = tile_row_of(r, tiles.counts.size)
        if k != last_tile_row:
            _clear_around(block, tiles, k)
            last_tile_row = k
        short_earlier, short_before = short_before, short
    if raining:
        block.rain[first:end] = 0
    return deepest


@njit(inline="always")
def sweep_band(site: Any, band: int, raining: bool, step: StepFactors) -> Any:
    """Advance the rows of one band by one step.

    Parameters
    ----------
    site
        The lent `twin.surface.kernel_bands.Site`.
    raining
        Whether the rain quanta are laid.
    step
        Constants of the step.

    Returns
    -------
    Largest new depth in units, uint32.
    """
    tiles, deepest = site.tiles, np.uint32(0)
    if tiles.band_rows[band] < tiles.band_rows[band + 1]:
        for number in range(tiles.run_counts.shape[1]):
            deepest = max(deepest, _sweep_block(site, band, number, raining, step))
    return deepest


@njit(inline="always")
def _wet_by_rain(grid: Grid, row: int, quanta: Any, first: int, end: int) -> Any:
    """Add the units of rain to the depth of a part of a row; return its largest new depth, units."""
    weight_row = np.uint64(min(row, grid.rain_weight.shape[0] - 1))
    zone_row = np.uint64(min(row, grid.rain_zone.shape[0] - 1))
    at, deepest = np.uint64(row), np.int32(0)
    if quanta.size == 1:
        amount = np.int32(quanta[0])
        for col in range(np.uint64(first), np.uint64(max(first, end))):
            new = np.int32(grid.depth[at, col] + np.int32(grid.rain_weight[weight_row, col]) * amount)
            grid.depth[at, col] = new
            deepest = max(deepest, new)
    else:
        for col in range(np.uint64(first), np.uint64(max(first, end))):
            amount = np.int32(quanta[grid.rain_zone[zone_row, col]])
            new = np.int32(grid.depth[at, col] + np.int32(grid.rain_weight[weight_row, col]) * amount)
            grid.depth[at, col] = new
            deepest = max(deepest, new)
    return np.int64(deepest)


@njit(inline="always")
def rain_beside(grid: Grid, tiles: Tiles, tile_row: int, rows: int, cols: int, quanta: Any) -> None:
    """Lay rain on the tiles of a row of tiles that no sweep visits, see `Tiles.rained`."""
    row_0, deepest = ROWS_BEFORE + tile_row * TILE, 0
    for row in range(row_0, min(row_0 + TILE, ROWS_BEFORE + rows)):
        start = LANES
        for run in range(tiles.counts[tile_row]):
            deepest = max(deepest, _wet_by_rain(grid, row, quanta, start, tiles.segments[tile_row, run, 0]))
            start = tiles.segments[tile_row, run, 1]
        deepest = max(deepest, _wet_by_rain(grid, row, quanta, start, LANES + cols))
    tiles.rained[tile_row] = deepest


@njit(inline="always")
def save_strip(grid: Grid, strips: Strips, tiles: Tiles, crests: Crests, edge: int) -> None:
    """Copy the rows around the first row of a band, or the end of the last, before the step.

    Only the columns that the sweep reads: those of the active tiles and a cache line more on either side.
    Barriers may look at any.
    """
    row_0, to = tiles.band_rows[edge] - STRIP_BEFORE, np.uint64(edge)
    first, end = grid.depth.shape[1], 0
    for k in range(tile_row_of(row_0, tiles.counts.size), tile_row_of(row_0 + 2, tiles.counts.size) + 1):
        if tiles.counts[k] > 0:
            first = min(first, tiles.segments[k, 0, 0] - LANES)
            end = max(end, tiles.segments[k, tiles.counts[k] - 1, 1] + LANES)
    if crests.first[row_0] < crests.first[row_0 + STRIP_BEFORE + 1]:
        first, end = 0, grid.depth.shape[1]
    for row in range(np.uint64(STRIP_ROWS)):
        of = np.uint64(row_0) + row
        for col in range(np.uint64(first), np.uint64(max(first, end))):
            strips.depth[to, row, col] = grid.depth[of, col]
            strips.qx[to, row, col] = grid.qx[of, col]
            strips.qy[to, row, col] = grid.qy[of, col]
