"""From a source folder and a recipe to a bundle."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from cim_models.bundle.tables import conform
from cim_models.bundle.writing import check_replaceable, write_city
from cim_models.city import City, Network, Source, Terrain
from cim_models.errors import MappingError
from cim_models.importers.generate import generate
from cim_models.importers.networks import compare_with_terrain, import_network, outside, tie_gullies
from cim_models.importers.recipe import Recipe, SourceFile, read_recipe
from cim_models.importers.report import REPORT, ImportReport
from cim_models.importers.roads import build_graph
from cim_models.importers.roughness import import_roughness
from cim_models.importers.tables import crop, read_mapped
from cim_models.importers.terrain import import_terrain
from cim_models.layers import LAYERS
from cim_models.networks import read_sewer, read_supply

_CIM1 = ("terrain", "water_bodies", "grid_cells", "patrol_grids")
_NETWORK_READERS = {"sewer": read_sewer, "supply": read_supply}


def import_city(source: Path, recipe: Path | str, out: Path) -> ImportReport:
    """Build a bundle from a folder of source files.

    Parameters
    ----------
    source
        The folder; nothing in it is changed.
    recipe
        Name of a recipe that comes with citytwin, or the path of a TOML file.
    out
        The bundle's folder. It also gets ``import_report.json``.

    Returns
    -------
    What was taken, dropped, lacking and assumed, layer by layer.

    Raises
    ------
    MappingError
        If the recipe does not fit the source; nothing is written.
    BundleError
        If ``out`` holds something else.
    """
    check_replaceable(Path(out))
    folder = Path(source)
    if not folder.is_dir():
        raise MappingError(f"Source folder {folder} does not exist", remedy="Check the path")
    rules = read_recipe(recipe)
    report = ImportReport(city=rules.name, recipe=str(recipe), lacks=list(rules.lacks))
    city = replace(_build(folder, rules, report), sources=_sources(rules, report))
    write_city(city, out, documents={REPORT: report.to_json()})
    return report


def _build(folder: Path, rules: Recipe, report: ImportReport) -> City:
    networks = _networks(folder, rules, report)
    layers = _layers(folder, rules, report)
    extent = _extent(rules, layers, networks)
    terrain_entry = report.layer("terrain", rules.terrain.file)
    terrain = import_terrain(folder, rules.terrain, rules.crs, extent.bounds, terrain_entry)
    layers = {
        name: crop(frame, shapely.box(*terrain.bounds), report.layer(name, ""))
        for name, frame in layers.items()
    }
    if "roads" in layers:
        layers["roads"] = build_graph(layers["roads"], rules.roads, report.layer("roads", ""))
    if "gullies" in layers:
        entry = report.layer("gullies", "")
        layers["gullies"] = tie_gullies(layers["gullies"], networks.get("sewer"), rules.gullies, entry)
    for name, network in networks.items():
        left = outside(network, shapely.box(*terrain.bounds))
        if left:
            report.layer(name, "").notes.append(f"{left} nodes lie outside the city's extent")
    for name, frame in layers.items():
        report.layer(name, "").count = len(frame)
    city = City(
        name=rules.name,
        title=dict(rules.title),
        crs=rules.crs,
        vertical_datum=rules.vertical_datum,
        time_zone=rules.time_zone,
        terrain=terrain,
        layers=layers,
        sewer=networks.get("sewer"),
        supply=networks.get("supply"),
        roughness=_roughness(folder, rules, terrain, report),
    )
    compare_with_terrain(city, report)
    city = generate(city, rules.generate, report)
    tables = {
        name: conform(city.layers[name], LAYERS[name], city.crs, "Import")
        for name in LAYERS
        if name in city.layers
    }
    return replace(city, layers=tables, cim_levels=_cim_levels(tables, networks))


def _roughness(
    folder: Path, rules: Recipe, terrain: Terrain, report: ImportReport
) -> NDArray[np.float32] | None:
    if rules.roughness is None:
        return None
    files = " + ".join(area.file for area in rules.roughness.areas) or "assumed"
    return import_roughness(folder, rules.roughness, rules.crs, terrain, report.layer("roughness", files))


def _networks(folder: Path, rules: Recipe, report: ImportReport) -> dict[str, Network]:
    networks = {}
    for name, source in (("sewer", rules.sewer), ("supply", rules.supply)):
        if source is not None:
            entry = report.layer(name, source.file)
            networks[name] = import_network(folder, source, _NETWORK_READERS[name], rules.crs, entry)
    return networks


def _layers(folder: Path, rules: Recipe, report: ImportReport) -> dict[str, gpd.GeoDataFrame]:
    layers: dict[str, gpd.GeoDataFrame] = {}
    for recipe in rules.layers:
        entry = report.layer(recipe.layer, _label(recipe))
        frame = read_mapped(folder, recipe, rules.crs, entry)
        if recipe.note:
            entry.notes.append(recipe.note)
        if recipe.layer in layers:
            frame = gpd.GeoDataFrame(
                pd.concat([layers[recipe.layer], frame], ignore_index=True), crs=rules.crs
            )
        layers[recipe.layer] = frame
    return layers


def _extent(
    rules: Recipe, layers: Mapping[str, gpd.GeoDataFrame], networks: Mapping[str, Network]
) -> BaseGeometry:
    margin = rules.extent.margin_m
    if rules.extent.box is not None:
        x_min, y_min, x_max, y_max = rules.extent.box
        return shapely.box(x_min - margin, y_min - margin, x_max + margin, y_max + margin)
    parts = {**layers, **{name: network.nodes for name, network in networks.items()}}
    unknown = [name for name in rules.extent.around if name not in parts]
    if unknown:
        raise MappingError(
            f"Recipe {rules.name}: extent.around names '{unknown[0]}'",
            expected=", ".join(sorted(parts)),
            remedy="Name parts that the recipe imports",
        )
    boxes = [shapely.box(*parts[name].total_bounds) for name in rules.extent.around]
    x_min, y_min, x_max, y_max = shapely.union_all(boxes).bounds
    return shapely.box(x_min - margin, y_min - margin, x_max + margin, y_max + margin)


def _label(source: SourceFile) -> str:
    return f"{source.file}:{source.source_layer}" if source.source_layer else source.file


def _sources(rules: Recipe, report: ImportReport) -> tuple[Source, ...]:
    """Say for every layer where it comes from; what is assumed says so."""
    sources = []
    for entry in report.layers:
        made = entry.source in ("assumed", "")
        origin = f"assumed by recipe {rules.name}" if made else f"{rules.origin}: {entry.source}"
        if entry.assumed and not made:
            origin += f"; assumed: {'; '.join(entry.assumed)}"
        sources.append(Source(entry.layer, origin, "none needed" if made else rules.licence))
    return tuple(sources)


def _cim_levels(layers: Mapping[str, gpd.GeoDataFrame], networks: Mapping[str, Network]) -> dict[str, int]:
    return {name: 1 if name in _CIM1 else 2 for name in ("terrain", *layers, *networks)}
