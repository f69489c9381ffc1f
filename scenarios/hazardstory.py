"""Gas and cavities on the run's clock: they advance, take orders, break pipes and roads, are written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from agents.draws import Draws
from cim_models.alarm_readings import Reading
from cim_models.changes import Change
from cim_models.hazards import HazardNews, HazardWork, Matter, WorkPlace
from cim_models.orders import FillCavity, HazardOrder, OrderOutcome, SealGasLeak, SurveyRoads, VentilateSite
from scenarios.composition import Setup
from scenarios.hazards import open_cavities, open_gas
from scenarios.runfolder.readings import ReadingsWriter
from scenarios.storylog import StoryLog
from scenarios.supplystory import SupplyStory
from scenarios.surroundings import Surroundings
from twin.cavities import CavitySystem, cavity_settings
from twin.cavities.system import CavityState
from twin.gas import GasLeak, GasSystem, gas_settings
from twin.gas.detectors import CALM
from twin.gas.diagnosis import LEAK, MARSH_GAS
from twin.roads import RoadNetwork

URGENT = 2
"""Detectors report by themselves from this level on, and below it where they take gas for a leak."""

SITE_REACH_M = 30.0
"""Hazard sites and cavities within this distance of a case are what it is about, m; own assumption."""

LEAK_REACH_M = 60.0
"""Those who look for a leak find it within this distance of the alarm, m; own assumption."""

_WORTH_TELLING_LEL = 0.03
_ROUNDING = 1e-9  # of a percent: what is lacking in a limit that is reached


def open_hazards(
    setup: Setup, roads: RoadNetwork | None, supply: SupplyStory | None, log: StoryLog
) -> HazardStory | None:
    """Open gas and cavities of a run at its start; None where neither is simulated."""
    plan = setup.hazards
    if plan is None:
        return None
    gas = open_gas(plan, setup.scenario, setup.city, setup.source)
    story = HazardStory(gas, open_cavities(plan, setup.scenario), log)
    chance = Draws(setup.scenario.seed, "pipes below collapses")
    story.surroundings = Surroundings(plan, setup.city.layer("roads"), roads, supply, chance)
    return story


class HazardStory:
    """Gas and cavities as a part of a run; satisfies `agents.views.HazardView`.

    Parameters
    ----------
    gas, cavities
        The systems; None for one that is not simulated.
    log
        The event log.

    Attributes
    ----------
    surroundings
        What lies around them.
    """

    surroundings: Surroundings

    def __init__(self, gas: GasSystem | None, cavities: CavitySystem | None, log: StoryLog) -> None:
        self.gas, self.cavities, self._log = gas, cavities, log
        self._started: int | None = None
        self._events: dict[str, int] = {}
        self._news: list[HazardNews] = []
        self._told: dict[str, str] = {}
        self._read_s: dict[str, float] = {}

    def begin(self, started: int) -> None:
        """Say to which event everything goes back that comes from outside."""
        self._started = started

    def advance_to(self, now_s: float, rain_mm_h: float) -> None:
        """Advance to now; the rain and the leaks of this moment hold until the next call."""
        if self.cavities is not None:
            self.cavities.advance_to(now_s)
            self.cavities.set_rain(rain_mm_h)
            supply = self.surroundings.supply
            self.cavities.set_leaks({} if supply is None else supply.supply.engine.escape_m3_s)
        self._write()
        if self.gas is not None:
            self.gas.advance_to(now_s)
        self._write()

    def apply(self, order: HazardOrder) -> OrderOutcome:
        """Carry out an order now: at the time of the event that issued it, the latest of the log."""
        outcome = OrderOutcome(False, "gas and cavities are not simulated")
        if self.gas is not None and isinstance(order, SealGasLeak):
            outcome = self.gas.seal(order.leak, order.id)
        elif self.gas is not None and isinstance(order, VentilateSite):
            outcome = self.gas.ventilate(order.site, order.id)
        elif self.cavities is not None and isinstance(order, FillCavity):
            outcome = self.cavities.fill(order.cavity, order.id)
        elif self.cavities is not None and isinstance(order, SurveyRoads):
            lengths = self.surroundings.length_m
            way = [(road, lengths[road]) for road in order.roads]
            self.cavities.survey(way, order.id, self._log.last_s)
            outcome = OrderOutcome(True)
        self._write()
        return outcome

    def take_news(self) -> list[HazardNews]:
        """Hand out what has been told since the last call."""
        news, self._news = self._news, []
        return news

    def read(self, t_s: float, readings: ReadingsWriter, subject: str) -> None:
        """Write what detectors read, and how many are in alarm.

        Methane is written as the whole percent of the LEL that has been reached, as displays show it (own
        assumption): so it compares with a limit as the reading itself does, and calm takes hardly any room.
        """
        if self.gas is not None:
            detectors = self.gas.detectors
            readings.add(
                t_s, subject, "gas_alarms", float(np.count_nonzero(detectors.level != CALM)), "sites"
            )
            readings.add(t_s, subject, "gas_released", self.gas.account.released, "m3")
            for row in np.flatnonzero(np.isfinite(detectors.read_s)).tolist():
                percent = float(math.floor(100.0 * detectors.lel[row] + _ROUNDING))
                readings.add(t_s, f"gas:{self.gas.sites.ids[row]}", "methane", percent, "%LEL")
        if self.cavities is not None:
            volume = self.cavities.volume_m3
            readings.add(t_s, subject, "cavity_volume", float(volume.sum()), "m3")

    # --- as crews and instruments see it ----------------------------------------------------------

    def missing(self, matter: Matter, x: float, y: float, subject: str = "") -> list[HazardWork]:
        """Return the work that somebody on site sees to be done around a place, the most urgent first."""
        if matter == "ground":
            return [HazardWork("fill_cavity", place) for place in self._open_cavities(x, y)]
        gas = self.gas
        if gas is None:
            return []
        sites = gas.sites
        work = [
            HazardWork("ventilate", WorkPlace(sites.ids[row], float(sites.x[row]), float(sites.y[row])))
            for row in self._urgent_sites(x, y)
            if sites.fan_1_s[row] == 0.0 and not gas.crew_fan[row]
        ]
        return [*work, *(HazardWork("seal_leak", place) for place in self._open_leaks(x, y))]

    def is_dangerous(self, matter: Matter, x: float, y: float, subject: str = "") -> bool:
        """Whether a place must not be given back yet."""
        if matter == "ground":
            return bool(self._open_cavities(x, y))
        return bool(self._open_leaks(x, y)) or len(self._urgent_sites(x, y)) > 0

    def cordon(self, matter: Matter, x: float, y: float, subject: str = "") -> list[WorkPlace]:
        """Return the roads that a place calls to be closed, the nearest first."""
        around = self.surroundings
        if matter == "ground":
            return [WorkPlace(road, x, y) for road in around.streets_near(x, y, SITE_REACH_M)[:1]]
        if self.gas is None:
            return []
        values = gas_settings().cordon
        level = min((int(self.gas.detectors.level[row]) for row in self._urgent_sites(x, y)), default=CALM)
        radius_m = values.emergency_m if level == 1 else values.alarm_m
        return [WorkPlace(road, x, y) for road in around.streets_near(x, y, radius_m)[: values.most_roads]]

    def readings(self) -> list[Reading]:
        """Return what detectors have said since the last call: those with methane, and when it is gone."""
        if self.gas is None:
            return []
        detectors, sites, found = self.gas.detectors, self.gas.sites, []
        for row in np.flatnonzero(np.isfinite(detectors.read_s)).tolist():
            name, read_s = sites.ids[row], float(detectors.read_s[row])
            is_high = detectors.lel[row] >= _WORTH_TELLING_LEL
            if read_s <= self._read_s.get(name, -math.inf) or not (is_high or name in self._read_s):
                continue
            values = {
                "methane": 100.0 * float(detectors.lel[row]),
                "hydrogen_sulphide": float(detectors.ppm[row]),
            }
            origin = self._origin(name)
            place = (float(sites.x[row]), float(sites.y[row]))
            found.append(Reading(name, values, *place, source=name, origin=origin))
            self._read_s[name] = read_s
            if not is_high:
                del self._read_s[name]
        return found

    def _origin(self, site: str) -> int | None:
        """Event of the leak behind a site's alarm, or else of the alarm itself."""
        assert self.gas is not None
        leak = self.gas.leak_behind(site)
        return self._events.get(f"gas.leaking {leak}") or self._events.get(f"gas.alarm {site}")

    def _open_leaks(self, x: float, y: float) -> list[WorkPlace]:
        leaks = [] if self.gas is None else self.gas.leaks
        near = [(math.hypot(leak.x - x, leak.y - y), leak.id, leak) for leak in leaks if leak.is_open]
        return [WorkPlace(name, leak.x, leak.y) for d, name, leak in sorted(near) if d <= LEAK_REACH_M]

    def _urgent_sites(self, x: float, y: float) -> list[int]:
        if self.gas is None:
            return []
        sites, level = self.gas.sites, self.gas.detectors.level
        near = np.hypot(sites.x - x, sites.y - y) <= SITE_REACH_M
        rows: list[int] = np.flatnonzero(near & (level != CALM) & (level <= URGENT)).tolist()
        return rows

    def _open_cavities(self, x: float, y: float) -> list[WorkPlace]:
        system = self.cavities
        if system is None:
            return []
        near = []
        for row, cavity in enumerate(system.cavities):
            distance_m = math.hypot(cavity.x - x, cavity.y - y)
            known = system.found[row] or system.state_of[row] == CavityState.COLLAPSED
            if distance_m <= SITE_REACH_M and known and system.state_of[row] != CavityState.FILLED:
                near.append((distance_m, WorkPlace(cavity.id, cavity.x, cavity.y)))
        return [place for _, place in sorted(near, key=lambda pair: (pair[0], pair[1].id))]

    # --- the log ----------------------------------------------------------------------------------

    def _write(self) -> None:
        for system in (self.cavities, self.gas):
            for change in [] if system is None else system.take_changes():
                t_s = max(change.t_s, self._log.last_s)  # the log goes forward in time
                cause = self._cause(change)
                event = self._log.append(
                    t_s, change.kind, change.subject, cause=cause, data=dict(change.data)
                )
                self._events[change.key] = event
                self._follow(change, event)

    def _cause(self, change: Change) -> int | None:
        because, supply = change.because, self.surroundings.supply
        if not because:
            return self._started
        return (
            self._events.get(because)
            or self._log.event_of_order(because)
            or (None if supply is None else supply.event_of(because))
            or self._started
        )

    def _follow(self, change: Change, event: int) -> None:
        """Let a change have its consequences, and be told where it is noticed."""
        data, subject = change.data, change.subject
        if change.kind == "cavity.collapsed":
            self._collapse(subject, data, event)
        elif change.kind == "cavity.found":
            news = HazardNews("cavity", subject, data["x"], data["y"], event, data["road"])
            self._news.append(news)
        elif change.kind == "cavity.filled":
            self._mend(data["road"])
        elif change.kind == "gas.alarm_over":
            self._told.pop(subject, None)
        elif change.kind in ("gas.alarm", "gas.diagnosed"):
            self._tell(subject, event)

    def _collapse(self, cavity: str, data: Mapping[str, Any], event: int) -> None:
        assert self.cavities is not None
        around, place = self.surroundings, WorkPlace(cavity, data["x"], data["y"])
        if around.roads is not None:
            around.roads.break_up(data["road"])
        values = cavity_settings().collapse
        radius_m = math.sqrt(data["area_m2"] / math.pi) + values.reach_m
        fed_by = next(one.pipe for one in self.cavities.cavities if one.id == cavity)
        around.break_water(place, fed_by, radius_m, event)
        if self.gas is not None and around.breaks("gas", cavity):
            for main, position in self.gas.mains.near(place.x, place.y, radius_m)[:1]:
                hole_m, because = values.gas_hole_m, f"cavity.collapsed {cavity}"
                leak = GasLeak(self.gas.time_s, f"GL-{cavity}", hole_m, main, position, because=because)
                self.gas.plan(leak)
        self._news.append(HazardNews("collapse", cavity, place.x, place.y, event, data["road"]))

    def _mend(self, road: str) -> None:
        system, roads = self.cavities, self.surroundings.roads
        assert system is not None
        holes = [
            cavity.road
            for row, cavity in enumerate(system.cavities)
            if system.state_of[row] == CavityState.COLLAPSED
        ]
        if roads is not None and road not in holes:
            roads.break_up(road, broken=False)

    def _tell(self, site: str, event: int) -> None:
        """Let a detector report: what is urgent, and what it takes for a leak; each only once an alarm."""
        assert self.gas is not None
        found = self.gas.diagnoses.get(site)
        row = self.gas.sites.ids.index(site)
        verdict = "" if found is None else found.verdict
        level = int(self.gas.detectors.level[row])
        if level == CALM or (level > URGENT and verdict != LEAK):
            return
        what: Literal["leak", "marsh_gas"] = "marsh_gas" if verdict == MARSH_GAS else "leak"
        if self._told.get(site) in (what, "leak"):
            return
        self._told[site] = what
        x, y = float(self.gas.sites.x[row]), float(self.gas.sites.y[row])
        self._news.append(HazardNews(what, site, x, y, event))

    def state(self) -> dict[str, Any]:
        """Return what a story of the same systems needs to go on."""
        return {
            "gas": None if self.gas is None else self.gas.state(),
            "cavities": None if self.cavities is None else self.cavities.state(),
            "started": self._started,
            "events": dict(self._events),
            "news": list(self._news),
            "told": dict(self._told),
            "read_s": dict(self._read_s),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over such a state."""
        if self.gas is not None:
            self.gas.restore(state["gas"])
        if self.cavities is not None:
            self.cavities.restore(state["cavities"])
        self._started, self._events = state["started"], dict(state["events"])
        self._news, self._told = list(state["news"]), dict(state["told"])
        self._read_s = dict(state["read_s"])
