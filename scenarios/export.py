"""Rasters of a run as GeoTIFF files, for geographic information systems."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim_models.errors import InputError
from cim_models.placing import geotiff, write_whole
from scenarios.runfolder import FrameReader, RunFolder
from scenarios.runfolder.fields import FIELDS, RasterField

ALL = "all"
NODATA = -9999.0
SHORT_NAMES = {"time_of_max": "time_of_max_s", "arrival": "arrival_time_s", "hazard": "hazard_rating"}
"""Names that `export_rasters` takes besides those of the fields."""


def export_rasters(run: RunFolder, names: Sequence[str], out: Path) -> list[Path]:
    """Write rasters of a run, one GeoTIFF each, named as the field.

    Cells outside the city, and cells where the field has no value, such as the time of arrival where no
    water came, hold the file's nodata value: -9999, or 255 in a raster of classes.

    Parameters
    ----------
    run
        The run.
    names
        Names of fields of the whole run, or short names of them; ``all`` for every one that there is.
    out
        Folder to write; made where it does not exist.

    Returns
    -------
    The files, in the order of the names.

    Raises
    ------
    InputError
        If a name is unknown or not recorded; nothing is written then.
    """
    frames = run.frames()
    chosen = _chosen(frames, names)
    terrain = run.city().terrain
    outside = np.isnan(terrain.elevation)
    if outside.shape != frames.shape:
        raise InputError(
            f"City of run '{run.path}'",
            got=f"{outside.shape} cells",
            expected=f"{frames.shape}, as the run has",
            remedy="Put the city back as it was, or run the scenario again",
        )
    return [
        _write(out / f"{field.name}.tif", frames.raster(field.name), outside, field, run) for field in chosen
    ]


def _chosen(frames: FrameReader, names: Sequence[str]) -> list[RasterField]:
    there = {field.name: field for field in frames.rasters}
    if list(names) == [ALL]:
        return list(there.values())
    full_names = [SHORT_NAMES.get(name, name) for name in names]
    for given, name in zip(names, full_names, strict=True):
        if name not in there:
            raise _not_there(given, name, list(there))
    return [there[name] for name in dict.fromkeys(full_names)]


def _not_there(given: str, name: str, there: Sequence[str]) -> InputError:
    """Say which rasters the run has, and how to get one that it could have had."""
    short = [alias for alias, full in SHORT_NAMES.items() if full in there]
    known = any(field.name == name and not field.moving for field in FIELDS)
    return InputError(
        "--what",
        got=f"'{given}', which this run has not recorded" if known else f"'{given}'",
        expected=f"{ALL}, or some of {', '.join([*short, *there])}",
        remedy="Run the scenario again without output.hazard=false" if known else "Choose one of them",
    )


def _write(
    path: Path, values: NDArray[Any], outside: NDArray[np.bool_], field: RasterField, run: RunFolder
) -> Path:
    is_class = values.dtype.kind == "u"
    nodata = float(np.iinfo(values.dtype).max) if is_class else NODATA
    absent = outside if is_class else outside | np.isnan(values)
    data = np.where(absent, values.dtype.type(nodata), values)
    tags = {name: str(value) for name, value in _tags(field).items()}
    write_whole(path, geotiff(data, _profile(data, nodata, run), field.en, tags))
    return path


def _tags(field: RasterField) -> dict[str, Any]:
    """Attributes of the field; a scale is none of a file that holds values themselves."""
    return {name: value for name, value in field.attributes.items() if name != "scale_factor"}


def _profile(data: NDArray[Any], nodata: float, run: RunFolder) -> dict[str, Any]:
    from rasterio.transform import from_origin

    city = run.city()
    terrain = city.terrain
    return {
        "crs": city.crs,
        "transform": from_origin(terrain.x_min, terrain.y_max, terrain.cell_size_m, terrain.cell_size_m),
        "nodata": nodata,
        "compress": "deflate",
        "predictor": 1 if data.dtype.kind == "u" else 3,
        "tiled": True,
    }
