"""Source tables, and their mapping onto the city's columns."""

import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from shapely.geometry.base import BaseGeometry

from cim_models.errors import MappingError
from cim_models.importers.outlines import read_outlines
from cim_models.importers.recipe import Count, Join, LayerRecipe, SourceFile
from cim_models.importers.report import LayerReport
from cim_models.layers import LAYERS, LayerSpec

_TEXT_TABLES = {".csv": ",", ".tsv": "\t", ".dat": r"\s+", ".txt": r"\s+"}
_FIELD = re.compile(r"\{(\w+)\}")


def source_path(folder: Path, file: str) -> Path:
    """Return the path of a source file; raise `MappingError` when it is missing."""
    path = folder / file
    if not path.is_file():
        raise MappingError(
            f"Source file {path} is missing", remedy="Check the source folder and 'file' in the recipe"
        )
    return path


def read_text(folder: Path, source: SourceFile) -> str:
    """Return the text of a source file."""
    path = source_path(folder, source.file)
    try:
        return path.read_bytes().decode(source.encoding).replace("\r\n", "\n")
    except UnicodeDecodeError as exc:
        raise MappingError(
            f"{path} is not {source.encoding} text: {exc}",
            remedy="State its 'encoding' in the recipe, e.g. latin-1",
        ) from exc


def read_table(folder: Path, source: SourceFile, crs: str | None) -> pd.DataFrame:
    """Return a source table; a spatial one in ``crs``.

    Raises
    ------
    MappingError
        If the file or layer is missing or unreadable, or a spatial layer has no CRS.
    """
    if source.outlines and crs is not None:
        return read_outlines(folder, source, crs)
    path = source_path(folder, source.file)
    if path.suffix in _TEXT_TABLES:
        separator = _TEXT_TABLES[path.suffix]
        return pd.read_csv(path, sep=separator, dtype=str, encoding=source.encoding, engine="python")
    try:
        frame = pyogrio.read_dataframe(path, layer=source.source_layer)
    except (DataLayerError, DataSourceError) as exc:
        known = "" if isinstance(exc, DataSourceError) else ", ".join(pyogrio.list_layers(path)[:, 0])
        raise MappingError(
            f"{path}: layer '{source.source_layer}' cannot be read",
            expected=known,
            remedy="Correct 'source_layer' in the recipe",
        ) from exc
    if crs is None or not isinstance(frame, gpd.GeoDataFrame):
        return frame
    if frame.crs is None:
        raise MappingError(f"{path}: layer '{source.source_layer}' has no CRS", remedy="Set it in the file")
    return frame.to_crs(crs)


def read_mapped(folder: Path, recipe: LayerRecipe, crs: str, report: LayerReport) -> gpd.GeoDataFrame:
    """Return a source layer with the city's columns; what was dropped goes into the report."""
    spec = _spec(recipe)
    frame = read_table(folder, recipe, crs)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise MappingError(f"{recipe.file}: no geometry", remedy=f"Layer '{spec.name}' needs a spatial table")
    frame = _keep(frame, recipe, report)
    frame = _translate(frame, recipe)
    for join in recipe.joins:
        frame = _join(folder, frame, join, report)
    mapped = _map_columns(frame, recipe, spec, report)
    mapped = _explode(mapped, spec, report)
    for count in recipe.counts:
        _count(folder, mapped, count, crs, report)
    return mapped


def crop(frame: gpd.GeoDataFrame, extent: BaseGeometry, report: LayerReport) -> gpd.GeoDataFrame:
    """Keep what lies wholly inside the extent."""
    inside = shapely.covers(extent, frame.geometry.to_numpy())
    if not inside.all():
        report.dropped.append(f"{int((~inside).sum())} outside the city's extent")
    return frame[inside].reset_index(drop=True)


def _spec(recipe: LayerRecipe) -> LayerSpec:
    if recipe.layer not in LAYERS:
        raise MappingError(f"Recipe: layer '{recipe.layer}' is unknown", expected=", ".join(LAYERS))
    spec = LAYERS[recipe.layer]
    known = {column.name for column in spec.columns}
    ruled = [name for rule in recipe.rules for name in rule.assume]
    for name in (*recipe.columns, *recipe.assume, *ruled, *(count.column for count in recipe.counts)):
        if name not in known:
            raise MappingError(
                f"Recipe: layer '{recipe.layer}' has no column '{name}'", expected=", ".join(sorted(known))
            )
    return spec


def _column(frame: pd.DataFrame, name: str, where: str) -> pd.Series:
    if name not in frame.columns:
        columns = ", ".join(str(column) for column in frame.columns if column != "geometry")
        raise MappingError(
            f"{where}: source column '{name}' does not exist",
            expected=columns,
            remedy="Correct the recipe",
        )
    return frame[name]


def _as_words(values: pd.Series) -> pd.Series:
    """Return values as text, whole numbers without a decimal point, missing ones empty."""
    if pd.api.types.is_float_dtype(values):
        values = values.map(lambda value: f"{value:g}", na_action="ignore")
    return values.astype(object).where(values.notna(), "").astype(str)


def _keep(frame: gpd.GeoDataFrame, recipe: LayerRecipe, report: LayerReport) -> gpd.GeoDataFrame:
    keep = np.ones(len(frame), dtype=bool)
    for name, values in recipe.where.items():
        matches = _as_words(_column(frame, name, recipe.file)).isin(values).to_numpy()
        if (keep & ~matches).any():
            report.dropped.append(
                f"{int((keep & ~matches).sum())} whose {name} is not {' or '.join(values)} (recipe)"
            )
        keep &= matches
    empty = frame.geometry.isna().to_numpy() | frame.geometry.is_empty.to_numpy()
    if (keep & empty).any():
        report.dropped.append(f"{int((keep & empty).sum())} without geometry")
    return frame[keep & ~empty].reset_index(drop=True)


def _translate(frame: gpd.GeoDataFrame, recipe: LayerRecipe) -> gpd.GeoDataFrame:
    for name, words in recipe.translate.items():
        original = _as_words(_column(frame, name, recipe.file))
        frame[f"{name}_source"] = original
        frame[name] = original.replace(words)
    return frame


def _join(folder: Path, frame: gpd.GeoDataFrame, join: Join, report: LayerReport) -> gpd.GeoDataFrame:
    other = read_table(folder, join, None)
    keys = _as_words(_column(other, join.key, join.file))
    other = pd.DataFrame(other.drop(columns=[join.key, "geometry"], errors="ignore"))
    other = other[[column for column in other.columns if column not in frame.columns]]
    other = other.set_index(keys)
    other = other[~other.index.duplicated()]
    wanted = _as_words(_column(frame, join.on, join.file))
    missing = int((~wanted.isin(other.index)).sum())
    if missing:
        report.lacks.append(f"{missing} have no row in {join.source_layer or join.file}")
    found = other.reindex(wanted).reset_index(drop=True)
    return gpd.GeoDataFrame(pd.concat([frame, found], axis=1), geometry=frame.geometry.name, crs=frame.crs)


def _map_columns(
    frame: gpd.GeoDataFrame, recipe: LayerRecipe, spec: LayerSpec, report: LayerReport
) -> gpd.GeoDataFrame:
    ids = recipe.id_prefix + _as_words(_column(frame, recipe.id, recipe.file))
    data: dict[str, Any] = {"id": ids}
    for column in spec.columns:
        if column.name in recipe.columns:
            data[column.name] = _mapped(frame, recipe.columns[column.name], recipe.file)
    for name, value in recipe.assume.items():
        data[name] = pd.Series([value] * len(frame), dtype=object)
        if value != "":
            report.assumed.append(f"{name} = {value}")
    for rule in recipe.rules:
        source = f"{rule.column}_source" if f"{rule.column}_source" in frame.columns else rule.column
        matches = _as_words(_column(frame, source, recipe.file)).isin(rule.values)
        for name, value in rule.assume.items():
            column_values = data.get(name, pd.Series([None] * len(frame), dtype=object))
            data[name] = column_values.astype(object).where(~matches, value)
            report.assumed.append(f"{name} = {value} where {rule.column} is {' or '.join(rule.values)}")
    given = {*data, *(count.column for count in recipe.counts)}
    for column in spec.columns:
        if column.name not in given and column.default not in (None, ""):
            report.assumed.append(f"{column.name} = {column.default} (default of the layer)")
    return gpd.GeoDataFrame(pd.DataFrame(data), geometry=frame.geometry.to_numpy(), crs=frame.crs)


def _mapped(frame: pd.DataFrame, source: str, where: str) -> pd.Series:
    fields = _FIELD.findall(source)
    if not fields:
        return _column(frame, source, where).reset_index(drop=True)
    words = {name: _as_words(_column(frame, name, where)) for name in fields}
    texts = [
        " ".join(source.format(**{name: words[name].iloc[row] for name in fields}).split())
        for row in range(len(frame))
    ]
    return pd.Series(texts, dtype=object)


def _explode(frame: gpd.GeoDataFrame, spec: LayerSpec, report: LayerReport) -> gpd.GeoDataFrame:
    parts = frame.explode(index_parts=False)
    if len(parts) > len(frame):
        report.notes.append(f"{len(parts) - len(frame)} more from multi-part geometries")
        number = parts.groupby(level=0).cumcount()
        several = parts.index.duplicated(keep=False)
        parts["id"] = parts["id"].where(~several, parts["id"] + "-" + (number + 1).astype(str))
    parts = parts.reset_index(drop=True)
    invalid = ~parts.geometry.is_valid
    if spec.geometry == "Polygon" and invalid.any():
        report.notes.append(f"{int(invalid.sum())} invalid geometries mended")
        parts.loc[invalid, parts.geometry.name] = parts.geometry[invalid].buffer(0)
    right = parts.geometry.geom_type == spec.geometry
    if not right.all():
        report.dropped.append(f"{int((~right).sum())} that are not {spec.geometry}")
    return parts[right].reset_index(drop=True)


def _count(folder: Path, frame: gpd.GeoDataFrame, count: Count, crs: str, report: LayerReport) -> None:
    points = read_table(folder, SourceFile(file=count.file, source_layer=count.source_layer), crs)
    polygon, _ = shapely.STRtree(points.geometry.to_numpy()).query(
        frame.geometry.to_numpy(), predicate="intersects"
    )
    frame[count.column] = np.bincount(polygon, minlength=len(frame)) * count.factor
    report.assumed.append(f"{count.column} = {count.factor:g} per {count.source_layer}: {count.because}")
