"""Ground elevation on a square grid."""

from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.transform import from_origin
from rasterio.warp import Resampling, reproject
from scipy.interpolate import NearestNDInterpolator
from scipy.ndimage import distance_transform_edt

from cim_models.city import Terrain
from cim_models.errors import MappingError
from cim_models.importers.recipe import TerrainRecipe
from cim_models.importers.report import LayerReport
from cim_models.importers.tables import source_path

Bounds = tuple[float, float, float, float]


def import_terrain(
    folder: Path, recipe: TerrainRecipe, crs: str, bounds: Bounds, report: LayerReport
) -> Terrain:
    """Resample the source's ground elevation to a square grid over ``bounds``.

    Parameters
    ----------
    folder
        The source folder.
    recipe
        File, nodata values, cell size and resampling.
    crs
        The city's coordinate reference system.
    bounds
        x_min, y_min, x_max, y_max, m; the grid's edges are the next multiples of the cell size.
    report
        Takes what was found.

    Raises
    ------
    MappingError
        If the raster cannot be read, has no CRS or does not reach into the bounds.
    """
    size = recipe.cell_size_m
    x_min, y_min = np.floor(np.array(bounds[:2]) / size) * size
    x_max, y_max = np.ceil(np.array(bounds[2:]) / size) * size
    shape = round((y_max - y_min) / size), round((x_max - x_min) / size)
    path = source_path(folder, recipe.file)
    elevation = _resample(path, recipe, crs, (float(x_min), float(y_max)), shape, report)
    missing = np.isnan(elevation)
    if missing.all():
        raise MappingError(
            f"{path} holds no ground inside the extent",
            got=f"{x_min:.0f} to {x_max:.0f} m east, {y_min:.0f} to {y_max:.0f} m north",
            remedy="Correct 'extent' or the CRS",
        )
    if recipe.fill_holes_m and missing.any():
        elevation = _fill(elevation, recipe.fill_holes_m / size)
        filled = int(missing.sum() - np.isnan(elevation).sum())
        report.assumed.append(f"{filled} cells without ground filled from the nearest known cell")
    left = int(np.isnan(elevation).sum())
    if left:
        report.lacks.append(
            f"{left} cells without ground ({left / elevation.size:.1%}) stay outside the domain"
        )
    report.count = elevation.size - left
    return Terrain(elevation, float(x_min), float(y_max), size)


def _resample(
    path: Path,
    recipe: TerrainRecipe,
    crs: str,
    corner: tuple[float, float],
    shape: tuple[int, int],
    report: LayerReport,
) -> NDArray[np.float32]:
    try:
        with rasterio.open(path) as raster:
            source_crs = raster.crs or recipe.crs
            if source_crs is None:
                raise MappingError(
                    f"{path} has no coordinate reference system",
                    remedy="Set it in the file, or 'crs' in the recipe",
                )
            source = raster.read(1).astype(np.float32)
            own = raster.nodata
            transform = raster.transform
    except RasterioError as exc:
        raise MappingError(f"{path} is not a readable raster: {exc}", remedy="Give a GeoTIFF") from exc
    for value in [*recipe.nodata, *([own] if own is not None else [])]:
        holes = source == np.float32(value)
        report.notes.append(f"{int(holes.sum())} source cells are {value:g}, which means none")
        source[holes] = np.nan
    report.notes.append(
        f"{transform.a:.5f} x {-transform.e:.5f} m cells resampled ({recipe.resampling}) "
        f"to {shape[0]} x {shape[1]} cells of {recipe.cell_size_m:g} m"
    )
    elevation = np.full(shape, np.nan, dtype=np.float32)
    reproject(
        source,
        elevation,
        src_transform=transform,
        src_crs=source_crs,
        src_nodata=np.nan,
        dst_transform=from_origin(*corner, recipe.cell_size_m, recipe.cell_size_m),
        dst_crs=crs,
        dst_nodata=np.nan,
        resampling=Resampling[recipe.resampling],
    )
    return elevation


def _fill(elevation: NDArray[np.float32], reach_cells: float) -> NDArray[np.float32]:
    missing = np.isnan(elevation)
    distance = np.asarray(distance_transform_edt(missing))
    known, near = np.argwhere(~missing), np.argwhere(missing & (distance <= reach_cells))
    filled = elevation.copy()
    if len(near):
        nearest = NearestNDInterpolator(known, elevation[~missing])
        filled[tuple(near.T)] = nearest(near)
    return filled
