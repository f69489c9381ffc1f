"""The storm sewer: manholes along the streets, a tree of pipes to the river, sizes after area."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise

import networkx as nx
import numpy as np
from scipy.spatial import cKDTree

from cim_models.district.grading import Levels
from cim_models.district.plan import FloatArray, Plan
from cim_models.district.streets import Street, StreetPlan
from cim_models.district.terrain import Ground, points_along

SPACING_M = 62.0
MIN_DEPTH_M = 1.8
COVER_M = 0.9
MIN_SLOPE = 0.003
MANNING_N = 0.013
RUNOFF = 0.90
INLET_MINUTES = 5.0
RETURN_PERIOD_YEARS = 3.0
DIAMETERS_M = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.2, 1.35, 1.5, 1.65, 1.8, 2.0, 2.2, 2.4, 2.6)
UNDERSIZED_SHARE = 0.62


@dataclass(frozen=True, slots=True)
class Manhole:
    """A sewer node; ``kind`` is junction or outfall, ``street`` empty at a street junction."""

    id: str
    x: float
    y: float
    ground_m: float
    invert_m: float = 0.0
    kind: str = "junction"
    street: str = ""


@dataclass(frozen=True, slots=True)
class Pipe:
    """A conduit from the higher to the lower manhole."""

    id: str
    from_node: str
    to_node: str
    points: FloatArray
    length_m: float
    diameter_m: float = 0.3


@dataclass(frozen=True, slots=True)
class SewerPlan:
    """The finished sewer.

    Parameters
    ----------
    manholes, pipes
        By id.
    chains
        For each street the manholes along it as (distance from its first point in m, id).
    undersized
        Ids of the pipes that are deliberately too small.
    underpass_node, outfalls
        Ids of the node at the underpass floor and of the outfalls from west to east.
    flap
        Id of the pipe that leaves the underpass: a flap gate keeps the main sewer's water out.
    """

    manholes: dict[str, Manhole]
    pipes: dict[str, Pipe]
    chains: dict[str, list[tuple[float, str]]]
    undersized: tuple[str, ...]
    underpass_node: str
    outfalls: tuple[str, ...]
    flap: str


@dataclass(slots=True)
class _Draft:
    manholes: dict[str, Manhole] = field(default_factory=dict)
    pipes: dict[str, Pipe] = field(default_factory=dict)
    chains: dict[str, list[tuple[float, str]]] = field(default_factory=dict)

    def connect(self, start: str, end: str, points: FloatArray) -> None:
        """Lay a pipe; its id tells nothing but the order."""
        length = float(np.hypot(*np.diff(points, axis=0).T).sum())
        key = f"P-{len(self.pipes) + 1:03d}"
        self.pipes[key] = Pipe(key, start, end, points, round(length, 2))


def make_sewer(plan: Plan, streets: StreetPlan, levels: Levels, ground: Ground) -> SewerPlan:
    """Design the storm sewer for a three-year storm, with one branch left too small.

    Parameters
    ----------
    plan, streets, levels, ground
        Extent, street plan, junction levels and the finished ground.

    Returns
    -------
    A tree of conduits that fall towards the outfalls at the river bank.
    """
    draft = _Draft()
    downstream, outlets = _drainage_tree(streets, levels)
    _place_manholes(draft, streets, ground)
    _lay_street_pipes(draft, streets, levels, downstream)
    outfalls = _lay_outfalls(plan, draft, streets, outlets, ground)
    flap = _lay_underpass(draft, streets, ground)
    order = _order(draft)
    area = _areas(plan, draft, ground)
    _size(draft, order, area)
    undersized = _undersize(draft, streets)
    return SewerPlan(draft.manholes, draft.pipes, draft.chains, undersized, "YU-0", outfalls, flap)


def node_of(junction: str) -> str:
    """Id of the manhole at a street junction."""
    return junction.replace("J-", "Y-")


def rain_intensity_l_s_ha(minutes: float, years: float = RETURN_PERIOD_YEARS) -> float:
    """Design rain of Chongqing Jiangbei, L/(s ha).

    Source: Chongqing rainstorm formula of 2017 (Yu Jian [2017] 443) for Jiangbei and Yubei.
    """
    return float(1111.0 * (1 + 0.945 * np.log10(years)) / (minutes + 9.713) ** 0.561)


def _drainage_tree(streets: StreetPlan, levels: Levels) -> tuple[dict[str, str], list[str]]:
    """Next junction towards the river for every junction, and the junctions with an outfall.

    Mains keep clear of the low places, which have small sewers of their own.
    """
    front = sorted((j for j in streets.junctions.values() if j.row == 0 and not j.gate), key=lambda j: j.col)
    groups = np.array_split(np.arange(len(front)), max(2, min(5, len(front) // 3)))
    outlets = [min((front[i].id for i in group), key=lambda key: levels.junction[key]) for group in groups]
    sunk = {streets.low_crossing, *streets.pocket}
    reverse: nx.DiGraph[str] = nx.DiGraph()
    for street in streets.streets.values():
        a, b = street.from_node, street.to_node
        if street.underpass or streets.junctions[a].gate or streets.junctions[b].gate:
            continue
        for up, down in ((a, b), (b, a)):
            climb = max(0.0, levels.junction[down] - levels.junction[up])
            detour = 3000.0 if down in sunk and up not in sunk else 0.0
            reverse.add_edge(down, up, weight=street.length_m + 60.0 * climb + detour)
    paths = nx.multi_source_dijkstra_path(reverse, outlets)
    return {key: path[-2] for key, path in paths.items() if len(path) > 1}, outlets


def _place_manholes(draft: _Draft, streets: StreetPlan, ground: Ground) -> None:
    for junction in streets.junctions.values():
        if not junction.gate:
            key = node_of(junction.id)
            level = ground.level(junction.x, junction.y)
            draft.manholes[key] = Manhole(key, junction.x, junction.y, level)
    for street in streets.streets.values():
        ends = [streets.junctions[street.from_node], streets.junctions[street.to_node]]
        chain = [
            (at, node_of(end.id))
            for at, end in zip((0.0, street.length_m), ends, strict=True)
            if not end.gate
        ]
        gate = len(chain) < 2
        if not street.underpass:
            count = 1 if gate else int(np.ceil(street.length_m / SPACING_M)) - 1
            between = np.linspace(0.0, street.length_m, count + 2)[1:-1]
            chain += _manholes_at(draft, street, between, ground)
        draft.chains[street.id] = sorted(chain)


def _manholes_at(draft: _Draft, street: Street, at: FloatArray, ground: Ground) -> list[tuple[float, str]]:
    chain = []
    for number, (where, (x, y)) in enumerate(zip(at, points_along(street, at), strict=True), start=1):
        key = f"{street.id.replace('R-', 'YS-')}-{number}"
        draft.manholes[key] = Manhole(key, float(x), float(y), ground.level(x, y), street=street.id)
        chain.append((float(where), key))
    return chain


def _lay_street_pipes(draft: _Draft, streets: StreetPlan, levels: Levels, downstream: dict[str, str]) -> None:
    for street in streets.streets.values():
        chain = draft.chains[street.id]
        a, b = street.from_node, street.to_node
        if street.underpass or len(chain) < 2:
            continue
        whole = downstream.get(a) == b or downstream.get(b) == a
        forward = downstream.get(a) == b if whole else levels.junction[b] < levels.junction[a]
        if streets.junctions[a].gate or streets.junctions[b].gate:
            forward, whole = streets.junctions[a].gate, True
        ordered = chain if forward else chain[::-1]
        for (from_at, start), (to_at, end) in pairwise(ordered if whole else ordered[1:]):
            draft.connect(start, end, _between(street, from_at, to_at))


def _between(street: Street, start_m: float, end_m: float) -> FloatArray:
    steps = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(street.points, axis=0).T))])
    low, high = min(start_m, end_m), max(start_m, end_m)
    inner = steps[(steps > low + 1.0) & (steps < high - 1.0)]
    at = np.concatenate([[low], inner, [high]])
    points = points_along(street, at)
    return points if start_m < end_m else points[::-1]


def _lay_outfalls(
    plan: Plan, draft: _Draft, streets: StreetPlan, outlets: list[str], ground: Ground
) -> tuple[str, ...]:
    keys = []
    for number, junction in enumerate(outlets, start=1):
        start = draft.manholes[node_of(junction)]
        x = start.x
        y = plan.y_min + float(plan.bank_v(x - plan.x_min)) + 3.0
        key = f"OUT-{number}"
        draft.manholes[key] = Manhole(key, x, y, ground.level(x, y), kind="outfall")
        draft.connect(start.id, key, np.array([[start.x, start.y], [x, y]]))
        keys.append(key)
    return tuple(keys)


def _lay_underpass(draft: _Draft, streets: StreetPlan, ground: Ground) -> str:
    """Drain the underpass to a lower manhole; returns the pipe that leaves it."""
    street = streets.streets[streets.underpass]
    middle = 0.5 * street.length_m
    chain = []
    for key, at in (("YU-1", middle - 42.0), ("YU-0", middle), ("YU-2", middle + 42.0)):
        ((x, y),) = points_along(street, np.array([at]))
        draft.manholes[key] = Manhole(key, float(x), float(y), ground.level(x, y), street=street.id)
        chain.append((at, key))
    for at, key in (chain[0], chain[2]):
        draft.connect(key, "YU-0", _between(street, at, middle))
    floor = draft.manholes["YU-0"]

    def effort(other: Manhole) -> float:
        return float(np.hypot(other.x - floor.x, other.y - floor.y)) + 80.0 * max(
            0.0, other.ground_m - floor.ground_m - 1.0
        )

    able = [
        m
        for m in draft.manholes.values()
        if m.kind == "junction" and not m.id.startswith("YU-") and m.y < floor.y
    ]
    target = min(able, key=lambda m: (effort(m), m.id))
    draft.connect("YU-0", target.id, np.array([[floor.x, floor.y], [target.x, target.y]]))
    draft.chains[street.id] = sorted(draft.chains[street.id] + chain)
    return next(reversed(draft.pipes))


def _order(draft: _Draft) -> list[str]:
    """Pipes from the heads of the tree to the outfalls."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(draft.manholes)
    leaving = {}
    for pipe in draft.pipes.values():
        graph.add_edge(pipe.from_node, pipe.to_node)
        leaving[pipe.from_node] = pipe.id
    return [leaving[node] for node in nx.lexicographical_topological_sort(graph) if node in leaving]


def _areas(plan: Plan, draft: _Draft, ground: Ground) -> dict[str, float]:
    """Area that drains to each manhole, ha: the nearest one, inside and outside the trough."""
    step = max(1, round(8.0 / plan.cell_size_m))
    rows, cols = ground.terrain.shape
    row, col = np.meshgrid(np.arange(step // 2, rows, step), np.arange(step // 2, cols, step), indexing="ij")
    x, y = ground.terrain.centre(row, col)
    cell_ha = (step * plan.cell_size_m) ** 2 / 1e4
    land, trough = ~ground.river[row, col], ground.trough[row, col]
    area = dict.fromkeys(draft.manholes, 0.0)
    for inside in (False, True):
        keys = [
            k for k, m in draft.manholes.items() if m.kind == "junction" and k.startswith("YU-") == inside
        ]
        cells = land & (trough == inside)
        nearest = cKDTree([[draft.manholes[k].x, draft.manholes[k].y] for k in keys]).query(
            np.column_stack([x[cells], y[cells]])
        )[1]
        for key, count in zip(keys, np.bincount(nearest, minlength=len(keys)), strict=True):
            area[key] += float(count) * cell_ha
    return area


def _size(draft: _Draft, order: list[str], area: dict[str, float]) -> None:
    """Choose diameters and inverts together; three passes settle both."""
    slope = {
        key: max(
            MIN_SLOPE,
            (draft.manholes[p.from_node].ground_m - draft.manholes[p.to_node].ground_m) / p.length_m,
        )
        for key, p in draft.pipes.items()
    }
    for _ in range(3):
        _choose_diameters(draft, order, area, slope)
        _choose_inverts(draft, order)
        for key, pipe in draft.pipes.items():
            fall = draft.manholes[pipe.from_node].invert_m - draft.manholes[pipe.to_node].invert_m
            slope[key] = max(MIN_SLOPE, fall / pipe.length_m)


def _choose_diameters(
    draft: _Draft, order: list[str], area: dict[str, float], slope: dict[str, float]
) -> None:
    total = dict(area)
    minutes, least = dict.fromkeys(area, INLET_MINUTES), dict.fromkeys(area, DIAMETERS_M[0])
    for key in order:
        pipe = draft.pipes[key]
        flow = RUNOFF * rain_intensity_l_s_ha(minutes[pipe.from_node]) * total[pipe.from_node] / 1e3
        needed = (flow * MANNING_N / (0.3117 * np.sqrt(slope[key]))) ** 0.375
        least_here = least[pipe.from_node]
        diameter = next((d for d in DIAMETERS_M if d >= needed and d >= least_here), DIAMETERS_M[-1])
        draft.pipes[key] = replace(pipe, diameter_m=diameter)
        speed = max(0.8, flow / (0.785 * diameter**2))
        total[pipe.to_node] += total[pipe.from_node]
        minutes[pipe.to_node] = max(
            minutes[pipe.to_node], minutes[pipe.from_node] + pipe.length_m / speed / 60.0
        )
        least[pipe.to_node] = max(least[pipe.to_node], diameter)


def _choose_inverts(draft: _Draft, order: list[str]) -> None:
    """Lay each pipe as shallow as cover allows and never uphill."""
    lowest = {key: m.ground_m - MIN_DEPTH_M for key, m in draft.manholes.items()}
    for key in order:
        pipe = draft.pipes[key]
        start = draft.manholes[pipe.from_node]
        invert = min(lowest[start.id], start.ground_m - COVER_M - pipe.diameter_m)
        draft.manholes[start.id] = replace(start, invert_m=round(invert, 3))
        end = draft.manholes[pipe.to_node]
        entry = round(invert, 3) - MIN_SLOPE * pipe.length_m
        lowest[end.id] = min(lowest[end.id], entry, end.ground_m - COVER_M - pipe.diameter_m)
    for end in [m for m in draft.manholes.values() if m.kind == "outfall"]:
        draft.manholes[end.id] = replace(end, invert_m=round(lowest[end.id], 3))


def _undersize(draft: _Draft, streets: StreetPlan) -> tuple[str, ...]:
    """Shrink the pipes of the low pocket, as in a quarter built before the present standard.

    They keep their inverts, so they still fall towards the river.
    """
    low = {node_of(key) for key in streets.pocket}
    arms = {s.id for s in streets.streets.values() if {s.from_node, s.to_node} & set(streets.pocket)}
    chosen = []
    for key, pipe in draft.pipes.items():
        street = draft.manholes[pipe.from_node].street
        if pipe.from_node in low or (street in arms and pipe.to_node in low):
            limit = UNDERSIZED_SHARE * pipe.diameter_m
            smaller = max([d for d in DIAMETERS_M if d <= limit], default=DIAMETERS_M[0])
            draft.pipes[key] = replace(pipe, diameter_m=smaller)
            chosen.append(key)
    return tuple(chosen)
