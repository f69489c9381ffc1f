"""The lifelines of a scenario: what fails, when and where, drawn or given, and at which sensors it shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from scipy.spatial import cKDTree

from agents.draws import Draws
from cim_models.city import City
from cim_models.errors import ScenarioError
from scenarios.almanac import make_almanac
from scenarios.blame import blame
from scenarios.inventories import Inventory, SensorPost, inventory_of, sensor_posts
from scenarios.moments import check_time
from scenarios.places import check_choice, unknown
from scenarios.schema.failures import FailureDraw, LifelineFailure
from scenarios.schema.model import Scenario
from twin.failures.draw import Failure, draw_failures, yearly_rates
from twin.failures.kinds import FailureKind, read_failure_catalogue
from twin.rain import RainSeries
from twin.supply.repair import repair_times

MOST_SENSORS = 5
"""So many sensors at most, the nearest, take notice of one failure."""


@dataclass(frozen=True, slots=True)
class PlannedFailure:
    """A failure that will happen.

    Parameters
    ----------
    id, kind, asset
        Its id, kind of the catalogue, and the id of the pipe, site or sensor.
    t_s
        When, s since the start.
    x, y
        Where, m.
    network, material, diameter_m
        Of a pipe; empty and None for others.
    shows
        Index of each sensor that takes notice, and the change that it will say in the end.
    told_after_s
        How long until somebody in the street tells of it, s; ``inf`` for never.
    locate_s, mend_s
        Time of finding the place where nobody has told it, and of mending, s.
    lasts_s
        How long it lasts at most by itself, s; ``inf`` for a failure that must be mended.
    """

    id: str
    kind: FailureKind
    asset: str
    t_s: float
    x: float
    y: float
    network: str
    material: str
    diameter_m: float | None
    shows: tuple[tuple[int, float], ...]
    told_after_s: float
    locate_s: float
    mend_s: float
    lasts_s: float


@dataclass(frozen=True, slots=True)
class LifelinePlan:
    """Failures of lifelines in the order of time, the sensors that may take notice, and notes for the log."""

    failures: tuple[PlannedFailure, ...]
    sensors: tuple[SensorPost, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """A failure with its place on the asset, 0 to 1, and how much it shows, 0 to 1; None to draw that."""

    failure: Failure
    position: float
    severity: float | None = None


def _in_time(found: _Found) -> tuple[float, str, str, int]:
    failure = found.failure
    return failure.t_s, failure.kind, failure.asset, failure.number


def has_lifelines(scenario: Scenario, city: City) -> bool:
    """Tell whether a scenario has failures of lifelines that no hydraulic model computes."""
    names = {failure.chosen_name for failure in scenario.failures}
    return "lifeline" in names or ("draw" in names and city.layer("lifelines") is not None)


def lifeline_plan(scenario: Scenario, city: City, rain: RainSeries, source: str) -> LifelinePlan | None:
    """Draw the failures of a scenario; None where there are none to draw or given.

    Raises
    ------
    ScenarioError
        If a kind, material or asset does not exist, a rate is wrong, or a time is outside the run.
    """
    if not has_lifelines(scenario, city):
        return None
    planner = _Planner(scenario, city, rain, source)
    found: list[_Found] = []
    for index, failure in enumerate(scenario.failures):
        key = f"failures.{index}.{failure.chosen_name}"
        if isinstance(failure.chosen, FailureDraw):
            found += planner.draw(failure.chosen, key)
        elif isinstance(failure.chosen, LifelineFailure):
            found.append(planner.given(failure.chosen, key))
    found.sort(key=_in_time)
    failures = [planner.plan(f"LF-{n:05d}", entry) for n, entry in enumerate(found, 1)]
    return LifelinePlan(tuple(failures), planner.sensors, tuple(planner.notes(failures)))


def chosen_kinds(draw: FailureDraw, key: str, source: str) -> list[str]:
    """Return the kinds that a draw names, checked; the kinds of ``rates`` too.

    Raises
    ------
    ScenarioError
        If the catalogue has no such kind or material.
    """
    catalogue = read_failure_catalogue()
    known = list(catalogue.kinds)
    names = known if draw.kinds == "all" else list(draw.kinds)
    for name in names:
        check_choice(name, known, f"{key}.kinds", source)
    for name, rates in draw.rates.items():
        check_choice(name, known, f"{key}.rates", source)
        for material in rates:
            allowed = [*catalogue.brittle] if catalogue.kinds[name].network else ["site"]
            check_choice(material, allowed, f"{key}.rates.{name}", source)
    check_choice(draw.material, [*catalogue.brittle], f"{key}.material", source)
    return names


class _Planner:
    """Reads the city once and turns failures into plans."""

    def __init__(self, scenario: Scenario, city: City, rain: RainSeries, source: str) -> None:
        self._scenario, self._city, self._source = scenario, city, source
        self._catalogue = read_failure_catalogue()
        self._draws = Draws(scenario.seed, "failures")
        self._almanac = make_almanac(scenario, city, rain)
        self._inventories: dict[str, Inventory] = {}
        self._rows: dict[str, dict[str, int]] = {}
        self.sensors = tuple(sensor_posts(city, self._catalogue))
        self._trees = {
            kind: (cKDTree([(s.x, s.y) for _, s in group]), [index for index, _ in group])
            for kind, group in self._by_kind().items()
        }

    def draw(self, draw: FailureDraw, key: str) -> list[_Found]:
        """Draw failures of all the kinds of a draw."""
        found = []
        for name in chosen_kinds(draw, key, self._source):
            kind, inventory = self._catalogue.kinds[name], self._inventory(name)
            if not inventory.assets.ids:
                if draw.kinds != "all":
                    raise self._nothing(kind, key)
                continue
            with blame(self._source, key):
                rates = draw.factor * yearly_rates(kind, inventory.assets, draw.rates.get(name, {}))
                drawn = draw_failures(
                    kind,
                    inventory.assets,
                    rates,
                    self._almanac.exposures(kind),
                    self._catalogue,
                    self._chance,
                )
            for failure in drawn:
                place = self._draws.uniform(name, failure.asset, failure.number, "place")
                found.append(_Found(failure, place))
        return found

    def given(self, failure: LifelineFailure, key: str) -> _Found:
        """Check a failure that the scenario gives."""
        check_choice(failure.kind, list(self._catalogue.kinds), f"{key}.kind", self._source)
        self._inventory(failure.kind)
        if failure.asset not in self._rows[failure.kind]:
            kind = self._catalogue.kinds[failure.kind]
            what = f"a pipe of network {kind.network}" if kind.network else " or ".join(kind.sites)
            raise unknown(failure.asset, [*self._rows[failure.kind]], what, f"{key}.asset", self._source)
        t_s = check_time(self._scenario, failure.at, f"{key}.at", self._source)
        return _Found(Failure(failure.kind, failure.asset, t_s, -1), failure.position, failure.severity)

    def plan(self, name: str, found: _Found) -> PlannedFailure:
        """Say all about a failure that can be said before the run."""
        failure = found.failure
        kind, inventory = self._catalogue.kinds[failure.kind], self._inventory(failure.kind)
        row = self._rows[failure.kind][failure.asset]
        place = inventory.shapes[row]
        if inventory.network:
            place = shapely.line_interpolate_point(place, found.position, normalized=True)
        x, y = float(place.x), float(place.y)
        key = failure.kind, failure.asset, failure.number
        told_h, lasts = kind.told_after_h, kind.lasts_h
        diameter_m = float(inventory.assets.diameter_m[row])
        return PlannedFailure(
            id=name,
            kind=kind,
            asset=failure.asset,
            t_s=failure.t_s,
            x=x,
            y=y,
            network=inventory.network,
            material=inventory.assets.material[row],
            diameter_m=diameter_m if inventory.network else None,
            shows=tuple(self._shows(kind, found, x, y)),
            told_after_s=np.inf if told_h is None else 3600.0 * self._draws.exponential(told_h, *key, "told"),
            locate_s=3600.0 * self._draws.triangular(*kind.locate_h, *key, "locate"),
            mend_s=3600.0 * self._draws.triangular(*kind.mend_h, *key, "mend")
            if kind.mend_h is not None
            else repair_times().repair_s(diameter_m, float(inventory.depth_m[row])),
            lasts_s=np.inf if lasts is None else 3600.0 * self._draws.triangular(*lasts, *key, "lasts"),
        )

    def notes(self, failures: Sequence[PlannedFailure]) -> Iterator[str]:
        """Say what is taken for granted."""
        yield (
            f"lifelines: {len(failures)} failures at the rates of catalogue failure_rates "
            f"{self._catalogue.version}, many of them own assumptions; no hydraulics"
        )
        if self._almanac.by_climate:
            days = sum(self._almanac.wet)
            yield f"lifelines: {days} wet days by the catalogue's climate, for the scenario has no rain"

    def _chance(self, kind: str, asset: str, number: int) -> float:
        return self._draws.exponential(1.0, kind, asset, number)

    def _shows(self, kind: FailureKind, found: _Found, x: float, y: float) -> Iterator[tuple[int, float]]:
        """Sensors that take notice of a failure and the change each will say in the end."""
        signature, failure = kind.signature, found.failure
        if signature is None:
            names = [sensor.id for sensor in self.sensors]
            if failure.asset in names:
                index = names.index(failure.asset)
                sensor = self.sensors[index]
                yield index, kind.stuck[sensor.kind] - sensor.base
            return
        if signature.sensor not in self._trees:
            return
        key = failure.kind, failure.asset, failure.number
        amplitude = self._draws.triangular(*signature.amplitude, *key, "amplitude")
        if found.severity is not None:
            weak, strong = sorted((signature.amplitude[0], signature.amplitude[-1]), key=abs)
            amplitude = weak + found.severity * (strong - weak)
        tree, indices = self._trees[signature.sensor]
        distances, rows = tree.query((x, y), k=MOST_SENSORS, distance_upper_bound=signature.reach_m)
        for distance, row in zip(
            np.atleast_1d(distances).tolist(), np.atleast_1d(rows).tolist(), strict=True
        ):
            if np.isfinite(distance):
                yield indices[row], amplitude * float(np.exp(-distance / signature.fades_m))

    def _inventory(self, name: str) -> Inventory:
        if name not in self._inventories:
            kind = self._catalogue.kinds[name]
            year = self._scenario.start.astimezone(ZoneInfo(self._city.time_zone)).year
            inventory = inventory_of(self._city, kind, year)
            self._inventories[name] = inventory
            self._rows[name] = {asset: row for row, asset in enumerate(inventory.assets.ids)}
        return self._inventories[name]

    def _by_kind(self) -> Mapping[str, list[tuple[int, SensorPost]]]:
        groups: dict[str, list[tuple[int, SensorPost]]] = {}
        for index, sensor in enumerate(self.sensors):
            groups.setdefault(sensor.kind, []).append((index, sensor))
        return groups

    def _nothing(self, kind: FailureKind, key: str) -> ScenarioError:
        what = (
            f"pipes of network {kind.network} in layer lifelines" if kind.network else " or ".join(kind.sites)
        )
        return ScenarioError(
            f"Scenario '{self._source}', key '{key}.kinds'",
            got=f"'{kind.kind}', and city '{self._city.name}' has no {what}",
            expected="kinds of what the city has",
            remedy="Remove the kind or choose another city",
        )
