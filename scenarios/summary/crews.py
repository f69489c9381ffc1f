"""Crews: time on duty and at work, distance driven, time lost to water; from the event log alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from cim_models.events import Event
from scenarios.summary.indicators import Indicator, gini


@dataclass(slots=True)
class CrewRecord:
    """What one crew did; durations in s, distance in m.

    ``lost_s`` is time lost to water: slow driving, waits and detours. A journey that ends tells its own
    loss; of one that is broken off, ``under_way_s`` keeps what its roads and waits cost. ``overtime_s`` is
    time from being relieved until going off duty. ``path`` is the way ahead as it was told last; how much
    of it was driven shows when another takes its place.
    """

    id: str
    skill: str = ""
    duty_since_s: float | None = None
    busy_since_s: float | None = None
    duty_s: float = 0.0
    busy_s: float = 0.0
    distance_m: float = 0.0
    lost_s: float = 0.0
    under_way_s: float = 0.0
    blocked_s: float = 0.0
    relieved_since_s: float | None = None
    overtime_s: float = 0.0
    break_s: float = 0.0
    is_lost: bool = False
    tasks: int = 0
    reroutes: int = 0
    cut_offs: int = 0
    delayed_journeys: int = 0
    path: Sequence[Sequence[float]] = ()


def collect_crews(events: Sequence[Event], end_s: float) -> list[CrewRecord]:
    """Follow each crew through the event log, in the order of first appearance."""
    crews: dict[str, CrewRecord] = {}
    for event in events:
        if not event.kind.startswith("crew."):
            continue
        crew = crews.setdefault(event.subject, CrewRecord(event.subject))
        _STEPS.get(event.kind.removeprefix("crew."), _nothing)(crew, event)
    for crew in crews.values():
        _break_off(crew)
        _drive_until(crew, end_s)
        _stop_work(crew, end_s)
        _stop_duty(crew, end_s)
    return list(crews.values())


def summarize_crews(events: Sequence[Event], end_s: float) -> dict[str, Any]:
    """Say what the crews did, in all and by skill."""
    crews = collect_crews(events, end_s)
    skills = sorted({crew.skill for crew in crews if crew.skill})
    return {
        **_figures(crews),
        **count_tasks(events),
        "workload_gini": gini([crew.busy_s for crew in crews]),
        "by_skill": {skill: _figures([crew for crew in crews if crew.skill == skill]) for skill in skills},
    }


def count_tasks(events: Sequence[Event]) -> dict[str, int]:
    """Count tasks by what became of them: still to be finished at the end, or dropped."""
    left: set[str] = set()
    dropped = 0
    for event in events:
        if event.kind == "task.planned":
            left.add(event.subject)
        elif event.kind == "task.dropped":
            dropped += event.subject in left
            left.discard(event.subject)
        elif event.kind == "crew.finished":
            left.discard(str(event.data.get("task")))
    return {"tasks_open": len(left), "tasks_dropped": dropped}


def _figures(crews: Sequence[CrewRecord]) -> dict[str, Any]:
    duty_h, busy_h = sum(crew.duty_s for crew in crews) / 3600, sum(crew.busy_s for crew in crews) / 3600
    utilisation = Indicator(
        "utilisation", "利用率", "Utilisation", busy_h, duty_h,
        "hours from leaving for a case until done with it / hours on duty", "从出动到完成的时间 / 在岗时间",
    )  # fmt: skip
    return {
        "count": len(crews),
        "utilisation": utilisation.to_json(),
        "overtime_min": sum(crew.overtime_s for crew in crews) / 60,
        "break_min": sum(crew.break_s for crew in crews) / 60,
        "lost": sum(crew.is_lost for crew in crews),
        "tasks_finished": sum(crew.tasks for crew in crews),
        "distance_km": sum(crew.distance_m for crew in crews) / 1000,
        "lost_to_water_min": sum(crew.lost_s for crew in crews) / 60,
        "blocked_min": sum(crew.blocked_s for crew in crews) / 60,
        "delayed_journeys": sum(crew.delayed_journeys for crew in crews),
        "reroutes": sum(crew.reroutes for crew in crews),
        "cut_offs": sum(crew.cut_offs for crew in crews),
    }


def _started_shift(crew: CrewRecord, event: Event) -> None:
    crew.skill = str(event.data.get("skill") or crew.skill)
    crew.duty_since_s = event.t_s


def _relieved(crew: CrewRecord, event: Event) -> None:
    crew.relieved_since_s = event.t_s


def _started_break(crew: CrewRecord, event: Event) -> None:
    crew.break_s += float(event.data["length_s"])


def _lost(crew: CrewRecord, event: Event) -> None:
    crew.is_lost = True
    _ended_shift(crew, event)


def _ended_shift(crew: CrewRecord, event: Event) -> None:
    _stop_work(crew, event.t_s)
    _stop_duty(crew, event.t_s)


def _departed(crew: CrewRecord, event: Event) -> None:
    _break_off(crew)
    _stop_work(crew, event.t_s)
    if event.data.get("case") is not None:
        crew.busy_since_s = event.t_s


def _moved(crew: CrewRecord, event: Event) -> None:
    _drive_until(crew, event.t_s)
    crew.path = event.data["path"]
    crew.under_way_s += float(event.data.get("delay_s") or 0.0)


def _arrived(crew: CrewRecord, event: Event) -> None:
    lost_s = float(event.data.get("delay_s") or 0.0)
    crew.lost_s += lost_s
    crew.delayed_journeys += lost_s > 0.0
    crew.under_way_s = 0.0


def _rerouted(crew: CrewRecord, _event: Event) -> None:
    crew.reroutes += 1


def _cut_off(crew: CrewRecord, event: Event) -> None:
    crew.cut_offs += 1
    wait_s = float(event.data.get("wait_s") or 0.0)
    crew.blocked_s += wait_s
    crew.under_way_s += wait_s


def _finished(crew: CrewRecord, event: Event) -> None:
    crew.tasks += 1
    _stop_work(crew, event.t_s)


def _nothing(_crew: CrewRecord, _event: Event) -> None:
    pass


def _break_off(crew: CrewRecord) -> None:
    crew.lost_s += crew.under_way_s
    crew.under_way_s = 0.0


def _drive_until(crew: CrewRecord, t_s: float) -> None:
    """Count what of the latest path lies before a time; the rest is not driven."""
    for (x0, y0, from_s), (x1, y1, to_s) in pairwise(crew.path):
        share = 1.0 if to_s <= t_s else max(t_s - from_s, 0.0) / (to_s - from_s)
        crew.distance_m += share * math.hypot(x1 - x0, y1 - y0)
    crew.path = ()


def _stop_work(crew: CrewRecord, t_s: float) -> None:
    if crew.busy_since_s is not None:
        crew.busy_s += t_s - crew.busy_since_s
        crew.busy_since_s = None


def _stop_duty(crew: CrewRecord, t_s: float) -> None:
    if crew.duty_since_s is not None:
        crew.duty_s += t_s - crew.duty_since_s
        crew.duty_since_s = None
    if crew.relieved_since_s is not None:
        crew.overtime_s += t_s - crew.relieved_since_s
        crew.relieved_since_s = None


_STEPS = {
    "started_shift": _started_shift,
    "ended_shift": _ended_shift,
    "relieved": _relieved,
    "started_break": _started_break,
    "lost": _lost,
    "departed": _departed,
    "moved": _moved,
    "arrived": _arrived,
    "returned": _arrived,
    "rerouted": _rerouted,
    "cut_off": _cut_off,
    "finished": _finished,
}
