"""The water supply of a scenario: what is asked of it, what goes wrong, and what is planned against it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from zoneinfo import ZoneInfo

from cim_models.city import City, Network
from cim_models.errors import ScenarioError
from cim_models.orders import OpenValve, Order, RepairPipe, ShutValve
from scenarios.blame import blame
from scenarios.drawn import drawn_bursts, draws_bursts
from scenarios.moments import check_time
from scenarios.places import check_pipe, unknown
from scenarios.planned import MeasureEntry, PlannedOrder
from scenarios.schema.model import Scenario
from scenarios.schema.supply import Burst, PipeLeak, PipeRepair, PumpOutage, ValveClosure, ValveOutage
from twin.supply import failures
from twin.supply.pipes import PipeBook
from twin.supply.segments import ValveSource, isolation_valves
from twin.supply.settings import SupplySettings
from twin.supply.system import SupplySystem
from twin.supply.toolkit import is_installed
from twin.supply.valves import ValveYard

_FAILURES = ("burst", "leak", "pump_outage", "valve_outage")
_MEASURES = ("shut_valve", "repair_pipe")


@dataclass(frozen=True, slots=True)
class SupplyPlan:
    """What a run needs to simulate its supply.

    Parameters
    ----------
    settings
        How it is computed.
    failures
        What goes wrong.
    valves
        Where isolation valves are taken from.
    pressure_every_s
        How often the pressure at every node is written, s; None for never.
    """

    settings: SupplySettings
    failures: tuple[failures.SupplyFailure, ...]
    valves: ValveSource
    pressure_every_s: float | None

    @property
    def note(self) -> str:
        """What is taken for granted, for the event log."""
        if self.valves == "model":
            return "water supply: isolation valves are those of the model"
        return "water supply: valves are assumed on all pipes but one of each junction, besides the model's"


def supply_plan(scenario: Scenario, city: City, source: str) -> SupplyPlan | None:
    """Translate what a scenario says about the supply; None where it is not simulated.

    Raises
    ------
    ScenarioError
        If it names something that the city's supply does not have, or a time outside the run, or EPANET is
        not installed.
    """
    first = next(chain(_named(scenario), draws_bursts(scenario, city)), None)
    if first is None:
        return None
    with blame(source, "supply"):
        keys = scenario.supply
        settings = SupplySettings(
            demand_model=keys.demand_model,
            minimum_pressure_m=keys.minimum_pressure_m,
            required_pressure_m=keys.required_pressure_m,
            low_pressure_m=keys.low_pressure_m,
        )
    network = _network(city, first, source)
    _refuse_without_engine(first, source)
    reader = _FailureReader(scenario, city, network, source)
    found = [reader.read(index) for index in range(len(scenario.failures))]
    for key in draws_bursts(scenario, city):
        draw = scenario.failures[int(key.split(".")[1])].draw
        assert draw is not None
        found += drawn_bursts(draw, key, scenario, city, network, source)
    return SupplyPlan(
        settings=settings,
        failures=tuple(failure for failure in found if failure is not None),
        valves=keys.valves,
        pressure_every_s=keys.pressure_every,
    )


def open_supply(
    plan: SupplyPlan | None, scenario: Scenario, city: City, workdir: Path
) -> SupplySystem | None:
    """Open the supply of a run at its start; None where it is not simulated.

    Raises
    ------
    NetworkError
        If EPANET rejects the city's model.
    """
    if plan is None:
        return None
    start = scenario.start.astimezone(ZoneInfo(city.time_zone))
    return SupplySystem(
        city,
        plan.settings,
        workdir,
        plan.failures,
        time_of_day_s=start.hour * 3600 + start.minute * 60 + start.second,
        valve_source=plan.valves,
    )


def valve_orders(entry: MeasureEntry, closure: ValveClosure, times: list[float]) -> list[PlannedOrder]:
    """Turn a planned closure of a valve into orders at its times, s."""
    network = _network(entry.city, entry.key, entry.source)
    yard = ValveYard(network, isolation_valves(network, entry.scenario.supply.valves))
    if closure.valve not in yard:
        known = [valve.id for valve in yard.valves]
        what = "an isolation valve of the supply"
        raise unknown(closure.valve, known, what, f"{entry.key}.valve", entry.source)
    x, y = yard.place(closure.valve)
    orders: tuple[Order, Order] = (
        ShutValve(entry.id, closure.valve),
        OpenValve(f"{entry.id}-end", closure.valve),
    )
    return [PlannedOrder(t_s, order, x, y, closure.valve) for t_s, order in zip(times, orders, strict=False)]


def repair_order(entry: MeasureEntry, repair: PipeRepair) -> PlannedOrder:
    """Turn a planned repair into an order."""
    t_s = entry.time_s(repair.at, "at")
    pipe = check_pipe(entry.city, repair.pipe, f"{entry.key}.pipe", entry.source)
    network = _network(entry.city, entry.key, entry.source)
    place = PipeBook(entry.city, network).damage(pipe, 0.5, to_street=True)
    return PlannedOrder(t_s, RepairPipe(entry.id, pipe), place.x, place.y, pipe)


def _named(scenario: Scenario) -> Iterator[str]:
    """Keys that ask for the supply, in the order of the scenario."""
    for index, failure in enumerate(scenario.failures):
        if failure.chosen_name in _FAILURES:
            yield f"failures.{index}.{failure.chosen_name}"
    for index, measure in enumerate(scenario.measures):
        if measure.chosen_name in _MEASURES:
            yield f"measures.{index}.{measure.chosen_name}"
    if scenario.supply.simulate:
        yield "supply.simulate"


def _network(city: City, key: str, source: str) -> Network:
    if city.supply is None:
        raise ScenarioError(
            f"Scenario '{source}', key '{key}'",
            got=f"city '{city.name}', which has no water supply",
            expected="a city with supply.inp",
            remedy="Remove the key or choose another city",
        )
    return city.supply


def _refuse_without_engine(key: str, source: str) -> None:
    if not is_installed():
        raise ScenarioError(
            f"Scenario '{source}', key '{key}'",
            got="no EPANET in this environment",
            expected="package owa-epanet, which has wheels for Python 3.12 and none for 3.13",
            remedy="Use Python 3.12, or remove the key",
        )


class _FailureReader:
    """Turns the failures of a scenario into those of the supply, and refuses what cannot be."""

    def __init__(self, scenario: Scenario, city: City, network: Network, source: str) -> None:
        self._scenario, self._city, self._source = scenario, city, source
        self._links = network.links
        self._yard = ValveYard(network, isolation_valves(network, scenario.supply.valves))

    def read(self, index: int) -> failures.SupplyFailure | None:
        """Return failure ``index``; None where it does not concern the supply."""
        entry = self._scenario.failures[index]
        key = f"failures.{index}.{entry.chosen_name}"
        match entry.chosen:
            case Burst() as burst:
                pipe = check_pipe(self._city, burst.pipe, f"{key}.pipe", self._source)
                at_s = self._time(burst.at, f"{key}.at")
                return failures.PipeBurst(at_s, pipe, burst.area_fraction, burst.position)
            case PipeLeak() as leak:
                pipe = check_pipe(self._city, leak.pipe, f"{key}.pipe", self._source)
                at_s = self._time(leak.at, f"{key}.at")
                return failures.PipeLeak(at_s, pipe, leak.diameter, leak.grows, leak.position)
            case PumpOutage() as outage:
                self._check(outage.pump, self._ids("pump"), "a pump of the supply", f"{key}.pump")
                at_s = self._time(outage.at, f"{key}.at")
                return failures.PumpOutage(at_s, outage.pump, self._until(outage, key, at_s))
            case ValveOutage() as outage:
                known = self._ids("valve") if outage.state == "open" else [v.id for v in self._yard.valves]
                self._check(outage.valve, known, "a valve of the supply", f"{key}.valve")
                at_s = self._time(outage.at, f"{key}.at")
                return failures.ValveOutage(at_s, outage.valve, outage.state, self._until(outage, key, at_s))
        return None

    def _ids(self, kind: str) -> list[str]:
        return [str(name) for name in self._links.loc[self._links["kind"] == kind, "id"]]

    def _check(self, name: str, known: list[str], what: str, key: str) -> None:
        if name not in known:
            raise unknown(name, known, what, key, self._source)

    def _until(self, outage: PumpOutage | ValveOutage, key: str, at_s: float) -> float | None:
        if outage.until is None:
            return None
        return check_time(self._scenario, outage.until, f"{key}.until", self._source, after=("at", at_s))

    def _time(self, moment: str, key: str) -> float:
        return check_time(self._scenario, moment, key, self._source)
