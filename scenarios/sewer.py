"""The sewer of a scenario: what goes wrong in it, what stands outside it, and what is planned against it."""

from __future__ import annotations

import math

from cim_models.city import City
from cim_models.errors import ScenarioError
from cim_models.orders import RebuildConduit, RestartPump, SewerOrder, UnblockConduit
from scenarios.blame import blame
from scenarios.boundaries import series_of
from scenarios.moments import check_time
from scenarios.places import check_id, unknown
from scenarios.planned import MeasureEntry, PlannedOrder
from scenarios.schema.loading import LoadedScenario
from scenarios.schema.model import Scenario
from scenarios.schema.sewer import Blockage, PumpRestart, PumpStationFailure, SewerCollapse, SewerMending
from twin.sewer.failures import Collapse, Growth, PipeBlockage, PumpFailure, SewerFailure
from twin.sewer.outfalls import OutfallLevel
from twin.sewer.upkeep import upkeep
from twin.water import GullyBlockage


def gully_blockages(scenario: Scenario, city: City, source: str) -> tuple[GullyBlockage, ...]:
    """Translate the blockages of gullies for the water system.

    Raises
    ------
    ScenarioError
        If a named gully does not exist, or a time lies outside the run.
    """
    blockages = []
    for index, failure in enumerate(scenario.failures):
        entry = failure.blockage
        if entry is None or entry.gullies is None:
            continue
        choice, key = entry.gullies, f"failures.{index}.blockage"
        ids = choice.ids and tuple(
            check_id(city, "gullies", name, f"{key}.gullies.ids", source) for name in choice.ids
        )
        t_s = _begin(scenario, entry, key, source)
        blockages.append(GullyBlockage(entry.blocked, choice.fraction, ids, t_s, _growth(entry)))
    return tuple(blockages)


def sewer_failures(scenario: Scenario, city: City, source: str) -> tuple[SewerFailure, ...]:
    """Translate what goes wrong in the sewer.

    Raises
    ------
    ScenarioError
        If a named conduit or pump does not exist, or a time lies outside the run.
    """
    found: list[SewerFailure] = []
    for index, failure in enumerate(scenario.failures):
        key, entry = f"failures.{index}.{failure.chosen_name}", failure.chosen
        match entry:
            case Blockage(conduit=str(conduit)):
                _check(city, conduit, "conduit", f"{key}.conduit", source)
                t_s = _begin(scenario, entry, key, source)
                found.append(PipeBlockage(t_s, conduit, entry.blocked, _growth(entry)))
            case SewerCollapse():
                _check(city, entry.conduit, "conduit", f"{key}.conduit", source)
                t_s = check_time(scenario, entry.at, f"{key}.at", source)
                found.append(Collapse(t_s, entry.conduit, entry.blocked))
            case PumpStationFailure():
                _check(city, entry.pump, "pump", f"{key}.pump", source)
                t_s = check_time(scenario, entry.at, f"{key}.at", source)
                until_s = None
                if entry.until is not None:
                    until_s = check_time(scenario, entry.until, f"{key}.until", source, after=("at", t_s))
                found.append(PumpFailure(t_s, entry.pump, until_s))
    return tuple(found)


def outfall_levels(loaded: LoadedScenario, city: City) -> tuple[OutfallLevel, ...]:
    """Translate the levels outside outfalls, with their series read and checked.

    Raises
    ------
    ScenarioError
        If a named outfall does not exist, or a series cannot be read or does not cover the run.
    """
    levels, source = [], str(loaded.path)
    for index, entry in enumerate(loaded.scenario.boundaries):
        if entry.outfall is None:
            continue
        key, names = f"boundaries.{index}.outfall", entry.outfall.outfalls
        outfalls = _nodes(city, "outfall")
        if names == "all" and not outfalls:
            raise unknown("all", outfalls, "an outfall of the sewer", f"{key}.outfalls", source)
        for name in () if names == "all" else names:
            if name not in outfalls:
                raise unknown(name, outfalls, "an outfall of the sewer", f"{key}.outfalls", source)
        series = series_of(loaded, entry.outfall.level_m, key)
        with blame(source, key):
            levels.append(OutfallLevel(series, None if names == "all" else names))
    return tuple(levels)


def mending_order(entry: MeasureEntry, mending: SewerMending | PumpRestart, kind: str) -> PlannedOrder:
    """Turn a planned mending into an order; ``kind`` is the measure's name."""
    t_s = entry.time_s(mending.at, "at")
    order: SewerOrder
    if isinstance(mending, PumpRestart):
        target = mending.pump
        _check(entry.city, target, "pump", f"{entry.key}.pump", entry.source)
        order = RestartPump(entry.id, target)
    else:
        target = mending.conduit
        _check(entry.city, target, "conduit", f"{entry.key}.conduit", entry.source)
        order = (UnblockConduit if kind == "unblock_sewer" else RebuildConduit)(entry.id, target)
    return PlannedOrder(t_s, order, *_place(entry.city, target), target)


def _growth(entry: Blockage) -> Growth:
    rain_mm = None if entry.leaves is None else upkeep().leaves_mm[entry.leaves]
    return Growth(entry.grows or 0.0, rain_mm)


def _begin(scenario: Scenario, entry: Blockage, key: str, source: str) -> float:
    return 0.0 if entry.at is None else check_time(scenario, entry.at, f"{key}.at", source)


def _check(city: City, name: str, kind: str, key: str, source: str) -> None:
    if city.sewer is None:
        raise ScenarioError(
            f"Scenario '{source}', key '{key}'",
            got=f"city '{city.name}', which has no sewer",
            expected="a city with sewer.inp",
            remedy="Remove the key or choose another city",
        )
    links = city.sewer.links
    known = [str(link) for link in links.loc[links["kind"] == kind, "id"]]
    if name not in known:
        raise unknown(name, known, f"a {kind} of the sewer", key, source)


def _nodes(city: City, kind: str) -> list[str]:
    if city.sewer is None:
        return []
    nodes = city.sewer.nodes
    return [str(node) for node in nodes.loc[nodes["kind"] == kind, "id"]]


def _place(city: City, link: str) -> tuple[float, float]:
    assert city.sewer is not None
    links = city.sewer.links
    line = links.geometry[links["id"].astype(str) == link].iloc[0]
    if line is None or line.is_empty:
        return math.nan, math.nan
    point = line.interpolate(0.5, normalized=True)
    return float(point.x), float(point.y)
