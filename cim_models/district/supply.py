"""Water supply: looped mains below the streets, valves, a tank above the district."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from scipy.spatial import cKDTree
from shapely.geometry import LineString, Point

from cim_models.city import Network
from cim_models.district.plan import CRS, FloatArray, Plan
from cim_models.district.streets import StreetPlan
from cim_models.district.terrain import Ground

COVER_M = 1.2
DEMAND_L_PERSON_DAY = 240.0
HEAD_ABOVE_TOP_M = 32.0
DIAMETER_MM = {"trunk": 500, "primary": 400, "secondary": 300, "residential": 200, "service": 150}
PATTERN = (
    *(0.45, 0.40, 0.38, 0.38, 0.45, 0.75, 1.25, 1.50, 1.35, 1.15, 1.10, 1.15),
    *(1.20, 1.05, 0.95, 0.95, 1.05, 1.30, 1.50, 1.45, 1.25, 1.05, 0.80, 0.60),
)
"""Hourly demand over mean demand; an assumed working day with two peaks."""


@dataclass(frozen=True, slots=True)
class _Link:
    id: str
    kind: str
    start: str
    end: str
    points: FloatArray
    length_m: float
    diameter_mm: int


def make_supply(plan: Plan, streets: StreetPlan, ground: Ground, buildings: gpd.GeoDataFrame) -> Network:
    """Build the supply network with its EPANET 2.2 file.

    Parameters
    ----------
    plan, streets, ground
        Extent, street plan and ground.
    buildings
        Their persons set the demand of the nearest junction.

    Returns
    -------
    Mains along all streets but the underpass, an isolating valve on every main of the larger
    streets, a reservoir and a tank in the upper terrace.
    """
    inside = [j for j in streets.junctions.values() if not j.gate]
    xy = np.array([[j.x, j.y] for j in inside])
    level = np.array([ground.level(j.x, j.y) - COVER_M for j in inside])
    demand = dict(zip((_node(j.id) for j in inside), _demand(xy, buildings).tolist(), strict=True))
    nodes = {_node(j.id): (x, y, z) for j, (x, y), z in zip(inside, xy.tolist(), level.tolist(), strict=True)}
    links = _mains(streets, nodes)
    top = max(inside, key=lambda j: (ground.level(j.x, j.y), j.id))
    head = float(level.max()) + HEAD_ABOVE_TOP_M
    source = {
        "RES-1": ("reservoir", *_beside(plan, top.x, top.y, 30.0), head + 3.0),
        "TANK-1": ("tank", *_beside(plan, top.x, top.y, -30.0), head - 4.0),
    }
    for number, (key, (_, x, y, _z)) in enumerate(source.items(), start=1):
        points = np.array([[x, y], [top.x, top.y]])
        links.append(_Link(f"WM-{number}", "pipe", key, _node(top.id), points, _length(points), 700))
    text = _text(nodes, demand, source, links)
    return Network(_node_frame(nodes, source, head), _link_frame(links), text)


def _node(junction: str) -> str:
    return junction.replace("J-", "W-")


def _length(points: FloatArray) -> float:
    return float(np.hypot(*np.diff(points, axis=0).T).sum())


def _beside(plan: Plan, x: float, y: float, offset_m: float) -> tuple[float, float]:
    inset = 4.0
    east = float(np.clip(x + offset_m, plan.x_min + inset, plan.x_min + plan.size_m - inset))
    return east, float(np.clip(y + 12.0, plan.y_min + inset, plan.y_min + plan.size_m - inset))


def _demand(xy: FloatArray, buildings: gpd.GeoDataFrame) -> FloatArray:
    """Mean demand of each junction, L/s."""
    centres = buildings.geometry.centroid
    nearest = cKDTree(xy).query(np.column_stack([centres.x, centres.y]))[1]
    persons = np.bincount(nearest, weights=buildings["persons"], minlength=len(xy))
    return np.asarray(np.round(persons * DEMAND_L_PERSON_DAY / 86_400.0, 4))


def _mains(streets: StreetPlan, nodes: dict[str, tuple[float, float, float]]) -> list[_Link]:
    links: list[_Link] = []
    for street in streets.streets.values():
        start, end = _node(street.from_node), _node(street.to_node)
        if street.underpass or start not in nodes or end not in nodes:
            continue
        number = street.id.removeprefix("R-")
        diameter = DIAMETER_MM[street.road_class]
        points = street.points
        if street.road_class in ("trunk", "primary", "secondary"):
            split = f"WV-{number}"
            cut = points[1]
            nodes[split] = (float(cut[0]), float(cut[1]), nodes[start][2])
            links.append(_Link(f"V-{number}", "valve", start, split, points[:2], 0.0, diameter))
            start, points = split, points[1:]
        links.append(_Link(f"W-{number}", "pipe", start, end, points, _length(points), diameter))
    return links


def _node_frame(
    nodes: dict[str, tuple[float, float, float]],
    source: dict[str, tuple[str, float, float, float]],
    head: float,
) -> gpd.GeoDataFrame:
    ids = [*nodes, *source]
    elevation = [z for *_, z in nodes.values()] + [z for *_, z in source.values()]
    data = {
        "id": ids,
        "kind": ["junction"] * len(nodes) + [kind for kind, *_ in source.values()],
        "ground_elevation_m": [z + COVER_M for *_, z in nodes.values()] + [z for *_, z in source.values()],
        "invert_elevation_m": elevation,
    }
    points = [Point(x, y) for x, y, _ in nodes.values()] + [Point(x, y) for _, x, y, _ in source.values()]
    return gpd.GeoDataFrame(data, geometry=points, crs=CRS)


def _link_frame(links: list[_Link]) -> gpd.GeoDataFrame:
    data = {
        "id": [link.id for link in links],
        "kind": [link.kind for link in links],
        "from_node": [link.start for link in links],
        "to_node": [link.end for link in links],
        "length_m": [round(link.length_m, 2) for link in links],
        "diameter_m": [link.diameter_mm / 1000.0 for link in links],
    }
    return gpd.GeoDataFrame(data, geometry=[LineString(link.points) for link in links], crs=CRS)


def _text(
    nodes: dict[str, tuple[float, float, float]],
    demand: dict[str, float],
    source: dict[str, tuple[str, float, float, float]],
    links: list[_Link],
) -> str:
    _, _, _, reservoir_head = source["RES-1"]
    _, _, _, tank_bottom = source["TANK-1"]
    pipes = [link for link in links if link.kind == "pipe"]
    valves = [link for link in links if link.kind == "valve"]
    inner = [f"{link.id} {x:.3f} {y:.3f}" for link in pipes for x, y in link.points[1:-1]]
    places = [f"{key} {x:.3f} {y:.3f}" for key, (x, y, _) in nodes.items()]
    places += [f"{key} {x:.3f} {y:.3f}" for key, (_, x, y, _) in source.items()]
    rows = {
        "TITLE": ["Generated supply network"],
        "JUNCTIONS": [f"{key} {z:.3f} {demand.get(key, 0.0):g} day" for key, (_, _, z) in nodes.items()],
        "RESERVOIRS": [f"RES-1 {reservoir_head:.3f}"],
        "TANKS": [f"TANK-1 {tank_bottom:.3f} 5 0.5 8 18 0"],
        "PIPES": [_pipe(link) for link in pipes],
        "VALVES": [f"{v.id} {v.start} {v.end} {v.diameter_mm} TCV 0 0" for v in valves],
        "PATTERNS": [f"day {' '.join(f'{v:g}' for v in PATTERN[k : k + 6])}" for k in range(0, 24, 6)],
        "TIMES": [
            "Duration 24:00",
            "Hydraulic Timestep 0:15",
            "Pattern Timestep 1:00",
            "Report Timestep 0:15",
        ],
        "OPTIONS": ["Units LPS", "Headloss H-W", "Trials 100", "Accuracy 0.001", "Unbalanced Continue 10"],
        "COORDINATES": places,
        "VERTICES": inner,
    }
    return (
        "\n".join(f"[{name}]\n" + "".join(f"{row}\n" for row in lines) for name, lines in rows.items())
        + "\n[END]\n"
    )


def _pipe(link: _Link) -> str:
    roughness = 120 if link.diameter_mm >= 300 else 110
    length = max(link.length_m, 1.0)
    return f"{link.id} {link.start} {link.end} {length:.2f} {link.diameter_mm} {roughness} 0 Open"
