"""Planned measures and failures of a scenario, as orders on the clock and changes of the city."""

from __future__ import annotations

import math
from collections.abc import Sequence

from shapely.geometry import LineString

from cim_models.city import City
from cim_models.orders import (
    GROUND,
    ClearGullies,
    CloseRoad,
    LayBarrier,
    LayCulvert,
    OpenCulvert,
    OpenRoad,
    Order,
    RemoveBarrier,
    RemoveCulvert,
    ShutCulvert,
    StartPump,
    StopPump,
)
from cim_models.structures import Barrier, Culvert, Line, Structure
from scenarios.hazards import survey_order
from scenarios.places import check_id, locate, sewer_target, unknown
from scenarios.planned import MeasureEntry, PlannedOrder
from scenarios.schema.hazards import RadarSurvey
from scenarios.schema.model import GullyClearing, Measure, PumpTruck, RoadClosure, Scenario
from scenarios.schema.sewer import PumpRestart, SewerMending
from scenarios.schema.structures import CulvertClosure
from scenarios.schema.supply import PipeRepair, ValveClosure
from scenarios.sewer import mending_order
from scenarios.structures import StructurePlanner
from scenarios.supply import repair_order, valve_orders


def measure_ids(count: int, after: int = 0) -> tuple[str, ...]:
    """Return ids for measures in the order of the scenario: M1, M2, …, or those after the first so many."""
    return tuple(f"M{number}" for number in range(after + 1, after + count + 1))


def plan_orders(scenario: Scenario, city: City, source: str, ids: Sequence[str]) -> list[PlannedOrder]:
    """Turn the measures of a scenario into orders, in the order of time.

    Parameters
    ----------
    scenario, city, source
        The scenario, its city and its file, for messages.
    ids
        Of the measures, in their order; their orders' ids begin with them.

    Raises
    ------
    ScenarioError
        If a measure names something that the city does not have, or a time outside the run.
    """
    planned: list[PlannedOrder] = []
    for index, measure in enumerate(scenario.measures):
        key = f"measures.{index}.{measure.chosen_name}"
        planned += _orders(MeasureEntry(ids[index], key, scenario, city, source), measure)
    return sorted(planned, key=lambda plan: plan.t_s)


def _orders(entry: MeasureEntry, measure: Measure) -> list[PlannedOrder]:
    chosen = measure.chosen
    match chosen:
        case GullyClearing():
            return _clearing(entry, chosen)
        case RadarSurvey():
            return [survey_order(entry, chosen)]
        case PipeRepair():
            return [repair_order(entry, chosen)]
        case SewerMending() | PumpRestart():
            return [mending_order(entry, chosen, measure.chosen_name)]
    times = _times(entry, chosen.begin, chosen.until)
    planner = StructurePlanner(entry.scenario, entry.city, entry.source)
    match chosen:
        case PumpTruck():
            return _pumping(entry, chosen, times)
        case ValveClosure():
            return valve_orders(entry, chosen, times)
        case RoadClosure():
            return _closure(entry, chosen, times, planner)
        case CulvertClosure():
            return _shutting(entry, chosen, times, planner)
    return _placing(entry.id, times, planner.structure(chosen, entry.key))


def _pumping(entry: MeasureEntry, pump: PumpTruck, times: list[float]) -> list[PlannedOrder]:
    name, city, source, to_key = entry.id, entry.city, entry.source, f"{entry.key}.to"
    x, y = locate(city, pump.at, f"{entry.key}.at", source)
    start = StartPump(
        id=name,
        x=x,
        y=y,
        target=sewer_target(city, pump.to, to_key, source) if isinstance(pump.to, str) else GROUND,
        capacity_m3_h=pump.capacity_m3_h,
        outlet=None if isinstance(pump.to, str) else locate(city, pump.to, to_key, source),
        hose_m=math.inf if pump.hose is None else pump.hose,
    )
    return _planned(times, start, StopPump(f"{name}-end", name), (x, y), start.target)


def _shutting(
    entry: MeasureEntry, closure: CulvertClosure, times: list[float], planner: StructurePlanner
) -> list[PlannedOrder]:
    culverts = {name: value for name, value in planner.permanent() if isinstance(value, Culvert)}
    if closure.culvert not in culverts:
        what = "a culvert of the scenario's structures"
        raise unknown(closure.culvert, list(culverts), what, f"{entry.key}.culvert", entry.source)
    shut, reopen = ShutCulvert(entry.id, closure.culvert), OpenCulvert(f"{entry.id}-end", closure.culvert)
    return _planned(times, shut, reopen, _middle(culverts[closure.culvert].line), closure.culvert)


def _planned(
    times: list[float],
    begin: Order,
    end: Order,
    place: tuple[float, float],
    target: str,
    after: str | None = None,
) -> list[PlannedOrder]:
    """Pair the orders of a measure with its times; without an end the second is not given."""
    pair = zip(times, (begin, end), (after, None), strict=False)
    return [PlannedOrder(t_s, order, *place, target, cause) for t_s, order, cause in pair]


def _placing(
    name: str, times: list[float], structure: Structure, after: str | None = None
) -> list[PlannedOrder]:
    begin: Order
    end: Order
    if isinstance(structure, Barrier):
        begin, end = LayBarrier(name, structure), RemoveBarrier(f"{name}-end", name)
    else:
        begin, end = LayCulvert(name, structure), RemoveCulvert(f"{name}-end", name)
    return _planned(times, begin, end, _middle(structure.line), name, after)


def _closure(
    entry: MeasureEntry, closure: RoadClosure, times: list[float], planner: StructurePlanner
) -> list[PlannedOrder]:
    name, key = entry.id, entry.key
    road = check_id(entry.city, "roads", closure.road, f"{key}.road", entry.source)
    place = locate(entry.city, road, key, entry.source)
    planned = _planned(times, CloseRoad(name, road), OpenRoad(f"{name}-end", road), place, road)
    if closure.barrier_m is not None:
        for number, block in enumerate(planner.roadblocks(road, closure.barrier_m, f"{key}.barrier_m"), 1):
            planned += _placing(f"{name}-barrier-{number}", times, block, after=name)
    return planned


def _middle(line: Line) -> tuple[float, float]:
    point = LineString(line).interpolate(0.5, normalized=True)
    return float(point.x), float(point.y)


def _clearing(entry: MeasureEntry, clearing: GullyClearing) -> list[PlannedOrder]:
    city, key = entry.city, f"{entry.key}.gullies"
    gullies = city.layer("gullies")
    if gullies is None:
        return []
    if clearing.gullies == "all":
        ids = tuple(str(gully) for gully in gullies["id"])
    else:
        ids = tuple(check_id(city, "gullies", gully, key, entry.source) for gully in clearing.gullies)
    t_s = entry.time_s(clearing.at, "at")
    centre = gullies.geometry.union_all().centroid
    target = ids[0] if len(ids) == 1 else ""
    return [PlannedOrder(t_s, ClearGullies(entry.id, ids), centre.x, centre.y, target)]


def _times(entry: MeasureEntry, begin: str, until: str | None) -> list[float]:
    begin_s = entry.time_s(begin, "from")
    if until is None:
        return [begin_s]
    return [begin_s, entry.time_s(until, "until", after=("from", begin_s))]
