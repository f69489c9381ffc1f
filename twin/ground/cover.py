"""Which ground class each cell has.

Where the city has a land cover, it says so. Otherwise:

1. cells without elevation and cells of buildings are ``sealed``,
2. cells whose centre lies in a water body are ``open_water``,
3. cells whose centre lies within half a road's width of its centre line are ``street``,
4. all others are ``open_ground``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import from_origin

from cim_models.city import City, Terrain
from cim_models.errors import InputError

SEALED, OPEN_WATER, STREET, OPEN_GROUND = "sealed", "open_water", "street", "open_ground"


def ground_map(city: City, open_cells: NDArray[np.bool_]) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Return the ground class of each cell.

    Parameters
    ----------
    city
        The city.
    open_cells
        Cells that water can stand in, shape (rows, cols); all others are ``sealed``.

    Returns
    -------
    Position of each cell's class among the names, shape (rows, cols); and the names, ``sealed`` first.

    Raises
    ------
    InputError
        If the land cover has another shape than the terrain, or a code without a class.
    """
    names = (SEALED, *sorted(ground_names(city) - {SEALED}))
    if city.landcover is None:
        classes = _from_layers(city, names)
    else:
        codes = city.landcover.codes
        if codes.shape != city.terrain.shape:
            raise InputError("Land cover", got=f"shape {codes.shape}", expected=f"shape {city.terrain.shape}")
        position = np.full(256, 255, dtype=np.uint8)
        for code, name in city.landcover.ground.items():
            position[code] = names.index(name)
        classes = position[codes]
        if (classes == 255).any():
            code = int(codes[classes == 255][0])
            raise InputError(f"Land cover code {code}", got="no ground class", expected="one for each code")
    return np.where(open_cells, classes, np.uint8(0)), names


def ground_names(city: City) -> set[str]:
    """Names of the ground classes that a city has."""
    if city.landcover is not None:
        return set(city.landcover.ground.values())
    return {SEALED, OPEN_WATER, STREET, OPEN_GROUND}


def _from_layers(city: City, names: tuple[str, ...]) -> NDArray[np.uint8]:
    classes = np.full(city.terrain.shape, names.index(OPEN_GROUND), dtype=np.uint8)
    water, roads = city.layer("water_bodies"), city.layer("roads")
    if water is not None:
        classes[_cells_in(water.geometry, city.terrain)] = names.index(OPEN_WATER)
    if roads is not None:
        half_width_m = 0.5 * roads["width_m"].to_numpy(dtype=np.float64)
        classes[_cells_in(roads.geometry.buffer(half_width_m), city.terrain)] = names.index(STREET)
    return classes


def _cells_in(shapes: Iterable[Any], terrain: Terrain) -> NDArray[np.bool_]:
    """Cells whose centre lies in one of the shapes."""
    size = terrain.cell_size_m
    kept = [item for item in shapes if item is not None and not item.is_empty]
    if not kept:
        return np.zeros(terrain.shape, dtype=bool)
    transform = from_origin(terrain.x_min, terrain.y_max, size, size)
    return rasterize(kept, out_shape=terrain.shape, transform=transform, dtype="uint8").astype(bool)
