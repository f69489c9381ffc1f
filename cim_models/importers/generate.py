"""What a recipe declares where the source has nothing: all of it is assumed, and reported so."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from cim_models.city import City
from cim_models.importers.hollows import drainage
from cim_models.importers.recipe import Generate, SensorRule
from cim_models.importers.report import ImportReport, LayerReport
from cim_models.organisation_model import default_organisations, organisation_columns

_ASSUMED = "assumed"
_HOLLOW_M = 0.05  # shallower hollows are noise of the terrain
_STEP_M = 2.0  # between the points of a road that are looked at
_ROAD_RANGE_M = 1.5
_SEWER_RANGE_M = 3.0


@dataclass(frozen=True, slots=True)
class _Place:
    point: shapely.Point
    road: str
    hollow_m: float
    drained_m2: float

    def rank(self) -> tuple[float, float, float, float]:
        hollow = self.hollow_m if self.hollow_m >= _HOLLOW_M else 0.0
        return -hollow, -self.drained_m2, self.point.x, self.point.y

    def describe(self) -> str:
        if self.hollow_m >= _HOLLOW_M:
            return f"hollow of {self.hollow_m:.2f} m"
        return f"{self.drained_m2 / 10_000:.1f} ha"


def generate(city: City, rules: Generate, report: ImportReport) -> City:
    """Return the city with the layers that the rules declare; existing features are kept."""
    if rules.grid_cell_size_m:
        city = _grids(city, rules.grid_cell_size_m, rules.patrol_grid_cells, report)
    if rules.components:
        city = _components(city, rules.components, report)
    if (rules.sensors or rules.spots) and city.layer("roads") is not None:
        places = _wet_places(city, rules.sensors.spacing_m if rules.sensors else 100.0)
        if rules.spots:
            city = _spots(city, places[: rules.spots], report)
        if rules.sensors:
            city = _sensors(city, rules.sensors, places, report)
    if rules.depots and city.layer("roads") is not None:
        city = _depots(city, rules, report)
    if rules.organisations and city.layer("organisations") is None and city.layer("depots") is not None:
        city = _organisations(city, report)
    return city


def _append(
    city: City, layer: str, rows: list[dict[str, Any]], report: ImportReport
) -> tuple[City, LayerReport]:
    entry = report.layer(layer, _ASSUMED)
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=city.crs) if rows else None
    existing = city.layers.get(layer)
    frames = [item for item in (existing, frame) if item is not None]
    if frames:
        city = city.with_layer(layer, gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=city.crs))
        entry.count = len(city.layers[layer])
    return city, entry


def _grids(city: City, size_m: float, block: int | None, report: ImportReport) -> City:
    cells = list(_boxes(city, size_m))
    squares = [square for _, _, square in cells]
    persons = _persons(city, squares)
    rows = [
        {
            "id": f"G{number:03d}",
            "patrol_grid": f"P{row // block + 1}-{col // block + 1}" if block else "",
            "persons": persons[number - 1],
            "geometry": square,
        }
        for number, (row, col, square) in enumerate(cells, start=1)
    ]
    city, entry = _append(city, "grid_cells", rows, report)
    entry.lacks.append("the source has no unit grid")
    entry.assumed.append(f"squares of {size_m:g} m, numbered from the north-west")
    if not block:
        return city
    blocks = city.layers["grid_cells"].dissolve("patrol_grid", sort=True)
    patrols = [{"id": name, "geometry": shape} for name, shape in blocks.geometry.items()]
    city, entry = _append(city, "patrol_grids", patrols, report)
    entry.assumed.append(f"blocks of {block} x {block} unit cells")
    return city


def _boxes(city: City, size_m: float) -> Iterator[tuple[int, int, shapely.Polygon]]:
    west, south, east, north = city.terrain.bounds
    for row in range(int(np.ceil((north - south) / size_m))):
        for col in range(int(np.ceil((east - west) / size_m))):
            left, top = west + col * size_m, north - row * size_m
            yield row, col, shapely.box(left, max(top - size_m, south), min(left + size_m, east), top)


def _persons(city: City, squares: list[shapely.Polygon]) -> NDArray[np.float64]:
    buildings = city.layer("buildings")
    if buildings is None or "persons" not in buildings.columns:
        return np.zeros(len(squares))
    where, which = shapely.STRtree(squares).query(
        buildings.geometry.representative_point().to_numpy(), predicate="within"
    )
    weights = buildings["persons"].to_numpy(dtype=float)[where]
    return np.bincount(which, weights=weights, minlength=len(squares))


def _components(city: City, classes: dict[Any, str], report: ImportReport) -> City:
    rows: list[dict[str, Any]] = []
    gullies = city.layer("gullies")
    if "gullies" in classes and gullies is not None:
        shapes = zip(gullies["id"], gullies.geometry, strict=True)
        rows += [
            {"id": f"grate-{name}", "class_code": classes["gullies"], "geometry": at} for name, at in shapes
        ]
    if "manholes" in classes and city.sewer is not None:
        nodes = city.sewer.nodes[city.sewer.nodes["kind"] == "junction"]
        shapes = zip(nodes["id"], nodes.geometry, strict=True)
        rows += [
            {"id": f"cover-{name}", "class_code": classes["manholes"], "geometry": at} for name, at in shapes
        ]
    rows = [row for row in rows if not row["geometry"].is_empty]
    cells = city.layer("grid_cells")
    if cells is not None and rows:
        tree = shapely.STRtree(cells.geometry.to_numpy())
        for row in rows:
            row["grid_cell"] = cells["id"].iloc[int(tree.nearest(row["geometry"]))]
    city, entry = _append(city, "components", rows, report)
    entry.source = "gullies and sewer"
    entry.lacks.append("owners and other classes of components")
    return city


def _wet_places(city: City, spacing_m: float) -> list[_Place]:
    """Return where water gathers on roads: real hollows, deepest first, then by drained area."""
    roads = city.layers["roads"]
    depth, area = drainage(city.terrain, city.layer("buildings"))
    found: list[_Place] = []
    for name, line in zip(roads["id"], roads.geometry, strict=True):
        points = shapely.line_interpolate_point(line, np.arange(0.0, line.length, _STEP_M))
        x, y = shapely.get_coordinates(points).T
        at = city.terrain.inside(x, y)
        row, col = city.terrain.row_col(x[at], y[at])
        values = zip(points[at], depth[row, col], area[row, col], strict=True)
        found += [_Place(point, name, float(deep), float(wide)) for point, deep, wide in values]
    chosen: list[_Place] = []
    for place in sorted(found, key=_Place.rank):
        if all(place.point.distance(other.point) >= spacing_m for other in chosen):
            chosen.append(place)
    return chosen


def _spots(city: City, places: list[_Place], report: ImportReport) -> City:
    names = city.layers["roads"].set_index("id")
    rows = [
        {
            "id": f"spot-{number}",
            "kind": "low_crossing",
            "name_zh": str(names["name_zh"].get(place.road, "") if "name_zh" in names else ""),
            "name_en": str(names["name_en"].get(place.road, "") if "name_en" in names else ""),
            "geometry": place.point,
        }
        for number, place in enumerate(places, start=1)
    ]
    city, entry = _append(city, "spots", rows, report)
    entry.lacks.append("the source lists no waterlogging spots")
    why = ", ".join(place.describe() for place in places)
    entry.assumed.append(f"where water gathers on roads, by hollow and drained area ({why})")
    return city


def _sensors(city: City, rule: SensorRule, places: list[_Place], report: ImportReport) -> City:
    rows = [
        {
            "id": f"road-{number}",
            "kind": "road_level",
            "target": place.road,
            "range_m": _ROAD_RANGE_M,
            "geometry": place.point,
        }
        for number, place in enumerate(places[: rule.road_level], start=1)
    ]
    rows += _sewer_sensors(city, rule.sewer_level, [place.point for place in places])
    rows += _cameras(city, rule)
    city, entry = _append(city, "sensors", rows, report)
    entry.lacks.append("the source has no level sensors and no cameras")
    entry.assumed += [
        f"{min(rule.road_level, len(places))} road level sensors where water gathers on roads, "
        f"{rule.spacing_m:g} m apart",
        f"{rule.sewer_level} sewer level sensors in the manholes nearest to them",
        f"{rule.camera} cameras at the junctions with most roads",
    ]
    return city


def _sewer_sensors(city: City, count: int, places: list[shapely.Point]) -> list[dict[str, Any]]:
    if city.sewer is None or not places:
        return []
    nodes = city.sewer.nodes
    nodes = nodes[(nodes["kind"] == "junction") & ~nodes.geometry.is_empty].reset_index(drop=True)
    nearest = shapely.STRtree(nodes.geometry.to_numpy()).nearest(places)
    rows: list[dict[str, Any]] = []
    for index in list(dict.fromkeys(int(index) for index in nearest))[:count]:
        node = nodes.iloc[index]
        depth = node["ground_elevation_m"] - node["invert_elevation_m"]
        rows.append(
            {
                "id": f"sewer-{len(rows) + 1}",
                "kind": "sewer_level",
                "target": node["id"],
                "range_m": max(_SEWER_RANGE_M, float(np.ceil(depth))),
                "geometry": node.geometry,
            }
        )
    return rows


def _cameras(city: City, rule: SensorRule) -> list[dict[str, Any]]:
    roads = city.layers["roads"]
    junctions = _junctions(roads)
    degree = pd.concat([roads["from_node"], roads["to_node"]]).value_counts()
    order = sorted(degree.index, key=lambda node: (-degree[node], junctions[node].x, junctions[node].y))
    chosen: list[shapely.Point] = []
    for node in order:
        point = junctions[node]
        if len(chosen) < rule.camera and all(point.distance(other) >= rule.spacing_m for other in chosen):
            chosen.append(point)
    return [
        {
            "id": f"camera-{number}",
            "kind": "camera",
            "target": "",
            "range_m": rule.camera_range_m,
            "geometry": at,
        }
        for number, at in enumerate(chosen, start=1)
    ]


def _junctions(roads: gpd.GeoDataFrame) -> dict[str, shapely.Point]:
    places = {}
    for start, end, line in zip(roads["from_node"], roads["to_node"], roads.geometry, strict=True):
        places[start] = shapely.Point(line.coords[0])
        places[end] = shapely.Point(line.coords[-1])
    return places


def _organisations(city: City, report: ImportReport) -> City:
    columns = organisation_columns(default_organisations())
    seat = city.layers["depots"].geometry.iloc[0]
    names = list(columns)
    rows = [
        {**dict(zip(names, values, strict=True)), "geometry": seat}
        for values in zip(*columns.values(), strict=True)
    ]
    city, entry = _append(city, "organisations", rows, report)
    entry.lacks.append("the source names nobody who answers for anything")
    entry.assumed.append("one district, and for each field of work a department with one unit, at a depot")
    return city


def _depots(city: City, rules: Generate, report: ImportReport) -> City:
    junctions = _junctions(city.layers["roads"])
    rows, moves = [], []
    for depot in rules.depots:
        stated = shapely.Point(depot.x, depot.y)
        node = min(junctions, key=lambda name: (junctions[name].distance(stated), name))
        rows.append(
            {
                "id": depot.id,
                "name_zh": depot.name_zh,
                "name_en": depot.name_en,
                "skills": depot.skills,
                "geometry": junctions[node],
            }
        )
        moves.append(f"{depot.id} {junctions[node].distance(stated):.0f} m from the stated point")
    city, entry = _append(city, "depots", rows, report)
    entry.lacks.append("the source has no depots")
    entry.assumed.append(f"at the road junction nearest to a stated point ({', '.join(moves)})")
    return city
