"""Planned measures and failures of a scenario, as orders on the clock and changes of the city."""

from __future__ import annotations

from dataclasses import dataclass

from cim_models.city import City
from cim_models.errors import ScenarioError
from cim_models.orders import ClearGullies, CloseRoad, OpenRoad, Order, StartPump, StopPump
from scenarios.places import check_id, check_pipe, locate, sewer_target
from scenarios.schema.model import Measure, Scenario
from twin.water import GullyBlockage


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """An order that the scenario gives at a time, s, with the place of its effect, m."""

    t_s: float
    order: Order
    x: float
    y: float
    target: str


def plan_orders(scenario: Scenario, city: City, source: str) -> list[PlannedOrder]:
    """Turn the measures of a scenario into orders, in the order of time.

    Raises
    ------
    ScenarioError
        If a measure names something that the city does not have, or a time outside the run.
    """
    planned: list[PlannedOrder] = []
    for index, measure in enumerate(scenario.measures):
        planned += _orders(scenario, measure, index, city, source)
    return sorted(planned, key=lambda plan: plan.t_s)


def gully_blockages(scenario: Scenario, city: City, source: str) -> tuple[GullyBlockage, ...]:
    """Translate the blockages of a scenario for the water system.

    Raises
    ------
    ScenarioError
        If a named gully does not exist.
    """
    blockages = []
    for index, failure in enumerate(scenario.failures):
        if failure.blockage is None:
            continue
        choice, key = failure.blockage.gullies, f"failures.{index}.blockage.gullies.ids"
        ids = choice.ids and tuple(check_id(city, "gullies", name, key, source) for name in choice.ids)
        blockages.append(GullyBlockage(failure.blockage.blocked, choice.fraction, ids))
    return tuple(blockages)


def refuse_bursts(city: City, scenario: Scenario, source: str) -> None:
    """Check the pipes that burst, and refuse a burst: the supply network is not simulated.

    Raises
    ------
    ScenarioError
        If a pipe does not exist, and also if it does.
    """
    for index, failure in enumerate(scenario.failures):
        if failure.burst is None:
            continue
        key = f"failures.{index}.burst"
        pipe = check_pipe(city, failure.burst.pipe, f"{key}.pipe", source)
        raise ScenarioError(
            f"Scenario '{source}', key '{key}'",
            got=f"a burst of pipe '{pipe}'",
            expected="no burst: this version does not simulate the water supply",
            remedy="Remove the failure",
        )


def _orders(scenario: Scenario, measure: Measure, index: int, city: City, source: str) -> list[PlannedOrder]:
    name, key = f"M{index + 1}", f"measures.{index}"
    if measure.pump_truck is not None:
        pump = measure.pump_truck
        x, y = locate(city, pump.at, f"{key}.pump_truck.at", source)
        target = sewer_target(city, pump.to, f"{key}.pump_truck.to", source)
        start = StartPump(name, x, y, target, pump.capacity_m3_h)
        pair: tuple[Order, Order] = start, StopPump(f"{name}-end", name)
        times = _times(scenario, pump.begin, pump.until, f"{key}.pump_truck", source)
    elif measure.close_road is not None:
        road = check_id(city, "roads", measure.close_road.road, f"{key}.close_road.road", source)
        x, y = locate(city, road, key, source)
        target, pair = road, (CloseRoad(name, road), OpenRoad(f"{name}-end", road))
        times = _times(
            scenario, measure.close_road.begin, measure.close_road.until, f"{key}.close_road", source
        )
    else:
        return _clearing(scenario, measure, index, city, source)
    return [PlannedOrder(t_s, order, x, y, target) for t_s, order in zip(times, pair, strict=False)]


def _clearing(
    scenario: Scenario, measure: Measure, index: int, city: City, source: str
) -> list[PlannedOrder]:
    clearing = measure.clear_gullies
    gullies = city.layer("gullies")
    if clearing is None or gullies is None:
        return []
    key = f"measures.{index}.clear_gullies"
    if clearing.gullies == "all":
        ids = tuple(str(name) for name in gullies["id"])
    else:
        ids = tuple(check_id(city, "gullies", name, f"{key}.gullies", source) for name in clearing.gullies)
    t_s = _times(scenario, clearing.at, None, key, source)[0]
    centre = gullies.geometry.union_all().centroid
    return [
        PlannedOrder(
            t_s, ClearGullies(f"M{index + 1}", ids), centre.x, centre.y, ids[0] if len(ids) == 1 else ""
        )
    ]


def _times(scenario: Scenario, begin: str, until: str | None, key: str, source: str) -> list[float]:
    moments = [("from", begin)] if until is None else [("from", begin), ("until", until)]
    times: list[float] = []
    for name, moment in moments:
        t_s = scenario.offset_s(moment)
        if not 0.0 <= t_s <= scenario.duration or (times and t_s <= times[0]):
            raise ScenarioError(
                f"Scenario '{source}', key '{key}.{name}'",
                got=f"'{moment}', {t_s:.0f} s after the start",
                expected=f"a time within the run of {scenario.duration:.0f} s"
                + (", after 'from'" if times else ""),
                remedy="Change the time",
            )
        times.append(t_s)
    return times
