"""Where on the grid a point may exchange water."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim_models.city import Terrain

NOWHERE = -1


def nearest_open_cells(
    terrain: Terrain, open_cells: NDArray[np.bool_], x: Any, y: Any, reach_m: float
) -> NDArray[np.int64]:
    """Find the cell of each point, or the nearest open one where that cell is a wall.

    Parameters
    ----------
    terrain
        The grid.
    open_cells
        Cells that can hold water, shape (rows, cols).
    x, y
        Coordinates, shape (points,), m.
    reach_m
        How far the open cell's centre may lie from the point, m.

    Returns
    -------
    Flat index of the cell, -1 where no open cell is within reach.
    """
    xs, ys = np.atleast_1d(np.asarray(x, dtype=float)), np.atleast_1d(np.asarray(y, dtype=float))
    found = np.full(xs.size, NOWHERE, dtype=np.int64)
    for index, (px, py) in enumerate(zip(xs, ys, strict=True)):
        if np.isfinite(px) and np.isfinite(py):
            found[index] = _nearest(terrain, open_cells, float(px), float(py), reach_m)
    return found


def cells_within(
    terrain: Terrain, open_cells: NDArray[np.bool_], x: float, y: float, radius_m: float
) -> NDArray[np.int64]:
    """Flat indices of the open cells whose centres lie within a radius, and of the point's own cell."""
    rows, cols = terrain.shape
    row, col = (int(value) for value in terrain.row_col(x, y))
    reach = int(np.ceil(radius_m / terrain.cell_size_m))
    r = np.arange(max(row - reach, 0), min(row + reach + 1, rows))
    c = np.arange(max(col - reach, 0), min(col + reach + 1, cols))
    if r.size == 0 or c.size == 0:
        return np.zeros(0, dtype=np.int64)
    cx, cy = terrain.centre(r[:, None], c[None, :])
    near = np.hypot(cx - x, cy - y) <= radius_m
    near |= (r[:, None] == row) & (c[None, :] == col)
    near &= open_cells[r[0] : r[-1] + 1, c[0] : c[-1] + 1]
    flat = r[:, None] * cols + c[None, :]
    return np.asarray(flat[near], dtype=np.int64)


def _nearest(terrain: Terrain, open_cells: NDArray[np.bool_], x: float, y: float, reach_m: float) -> int:
    if not terrain.inside(x, y):
        return NOWHERE
    row, col = terrain.row_col(x, y)
    if open_cells[row, col]:
        return int(row * terrain.shape[1] + col)
    near = cells_within(terrain, open_cells, x, y, reach_m)
    if near.size == 0:
        return NOWHERE
    cx, cy = terrain.centre(*np.divmod(near, terrain.shape[1]))
    return int(near[np.argmin(np.hypot(cx - x, cy - y))])
