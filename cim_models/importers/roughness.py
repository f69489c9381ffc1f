"""Manning's n on the grid, from areas that the source tells apart."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import from_origin

from cim_models.city import Terrain
from cim_models.errors import MappingError
from cim_models.importers.recipe import RoughnessRecipe
from cim_models.importers.report import LayerReport
from cim_models.importers.tables import read_table


def import_roughness(
    folder: Path, recipe: RoughnessRecipe, crs: str, terrain: Terrain, report: LayerReport
) -> NDArray[np.float32]:
    """Return Manning's n of each cell, s/m^(1/3), shape of the terrain; a later area goes before.

    A cell belongs to an area when its centre does.

    Raises
    ------
    MappingError
        If a file is missing or has no polygons, or an area lies off the terrain.
    """
    n = np.full(terrain.shape, recipe.manning_n, dtype=np.float32)
    size = terrain.cell_size_m
    transform = from_origin(terrain.x_min, terrain.y_max, size, size)
    for area in recipe.areas:
        shapes = read_table(folder, area, crs)
        if "geometry" not in shapes.columns:
            raise MappingError(f"{area.file}: no geometry", remedy="Areas of roughness need polygons")
        inside = rasterize(shapes["geometry"], out_shape=terrain.shape, transform=transform, dtype="uint8")
        if not inside.any():
            raise MappingError(f"{area.file} covers no cell of the terrain", remedy="Check its CRS")
        n[inside == 1] = area.manning_n
        report.notes.append(f"n = {area.manning_n:g} in {int(inside.sum())} cells of {area.file}")
    report.notes.append(f"n = {recipe.manning_n:g} elsewhere")
    report.count = n.size
    return n
