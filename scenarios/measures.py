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
from scenarios.moments import check_time
from scenarios.places import check_id, locate, sewer_target, unknown
from scenarios.planned import PlannedOrder as PlannedOrder
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
        planned += _orders(scenario, measure, index, ids[index], city, source)
    return sorted(planned, key=lambda plan: plan.t_s)


def _orders(
    scenario: Scenario, measure: Measure, index: int, name: str, city: City, source: str
) -> list[PlannedOrder]:
    key = f"measures.{index}"
    if measure.clear_gullies is not None:
        return _clearing(scenario, measure.clear_gullies, (name, f"{key}.clear_gullies"), city, source)
    key = f"{key}.{measure.chosen_name}"
    chosen = measure.chosen
    if isinstance(chosen, RadarSurvey):
        t_s = check_time(scenario, chosen.begin, f"{key}.from", source)
        return [survey_order(chosen, name, key, t_s, city, source)]
    if isinstance(chosen, PipeRepair):
        t_s = check_time(scenario, chosen.at, f"{key}.at", source)
        return [repair_order(chosen, name, key, t_s, city, source)]
    if isinstance(chosen, SewerMending | PumpRestart):
        t_s = check_time(scenario, chosen.at, f"{key}.at", source)
        return [mending_order(chosen, measure.chosen_name, name, key, t_s, city, source)]
    times = _times(scenario, chosen.begin, chosen.until, key, source)
    if isinstance(chosen, PumpTruck):
        x, y = locate(city, chosen.at, f"{key}.at", source)
        start = _start_pump(name, (x, y), chosen, city, f"{key}.to", source)
        return _planned(times, start, StopPump(f"{name}-end", name), (x, y), start.target)
    if isinstance(chosen, ValveClosure):
        return valve_orders(chosen, name, key, times, scenario, city, source)
    planner = StructurePlanner(scenario, city, source)
    if isinstance(chosen, RoadClosure):
        return _closure(chosen, name, key, times, planner)
    if isinstance(chosen, CulvertClosure):
        culverts = {
            structure: value for structure, value in planner.permanent() if isinstance(value, Culvert)
        }
        if chosen.culvert not in culverts:
            what = "a culvert of the scenario's structures"
            raise unknown(chosen.culvert, list(culverts), what, f"{key}.culvert", source)
        shut, reopen = ShutCulvert(name, chosen.culvert), OpenCulvert(f"{name}-end", chosen.culvert)
        place = _middle(culverts[chosen.culvert].line)
        return _planned(times, shut, reopen, place, chosen.culvert)
    return _placing(name, times, planner.structure(chosen, key))


def _start_pump(
    name: str, suction: tuple[float, float], plan: PumpTruck, city: City, key: str, source: str
) -> StartPump:
    outlet = None if isinstance(plan.to, str) else locate(city, plan.to, key, source)
    return StartPump(
        id=name,
        x=suction[0],
        y=suction[1],
        target=sewer_target(city, plan.to, key, source) if isinstance(plan.to, str) else GROUND,
        capacity_m3_h=plan.capacity_m3_h,
        outlet=outlet,
        hose_m=math.inf if plan.hose is None else plan.hose,
    )


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
    closure: RoadClosure, name: str, key: str, times: list[float], planner: StructurePlanner
) -> list[PlannedOrder]:
    road = check_id(planner.city, "roads", closure.road, f"{key}.road", planner.source)
    place = locate(planner.city, road, key, planner.source)
    planned = _planned(times, CloseRoad(name, road), OpenRoad(f"{name}-end", road), place, road)
    if closure.barrier_m is not None:
        for number, block in enumerate(planner.roadblocks(road, closure.barrier_m, f"{key}.barrier_m"), 1):
            planned += _placing(f"{name}-barrier-{number}", times, block, after=name)
    return planned


def _middle(line: Line) -> tuple[float, float]:
    point = LineString(line).interpolate(0.5, normalized=True)
    return float(point.x), float(point.y)


def _clearing(
    scenario: Scenario, clearing: GullyClearing, name_and_key: tuple[str, str], city: City, source: str
) -> list[PlannedOrder]:
    name, key = name_and_key
    gullies = city.layer("gullies")
    if gullies is None:
        return []
    if clearing.gullies == "all":
        ids = tuple(str(gully) for gully in gullies["id"])
    else:
        ids = tuple(check_id(city, "gullies", gully, f"{key}.gullies", source) for gully in clearing.gullies)
    t_s = check_time(scenario, clearing.at, f"{key}.at", source)
    centre = gullies.geometry.union_all().centroid
    target = ids[0] if len(ids) == 1 else ""
    return [PlannedOrder(t_s, ClearGullies(name, ids), centre.x, centre.y, target)]


def _times(scenario: Scenario, begin: str, until: str | None, key: str, source: str) -> list[float]:
    begin_s = check_time(scenario, begin, f"{key}.from", source)
    if until is None:
        return [begin_s]
    return [begin_s, check_time(scenario, until, f"{key}.until", source, after=("from", begin_s))]
