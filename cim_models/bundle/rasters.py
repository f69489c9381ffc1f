"""``terrain.tif`` and ``landcover.tif`` of a bundle."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.errors import RasterioError
from rasterio.transform import from_origin

from cim_models.city import Landcover, Terrain
from cim_models.errors import BundleError
from cim_models.placing import geotiff

NODATA = -9999.0
_SQUARE_TOLERANCE = 1e-6  # relative difference of a cell's edges


def read_terrain(path: Path, crs: str) -> Terrain:
    """Read ground elevation; the file's nodata value becomes NaN.

    Raises
    ------
    BundleError
        If the file is missing, not a raster, has no CRS or another than ``crs``, or its cells are
        not square.
    """
    elevation, transform, nodata = _read_band(path, crs)
    absent = np.zeros(elevation.shape, bool) if nodata is None else elevation == nodata
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and the checks name it
        elevation = elevation.astype(np.float32)
        if nodata is not None:  # the tag may be rounded otherwise than the cells
            absent |= elevation == np.float32(nodata)
    elevation[absent] = np.nan
    return Terrain(elevation, transform.c, transform.f, transform.a)


def write_terrain(path: Path, terrain: Terrain, crs: str) -> None:
    """Write ground elevation with CRS and nodata."""
    data = np.where(np.isnan(terrain.elevation), np.float32(NODATA), terrain.elevation)
    _write_band(path, data.astype(np.float32), terrain, crs, nodata=NODATA, predictor=3)


def read_landcover(path: Path, terrain: Terrain, crs: str) -> NDArray[np.uint8]:
    """Read the codes of the land cover.

    Raises
    ------
    BundleError
        If the raster does not lie on the terrain's grid or holds other than codes from 0 to 255.
    """
    classes, transform, _ = _read_band(path, crs)
    if classes.shape != terrain.shape or (transform.c, transform.f, transform.a) != (
        terrain.x_min,
        terrain.y_max,
        terrain.cell_size_m,
    ):
        raise BundleError(
            f"{path} does not lie on the grid of terrain.tif",
            got=f"{classes.shape[0]} x {classes.shape[1]} cells of {transform.a} m",
            expected=f"{terrain.shape[0]} x {terrain.shape[1]} cells of {terrain.cell_size_m} m",
            remedy="Resample the land cover to the terrain",
        )
    codes = classes.astype(np.uint8)
    if not np.array_equal(codes, classes):
        raise BundleError(
            f"{path}: not every cell holds a code", expected="whole numbers from 0 to 255", remedy="Recode it"
        )
    return codes


def read_roughness(path: Path, codes: NDArray[np.uint8], manning_n: dict[str, float]) -> NDArray[np.float32]:
    """Return Manning's n per cell, s/m^(1/3).

    Raises
    ------
    BundleError
        If a class has no Manning's n.
    """
    check_named(path, codes, manning_n, "no Manning's n", "manning_n")
    present, position = np.unique(codes, return_inverse=True)
    values = np.array([manning_n[str(value)] for value in present], dtype=np.float32)
    return values[position].reshape(codes.shape)


def check_named(path: Path, codes: NDArray[np.uint8], named: Mapping[str, Any], lack: str, key: str) -> None:
    """Raise `BundleError` when a code of the land cover is missing from a table of ``city.toml``."""
    missing = [str(value) for value in np.unique(codes) if str(value) not in named]
    if missing:
        raise BundleError(
            f"{path}: class {missing[0]} has {lack}",
            expected=f"one of {', '.join(named)}",
            remedy=f"Add it to [landcover.{key}] of city.toml",
        )


def write_landcover(
    path: Path,
    landcover: Landcover,
    roughness: NDArray[np.float32] | None,
    terrain: Terrain,
    crs: str,
) -> dict[str, float] | None:
    """Write the codes of the land cover and return Manning's n by code where there is a roughness.

    Raises
    ------
    BundleError
        If cells of one code differ in roughness.
    """
    codes = landcover.codes
    if codes.shape != terrain.shape:
        raise BundleError(
            "Land cover", got=f"shape {codes.shape}", expected=f"the terrain's, {terrain.shape}"
        )
    _write_band(path, codes, terrain, crs, nodata=None, predictor=1)
    if roughness is None:
        return None
    manning_n = {}
    for code in np.unique(codes):
        values = np.unique(roughness[codes == code])
        if len(values) > 1:
            raise BundleError(
                f"Land cover class {code}",
                got=f"{len(values)} values of Manning's n",
                expected="one",
                remedy="Give every class its own roughness, or leave one of the two out",
            )
        manning_n[str(code)] = float(values[0])
    return manning_n


def write_roughness(
    path: Path, roughness: NDArray[np.float32], terrain: Terrain, crs: str
) -> dict[str, float]:
    """Write Manning's n as classes 1, 2, … and return n by class.

    Raises
    ------
    BundleError
        If there are more than 255 different values.
    """
    values, position = np.unique(roughness, return_inverse=True)
    if len(values) > 255:
        raise BundleError(
            "Roughness cannot be written as land cover classes",
            got=f"{len(values)} different values",
            expected="at most 255",
            remedy="Round Manning's n",
        )
    classes = (position.reshape(roughness.shape) + 1).astype(np.uint8)
    _write_band(path, classes, terrain, crs, nodata=None, predictor=1)
    return {str(index): float(value) for index, value in enumerate(values, start=1)}


def _read_band(path: Path, crs: str) -> tuple[NDArray[Any], Any, float | None]:
    if not path.is_file():
        raise BundleError(f"{path} is missing", remedy="Put the file there or import the city again")
    try:
        with rasterio.open(path) as raster:
            if raster.crs is None:
                raise BundleError(
                    f"{path} has no coordinate reference system",
                    expected=crs,
                    remedy=f"Set it: gdal_edit.py -a_srs {crs} {path.name}",
                )
            _check_crs(path, raster.crs, crs)
            _check_square(path, raster.transform)
            return raster.read(1), raster.transform, raster.nodata
    except RasterioError as exc:
        raise BundleError(f"{path} is not a readable raster: {exc}", remedy="Write it as GeoTIFF") from exc


def _check_crs(path: Path, found: Any, expected: str) -> None:
    if not CRS.from_wkt(found.to_wkt()).equals(CRS.from_user_input(expected), ignore_axis_order=True):
        raise BundleError(
            f"{path}: coordinate reference system differs from city.toml",
            got=found.to_string()[:60],
            expected=expected,
            remedy="Reproject the raster or correct 'crs' in city.toml",
        )


def _check_square(path: Path, transform: Any) -> None:
    width, height = transform.a, -transform.e
    if transform.b or transform.d or height <= 0 or abs(width - height) > _SQUARE_TOLERANCE * width:
        raise BundleError(
            f"{path}: cells are not square and north-up",
            got=f"{width} x {height} m",
            remedy="Resample it, e.g. gdalwarp -tr 2 2",
        )


def _write_band(
    path: Path, data: NDArray[Any], terrain: Terrain, crs: str, *, nodata: float | None, predictor: int
) -> None:
    profile = {
        "crs": crs,
        "transform": from_origin(terrain.x_min, terrain.y_max, terrain.cell_size_m, terrain.cell_size_m),
        "compress": "deflate",
        "predictor": predictor,
        "tiled": True,
        "nodata": nodata,
    }
    path.write_bytes(geotiff(data, profile))
