"""The street plan: a bent grid of junctions and streets with a hierarchy, gaps and an underpass."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import networkx as nx
import numpy as np
from shapely.geometry import LineString

from cim_models.district.names import EAST_WEST, NORTH_SOUTH, SERVICE, TRUNK, UNDERPASS, street_name
from cim_models.district.plan import FloatArray, Plan

WIDTH_M = {"trunk": 26.0, "primary": 20.0, "secondary": 15.0, "residential": 10.0, "service": 8.0}
SPEED_KM_H = {"trunk": 60.0, "primary": 50.0, "secondary": 40.0, "residential": 30.0, "service": 20.0}


@dataclass(frozen=True, slots=True)
class Junction:
    """A street junction, or a gate where a street leaves the district.

    ``row`` counts from the river northwards, ``col`` from west to east; gates lie outside that
    grid by one.
    """

    id: str
    x: float
    y: float
    f: float
    s: float
    row: int
    col: int
    gate: bool = False


@dataclass(frozen=True, slots=True)
class Street:
    """A street between two junctions; ``points`` run from ``from_node`` to ``to_node``."""

    id: str
    from_node: str
    to_node: str
    points: FloatArray
    road_class: str
    name: tuple[str, str]
    underpass: bool = False

    @property
    def width_m(self) -> float:
        """Kerb to kerb, m."""
        return WIDTH_M[self.road_class]

    @property
    def line(self) -> LineString:
        """Centre line."""
        return LineString(self.points)

    @property
    def length_m(self) -> float:
        """Length of the centre line, m."""
        return float(np.hypot(*np.diff(self.points, axis=0).T).sum())


@dataclass(frozen=True, slots=True)
class StreetPlan:
    """Junctions and streets by id, and the places that are built to flood.

    Parameters
    ----------
    junctions, streets
        By id.
    rows, cols
        Size of the junction grid.
    trunk_row
        Row of the trunk road.
    underpass
        Id of the street that dips below the deck.
    low_crossing
        Id of the junction that lies lower than all its neighbours.
    pocket
        Ids of the junctions of the low residential pocket; empty in a small district.
    """

    junctions: dict[str, Junction]
    streets: dict[str, Street]
    rows: int
    cols: int
    trunk_row: int
    underpass: str
    low_crossing: str
    pocket: tuple[str, ...] = ()
    graph: nx.Graph[str] = field(default_factory=nx.Graph)


@dataclass(frozen=True, slots=True)
class _Lattice:
    f: FloatArray
    s: FloatArray
    jitter: FloatArray
    trunk_row: int
    gap_col: int
    row_class: tuple[str, ...]
    col_class: tuple[str, ...]


def make_streets(plan: Plan) -> StreetPlan:
    """Lay out the streets of a district.

    Parameters
    ----------
    plan
        Seed and extent.

    Returns
    -------
    One connected street graph in which the underpass has a way round.
    """
    lattice = _make_lattice(plan)
    junctions = _make_junctions(plan, lattice)
    graph = _make_edges(lattice, junctions)
    rows, cols = len(lattice.s), len(lattice.f)
    crossing_row = max(1, lattice.trunk_row - 2)
    crossing = _junction_id(crossing_row, int(np.clip(round(0.72 * (cols - 1)), 1, cols - 2)))
    pocket = _pocket(lattice) if cols >= 7 else ()
    keep = {crossing, *pocket}
    graph = _thin_out(plan, graph, keep)
    _add_gates(plan, lattice, junctions, graph)
    streets = _make_geometry(plan, lattice, junctions, graph)
    underpass = next(street.id for street in streets.values() if street.underpass)
    return StreetPlan(junctions, streets, rows, cols, lattice.trunk_row, underpass, crossing, pocket, graph)


def _junction_id(row: int, col: int) -> str:
    return f"J-{row:02d}-{col:02d}"


def _make_lattice(plan: Plan) -> _Lattice:
    rng = plan.stream("lattice")
    rows = max(4, round(plan.size_m * 0.84 / 112.0))
    cols = max(4, round((plan.size_m - 2 * plan.margin_m) / 116.0) + 1)
    s = np.concatenate([[0.0], np.cumsum(rng.uniform(0.75, 1.3, rows - 1))])
    f = np.concatenate([[0.0], np.cumsum(rng.uniform(0.8, 1.25, cols - 1))])
    s, f = s / s[-1], f / f[-1]
    jitter = rng.uniform(-1.0, 1.0, (rows, cols, 2)) * min(11.0, 0.012 * plan.size_m)
    trunk_row = max(2, round(0.42 * (rows - 1)))
    gap_col = int(np.clip(round(0.5 * (cols - 1)), 1, cols - 2))
    jitter[[0, trunk_row]] *= 0.2
    row_class = ["secondary" if row % 3 == 1 else "residential" for row in range(rows)]
    row_class[0], row_class[trunk_row] = "primary", "trunk"
    row_class[min(rows - 1, trunk_row + 3)] = "primary"
    col_class = ["secondary" if col % 3 == 2 else "residential" for col in range(cols)]
    for share in (0.28, 0.72) if cols >= 7 else (0.72,):
        col_class[round(share * (cols - 1))] = "primary"
    return _Lattice(f, s, jitter, trunk_row, gap_col, tuple(row_class), tuple(col_class))


def _pocket(lattice: _Lattice) -> tuple[str, ...]:
    col = max(1, round(0.2 * (len(lattice.f) - 1)) - 1)
    return (_junction_id(2, col), _junction_id(2, col + 1))


def _make_junctions(plan: Plan, lattice: _Lattice) -> dict[str, Junction]:
    junctions = {}
    for row, s in enumerate(lattice.s):
        for col, f in enumerate(lattice.f):
            if row == lattice.trunk_row and col == lattice.gap_col:
                continue
            x, y = plan.position(f, s) + lattice.jitter[row, col]
            key = _junction_id(row, col)
            junctions[key] = Junction(key, float(x), float(y), float(f), float(s), row, col)
    return junctions


def _make_edges(lattice: _Lattice, junctions: dict[str, Junction]) -> nx.Graph[str]:
    graph: nx.Graph[str] = nx.Graph()
    rows, cols = len(lattice.s), len(lattice.f)
    for row in range(rows):
        for col in range(cols):
            here, east, north = (_junction_id(row + dr, col + dc) for dr, dc in ((0, 0), (0, 1), (1, 0)))
            if here in junctions and east in junctions:
                graph.add_edge(here, east, road_class=lattice.row_class[row], along="row", underpass=False)
            if here in junctions and north in junctions:
                graph.add_edge(here, north, road_class=lattice.col_class[col], along="col", underpass=False)
    west = _junction_id(lattice.trunk_row, lattice.gap_col - 1)
    east = _junction_id(lattice.trunk_row, lattice.gap_col + 1)
    graph.add_edge(west, east, road_class="trunk", along="row", underpass=True)
    return graph


def _thin_out(plan: Plan, graph: nx.Graph[str], keep: set[str]) -> nx.Graph[str]:
    """Take some residential streets away and turn others into service lanes."""
    rng = plan.stream("thinning")
    for a, b, data in sorted(graph.edges(data=True), key=lambda edge: edge[:2]):
        draw = rng.random()
        if data["road_class"] != "residential" or keep & {a, b}:
            continue
        if draw < 0.24 and min(graph.degree[a], graph.degree[b]) >= 3:
            trial = graph.copy()
            trial.remove_edge(a, b)
            if nx.is_connected(trial):
                graph = trial
        elif draw > 0.84:
            graph.edges[a, b]["road_class"] = "service"
    return graph


def _add_gates(plan: Plan, lattice: _Lattice, junctions: dict[str, Junction], graph: nx.Graph[str]) -> None:
    """Let the main streets run on to the edge of the domain."""
    rows, cols = len(lattice.s), len(lattice.f)
    step_f = plan.margin_m / (plan.size_m - 2 * plan.margin_m)
    ends = [(row, -1) for row in range(rows)] + [(row, cols) for row in range(rows)]
    ends += [(rows, col) for col in range(cols)]
    for row, col in ends:
        kind = lattice.col_class[col] if row == rows else lattice.row_class[row]
        base = _junction_id(min(row, rows - 1), int(np.clip(col, 0, cols - 1)))
        if kind not in ("trunk", "primary", "secondary") or base not in graph:
            continue
        from_f, from_s = junctions[base].f, junctions[base].s
        f = from_f + step_f * ((col == cols) - (col == -1))
        x, y = plan.position(f, from_s)
        inset = 0.5 * plan.cell_size_m
        if row == rows:
            x, y = junctions[base].x, plan.y_min + plan.size_m - inset
        else:
            x = plan.x_min + (inset if col == -1 else plan.size_m - inset)
        key = f"G-{row:02d}-{col + 1:02d}"
        junctions[key] = Junction(key, float(x), float(y), float(f), from_s, row, col, gate=True)
        along = "col" if row == rows else "row"
        graph.add_edge(base, key, road_class=kind, along=along, underpass=False)


def _make_geometry(
    plan: Plan, lattice: _Lattice, junctions: dict[str, Junction], graph: nx.Graph[str]
) -> dict[str, Street]:
    rng = plan.stream("bends")
    streets: dict[str, Street] = {}
    for number, (a, b) in enumerate(sorted(tuple(sorted(edge)) for edge in graph.edges), start=1):
        data: dict[str, Any] = graph.edges[a, b]
        start, end = junctions[a], junctions[b]
        if (end.row, end.col) < (start.row, start.col):
            start, end = end, start
        bow = rng.normal(0.0, 1.0)
        key = f"R-{number:03d}"
        graph.edges[a, b]["street"] = key
        street = Street(
            key,
            start.id,
            end.id,
            _curve(plan, start, end, bow if data["road_class"] in ("residential", "service") else 0.0),
            data["road_class"],
            _name(lattice, start, end, data),
        )
        streets[key] = replace(street, underpass=True) if data["underpass"] else street
    return streets


def _curve(plan: Plan, start: Junction, end: Junction, bow: float) -> FloatArray:
    ends = np.array([[start.x, start.y], [end.x, end.y]])
    if start.gate or end.gate:
        return ends
    count = max(4, int(np.hypot(*(ends[1] - ends[0])) // 14))
    t = np.linspace(0.0, 1.0, count + 1)
    points = plan.position(start.f + t * (end.f - start.f), start.s + t * (end.s - start.s))
    blend = t * t * (3 - 2 * t)
    off_start, off_end = ends[0] - points[0], ends[1] - points[-1]
    points = points + (1 - blend)[:, None] * off_start + blend[:, None] * off_end
    chord = ends[1] - ends[0]
    normal = np.array([-chord[1], chord[0]]) / np.hypot(*chord)
    swing = np.clip(bow, -1.5, 1.5) * min(6.0, 0.05 * float(np.hypot(*chord)))
    return np.asarray(points + (swing * np.sin(np.pi * t))[:, None] * normal)


def _name(lattice: _Lattice, start: Junction, end: Junction, data: dict[str, Any]) -> tuple[str, str]:
    if data["underpass"]:
        return UNDERPASS
    along_row = data["along"] == "row"
    if along_row and start.row == lattice.trunk_row:
        return TRUNK
    names, index = (EAST_WEST, start.row) if along_row else (NORTH_SOUTH, min(start.col, end.col))
    zh, en = street_name(names, index)
    return (f"{zh}{SERVICE[0]}", f"{en} {SERVICE[1]}") if data["road_class"] == "service" else (zh, en)
