"""Vector layers of ``city.gpkg``: brought to the form that `cim_models.layers` declares."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from cim_models.errors import BundleError
from cim_models.layers import LAYERS, Column, LayerSpec

_TRUE = {"true", "yes", "1", "t", "y"}
_FALSE = {"false", "no", "0", "f", "n"}
_FIXED_DATE = "2000-01-01T00:00:00Z"  # GeoPackage stamps its tables; a fixed stamp keeps bytes equal


def read_layer(path: Path, name: str, crs: str) -> gpd.GeoDataFrame:
    """Read one layer of a GeoPackage and conform it.

    Raises
    ------
    BundleError
        If the file or layer is missing or unreadable, its CRS differs, or it does not conform.
    """
    if not path.is_file():
        raise BundleError(f"{path} is missing but city.toml lists layer '{name}'", remedy="Restore the file")
    try:
        frame = pyogrio.read_dataframe(path, layer=name)
    except DataLayerError as exc:
        raise BundleError(
            f"{path}: layer '{name}' is missing or unreadable",
            remedy="Add it or take it out of 'layers' in city.toml",
        ) from exc
    except DataSourceError as exc:
        raise BundleError(f"{path} is not a readable GeoPackage: {exc}", remedy="Restore the file") from exc
    if not isinstance(frame, gpd.GeoDataFrame):
        raise BundleError(f"{path}: layer '{name}' has no geometry", remedy="Write it as a spatial layer")
    if frame.crs is None:
        raise BundleError(
            f"{path}: layer '{name}' has no coordinate reference system",
            expected=crs,
            remedy="Set it in the file",
        )
    return conform(frame, LAYERS[name], crs, str(path))


def write_layers(path: Path, layers: dict[str, gpd.GeoDataFrame], crs: str) -> None:
    """Write conformed layers as one GeoPackage; equal layers give equal bytes."""
    previous = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _FIXED_DATE})
    try:
        for name, frame in layers.items():
            table = conform(frame, LAYERS[name], crs, str(path))
            pyogrio.write_dataframe(
                table, path, layer=name, driver="GPKG", geometry_type=LAYERS[name].geometry
            )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": previous})


def conform(frame: gpd.GeoDataFrame, spec: LayerSpec, crs: str, where: str) -> gpd.GeoDataFrame:
    """Return a layer with exactly the declared columns, types and geometry, indexed 0..n-1.

    Columns that are missing and values that are empty take the declared default; columns that are
    not declared are left out.

    Parameters
    ----------
    frame
        The layer as it was read or made.
    spec
        Its declaration.
    crs
        The city's coordinate reference system.
    where
        File or city, for messages.

    Raises
    ------
    BundleError
        If the CRS is another, ids are missing or double, a required column is missing, a value has
        the wrong type, or a geometry is empty or of another type.
    """
    label = f"{where}: layer '{spec.name}'"
    if frame.crs is not None and not frame.crs.equals(crs, ignore_axis_order=True):
        raise BundleError(
            f"{label} is not in the city's CRS",
            got=frame.crs.to_string()[:60],
            expected=crs,
            remedy="Reproject the layer",
        )
    ids = _ids(frame, label)
    data: dict[str, Any] = {"id": ids}
    for column in spec.columns:
        data[column.name] = _values(frame, column, ids, label)
    geometry = _geometry(frame, spec, ids, label)
    return gpd.GeoDataFrame(pd.DataFrame(data), geometry=geometry, crs=crs)


def _ids(frame: gpd.GeoDataFrame, label: str) -> pd.Series:
    if "id" not in frame.columns:
        raise BundleError(f"{label} has no column 'id'", remedy="Add a column of unique texts")
    if frame["id"].isna().any():
        row = int(np.flatnonzero(frame["id"].isna())[0])
        raise BundleError(f"{label}, row {row}: id is empty", remedy="Give every feature an id")
    ids = _as_text(frame["id"])
    doubles = ids[ids.duplicated()]
    if len(doubles):
        raise BundleError(
            f"{label}: id '{doubles.iloc[0]}' occurs more than once",
            expected="unique ids",
            remedy="Rename one of them",
        )
    return ids


def _values(frame: gpd.GeoDataFrame, column: Column, ids: pd.Series, label: str) -> pd.Series:
    if column.name not in frame.columns:
        if column.default is None:
            raise BundleError(
                f"{label} has no column '{column.name}'", expected=column.description, remedy="Add the column"
            )
        return _as_type(pd.Series([column.default] * len(ids)), column)
    values = frame[column.name].reset_index(drop=True)
    empty = values.isna()
    if empty.any():
        if column.default is None:
            raise BundleError(
                f"{label}, id '{ids[empty].iloc[0]}': {column.name} is empty",
                expected=column.description,
                remedy="Fill it in",
            )
        values = values.astype(object).where(~empty, column.default)
    try:
        return _as_type(values, column)
    except (TypeError, ValueError):
        index = next(i for i, value in enumerate(values) if not _fits(value, column))
    raise BundleError(
        f"{label}, id '{ids.iloc[index]}': {column.name}",
        got=repr(values.iloc[index]),
        expected=f"{column.description} ({column.dtype.__name__})",
        remedy="Correct the value",
    )


def _fits(value: Any, column: Column) -> bool:
    try:
        _as_type(pd.Series([value]), column)
    except (TypeError, ValueError):
        return False
    return True


def _as_type(values: pd.Series, column: Column) -> pd.Series:
    if column.dtype is str:
        return _as_text(values)
    if column.dtype is bool:
        return values if values.dtype == bool else values.map(_as_bool).astype(bool)
    numbers = pd.to_numeric(values).astype(np.float64)
    if column.dtype is int:
        if (numbers % 1 != 0).any():
            raise ValueError(column.name)
        return numbers.astype(np.int64)
    return numbers


def _as_text(values: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(values) and (values % 1 == 0).all():
        values = values.astype(np.int64)
    return values.astype(str).astype("str").reset_index(drop=True)


def _as_bool(value: Any) -> bool:
    word = str(value).strip().lower().removesuffix(".0")
    if word not in _TRUE | _FALSE:
        raise ValueError(value)
    return word in _TRUE


def _geometry(frame: gpd.GeoDataFrame, spec: LayerSpec, ids: pd.Series, label: str) -> Any:
    shapes = shapely.force_2d(frame.geometry.to_numpy())
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if empty.any():
        raise BundleError(
            f"{label}, id '{ids[empty].iloc[0]}' has no geometry", remedy="Draw it or remove the feature"
        )
    single = (shapely.get_num_geometries(shapes) == 1) & (
        shapely.get_type_id(shapes) >= shapely.GeometryType.MULTIPOINT
    )
    shapes = np.where(single, shapely.get_geometry(shapes, 0), shapes)
    names = np.array([shape.geom_type for shape in shapes], dtype=object)
    wrong = names != spec.geometry
    if wrong.any():
        raise BundleError(
            f"{label}, id '{ids[wrong].iloc[0]}': geometry",
            got=names[wrong][0],
            expected=spec.geometry,
            remedy="Split or redraw the feature",
        )
    return shapes
