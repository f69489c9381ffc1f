"""Gas and cavities of a scenario: what is asked of them, and what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from agents.draws import Draws
from cim_models.city import City
from cim_models.errors import ScenarioError
from cim_models.orders import SurveyRoads
from scenarios.blame import blame
from scenarios.moments import check_time
from scenarios.places import check_choice, check_id, check_pipe, locate
from scenarios.planned import MeasureEntry, PlannedOrder
from scenarios.schema.hazards import CavityFault, GasLeak, RadarSurvey
from scenarios.schema.model import Scenario
from scenarios.schema.supply import PipeLeak
from twin import gas
from twin.cavities import Cavity, CavitySettings, CavitySystem, cavity_settings
from twin.gas.mains import REGULATOR, GasMains
from twin.supply.pipes import PipeBook

ROAD_REACH_M = 15.0
"""A leak within this distance of a road washes out the ground below it, m; own assumption."""


@dataclass(frozen=True, slots=True)
class HazardPlan:
    """What a run needs to simulate gas and cavities.

    Parameters
    ----------
    temperature_c
        In tanks and sewers; None where gas is not simulated.
    leaks
        Leaks of gas.
    cavities
        Cavities as the run begins; None where they are not simulated.
    breaks_water, breaks_gas
        Chances that a collapse breaks a pipe beside it.
    """

    temperature_c: float | None
    leaks: tuple[gas.GasLeak, ...]
    cavities: tuple[Cavity, ...] | None
    breaks_water: float
    breaks_gas: float

    @property
    def notes(self) -> tuple[str, ...]:
        """What is taken for granted, for the event log."""
        notes = []
        if self.temperature_c is not None:
            notes.append("gas: volumes, ventilation and sewage of hazard sites are assumed by kind")
        if self.cavities is not None:
            notes.append("cavities: soil, strength of the ground and traffic are assumed")
        return tuple(notes)


def hazard_plan(scenario: Scenario, city: City, source: str) -> HazardPlan | None:
    """Translate what a scenario says about gas and cavities; None where neither is simulated.

    Raises
    ------
    ScenarioError
        If it names something that the city does not have, or a time outside the run.
    """
    reader = _Reader(scenario, city, source)
    leaks, cavities = tuple(reader.gas_leaks()), tuple(reader.cavities())
    surveyed = any(measure.radar_survey is not None for measure in scenario.measures)
    with_gas = scenario.gas.simulate or bool(leaks)
    with_cavities = bool(cavities) or surveyed or scenario.cavities.around_leaks
    if not with_gas and not with_cavities:
        return None
    if with_gas:
        _gas_parts(scenario.gas.temperature_c, scenario, city, source)  # refuses what it cannot use
    return HazardPlan(
        temperature_c=scenario.gas.temperature_c if with_gas else None,
        leaks=leaks,
        cavities=cavities if with_cavities else None,
        breaks_water=scenario.cavities.breaks_water,
        breaks_gas=scenario.cavities.breaks_gas,
    )


def open_gas(plan: HazardPlan | None, scenario: Scenario, city: City, source: str) -> gas.GasSystem | None:
    """Open the gas of a run at its start; None where it is not simulated."""
    if plan is None or plan.temperature_c is None:
        return None
    settings, sites, mains = _gas_parts(plan.temperature_c, scenario, city, source)
    start = scenario.start.astimezone(ZoneInfo(city.time_zone))
    time_of_day_s = start.hour * 3600.0 + start.minute * 60.0 + start.second
    chance = Draws(scenario.seed, "gas detectors")
    return gas.GasSystem(sites, mains, settings, chance, plan.leaks, time_of_day_s)


def open_cavities(plan: HazardPlan | None, scenario: Scenario) -> CavitySystem | None:
    """Open the cavities of a run at its start; None where they are not simulated."""
    if plan is None or plan.cavities is None:
        return None
    return CavitySystem(plan.cavities, cavity_settings(), Draws(scenario.seed, "radar"))


def survey_order(entry: MeasureEntry, survey: RadarSurvey) -> PlannedOrder:
    """Turn a planned radar survey into an order."""
    t_s, city, source = entry.time_s(survey.begin, "from"), entry.city, entry.source
    key = f"{entry.key}.roads"
    roads = city.layer("roads")
    known = [] if roads is None else [str(road) for road in roads["id"]]
    if survey.roads == "all":
        ids = tuple(known)
    else:
        ids = tuple(check_id(city, "roads", road, key, source) for road in survey.roads)
    if not ids:
        raise ScenarioError(
            f"Scenario '{source}', key '{key}'",
            got="no road to survey",
            expected="a city with roads, and at least one of them",
            remedy="Name a road or remove the survey",
        )
    x, y = locate(city, ids[0], key, source)
    return PlannedOrder(t_s, SurveyRoads(entry.id, ids), x, y, ids[0] if len(ids) == 1 else "")


def _gas_parts(
    temperature_c: float, scenario: Scenario, city: City, source: str
) -> tuple[gas.GasSettings, gas.GasSites, GasMains]:
    layer = city.layer("hazard_sites")
    if layer is None or layer.empty:
        raise ScenarioError(
            f"Scenario '{source}', key 'gas'",
            got=f"city '{city.name}', which has no hazard sites",
            expected="a city with layer hazard_sites",
            remedy="Remove the key or choose another city",
        )
    with blame(source, "gas"):
        settings = gas.gas_settings(temperature_c)
        sites = gas.gas_sites(layer, settings, Draws(scenario.seed, "gas sites"))
        return settings, sites, GasMains(city.layer("gas_mains"), sites, settings)


class _Reader:
    """Turns the failures of a scenario into leaks and cavities, and refuses what cannot be."""

    def __init__(self, scenario: Scenario, city: City, source: str) -> None:
        self._scenario, self._city, self._source = scenario, city, source
        self._strength = Draws(scenario.seed, "strength of the ground")

    def gas_leaks(self) -> Iterator[gas.GasLeak]:
        for index, failure in enumerate(self._scenario.failures):
            if failure.gas_leak is not None:
                yield self._leak(failure.gas_leak, f"failures.{index}.gas_leak", f"GL-{index + 1}")

    def cavities(self) -> Iterator[Cavity]:
        settings = cavity_settings()
        check_choice(self._scenario.cavities.soil, sorted(settings.soils), "cavities.soil", self._source)
        fed = set()
        for index, failure in enumerate(self._scenario.failures):
            if failure.cavity is not None:
                key = f"failures.{index}.cavity"
                cavity = self._cavity(failure.cavity, key, f"CV-{index + 1}", settings)
                fed.add(cavity.pipe)
                yield cavity
        for index, failure in enumerate(self._scenario.failures):
            if self._scenario.cavities.around_leaks and failure.leak is not None:
                found = self._around(failure.leak, f"failures.{index}.leak.pipe", settings)
                if found is not None and found.pipe not in fed:
                    fed.add(found.pipe)
                    yield found

    def _leak(self, leak: GasLeak, key: str, name: str) -> gas.GasLeak:
        t_s = check_time(self._scenario, leak.at, f"{key}.at", self._source)
        if leak.main is not None:
            main = check_id(self._city, "gas_mains", leak.main, f"{key}.main", self._source)
            return gas.GasLeak(t_s, name, leak.hole, main=main, position=leak.position)
        assert leak.cabinet is not None
        site = check_id(self._city, "hazard_sites", leak.cabinet, f"{key}.cabinet", self._source)
        layer, mains = self._city.layers["hazard_sites"], self._city.layer("gas_mains")
        kind = str(layer.loc[layer["id"].astype(str) == site, "kind"].iloc[0])
        point = layer.geometry[layer["id"].astype(str) == site].iloc[0]
        reach_m = gas.gas_settings().migration.reach_m
        if kind != REGULATOR or mains is None or mains.geometry.distance(point).min() > reach_m:
            raise ScenarioError(
                f"Scenario '{self._source}', key '{key}.cabinet'",
                got=f"'{site}', a {kind}" + ("" if kind != REGULATOR else f" {reach_m:.0f} m from any main"),
                expected=f"a hazard site of kind {REGULATOR} beside a gas main",
                remedy="Choose another site or name a main",
            )
        return gas.GasLeak(t_s, name, leak.hole, site=site)

    def _cavity(self, fault: CavityFault, key: str, name: str, settings: CavitySettings) -> Cavity:
        road = check_id(self._city, "roads", fault.road, f"{key}.road", self._source)
        soil = fault.soil or self._scenario.cavities.soil
        check_choice(soil, sorted(settings.soils), f"{key}.soil", self._source)
        layer = self._city.layers["roads"]
        row = int(np.flatnonzero(layer["id"].astype(str) == road)[0])
        point = layer.geometry.iloc[row].interpolate(fault.position, normalized=True)
        pipe = ""
        if fault.pipe is not None:
            pipe = check_pipe(self._city, fault.pipe, f"{key}.pipe", self._source)
        return Cavity(
            id=name,
            road=road,
            x=float(point.x),
            y=float(point.y),
            depth_m=fault.depth,
            soil=soil,
            road_class=str(layer["road_class"].iloc[row]),
            volume_m3=fault.volume_m3,
            leak_m3_h=fault.leak_m3_h,
            pipe=pipe,
            strength=self._strength_of(name, settings),
        )

    def _around(self, leak: PipeLeak, key: str, settings: CavitySettings) -> Cavity | None:
        """Cavity that a leak of the supply may wash out; None where no road is near it."""
        pipe = check_pipe(self._city, leak.pipe, key, self._source)
        roads, supply = self._city.layer("roads"), self._city.supply
        if roads is None or supply is None:
            return None
        place = PipeBook(self._city, supply).damage(pipe, leak.position, to_street=False)
        if not np.isfinite(place.x):
            return None
        distance_m = roads.geometry.distance(shapely.Point(place.x, place.y)).to_numpy()
        row = int(np.argmin(distance_m))
        if distance_m[row] > ROAD_REACH_M:
            return None
        name = f"CV-{pipe}"
        return Cavity(
            id=name,
            road=str(roads["id"].iloc[row]),
            x=place.x,
            y=place.y,
            depth_m=place.depth_m,
            soil=self._scenario.cavities.soil,
            road_class=str(roads["road_class"].iloc[row]),
            pipe=pipe,
            strength=self._strength_of(name, settings),
        )

    def _strength_of(self, name: str, settings: CavitySettings) -> float:
        spread = settings.roof.strength_spread
        return float(np.exp(spread * self._strength.of(name).standard_normal()))
