"""The passes of one step over the rows of one band.

A step passes over the active cells up to five times: fastest wave, faces, outflow shares, limiter where a
cell is short of water, cells. Each pass reads what the pass before has finished, so the bands may run in any
order.
"""

from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from twin.compilation import INNER
from twin.surface.advective.kernel_cells import fastest_in_row, limit_row, share_row, update_row
from twin.surface.advective.kernel_faces import ALONG_X, ALONG_Y, Step, face_row, predict_row
from twin.surface.advective.motion import Motion
from twin.surface.constants import ROWS_BEFORE, TILE
from twin.surface.kernel_record import Record, record_tile_row
from twin.surface.kernel_sweep import lay_rain, tile_row_of
from twin.surface.state import Grid, Tiles

WORTH_SHARING = 1 << 12
"""Cells from which on a pass is shared between threads; handing it over costs what some thousand cells do."""


@njit(cache=True)
def _fastest_in_band(grid: Grid, motion: Motion, tiles: Tiles, band: int) -> Any:
    """Return the largest velocity plus celerity in the active cells, m/s, float32."""
    found = np.float32(0.0)
    for row in range(tiles.band_rows[band], tiles.band_rows[band + 1]):
        k = tile_row_of(row, tiles.counts.size)
        for run in range(tiles.counts[k]):
            first, end = tiles.segments[k, run, 0], tiles.segments[k, run, 1]
            found = max(found, fastest_in_row(grid, motion, row, first, end))
    return found


@njit(**INNER)
def _faces_of_run(
    grid: Grid, motion: Motion, predicted: Any, rows: Any, first: int, end: int, step: Step
) -> None:
    """Compute west and north faces of some rows, and the faces south of them at the end of the domain.

    ``rows`` are first row, end row and 1 where the domain ends there. The face east of the run belongs to a
    cell that is dry or a wall; it is computed with the others.
    """
    top, stop, last = rows
    for row in range(top - 1, stop + last):
        above, now = predicted[(row + 1) % 2], predicted[row % 2]
        predict_row(grid, motion, row, first - 1, end + 1, step, now)
        if row >= top:
            face_row(
                *(above, now, first, end, 0, ALONG_Y),
                *(grid.qy[row], motion.to_north[row], motion.to_south[row], motion.along_y[row]),
            )
        if top <= row < stop:
            face_row(
                *(now, now, first, end + 1, 1, ALONG_X),
                *(grid.qx[row], motion.to_west[row], motion.to_east[row], motion.along_x[row]),
            )


@njit(cache=True)
def _faces_of_band(grid: Grid, motion: Motion, tiles: Tiles, band: int, bottom: int, step: Step) -> None:
    """Compute what the faces pass; ``bottom`` is the end row of the domain."""
    row, end_row = tiles.band_rows[band], tiles.band_rows[band + 1]
    while row < end_row:
        k = tile_row_of(row, tiles.counts.size)
        stop = min(ROWS_BEFORE + (k + 1) * TILE, end_row)
        for run in range(tiles.counts[k]):
            rows = (row, stop, np.int64(stop == bottom))
            first, end = tiles.segments[k, run, 0], tiles.segments[k, run, 1]
            _faces_of_run(grid, motion, motion.predicted[band], rows, first, end, step)
        row = stop


@njit(cache=True)
def _shares_of_band(grid: Grid, motion: Motion, tiles: Tiles, band: int, step: Step) -> int:
    """Compute outflow shares; return how many cells cannot afford their outflow."""
    short = 0
    for row in range(tiles.band_rows[band], tiles.band_rows[band + 1]):
        k = tile_row_of(row, tiles.counts.size)
        for run in range(tiles.counts[k]):
            short += share_row(grid, motion, row, tiles.segments[k, run, 0], tiles.segments[k, run, 1], step)
    return short


@njit(cache=True)
def _limit_band(grid: Grid, motion: Motion, tiles: Tiles, band: int, bottom: int) -> None:
    """Scale what the faces pass by the share of the cell that gives; ``bottom`` ends the domain."""
    share, end_row = motion.share, tiles.band_rows[band + 1]
    for row in range(tiles.band_rows[band], end_row + np.int64(end_row == bottom)):
        k = tile_row_of(min(row, bottom - 1), tiles.counts.size)
        for run in range(tiles.counts[k]):
            first, end = tiles.segments[k, run, 0], tiles.segments[k, run, 1]
            x, left, y = slice(first, end + 1), slice(first - 1, end), slice(first, end)
            if row < bottom:
                limit_row(
                    *(share[row, left], share[row, x], grid.qx[row, x]),
                    *(motion.to_west[row, x], motion.to_east[row, x], motion.along_x[row, x]),
                )
            limit_row(
                *(share[row - 1, y], share[row, y], grid.qy[row, y]),
                *(motion.to_north[row, y], motion.to_south[row, y], motion.along_y[row, y]),
            )


@njit(cache=True)
def _cells_of_band(
    grid: Grid, motion: Motion, tiles: Tiles, band: int, quanta: Any, raining: bool, step: Step
) -> Any:
    """Give the cells their new depth and velocity; return the largest depth in units, uint32."""
    deepest, rain = np.uint32(0), motion.rain[band]
    for row in range(tiles.band_rows[band], tiles.band_rows[band + 1]):
        k = tile_row_of(row, tiles.counts.size)
        for run in range(tiles.counts[k]):
            first, end = tiles.segments[k, run, 0], tiles.segments[k, run, 1]
            if raining:
                lay_rain(grid, row, quanta, first, end, rain)
            deepest = max(deepest, update_row(grid, motion, row, first, end, rain, step))
    rain[:] = 0
    return deepest


@njit(parallel=True, cache=True)
def _fastest_by_threads(grid: Grid, motion: Motion, tiles: Tiles) -> None:
    fastest = motion.fastest
    for band in prange(fastest.shape[0]):
        fastest[band, 0] = _fastest_in_band(grid, motion, tiles, band)


@njit(parallel=True, cache=True)
def _faces_by_threads(grid: Grid, motion: Motion, tiles: Tiles, bottom: int, step: Step) -> None:
    bands = motion.fastest.shape[0]
    for band in prange(bands):
        _faces_of_band(grid, motion, tiles, band, bottom, step)


@njit(parallel=True, cache=True)
def _shares_by_threads(grid: Grid, motion: Motion, tiles: Tiles, step: Step) -> None:
    short = motion.short
    for band in prange(short.shape[0]):
        short[band, 0] = _shares_of_band(grid, motion, tiles, band, step)


@njit(parallel=True, cache=True)
def _limit_by_threads(grid: Grid, motion: Motion, tiles: Tiles, bottom: int) -> None:
    bands = motion.fastest.shape[0]
    for band in prange(bands):
        _limit_band(grid, motion, tiles, band, bottom)


@njit(parallel=True, cache=True)
def _cells_by_threads(
    grid: Grid, motion: Motion, tiles: Tiles, quanta: Any, raining: bool, step: Step
) -> None:
    deepest = tiles.deepest
    for band in prange(deepest.shape[0]):
        deepest[band, 0] = _cells_of_band(grid, motion, tiles, band, quanta, raining, step)


@njit(parallel=True, cache=True)
def _record_by_threads(
    grid: Grid, tiles: Tiles, bottom: int, time_s: Any, looks: int, record: Record
) -> None:
    for tile_row in prange(tiles.counts.size):
        record_tile_row(grid, tiles, tile_row, bottom - ROWS_BEFORE, time_s, looks, record)


@njit(cache=True)
def _record_alone(grid: Grid, tiles: Tiles, bottom: int, time_s: Any, looks: int, record: Record) -> None:
    for tile_row in range(tiles.counts.size):
        record_tile_row(grid, tiles, tile_row, bottom - ROWS_BEFORE, time_s, looks, record)


class Passes:
    """The passes of a step over all bands, by threads where there is enough to do.

    Each pass is compiled by itself. One function around them all would be compiled again with all that it
    calls, which takes a minute and saves a tenth of a millisecond in a step.

    Parameters
    ----------
    grid, motion, tiles
        Arrays that the passes read and change.
    bottom
        End row of the domain.
    """

    def __init__(self, grid: Grid, motion: Motion, tiles: Tiles, bottom: int) -> None:
        self._arrays = (grid, motion, tiles)
        self._motion, self._tiles, self._bottom = motion, tiles, bottom
        self._bands = range(motion.fastest.shape[0])

    def _shared(self, cells: int) -> bool:
        return len(self._bands) > 1 and cells >= WORTH_SHARING

    def fastest_m_s(self, cells: int) -> float:
        """Return the largest velocity plus celerity of the ``cells`` active cells, m/s."""
        if self._shared(cells):
            _fastest_by_threads(*self._arrays)
        else:
            for band in self._bands:
                self._motion.fastest[band, 0] = _fastest_in_band(*self._arrays, band)
        return float(self._motion.fastest[:, 0].max())

    def faces(self, cells: int, step: Step) -> None:
        """Compute what the faces pass."""
        if self._shared(cells):
            _faces_by_threads(*self._arrays, self._bottom, step)
        else:
            for band in self._bands:
                _faces_of_band(*self._arrays, band, self._bottom, step)

    def limit(self, cells: int, step: Step) -> None:
        """Scale what the faces pass where cells cannot afford their outflow."""
        if self._shared(cells):
            _shares_by_threads(*self._arrays, step)
        else:
            for band in self._bands:
                self._motion.short[band, 0] = _shares_of_band(*self._arrays, band, step)
        if not self._motion.short[:, 0].any():
            return
        if self._shared(cells):
            _limit_by_threads(*self._arrays, self._bottom)
        else:
            for band in self._bands:
                _limit_band(*self._arrays, band, self._bottom)

    def cells(self, cells: int, quanta: NDArray[np.int64], raining: bool, step: Step) -> int:
        """Give the cells their new depth and velocity; return the largest depth, units."""
        if self._shared(cells):
            _cells_by_threads(*self._arrays, quanta, raining, step)
        else:
            for band in self._bands:
                self._tiles.deepest[band, 0] = _cells_of_band(*self._arrays, band, quanta, raining, step)
        return int(self._tiles.deepest[:, 0].max())

    def record(self, cells: int, time_s: np.float32, looks: int, record: Record) -> None:
        """Record the flood, see `twin.surface.kernel_record.record_tile_row`."""
        grid, _, tiles = self._arrays
        by_whom = _record_by_threads if self._shared(cells) else _record_alone
        by_whom(grid, tiles, self._bottom, time_s, looks, record)
