"""Structures of a scenario that are watched: which, with what gauges, and what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import shapely

from agents.draws import Draws
from cim_models.city import City
from cim_models.errors import ScenarioError
from scenarios.blame import blame
from scenarios.moments import check_time
from scenarios.places import check_choice, check_id, locate, unknown
from scenarios.schema.loading import LoadedScenario
from scenarios.schema.model import Scenario
from scenarios.schema.monitoring import GaugeDamage, GaugeValues, NewGauge, StructureDamage, WatchedStructure
from twin.monitoring import (
    Gauge,
    GaugeFault,
    MonitoringSettings,
    Quantity,
    RecordedReadings,
    Structure,
    StructureWatch,
    Troubles,
    monitoring_settings,
    read_recorded,
    structures_of,
)
from twin.monitoring import StructureDamage as Damage

_RESPONSES = ("per_degree", "per_load", "slow", "noise", "damage")
_LAYERS_BY_NAME = ("bridges", "components")


@dataclass(frozen=True, slots=True)
class MonitoringPlan:
    """What a run needs to watch structures.

    Parameters
    ----------
    settings
        Coefficients, with what the scenario changes of them.
    structures
        With their gauges, in the order of their ids.
    troubles
        What goes wrong.
    report_every_s
        Time between two reports on health, s.
    insensitive
        Ids of the gauges with a file whose temperature never changes before the start.
    """

    settings: MonitoringSettings
    structures: tuple[Structure, ...]
    troubles: Troubles
    report_every_s: float
    insensitive: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What is taken for granted, for the event log."""
        gauges = [gauge for each in self.structures for gauge in each.gauges]
        recorded = sum(gauge.recorded is not None for gauge in gauges)
        made_up = "structures: noise, damage and limits of gauges, traffic and slopes are assumed"
        read = (f"structures: {recorded} gauges read a file",) if recorded else ()
        flat = (
            f"structures: temperature at gauge {name} never changes before the start, and explains nothing"
            for name in self.insensitive
        )
        return (made_up, *read, *flat)


def watches_structures(scenario: Scenario) -> bool:
    """Whether the scenario asks for structures to be watched."""
    keys = scenario.monitoring
    named = keys.simulate or bool(keys.structures) or bool(keys.gauges)
    return named or any(
        failure.structure_damage is not None or failure.gauge_damage is not None
        for failure in scenario.failures
    )


def monitoring_plan(loaded: LoadedScenario, city: City) -> MonitoringPlan | None:
    """Translate what a scenario says about watched structures; None where there are none.

    Raises
    ------
    ScenarioError
        If it names something that there is not, a time outside the run, or a file that cannot be used.
    """
    if not watches_structures(loaded.scenario):
        return None
    reader = _Reader(loaded, city)
    structures = reader.structures()
    plan = MonitoringPlan(
        settings=reader.settings,
        structures=structures,
        troubles=reader.troubles(structures),
        report_every_s=loaded.scenario.monitoring.report_every,
    )
    if any(gauge.recorded is not None for each in structures for gauge in each.gauges):
        with blame(str(loaded.path), "monitoring"):
            watch = open_watch(plan, loaded.scenario, city)  # refuses what is too short to learn from
        plan = replace(plan, insensitive=watch.insensitive)
    return plan


def open_watch(plan: MonitoringPlan, scenario: Scenario, city: City) -> StructureWatch:
    """Open the watch over the structures of a run at its start."""
    start = scenario.start.astimezone(ZoneInfo(city.time_zone))
    hour = start.hour + start.minute / 60.0 + start.second / 3600.0
    chance = Draws(scenario.seed, "gauges")
    day = float(start.timetuple().tm_yday)
    return StructureWatch(plan.structures, plan.settings, chance, day, hour, plan.troubles)


class _Reader:
    """Turns what a scenario says into structures and their troubles, and refuses what cannot be."""

    def __init__(self, loaded: LoadedScenario, city: City) -> None:
        self._loaded, self._scenario, self._city = loaded, loaded.scenario, city
        self._keys, self._source = loaded.scenario.monitoring, str(loaded.path)
        self.settings = self._settings()

    def structures(self) -> tuple[Structure, ...]:
        """Return the structures of the city and of the scenario, in the order of their ids."""
        found = {each.id: each for each in self._of_city()}
        for index, entry in enumerate(self._keys.structures):
            key = f"monitoring.structures.{index}"
            if entry.id in found:
                raise self._twice(entry.id, f"{key}.id", "an id that no other structure has")
            found[entry.id] = self._new(entry, key)
        if not found:
            raise ScenarioError(
                f"Scenario '{self._source}', key 'monitoring'",
                got=f"city '{self._city.name}', which has no gauges, and no structure in the scenario",
                expected="a city with layer gauges, or monitoring.structures",
                remedy="Name a structure, or choose another city",
            )
        seen: set[str] = set()
        for each in found.values():
            for gauge in each.gauges:
                if gauge.id in seen:
                    raise self._twice(gauge.id, "monitoring.structures", "gauges with ids of their own")
                seen.add(gauge.id)
        return tuple(found[name] for name in sorted(found))

    def troubles(self, structures: tuple[Structure, ...]) -> Troubles:
        """Return what goes wrong with structures and with their gauges."""
        damages, faults = [], []
        by_id = {each.id: each for each in structures}
        gauges = [gauge.id for each in structures for gauge in each.gauges]
        for index, failure in enumerate(self._scenario.failures):
            key = f"failures.{index}.{failure.chosen_name}"
            if failure.structure_damage is not None:
                damages.append(self._damage(failure.structure_damage, key, f"SD-{index + 1}", by_id))
            elif failure.gauge_damage is not None:
                faults.append(self._fault(failure.gauge_damage, key, gauges))
        return Troubles(tuple(damages), tuple(faults))

    def _settings(self) -> MonitoringSettings:
        base, keys = monitoring_settings(), self._keys
        temperature = replace(base.temperature, **keys.temperature.model_dump(exclude_none=True))
        slope = base.slope if keys.wetness_mm is None else replace(base.slope, initial_mm=keys.wetness_mm)
        step_s = base.interval_s if keys.step is None else keys.step
        return replace(base, temperature=temperature, slope=slope, interval_s=step_s)

    def _of_city(self) -> Iterator[Structure]:
        layer = self._city.layer("gauges")
        known = [] if layer is None else [str(name) for name in layer["id"]]
        for name in self._keys.gauges:
            if name not in known:
                raise unknown(name, known, "an id of layer gauges", f"monitoring.gauges.{name}", self._source)
        if layer is None:
            return
        with blame(self._source, "monitoring.step"):
            structures = structures_of(layer, self.settings)
        for each in structures:
            road = self._road_near(each.x, each.y)
            gauges = tuple(self._changed(gauge) for gauge in each.gauges)
            yield replace(each, gauges=gauges, road=road)

    def _changed(self, gauge: Gauge) -> Gauge:
        values = self._keys.gauges.get(gauge.id)
        if values is None:
            return gauge
        return self._gauge(values, gauge.id, gauge.quantity, f"monitoring.gauges.{gauge.id}")

    def _new(self, entry: WatchedStructure, key: str) -> Structure:
        x, y = self._place(entry.at, f"{key}.at")
        road = entry.road
        if road is not None:
            check_id(self._city, "roads", road, f"{key}.road", self._source)
        usual = tuple(NewGauge(quantity=name) for name in self.settings.kinds[entry.kind].gauges)
        gauges = []
        for index, new in enumerate(entry.gauges or usual):
            where = f"{key}.gauges.{index}"
            check_choice(new.quantity, sorted(self.settings.quantities), f"{where}.quantity", self._source)
            gauges.append(self._gauge(new, new.id or f"{entry.id}-{new.quantity}", new.quantity, where))
        return Structure(
            entry.id, entry.kind, x, y, tuple(gauges), self._road_near(x, y) if road is None else road
        )

    def _gauge(self, values: GaugeValues, name: str, quantity: str, key: str) -> Gauge:
        given = {each: getattr(values, each) for each in _RESPONSES if getattr(values, each) is not None}
        response: Quantity = replace(self.settings.quantities[quantity], **given)
        step_s = self.settings.interval_s if values.step is None else values.step
        with blame(self._source, f"{key}.step"):
            gauge = Gauge(name, quantity, response, step_s)
        return gauge if values.file is None else replace(gauge, recorded=self._record(values, name, key))

    def _record(self, values: GaugeValues, name: str, key: str) -> RecordedReadings:
        assert values.file is not None
        start = self._scenario.start.isoformat()
        with blame(self._source, f"{key}.file"):
            path = self._loaded.resolve(values.file)
            return read_recorded(path, values.column or name, values.temperature, start)

    def _place(self, at: str | tuple[float, float], key: str) -> tuple[float, float]:
        for layer in _LAYERS_BY_NAME if isinstance(at, str) else ():
            frame = self._city.layer(layer)
            chosen = None if frame is None else frame.geometry[frame["id"].astype(str) == at]
            if chosen is not None and len(chosen):
                point = chosen.iloc[0].centroid
                return float(point.x), float(point.y)
        return locate(self._city, at, key, self._source)

    def _road_near(self, x: float, y: float) -> str:
        roads = self._city.layer("roads")
        if roads is None or roads.empty:
            return ""
        return str(roads["id"].iloc[int(roads.geometry.distance(shapely.Point(x, y)).to_numpy().argmin())])

    def _damage(self, entry: StructureDamage, key: str, name: str, by_id: Mapping[str, Structure]) -> Damage:
        if entry.structure not in by_id:
            raise unknown(
                entry.structure, list(by_id), "a structure that is watched", f"{key}.structure", self._source
            )
        known = [gauge.id for gauge in by_id[entry.structure].gauges]
        for gauge in entry.gauges:
            if gauge not in known:
                raise unknown(gauge, known, f"a gauge of '{entry.structure}'", f"{key}.gauges", self._source)
        t_s = check_time(self._scenario, entry.at, f"{key}.at", self._source)
        return Damage(t_s, name, entry.structure, entry.jump, entry.growth_per_day, entry.gauges)

    def _fault(self, entry: GaugeDamage, key: str, gauges: list[str]) -> GaugeFault:
        if entry.gauge not in gauges:
            raise unknown(entry.gauge, gauges, "a gauge of a watched structure", f"{key}.gauge", self._source)
        t_s = check_time(self._scenario, entry.at, f"{key}.at", self._source)
        until_s = float("inf")
        if entry.until is not None:
            until_s = check_time(self._scenario, entry.until, f"{key}.until", self._source, after=("at", t_s))
        return GaugeFault(t_s, entry.gauge, entry.jump, entry.drift_per_day, entry.silent, until_s)

    def _twice(self, name: str, key: str, expected: str) -> ScenarioError:
        return ScenarioError(
            f"Scenario '{self._source}', key '{key}'",
            got=f"'{name}', which there is already",
            expected=expected,
            remedy="Choose another id; monitoring.gauges changes gauges of the city",
        )
