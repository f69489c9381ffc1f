"""Watched structures on the run's clock: they get worse, gauges tell, crews secure them, all is reported."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from cim_models.alarm_readings import Reading
from cim_models.changes import Change
from cim_models.hazards import HazardWork, Matter, WorkPlace
from cim_models.orders import OrderOutcome, SecureStructure
from cim_models.values import ValueKind
from scenarios.composition import Setup
from scenarios.monitoring import open_watch
from scenarios.runfolder.readings import ReadingsWriter
from scenarios.storylog import StoryLog
from twin.monitoring import GaugeReading, Structure, StructureWatch
from twin.monitoring.damage import RAIN
from twin.roads import RoadNetwork

SITE_REACH_M = 30.0
"""Structures within this distance of a case are what it is about, m; own assumption."""

PERIODIC_S = 1800.0
"""Silence of gauges that are read no more often than this is judged by the watch, not by alarm rules, s."""

_TURNS = ("structure.secured", "structure.graded")

TRAFFIC = "car"
"""Class of vehicle whose way decides whether a structure carries traffic."""


def open_structures(setup: Setup, roads: RoadNetwork | None, log: StoryLog) -> StructureStory | None:
    """Open the watched structures of a run at its start; None where there are none."""
    plan = setup.monitoring
    if plan is None:
        return None
    watch = open_watch(plan, setup.scenario, setup.city)
    return StructureStory(watch, roads, log, plan.report_every_s)


class StructureStory:
    """Watched structures as a part of a run; satisfies `agents.views.HazardView` for what concerns them.

    Parameters
    ----------
    watch
        The structures.
    roads
        The roads at them; None where the city has none.
    log
        The event log.
    report_every_s
        Time between two reports on health, s.
    """

    def __init__(
        self, watch: StructureWatch, roads: RoadNetwork | None, log: StoryLog, report_every_s: float
    ) -> None:
        self.watch, self._roads, self._log = watch, roads, log
        self._every_s, self._report_s, self._reported_s = report_every_s, report_every_s, 0.0
        self._road_rows = {} if roads is None else _rows_of_roads(watch.structures, roads)
        self._started: int | None = None
        self._events: dict[str, int] = {}
        self._alarmed: dict[str, int] = {}
        self._to_tell: dict[str, GaugeReading] = {}
        self._to_write: list[GaugeReading] = []

    def begin(self, started: int) -> None:
        """Write which structures are watched, and say to which event everything goes back."""
        self._started = started
        for each in self.watch.structures:
            data = {
                "kind": each.kind,
                "x": each.x,
                "y": each.y,
                "road": each.road,
                "gauges": [gauge.id for gauge in each.gauges],
            }
            event = self._log.append(0.0, "structure.watched", each.id, cause=started, data=data)
            self._events[f"structure.watched {each.id}"] = event

    def advance_to(self, now_s: float, rain_mm_h: float, rain_event: int | None) -> None:
        """Advance to now; the rain and the traffic of this moment hold until the next call.

        ``rain_event`` is the event with which the latest rain began.
        """
        self.watch.advance_to(now_s)
        self._write(rain_event)
        self.watch.set_rain(rain_mm_h)
        for structure, share in self._open_shares().items():
            self.watch.set_open_share(structure, share)
        for reading in self.watch.take_readings():
            self._to_tell[reading.gauge.id] = reading
            self._to_write.append(reading)
        if now_s >= self._report_s:
            self._report(now_s)
            self._report_s += self._every_s * math.ceil((now_s - self._report_s + 1e-6) / self._every_s)

    def end(self, t_s: float) -> None:
        """Report on health for the last time, unless that has just been done."""
        if self._reported_s < t_s:
            self._report(t_s)

    def apply(self, order: SecureStructure) -> OrderOutcome:
        """Carry out an order now."""
        outcome = self.watch.secure(order.structure, order.id)
        self._write(None)
        return outcome

    def read(self, readings: ReadingsWriter) -> None:
        """Write what gauges have said since the last time."""
        for reading in self._to_write:
            gauge, t_s = reading.gauge, reading.t_s
            subject, unit = f"gauge:{gauge.id}", gauge.response.unit
            kind = ValueKind.OBSERVED if reading.observed else ValueKind.SIMULATED
            readings.add(t_s, subject, gauge.quantity, reading.value, unit, kind)
            readings.add(t_s, subject, "expected", reading.expected, unit, ValueKind.SIMULATED)
            readings.add(t_s, subject, "structure_deviation", reading.deviation, "-", ValueKind.SIMULATED)
        self._to_write = []

    # --- as crews and instruments see it ----------------------------------------------------------

    def missing(self, matter: Matter, x: float, y: float, subject: str = "") -> list[HazardWork]:
        """Return the work that somebody on site sees to be done around a place, the most urgent first.

        A structure whose gauges alone are at fault is seen to be sound, and left as it is.
        """
        if matter != "structure":
            return []
        near = self._damaged(x, y, subject)
        closures = [
            HazardWork("close_road", WorkPlace(each.road, x, y)) for each in near if self._is_cut_for(each)
        ]
        return [
            *closures,
            *(HazardWork("secure_structure", WorkPlace(each.id, each.x, each.y)) for each in near),
        ]

    def is_dangerous(self, matter: Matter, x: float, y: float, subject: str = "") -> bool:
        """Whether a place must not be given back yet."""
        return matter == "structure" and bool(self._damaged(x, y, subject))

    def cordon(self, matter: Matter, x: float, y: float, subject: str = "") -> list[WorkPlace]:
        """Return the roads that a place calls to be closed by what gauges say, the nearest first."""
        if matter != "structure":
            return []
        near = self._deviating(x, y, subject)
        return [WorkPlace(each.road, x, y) for each in near if self._is_cut_for(each)]

    def readings(self) -> list[Reading]:
        """Return what gauges have said since the last call."""
        told, self._to_tell = self._to_tell, {}
        found = []
        for name in sorted(told):
            reading = told[name]
            place, reason = reading.structure, self.watch.reason(name)
            found.append(
                Reading(
                    sensor=name,
                    values={"structure_deviation": reading.deviation},
                    x=place.x,
                    y=place.y,
                    source=place.id,
                    road=place.road,
                    origin=self._alarmed.get(place.id),
                    root=self._events.get(reason, self._alarmed.get(place.id)),
                    genuine=reason.startswith("structure."),
                    periodic=reading.gauge.interval_s <= PERIODIC_S,
                )
            )
        return found

    def _deviating(self, x: float, y: float, subject: str) -> list[Structure]:
        """Return the structure that is asked for, or all near a place, if gauges say that they deviate."""
        near = [
            (math.hypot(each.x - x, each.y - y), each.id, each)
            for each in self.watch.structures
            if subject in ("", each.id) and self.watch.deviates(each)
        ]
        return [each for distance, _, each in sorted(near, key=_nearest) if distance <= SITE_REACH_M]

    def _damaged(self, x: float, y: float, subject: str) -> list[Structure]:
        return [each for each in self._deviating(x, y, subject) if self.watch.is_damaged(each)]

    def _is_cut_for(self, structure: Structure) -> bool:
        return bool(structure.road) and self.watch.is_grave(structure)

    def _open_shares(self) -> dict[str, float]:
        """Whether traffic passes each structure now."""
        if self._roads is None:
            return {}
        times_s, closed = self._roads.road_times(TRAFFIC), self._roads.closed
        return {
            name: float(np.isfinite(times_s[row]) and not closed[row])
            for name, row in self._road_rows.items()
        }

    # --- the log ----------------------------------------------------------------------------------

    def _write(self, rain_event: int | None) -> None:
        for change in self.watch.take_changes():
            t_s = max(change.t_s, self._log.last_s)  # the log goes forward in time
            cause = self._cause(change, rain_event)
            event = self._log.append(t_s, change.kind, change.subject, cause=cause, data=dict(change.data))
            self._events[change.key] = event
            self._follow(change, event)

    def _cause(self, change: Change, rain_event: int | None) -> int | None:
        because = change.because
        if because == RAIN:
            return rain_event or self._started
        return self._events.get(because) or self._log.event_of_order(because) or self._started

    def _follow(self, change: Change, event: int) -> None:
        """Remember the first deviation of each structure, which its alarms go back to."""
        if change.kind == "gauge.deviates":
            self._alarmed.setdefault(change.data["structure"], event)
        elif change.kind in _TURNS and not self._is_alarmed(change.subject):
            self._alarmed.pop(change.subject, None)

    def _is_alarmed(self, structure: str) -> bool:
        return any(self.watch.deviates(each) for each in self.watch.structures if each.id == structure)

    def _report(self, t_s: float) -> None:
        self._reported_s = t_s
        for health in self.watch.health():
            data = asdict(health)
            for key in ("structure", "kind", "gauges"):
                del data[key]
            data |= {"in_alarm": list(health.in_alarm), "silent": list(health.silent)}
            data["worst_score"] = round(health.worst_score, 3)
            cause = self._events.get(f"structure.graded {health.structure}") or self._events.get(
                f"structure.watched {health.structure}"
            )
            self._log.append(
                max(t_s, self._log.last_s), "structure.reported", health.structure, cause=cause, data=data
            )

    # --- checkpoints ------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Return what a story of the same structures needs to go on."""
        return {
            "watch": self.watch.state(),
            "report_s": (self._report_s, self._reported_s),
            "started": self._started,
            "events": dict(self._events),
            "alarmed": dict(self._alarmed),
            "to_tell": dict(self._to_tell),
            "to_write": list(self._to_write),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over such a state."""
        self.watch.restore(state["watch"])
        self._report_s, self._reported_s = state["report_s"]
        self._started = state["started"]
        self._events, self._alarmed = dict(state["events"]), dict(state["alarmed"])
        self._to_tell, self._to_write = dict(state["to_tell"]), list(state["to_write"])


def _rows_of_roads(structures: Sequence[Structure], roads: RoadNetwork) -> dict[str, int]:
    """Index of the road at each structure that has one."""
    rows = {road: row for row, road in enumerate(roads.road_ids)}
    return {each.id: rows[each.road] for each in structures if each.road in rows}


def _nearest(entry: tuple[float, str, Structure]) -> tuple[float, str]:
    return entry[:2]
