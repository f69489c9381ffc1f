"""Depots, known waterlogging spots, landmarks, the deck and the river."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from shapely.geometry import LineString, Point, Polygon

from cim_models.district.blocks import Block
from cim_models.district.names import RIVER, UNDERPASS
from cim_models.district.plan import Plan
from cim_models.district.sewer import SewerPlan
from cim_models.district.streets import Junction, StreetPlan
from cim_models.district.tables import layer_frame

_DEPOTS = (
    ("中央应急站", "Central Emergency Depot", "drainage,traffic,pump,water,gas,road", 0.45, 0.55),
    ("西溪排水站", "Xixi Drainage Depot", "drainage,pump", 0.12, 0.28),
    ("东苑交通站", "Dongyuan Traffic Depot", "traffic,drainage", 0.9, 0.35),
    ("北坡抢修站", "Beipo Repair Depot", "water,gas,pump", 0.6, 0.9),
)


def make_depots(plan: Plan, streets: StreetPlan) -> gpd.GeoDataFrame:
    """Put depots beside junctions spread over the district; the ``depots`` layer."""
    chosen: list[Junction] = []
    sunk = {streets.low_crossing, *streets.pocket}
    for *_, f, s in _DEPOTS:
        free = [j for j in streets.junctions.values() if not j.gate and j not in chosen and j.id not in sunk]
        chosen.append(min(free, key=lambda j: ((j.f - f) ** 2 + (j.s - s) ** 2, j.id)))
    columns = {
        "id": [f"D-{number}" for number in range(1, len(chosen) + 1)],
        "name_zh": [zh for zh, *_ in _DEPOTS],
        "name_en": [en for _, en, *_ in _DEPOTS],
        "skills": [skills for _, _, skills, *_ in _DEPOTS],
    }
    return layer_frame("depots", columns, [Point(j.x, j.y) for j in chosen])


def make_spots(streets: StreetPlan, sewer: SewerPlan, blocks: list[Block]) -> gpd.GeoDataFrame:
    """Name the places that a scenario or a screen refers to; the ``spots`` layer."""
    deck = streets.streets[streets.underpass].line.interpolate(0.5, normalized=True)
    crossing = streets.junctions[streets.low_crossing]
    rows = [
        ("underpass-1", "underpass", *UNDERPASS, deck),
        (
            "low-crossing-1",
            "low_crossing",
            "石湾低洼路口",
            "Shiwan Low Crossing",
            Point(crossing.x, crossing.y),
        ),
    ]
    if streets.pocket:
        low = streets.junctions[streets.pocket[0]]
        rows.append(
            ("undersized-1", "undersized_sewer", "渡口老街片区", "Dukou Old Quarter", Point(low.x, low.y))
        )
    for number, key in enumerate(sewer.outfalls, start=1):
        outfall = sewer.manholes[key]
        rows.append(
            (
                f"outfall-{number}",
                "outfall",
                f"{number}号排水口",
                f"Outfall {number}",
                Point(outfall.x, outfall.y),
            )
        )
    rows += _landmarks(blocks)
    columns = dict(
        zip(("id", "kind", "name_zh", "name_en"), zip(*(row[:4] for row in rows), strict=True), strict=True)
    )
    return layer_frame("spots", columns, [row[4] for row in rows])


def _landmarks(blocks: list[Block]) -> list[tuple[str, str, str, str, Point]]:
    wanted = (
        ("plaza", "嘉澜广场", "Jialan Plaza"),
        ("park", "榕荫公园", "Rongyin Park"),
        ("public", "示范片区医院", "Demonstration District Hospital"),
        ("promenade", "澜滨步道", "Lanbin Promenade"),
    )
    found: list[tuple[str, str, str, str, Point]] = []
    for use, zh, en in wanted:
        largest = max(
            (b for b in blocks if b.use == use), key=lambda b: (b.polygon.area, -b.id), default=None
        )
        if largest is not None:
            found.append((f"landmark-{len(found) + 1}", "landmark", zh, en, Point(*largest.centre)))
    return found


def make_bridges(streets: StreetPlan) -> gpd.GeoDataFrame:
    """Span the underpass by a pedestrian square without a road; the ``bridges`` layer."""
    street = streets.streets[streets.underpass]
    middle = street.line.interpolate(0.5, normalized=True)
    ahead = street.line.interpolate(0.5 * street.length_m + 1.0)
    along = np.array([ahead.x - middle.x, ahead.y - middle.y])
    normal = np.array([-along[1], along[0]]) / np.hypot(*along)
    half = 0.5 * street.width_m + 4.0
    centre = np.array([middle.x, middle.y])
    line = LineString([centre - half * normal, centre + half * normal])
    return layer_frame("bridges", {"id": ["BR-1"], "clearance_m": [4.5]}, [line])


def make_water_bodies(river: Polygon) -> gpd.GeoDataFrame:
    """Show the river on the map; the ``water_bodies`` layer."""
    return layer_frame(
        "water_bodies", {"id": ["WB-1"], "name_zh": [RIVER[0]], "name_en": [RIVER[1]]}, [river]
    )
