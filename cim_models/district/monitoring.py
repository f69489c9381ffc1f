"""Sensors and cameras."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from shapely.geometry import Point

from cim_models.city import Network
from cim_models.district.grading import Levels
from cim_models.district.plan import Plan
from cim_models.district.sewer import SewerPlan, node_of
from cim_models.district.streets import StreetPlan
from cim_models.district.tables import layer_frame

ROAD_SENSORS, SEWER_SENSORS, CAMERAS = 12, 15, 25


@dataclass(frozen=True, slots=True)
class _Sensor:
    id: str
    kind: str
    point: Point
    target: str = ""
    range_m: float = 1.5
    noise_m: float = 0.01
    interval_s: float = 60.0


def make_sensors(
    plan: Plan, streets: StreetPlan, levels: Levels, sewer: SewerPlan, network: Network
) -> gpd.GeoDataFrame:
    """Place sensors where an operator would: low street points, large sewers, main junctions.

    Parameters
    ----------
    plan, streets, levels, sewer, network
        The parts of the district that are watched.

    Returns
    -------
    The ``sensors`` layer: ``road_level``, ``sewer_level``, ``rain`` and ``camera``.
    """
    sensors = _road_sensors(streets, levels) + _sewer_sensors(streets, sewer, network)
    sensors += _rain_gauges(plan, streets) + _cameras(streets)
    columns = {
        name: [getattr(sensor, name) for sensor in sensors]
        for name in ("id", "kind", "target", "range_m", "noise_m", "interval_s")
    }
    return layer_frame("sensors", columns, [sensor.point for sensor in sensors])


def _street_at(streets: StreetPlan, junction: str) -> str:
    """Id of the widest street at a junction."""
    found = [streets.streets[data["street"]] for _, _, data in streets.graph.edges(junction, data=True)]
    return min(found, key=lambda street: (street.underpass, -street.width_m, street.id)).id


def _road_sensors(streets: StreetPlan, levels: Levels) -> list[_Sensor]:
    underpass = streets.streets[streets.underpass]
    deck = underpass.line.interpolate(0.5, normalized=True)
    sensors = [_Sensor("SL-01", "road_level", deck, underpass.id, 5.0)]
    graph = streets.graph
    inside = [j for j in streets.junctions.values() if not j.gate and j.row > 0]

    def hollow(key: str) -> float:
        return (
            float(np.mean([levels.junction[other] for other in graph.neighbors(key)])) - levels.junction[key]
        )

    special = [streets.low_crossing, *streets.pocket]
    others = sorted((j.id for j in inside if j.id not in special), key=lambda key: (-hollow(key), key))
    for key in (special + others)[: ROAD_SENSORS - 1]:
        junction = streets.junctions[key]
        number = len(sensors) + 1
        sensors.append(
            _Sensor(f"SL-{number:02d}", "road_level", Point(junction.x, junction.y), _street_at(streets, key))
        )
    return sensors


def _sewer_sensors(streets: StreetPlan, sewer: SewerPlan, network: Network) -> list[_Sensor]:
    pipes = network.links.set_index("from_node")["diameter_m"]
    special = [sewer.underpass_node, node_of(streets.low_crossing), *(node_of(key) for key in streets.pocket)]
    large = sorted(
        (key for key in pipes.index if key not in special), key=lambda key: (-float(pipes[key]), key)
    )
    spread = large[: 4 * SEWER_SENSORS : 4]
    chosen = (special + spread)[:SEWER_SENSORS]
    return [
        _Sensor(f"SN-{number:02d}", "sewer_level", _at(sewer, key), key, 7.0, 0.003, 120.0)
        for number, key in enumerate(chosen, start=1)
    ]


def _at(sewer: SewerPlan, key: str) -> Point:
    return Point(sewer.manholes[key].x, sewer.manholes[key].y)


def _rain_gauges(plan: Plan, streets: StreetPlan) -> list[_Sensor]:
    places = [plan.position(f, s) + 12.0 for f, s in ((0.2, 0.15), (0.75, 0.5), (0.35, 0.9))]
    return [
        _Sensor(f"RG-{number}", "rain", Point(*place), range_m=0.0, noise_m=0.0, interval_s=60.0)
        for number, place in enumerate(places, start=1)
    ]


def _cameras(streets: StreetPlan) -> list[_Sensor]:
    underpass = streets.streets[streets.underpass]
    ends = [streets.junctions[underpass.from_node], streets.junctions[underpass.to_node]]
    rank = {"trunk": 0, "primary": 1, "secondary": 2, "residential": 3, "service": 4}

    def importance(key: str) -> tuple[int, int, str]:
        kinds = [rank[data["road_class"]] for _, _, data in streets.graph.edges(key, data=True)]
        return min(kinds), -len(kinds), key

    special = [end.id for end in ends] + [streets.low_crossing, *streets.pocket]
    inside = [j.id for j in streets.junctions.values() if not j.gate and j.id not in special]
    chosen = (special + sorted(inside, key=importance))[:CAMERAS]
    points = [Point(streets.junctions[key].x + 8.0, streets.junctions[key].y + 8.0) for key in chosen]
    return [
        _Sensor(f"CAM-{number:02d}", "camera", point, _street_at(streets, key), 80.0, 0.05, 300.0)
        for number, (key, point) in enumerate(zip(chosen, points, strict=True), start=1)
    ]
