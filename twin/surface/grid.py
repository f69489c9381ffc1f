"""From a city to the solver's grids: walls and rain weights."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import from_origin
from scipy.ndimage import distance_transform_edt

from cim_models.city import City, Terrain
from cim_models.errors import InputError


def building_cells(city: City) -> NDArray[np.bool_]:
    """Return the cells whose centre lies in a building, shape (rows, cols)."""
    terrain = city.terrain
    buildings = city.layer("buildings")
    if buildings is None:
        return np.zeros(terrain.shape, bool)
    size = terrain.cell_size_m
    return rasterize(
        buildings.geometry,
        out_shape=terrain.shape,
        transform=from_origin(terrain.x_min, terrain.y_max, size, size),
        fill=0,
        default_value=1,
        dtype="uint8",
    ).astype(bool)


def buildings_of(city: City, treatment: Literal["walls", "raised", "none"]) -> NDArray[np.bool_]:
    """Return the cells that count as buildings; none where they are to be ignored."""
    return np.zeros(city.terrain.shape, bool) if treatment == "none" else building_cells(city)


def raised_ground(terrain: Terrain, buildings: NDArray[np.bool_], height_m: float) -> NDArray[np.float32]:
    """Return the ground with buildings as blocks of a height, m above the vertical datum."""
    return np.where(buildings, terrain.elevation + np.float32(height_m), terrain.elevation)


def rain_weights(
    terrain: Terrain, buildings: NDArray[np.bool_], to_street: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Return how many cells' rain lands on each cell when roofs shed theirs to the ground.

    The rain on each roof cell runs to the nearest open cell. Weights add up to the number of cells that
    have an elevation, less what ``to_street`` keeps back: no rain is lost or made.

    Parameters
    ----------
    terrain
        Ground; NaN cells get no rain.
    buildings
        Cells that are roofs, shape (rows, cols).
    to_street
        Share of each roof cell's rain that runs to the ground, shape (rows, cols), in 64ths; 1 where
        omitted.

    Returns
    -------
    Shape (rows, cols); 0 on roofs and outside the domain.
    """
    if buildings.shape != terrain.shape:
        raise InputError("Building cells", got=f"shape {buildings.shape}", expected=f"shape {terrain.shape}")
    valid = ~np.isnan(terrain.elevation)
    open_cells = valid & ~buildings
    if not open_cells.any():
        raise InputError("Building cells", got="no open cell", expected="ground that rain can run to")
    weight = open_cells.astype(np.float64)
    rows, cols = distance_transform_edt(~open_cells, return_distances=False, return_indices=True)
    roof = valid & buildings
    np.add.at(weight, (rows[roof], cols[roof]), 1.0 if to_street is None else to_street[roof])
    return weight.astype(np.float32)
