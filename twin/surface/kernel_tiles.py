"""Where the water is: active tiles, their runs of columns, and bands of rows of equal work.

A tile is *wet* when a cell in it is deeper than the dry depth, and *active* when it or one of its eight
neighbours is wet. Inactive tiles are not swept. They need not be: nothing there moves, and water from a
wet tile takes at least 32 steps to cross the ring of active ones around it, while the wet tiles are
looked for again every 24 steps and whenever rain or an exchange has raised a depth. Rain is laid on inactive
tiles without a sweep. Switching tiles off therefore changes no bit of the result.
"""

from typing import Any

from numba import njit

from twin.compilation import BORROWING
from twin.surface.constants import BLOCK, DRY_UNITS, LANES, ROWS_BEFORE, TILE
from twin.surface.intrinsics import larger, smaller
from twin.surface.state import Grid, Tiles


@njit(inline="always")
def _any_wet(depth: Any, row_0: int, row_1: int, first: int, end: int) -> bool:
    """Tell whether a cell of a block is deeper than the dry depth."""
    for row in range(row_0, row_1):
        cells = depth[row, first:end]
        deepest = cells[0]
        for col in range(cells.size):
            deepest = larger(deepest, cells[col])
        if deepest > DRY_UNITS:
            return True
    return False


@njit(inline="always")
def find_wet_row(grid: Grid, tiles: Tiles, tile_row: int, rows: int, cols: int, everywhere: bool) -> None:
    """Set the wet flags of one row of tiles.

    Parameters
    ----------
    everywhere
        Look at all tiles, as after rain or an exchange; otherwise only at the active ones, since water
        that flows cannot have reached the others.
    """
    row_0 = ROWS_BEFORE + tile_row * TILE
    row_1 = smaller(row_0 + TILE, ROWS_BEFORE + rows)
    for tile_col in range(tiles.wet.shape[1]):
        first = LANES + tile_col * TILE
        end = smaller(first + TILE, LANES + cols)
        if everywhere or tiles.active[tile_row, tile_col] != 0:
            tiles.wet[tile_row, tile_col] = _any_wet(grid.depth, row_0, row_1, first, end)


@njit(inline="always")
def find_wet(grid: Grid, tiles: Tiles, rows: int, cols: int, everywhere: bool) -> None:
    """Set the wet flags of all tiles, see `find_wet_row`."""
    for tile_row in range(tiles.wet.shape[0]):
        find_wet_row(grid, tiles, tile_row, rows, cols, everywhere)


@njit(inline="always")
def _still(grid: Grid, tile_row: int, tile_col: int, rows: int, end: int) -> None:
    """Set the discharges of a tile that falls dry to zero, as a sweep would have done."""
    row_0 = ROWS_BEFORE + tile_row * TILE
    row_1 = smaller(row_0 + TILE, ROWS_BEFORE + rows)
    first = LANES + tile_col * TILE
    stop = smaller(first + TILE, end)
    for row in range(row_0, row_1):
        grid.qx[row, first:stop] = 0
        grid.qy[row, first:stop] = 0
    grid.qy[row_1, first:stop] = 0


@njit(inline="always")
def _near_water(wet: Any, tile_row: int, tile_col: int) -> bool:
    """Tell whether a tile or one of its eight neighbours is wet."""
    for row in range(larger(tile_row - 1, 0), smaller(tile_row + 2, wet.shape[0])):
        for col in range(larger(tile_col - 1, 0), smaller(tile_col + 2, wet.shape[1])):
            if wet[row, col] != 0:
                return True
    return False


@njit(inline="always")
def _deal_rows(tiles: Tiles, rows: int, cells: int) -> None:
    """Cut the rows into bands that hold equally many active cells, with a small cost for each row."""
    bands = tiles.band_rows.size - 1
    row_cost = LANES
    total = cells + rows * row_cost
    tiles.band_rows[0] = ROWS_BEFORE
    band, before = 1, 0
    for k in range(tiles.counts.size):
        height = smaller(TILE, rows - k * TILE)
        width = row_cost
        for run in range(tiles.counts[k]):
            width += tiles.segments[k, run, 1] - tiles.segments[k, run, 0]
        while band < bands and before + width * height >= total * band // bands:
            tiles.band_rows[band] = ROWS_BEFORE + k * TILE + (total * band // bands - before) // width
            band += 1
        before += width * height
    tiles.band_rows[bands] = ROWS_BEFORE + rows


@njit(inline="always")
def _cut_runs(tiles: Tiles, tile_row: int) -> None:
    """Note which runs of a row of tiles reach into each block of columns."""
    runs, counts = tiles.runs, tiles.run_counts
    counts[tile_row, :] = 0
    for run in range(tiles.counts[tile_row]):
        first, end = tiles.segments[tile_row, run, 0], tiles.segments[tile_row, run, 1]
        for block in range((first - LANES) // BLOCK, (end - 1 - LANES) // BLOCK + 1):
            runs[tile_row, block, counts[tile_row, block], 0] = first
            runs[tile_row, block, counts[tile_row, block], 1] = end
            counts[tile_row, block] += 1


@njit(**BORROWING)
def activate(grid: Grid, tiles: Tiles, rows: int, end: int, everywhere: bool) -> int:
    """Derive active tiles, their runs and the bands from the wet flags; return the active cells.

    Parameters
    ----------
    end
        End column of the padded domain, a whole number of cache lines.
    everywhere
        Activate all tiles, for a step that brings rain.
    """
    tile_rows, tile_cols = tiles.wet.shape
    cells = 0
    for k in range(tile_rows):
        height = smaller(TILE, rows - k * TILE)
        count = 0
        is_open = False
        for c in range(tile_cols):
            near = everywhere or _near_water(tiles.wet, k, c)
            if tiles.active[k, c] != 0 and not near:
                _still(grid, k, c, rows, end)
            tiles.active[k, c] = near
            first = LANES + c * TILE
            if near:
                cells += height * (smaller(first + TILE, end) - first)
            if near and not is_open:
                tiles.segments[k, count, 0] = first
            if is_open and not near:
                tiles.segments[k, count, 1] = first
                count += 1
            is_open = near
        if is_open:
            tiles.segments[k, count, 1] = end
            count += 1
        tiles.counts[k] = count
        _cut_runs(tiles, k)
    _deal_rows(tiles, rows, cells)
    return cells
