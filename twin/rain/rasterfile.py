"""Grids of rain in files: NetCDF, GeoTIFF and Zarr, each read only where it is needed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import rasterio
import zarr
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError
from rasterio.errors import RasterioError

from cim_models.errors import InputError
from twin.rain.times import Start, cf_seconds, seconds_since


@dataclass(frozen=True, slots=True)
class RainRaster:
    """Rain on a grid at several times.

    Parameters
    ----------
    times_s
        Shape (n,), s since the start of the simulation; NaN where the file does not say.
    transform
        From (column, row) of a cell's corner to coordinates.
    shape
        Rows and columns.
    crs
        Coordinate system, as the file says; None where it does not.
    read
        Given slices of rows and columns returns the values there, shape (n, rows, cols), NaN for none.
    """

    times_s: NDArray[np.float64]
    transform: Affine
    shape: tuple[int, int]
    crs: str | None
    read: Callable[[slice, slice], NDArray[np.float64]]


def open_rain_raster(path: Path, variable: str | None, start: Start) -> RainRaster:
    """Open a grid of rain by the kind of its file.

    ``.nc`` is NetCDF with a time dimension after the CF conventions; ``.tif`` a GeoTIFF with one band a
    time, named after it where the bands have descriptions; ``.csv`` a table of single-band GeoTIFFs with
    the columns time and file; a folder a Zarr group with coordinates time, y and x.

    Parameters
    ----------
    path
        File or folder.
    variable
        What to read of a NetCDF or Zarr that holds several.
    start
        Date-time of simulated time 0.

    Raises
    ------
    InputError
        If it cannot be read or lacks what is needed.
    """
    if not path.exists():
        raise InputError(f"Rain raster {path}", got="no such file", expected="a file or folder")
    try:
        if path.is_dir():
            return _open_zarr(path, variable, start)
        if path.suffix.lower() in (".nc", ".nc4", ".cdf"):
            return _open_netcdf(path, variable, start)
        if path.suffix.lower() == ".csv":
            return _open_table(path, start)
        return _open_bands(path, start)
    except (RasterioError, OSError) as exc:
        raise InputError(
            f"Rain raster {path} cannot be read",
            got=exc,
            expected="NetCDF (.nc), GeoTIFF (.tif), a table of GeoTIFFs (.csv) or a Zarr folder",
        ) from exc


def _bands(source: str, bands: Sequence[int], rows: slice, cols: slice) -> NDArray[np.float64]:
    """Read bands of what GDAL opens, scaled, missing values as NaN."""
    with rasterio.open(source) as data:
        window = ((rows.start, rows.stop), (cols.start, cols.stop))
        values = data.read(list(bands), window=window, masked=True).astype(np.float64)
        scale = np.array([data.scales[band - 1] for band in bands])[:, None, None]
        offset = np.array([data.offsets[band - 1] for band in bands])[:, None, None]
        return np.asarray((values * scale + offset).filled(np.nan), dtype=np.float64)


def _open_bands(path: Path, start: Start) -> RainRaster:
    with rasterio.open(path) as data:
        names = data.descriptions
        count = data.count
        grid = data.transform, data.shape, None if data.crs is None else data.crs.to_wkt()
    times = np.full(count, np.nan)
    if all(names):
        times = seconds_since([str(name) for name in names], start, f"Rain raster {path}, names of the bands")
    bands = range(1, count + 1)
    return RainRaster(times, *grid, lambda rows, cols: _bands(str(path), bands, rows, cols))


def _open_table(path: Path, start: Start) -> RainRaster:
    try:
        table = pd.read_csv(path, skipinitialspace=True)
    except ValueError as exc:
        raise InputError(f"Rain raster {path} cannot be read", got=exc, expected="a CSV file") from exc
    if not {"time", "file"} <= set(table.columns) or table.empty:
        raise InputError(
            f"Rain raster {path}", got=f"columns {', '.join(table.columns)}", expected="columns time and file"
        )
    files = [path.parent / str(name) for name in table["file"]]
    grids = []
    for file in files:
        with rasterio.open(file) as data:
            grids.append((data.transform, data.shape, None if data.crs is None else data.crs.to_wkt()))
    for file, grid in zip(files, grids, strict=True):
        if grid != grids[0]:
            raise InputError(
                f"Rain raster {file}", got="another grid", expected=f"the same grid and CRS as {files[0]}"
            )

    def read(rows: slice, cols: slice) -> NDArray[np.float64]:
        return np.concatenate([_bands(str(file), [1], rows, cols) for file in files])

    times = seconds_since(table["time"], start, f"Rain raster {path}, column 'time'")
    return RainRaster(times, *grids[0], read)


def _open_netcdf(path: Path, variable: str | None, start: Start) -> RainRaster:
    source = f'netcdf:"{path}":{variable}' if variable else str(path)
    with rasterio.open(source) as data:
        if data.subdatasets:
            names = [name.rsplit(":", 1)[1] for name in data.subdatasets]
            raise _several(path, names)
        tags = data.tags()
        axes = {key for band in data.indexes for key in data.tags(band) if key.startswith("NETCDF_DIM_")}
        if len(axes) != 1 or data.transform.is_identity:
            raise InputError(
                f"Rain raster {path}",
                got=f"dimensions {', '.join(sorted(axes)) or 'without time'}",
                expected="one time dimension besides georeferenced x and y",
            )
        (axis,) = axes
        numbers = np.array([float(data.tags(band)[axis]) for band in data.indexes])
        units = tags.get(f"{axis.removeprefix('NETCDF_DIM_')}#units", "s")
        bands = data.indexes
        grid = data.transform, data.shape, None if data.crs is None else data.crs.to_wkt()
    times = cf_seconds(numbers, units, start, f"Rain raster {path}")
    return RainRaster(times, *grid, lambda rows, cols: _bands(source, bands, rows, cols))


def _open_zarr(path: Path, variable: str | None, start: Start) -> RainRaster:
    try:
        group = zarr.open_group(path, mode="r")
    except (FileNotFoundError, ValueError, KeyError) as exc:
        raise InputError(f"Rain raster {path} cannot be read", got=exc, expected="a Zarr group") from exc
    arrays = dict(group.arrays())
    grids = [name for name, array in arrays.items() if array.ndim == 3]
    if variable is None and len(grids) != 1:
        raise _several(path, grids)
    name = variable or grids[0]
    if name not in grids:
        raise InputError(
            f"Rain raster {path}, variable '{name}'", expected=f"one of {', '.join(grids)}, with 3 dimensions"
        )
    array = arrays[name]
    axes = _dimensions(array)
    absent = [axis for axis in axes if axis not in arrays]
    if len(axes) != 3 or absent:
        raise InputError(
            f"Rain raster {path}, variable '{name}'",
            got=f"dimensions {', '.join(axes)}" if axes else "dimensions without names",
            expected="named dimensions time, y and x, each with a coordinate array",
        )
    time, y, x = (arrays[axis] for axis in axes)
    units = str(time.attrs.get("units", "s"))
    return RainRaster(
        times_s=cf_seconds(np.asarray(time[:]), units, start, f"Rain raster {path}"),
        transform=_regular(path, np.asarray(x[:], dtype=np.float64), np.asarray(y[:], dtype=np.float64)),
        shape=(array.shape[1], array.shape[2]),
        crs=_zarr_crs(group, array, arrays),
        read=lambda rows, cols: _decoded(array, np.asarray(array[:, rows, cols])),
    )


def _several(path: Path, names: Sequence[str]) -> InputError:
    return InputError(
        f"Rain raster {path}",
        got=f"{len(names)} variables with 3 dimensions" if names else "no variable with 3 dimensions",
        expected=f"the variable to read, one of {', '.join(names)}" if names else "time, y and x",
    )


def _dimensions(array: Any) -> tuple[str, ...]:
    names = getattr(array.metadata, "dimension_names", None) or array.attrs.get("_ARRAY_DIMENSIONS", ())
    return tuple(str(name) for name in names)


def _regular(path: Path, x: NDArray[np.float64], y: NDArray[np.float64]) -> Affine:
    """Return the transform of a grid from the coordinates of its cell centres."""
    steps = []
    for name, centres in (("x", x), ("y", y)):
        lengths = np.diff(centres)
        if centres.size < 2 or not np.allclose(lengths, lengths[0], rtol=1e-3) or lengths[0] == 0.0:
            raise InputError(
                f"Rain raster {path}, coordinate {name}", expected="at least two values, evenly spaced"
            )
        steps.append((centres[-1] - centres[0]) / (centres.size - 1))
    dx, dy = steps
    return Affine(dx, 0.0, x[0] - 0.5 * dx, 0.0, dy, y[0] - 0.5 * dy)


def _zarr_crs(group: Any, array: Any, arrays: dict[str, Any]) -> str | None:
    """Return the CRS that an array or group names, or that a grid mapping holds."""
    mapping = arrays.get(str(array.attrs.get("grid_mapping", "spatial_ref")))
    for holder in (array, group, *([] if mapping is None else [mapping])):
        for key in ("crs", "crs_wkt", "spatial_ref"):
            if isinstance(text := holder.attrs.get(key), str):
                try:
                    return str(CRS.from_user_input(text).to_wkt())
                except CRSError:
                    continue
    return None


def _decoded(array: Any, values: NDArray[Any]) -> NDArray[np.float64]:
    """Return values as the CF attributes of their array say, missing ones as NaN."""
    decoded = values.astype(np.float64)
    for key in ("_FillValue", "missing_value"):
        if (fill := array.attrs.get(key)) is not None:
            decoded[values == fill] = np.nan
    return decoded * float(array.attrs.get("scale_factor", 1.0)) + float(array.attrs.get("add_offset", 0.0))
