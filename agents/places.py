"""The city as agents know it: streets with their low points, gullies, sensors, depots, patrol grids.

Read once from the city's layers into plain tuples, so that nobody touches a table while time runs.
A missing layer leaves its part empty and says so in ``notes``.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from cim_models.city import City, Terrain

if TYPE_CHECKING:
    from geopandas import GeoDataFrame


@dataclass(frozen=True, slots=True)
class RoadPlace:
    """A road segment as a place where something happens.

    Parameters
    ----------
    id, name_zh, name_en, road_class, underpass
        Columns of the layer.
    index
        Row in the layer.
    x, y, low_m
        Its lowest point on the terrain, m, and how far that is along it from the first vertex, m.
    length_m, line
        Length, m, and vertices, m.
    ends
        First and last vertex, m.
    end_names
        Ids of the junctions there.
    grid_cell, patrol_grid
        Ids of the areas its low point lies in; empty for none.
    persons
        People near the low point.
    """

    id: str
    index: int
    name_zh: str
    name_en: str
    road_class: str
    underpass: bool
    x: float
    y: float
    low_m: float
    length_m: float
    line: tuple[tuple[float, float], ...]
    ends: tuple[tuple[float, float], tuple[float, float]]
    end_names: tuple[str, str]
    grid_cell: str
    patrol_grid: str
    persons: float

    def point(self, along_m: float) -> tuple[float, float]:
        """Coordinates of the point so far along it from the first vertex, m; its end beyond that."""
        left_m = along_m
        for (x0, y0), (x1, y1) in pairwise(self.line):
            step_m = math.hypot(x1 - x0, y1 - y0)
            if left_m < step_m:
                share = left_m / step_m
                return x0 + share * (x1 - x0), y0 + share * (y1 - y0)
            left_m -= step_m
        return self.line[-1]


@dataclass(frozen=True, slots=True)
class SensorPlace:
    """A sensor or camera; columns of the layer, and where the water overflows for a sewer sensor.

    ``full_m`` is the depth above the invert at which the sewer reaches the ground, m; ``inf`` for
    other kinds.
    """

    id: str
    index: int
    kind: str
    target: str
    x: float
    y: float
    range_m: float
    noise_m: float
    interval_s: float
    full_m: float


@dataclass(frozen=True, slots=True)
class DepotPlace:
    """Where crews wait; an empty ``skills`` takes every crew."""

    id: str
    x: float
    y: float
    skills: frozenset[str]


@dataclass(slots=True)
class Places:
    """Everything in the city that has a place in the operations.

    ``bounds`` are the outer edges of the terrain as (x_min, y_min, x_max, y_max), m.
    """

    roads: tuple[RoadPlace, ...] = ()
    sensors: tuple[SensorPlace, ...] = ()
    depots: tuple[DepotPlace, ...] = ()
    outfalls: tuple[tuple[str, float, float], ...] = ()
    spots: tuple[tuple[str, str, float, float], ...] = ()
    gully_ids: tuple[str, ...] = ()
    gully_xy: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 2)))
    bounds: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    notes: list[str] = field(default_factory=list)
    road_by_id: dict[str, RoadPlace] = field(default_factory=dict)

    def gullies_near(self, x: float, y: float, radius_m: float) -> list[str]:
        """Ids of the gullies within a radius, nearest first."""
        if not self.gully_ids:
            return []
        distance = np.hypot(self.gully_xy[:, 0] - x, self.gully_xy[:, 1] - y)
        within = np.flatnonzero(distance <= radius_m)
        return [self.gully_ids[i] for i in within[np.argsort(distance[within], kind="stable")]]

    def nearest_outfall(self, x: float, y: float, reach_m: float) -> str | None:
        """Id of the nearest outfall within reach, or None."""
        reached = [(np.hypot(ox - x, oy - y), name) for name, ox, oy in self.outfalls]
        distance, name = min(reached, default=(np.inf, ""))
        return name if distance <= reach_m else None

    def middle(self) -> tuple[float, float]:
        """Return the junction nearest to the middle of the largest connected part of the road graph, m."""
        part = _largest_part(self.roads)
        ends = np.array([end for road in part for end in road.ends])
        weights = np.repeat([road.length_m for road in part], 2)
        centre = np.average(ends, axis=0, weights=weights) if weights.sum() > 0 else ends.mean(axis=0)
        x, y = ends[int(np.argmin(np.hypot(*(ends - centre).T)))]
        return float(x), float(y)

    def name(self, x: float, y: float, road: RoadPlace | None) -> tuple[str, str]:
        """Name of a place in Chinese and English: a known spot within 60 m, else its road."""
        near = [(np.hypot(sx - x, sy - y), zh, en) for zh, en, sx, sy in self.spots]
        distance, zh, en = min(near, default=(np.inf, "", ""))
        if distance <= _SPOT_REACH_M:
            return zh, en
        return (road.name_zh or road.id, road.name_en or road.id) if road else ("", "")


_SPOT_REACH_M = 60.0


def read_places(city: City, *, reach_m: float, persons_per_m: float) -> Places:
    """Read the places of a city.

    Parameters
    ----------
    city
        The city model.
    reach_m
        People within this distance of a road's low point count as near, m.
    persons_per_m
        People to each metre of road where the city has no persons.
    """
    places = Places(bounds=city.terrain.bounds)
    places.roads = _roads(city, reach_m, persons_per_m, places.notes)
    places.road_by_id = {road.id: road for road in places.roads}
    places.sensors = _sensors(city, places.notes)
    places.depots = _depots(city)
    places.outfalls = _outfalls(city)
    places.spots = _spots(city)
    gullies = city.layer("gullies")
    if gullies is None:
        places.notes.append("The city has no gullies: nobody clears any.")
    else:
        places.gully_ids = tuple(map(str, gullies["id"]))
        places.gully_xy = _points(gullies)
    return places


def _roads(city: City, reach_m: float, persons_per_m: float, notes: list[str]) -> tuple[RoadPlace, ...]:
    frame = city.layer("roads")
    if frame is None:
        notes.append("The city has no roads: no crews, no patrols, and no citizens' reports.")
        return ()
    lines = frame.geometry.to_numpy()
    low = np.array([_low_point(line, city.terrain) for line in lines])
    lengths = shapely.length(lines)
    persons = _persons_near(city, low[:, :2], reach_m)
    if persons is None:
        notes.append(f"The city has no persons: {persons_per_m} to each metre of road are assumed.")
        persons = lengths * persons_per_m
    cells = _areas_at(city.layer("grid_cells"), low[:, :2])
    grids = _areas_at(city.layer("patrol_grids"), low[:, :2])
    if city.layer("patrol_grids") is None:
        by_cell = _column_by_id(city.layer("grid_cells"), "patrol_grid")
        grids = [by_cell.get(cell, "") for cell in cells]
    if not any(grids):
        notes.append("The city has no patrol grids: nobody patrols.")
    return tuple(
        RoadPlace(
            id=str(row.id),
            index=index,
            name_zh=str(getattr(row, "name_zh", "") or ""),
            name_en=str(getattr(row, "name_en", "") or ""),
            road_class=str(getattr(row, "road_class", "")),
            underpass=bool(getattr(row, "underpass", False)),
            x=float(low[index, 0]),
            y=float(low[index, 1]),
            low_m=float(low[index, 2]),
            length_m=float(lengths[index]),
            line=tuple((float(x), float(y)) for x, y in shapely.get_coordinates(lines[index])),
            ends=(_vertex(lines[index], 0), _vertex(lines[index], -1)),
            end_names=(str(row.from_node), str(row.to_node)),
            grid_cell=cells[index],
            patrol_grid=grids[index],
            persons=float(persons[index]),
        )
        for index, row in enumerate(frame.itertuples(index=False))
    )


def _largest_part(roads: Sequence[RoadPlace]) -> list[RoadPlace]:
    number = {name: index for index, name in enumerate(sorted({n for road in roads for n in road.end_names}))}
    tails = [number[road.end_names[0]] for road in roads]
    heads = [number[road.end_names[1]] for road in roads]
    graph = coo_array((np.ones(len(roads)), (tails, heads)), shape=(len(number), len(number)))
    _, part = connected_components(graph, directed=False)
    largest = int(np.argmax(np.bincount(part[tails], weights=[road.length_m for road in roads])))
    return [road for road, tail in zip(roads, tails, strict=True) if part[tail] == largest]


def _low_point(line: Any, terrain: Terrain) -> tuple[float, float, float]:
    """Lowest point of a road, m, and its distance from the first vertex, m."""
    steps = max(int(line.length / terrain.cell_size_m), 1)
    along = np.linspace(0.0, line.length, steps + 1)
    points = shapely.line_interpolate_point(line, along)
    x, y = shapely.get_x(points), shapely.get_y(points)
    inside = terrain.inside(x, y)
    row, col = terrain.row_col(x, y)
    elevation = np.full(x.shape, np.inf)
    elevation[inside] = terrain.elevation[row[inside], col[inside]]
    elevation[np.isnan(elevation)] = np.inf
    best = int(np.argmin(elevation)) if np.isfinite(elevation).any() else steps // 2
    return float(x[best]), float(y[best]), float(along[best])


def _vertex(line: Any, which: int) -> tuple[float, float]:
    x, y = line.coords[which][:2]
    return float(x), float(y)


def _persons_near(city: City, xy: NDArray[np.float64], reach_m: float) -> NDArray[np.float64] | None:
    for name in ("buildings", "grid_cells"):
        frame = city.layer(name)
        if frame is None or "persons" not in frame or not float(frame["persons"].sum()) > 0:
            continue
        persons = frame["persons"].to_numpy(dtype=float)
        if name == "grid_cells":  # spread over each cell's area
            density = persons / np.maximum(frame.geometry.area.to_numpy(), 1.0)
            at = _indices_at(frame, xy)
            return np.where(at >= 0, density[at], 0.0) * np.pi * reach_m**2
        tree = cKDTree(_points(frame))
        return np.array([persons[near].sum() for near in tree.query_ball_point(xy, reach_m)])
    return None


def _indices_at(frame: "GeoDataFrame", xy: NDArray[np.float64]) -> NDArray[np.int64]:
    tree = shapely.STRtree(frame.geometry.to_numpy())
    point, area = tree.query(shapely.points(xy), predicate="intersects")
    found = np.full(len(xy), -1, dtype=np.int64)
    order = np.lexsort((-area, point))  # the first area of each point is written last
    found[point[order]] = area[order]
    return found


def _areas_at(frame: "GeoDataFrame | None", xy: NDArray[np.float64]) -> list[str]:
    if frame is None:
        return [""] * len(xy)
    ids = frame["id"].tolist()
    return [str(ids[index]) if index >= 0 else "" for index in _indices_at(frame, xy)]


def _column_by_id(frame: "GeoDataFrame | None", column: str) -> dict[str, str]:
    if frame is None or column not in frame:
        return {}
    return {str(key): str(value) for key, value in zip(frame["id"], frame[column], strict=True)}


def _points(frame: "GeoDataFrame") -> NDArray[np.float64]:
    centroids = shapely.centroid(frame.geometry.to_numpy())
    return np.column_stack((shapely.get_x(centroids), shapely.get_y(centroids)))


def _sensors(city: City, notes: list[str]) -> tuple[SensorPlace, ...]:
    frame = city.layer("sensors")
    if frame is None:
        notes.append("The city has no sensors: nothing is measured, no camera looks.")
        return ()
    full = _overflow_depths(city)
    xy = _points(frame)
    return tuple(
        SensorPlace(
            id=str(row.id),
            index=index,
            kind=str(row.kind),
            target=str(row.target or ""),
            x=float(xy[index, 0]),
            y=float(xy[index, 1]),
            range_m=float(row.range_m),
            noise_m=float(row.noise_m),
            interval_s=float(row.interval_s),
            full_m=full.get(str(row.target), np.inf) if row.kind == "sewer_level" else np.inf,
        )
        for index, row in enumerate(frame.itertuples(index=False))
    )


def _overflow_depths(city: City) -> dict[str, float]:
    if city.sewer is None:
        return {}
    nodes = city.sewer.nodes
    depth = nodes["ground_elevation_m"].to_numpy(dtype=float) - nodes["invert_elevation_m"].to_numpy(
        dtype=float
    )
    return dict(zip(map(str, nodes["id"]), depth.tolist(), strict=True))


def _depots(city: City) -> tuple[DepotPlace, ...]:
    frame = city.layer("depots")
    if frame is None:
        return ()
    xy = _points(frame)
    skills: Sequence[str] = frame["skills"].fillna("").tolist() if "skills" in frame else [""] * len(frame)
    return tuple(
        DepotPlace(
            str(depot),
            float(x),
            float(y),
            frozenset(part.strip() for part in text.split(",") if part.strip()),
        )
        for depot, (x, y), text in zip(frame["id"], xy, skills, strict=True)
    )


def _outfalls(city: City) -> tuple[tuple[str, float, float], ...]:
    if city.sewer is None:
        return ()
    nodes = city.sewer.nodes
    xy = _points(nodes)
    return tuple(
        (str(name), float(x), float(y))
        for name, kind, (x, y) in zip(nodes["id"], nodes["kind"], xy, strict=True)
        if kind == "outfall"
    )


def _spots(city: City) -> tuple[tuple[str, str, float, float], ...]:
    frame = city.layer("spots")
    if frame is None:
        return ()
    xy = _points(frame)
    return tuple(
        (str(row.name_zh or row.id), str(row.name_en or row.id), float(x), float(y))
        for row, (x, y) in zip(frame.itertuples(index=False), xy, strict=True)
        if row.kind != "outfall"
    )
