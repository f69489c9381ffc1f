"""Velocity read from the solver's padded arrays, of all cells or of some."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.surface.constants import DRY_UNITS, LANES, ROWS_BEFORE, UNIT_M
from twin.surface.state import Grid, inner

FloatGrid = NDArray[np.float32]


def cell_velocity(grid: Grid, shape: tuple[int, int]) -> tuple[FloatGrid, FloatGrid]:
    """Return the velocity at cell centres to the east and to the north, shape (rows, cols), m/s.

    Mean discharge of the two faces over the depth of the cell; 0 where dry.
    """
    rows, cols = shape
    depth = inner(grid.depth, shape)
    qx = grid.qx[ROWS_BEFORE : ROWS_BEFORE + rows, LANES : LANES + cols + 1]
    qy = grid.qy[ROWS_BEFORE : ROWS_BEFORE + rows + 1, LANES : LANES + cols]
    return _over_depth(depth, qx[:, :-1] + qx[:, 1:]), _over_depth(depth, -(qy[:-1] + qy[1:]))


def velocity_at(grid: Grid, cols: int, cells: NDArray[np.int64]) -> tuple[FloatGrid, FloatGrid]:
    """Return `cell_velocity` of some cells, given by flat index, shape (cells,), m/s."""
    row, col = np.divmod(cells, cols)
    row, col = row + ROWS_BEFORE, col + LANES
    depth = grid.depth[row, col]
    along_x, along_y = grid.qx[row, col] + grid.qx[row, col + 1], grid.qy[row, col] + grid.qy[row + 1, col]
    return _over_depth(depth, along_x), _over_depth(depth, -along_y)


def _over_depth(depth: NDArray[np.int32], both_faces: FloatGrid) -> FloatGrid:
    """Return half the sum of two faces' discharges over the depth, 0 where dry."""
    wet = depth > DRY_UNITS
    depth_m = np.where(wet, depth * np.float32(UNIT_M), np.float32(1.0))
    return np.where(wet, both_faces * (np.float32(0.5) / depth_m), np.float32(0.0))
