"""Where water gathers: hollows of the ground and the land that drains to each cell."""

import heapq

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import from_origin

from cim_models.city import Terrain

_OUT = -1


def drainage(
    terrain: Terrain, buildings: gpd.GeoDataFrame | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return hollow depth and drained area per cell, buildings taken as walls.

    Water runs to the lowest of the four neighbours and leaves over the grid's edges and into cells
    without ground.

    Returns
    -------
    How deep water could stand before it ran over, m; and the area that drains through the cell,
    itself included, m2. Both of the terrain's shape, 0 in buildings.

    Source: Barnes et al. (2014), priority-flood, algorithm 1.
    """
    ground = terrain.elevation.astype(np.float64)
    closed = building_mask(terrain, buildings) | np.isnan(ground)
    water, receiver, order = _flood(ground, closed)
    area = np.where(closed, 0.0, terrain.cell_size_m**2).ravel()
    for cell in reversed(order):
        if receiver[cell] != _OUT:
            area[receiver[cell]] += area[cell]
    return np.where(closed, 0.0, water - ground), area.reshape(ground.shape)


def building_mask(terrain: Terrain, buildings: gpd.GeoDataFrame | None) -> NDArray[np.bool_]:
    """Return the cells whose centre lies in a building."""
    if buildings is None or buildings.empty:
        return np.zeros(terrain.shape, dtype=bool)
    transform = from_origin(terrain.x_min, terrain.y_max, terrain.cell_size_m, terrain.cell_size_m)
    return rasterize(buildings.geometry, out_shape=terrain.shape, transform=transform, dtype=np.uint8) > 0


def _flood(
    ground: NDArray[np.float64], closed: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], list[int], list[int]]:
    """Flood inwards from the outlets: levels, the cell each cell drains to, and the order."""
    rows, cols = ground.shape
    level = ground.copy()
    done = closed.copy()
    receiver = [_OUT] * ground.size
    order: list[int] = []
    queue: list[tuple[float, int]] = []
    for cell in np.flatnonzero(_outlets(np.isnan(ground)) & ~closed).tolist():
        done.flat[cell] = True
        queue.append((float(ground.flat[cell]), cell))
    heapq.heapify(queue)
    while queue:
        height, cell = heapq.heappop(queue)
        order.append(cell)
        row, col = divmod(cell, cols)
        for r, c in ((row - 1, col), (row + 1, col), (row, col - 1), (row, col + 1)):
            if 0 <= r < rows and 0 <= c < cols and not done[r, c]:
                done[r, c] = True
                level[r, c] = max(height, float(ground[r, c]))
                receiver[r * cols + c] = cell
                heapq.heappush(queue, (float(level[r, c]), r * cols + c))
    return level, receiver, order


def _outlets(missing: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the cells at the grid's edge or beside a cell without ground."""
    padded = np.pad(missing, 1, constant_values=True)
    return padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:]
