"""Rain between gauges: Thiessen polygons or inverse distance."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from cim_models.city import Terrain
from twin.rain.field import MOST_BLOCKS, RainField, rain_blocks
from twin.rain.series import RainSeries


def rain_field(terrain: Terrain, rain: RainSeries) -> RainField | None:
    """Return how the rain of a series spreads over the ground; None for uniform rain."""
    if rain.field is not None:
        return rain.field
    if rain.positions is None or len(rain.gauges) < 2:
        return None
    if rain.between == "inverse_distance":
        return inverse_distance_field(terrain, rain.positions)
    return RainField(nearest_gauge_zones(terrain, rain.positions))


def nearest_gauge_zones(terrain: Terrain, positions: NDArray[np.float64]) -> NDArray[np.uint16]:
    """Return the index of the nearest gauge for each cell (Thiessen polygons), shape (rows, cols).

    ``positions`` are the gauges' coordinates, shape (gauges, 2), m.
    """
    rows, cols = terrain.shape
    x, y = terrain.centre(*np.mgrid[0:rows, 0:cols])
    _, nearest = cKDTree(positions).query(np.column_stack([x.ravel(), y.ravel()]))
    return np.asarray(nearest).reshape(rows, cols).astype(np.uint16)


def inverse_distance_field(
    terrain: Terrain, positions: NDArray[np.float64], power: float = 2.0, most_zones: int = MOST_BLOCKS
) -> RainField:
    """Return the means of all gauges weighted by inverse distance to a power.

    Rain is uniform within square blocks of cells, as small as ``most_zones`` allows; distances are those
    of a block's centre. A block whose centre is a gauge has that gauge's rain.

    Parameters
    ----------
    terrain
        The grid.
    positions
        Gauge coordinates, shape (gauges, 2), m.
    power
        Of the distance, > 0.
    most_zones
        Largest number of blocks.

    Source: Shepard (1968).
    """
    blocks = rain_blocks(terrain, most_zones)
    distance = np.hypot(blocks.x[:, None] - positions[:, 0], blocks.y[:, None] - positions[:, 1])
    nearest = np.maximum(distance.min(axis=1, keepdims=True), 1e-6)
    weights = (nearest / np.maximum(distance, 1e-6)) ** power
    return RainField(blocks.zones, weights / weights.sum(axis=1, keepdims=True))
