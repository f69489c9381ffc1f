"""The run in one line: what fell, what failed and what came of it, each only where it happened."""

from __future__ import annotations

from collections.abc import Sequence

from cim_models.catalogues import load_catalogue
from cim_models.events import Event
from viz.report.quantities import length_text, number_text, rain_text
from viz.report.record import RunRecord
from viz.report.texts import Translate

STRUCTURES_TOLD = 3
"""Structures of which the headline says what happened when; of further ones only how many there were."""

_STRUCTURE_STEPS = {
    "structure.damaged": "damaged",
    "structure.creeping": "creeping",
    "structure.secured": "secured",
}
_STRUCTURE_EVENTS = (
    *_STRUCTURE_STEPS,
    *("structure.watched", "gauge.failed", "alarm.published", "alarm.fed_back", "order.issued"),
)
_SEWER_FAILURES = ("sewer.blocked", "sewer.collapsed", "sewer.pump_stopped")


def headline(record: RunRecord, say: Translate) -> str:
    """Say the run in one line; a run in which nothing happened is told by its cases."""
    parts = [
        *_structures(record, say),
        _rain(record, say),
        _lifelines(record, say),
        _supply(record, say),
        _sewer(record, say),
        _gas(record, say),
        _collapses(record, say),
        _streets(record, say),
    ]
    told = [part for part in parts if part] or [say("head_cases", count=len(record.cases))]
    return say("headline", title=scenario_title(record), parts=say("between").join(told))


def scenario_title(record: RunRecord) -> str:
    """Title of the scenario in the report's language; its name where it has none."""
    scenario = record.meta.get("scenario", {})
    title = scenario.get("title") or {}
    return str(title.get(record.language) or scenario.get("name", ""))


def _rain(record: RunRecord, say: Translate) -> str:
    depth_mm = record.rain_depth_mm
    return say("head_rain", rain=rain_text(depth_mm)) if depth_mm > 0.0 else ""


def _structures(record: RunRecord, say: Translate) -> list[str]:
    """Say of each watched structure with which something was wrong what happened and was done, and when."""
    kinds = load_catalogue("monitoring")["kinds"]
    events = record.of_kind(*_STRUCTURE_EVENTS)
    told = []
    for watched in (event for event in events if event.kind == "structure.watched"):
        steps = _structure_steps(watched, events)
        if steps:
            name = f"{kinds[watched.data['kind']][record.language]} {watched.subject}"
            said = [say(f"head_{key}", at=record.clock(t_s), count=count) for t_s, key, count in steps]
            told.append(f"{name} {say('head_steps_between').join(said)}")
    more = len(told) - STRUCTURES_TOLD
    told = told[:STRUCTURES_TOLD]
    return [*told, say("head_structures_more", count=more)] if more > 0 else told


def _structure_steps(watched: Event, events: Sequence[Event]) -> list[tuple[float, str, int]]:
    """Damage, failed gauges, the first alarm, road and mending of one structure: when, which, how many."""
    name, gauges, road = watched.subject, watched.data["gauges"], watched.data["road"]
    alarm = next((e for e in events if e.kind == "alarm.published" and e.data.get("source") == name), None)
    found: dict[str, tuple[float, str, int]] = {}
    for event in events:
        key = ""
        if event.subject == name:
            key = _STRUCTURE_STEPS.get(event.kind, "")
        elif event.kind == "gauge.failed" and event.subject in gauges:
            key = "gauges"
        elif alarm is not None and event.t_s >= alarm.t_s and _closes(event, road):
            key = "closed"
        if key:
            t_s, _, count = found.get(key, (event.t_s, key, 0))
            found[key] = (t_s, key, count + 1)
    if alarm is not None:
        key = "false_alarm" if _was_false(alarm, events) else "alarm"
        found[key] = (alarm.t_s, key, 1)
    return sorted(found.values())


def _was_false(alarm: Event, events: Sequence[Event]) -> bool:
    return any(
        event.subject == alarm.subject and event.kind == "alarm.fed_back" and event.data["finding"] == "false"
        for event in events
    )


def _closes(event: Event, road: str) -> bool:
    return event.kind == "order.issued" and (event.data["order"], event.data["target"]) == ("CloseRoad", road)


def _lifelines(record: RunRecord, say: Translate) -> str:
    failures = len(record.of_kind("lifeline.failed"))
    alarms = len({event.subject for event in record.of_kind("alarm.published")})
    return say("head_lifelines", failures=failures, alarms=alarms) if failures else ""


def _supply(record: RunRecord, say: Translate) -> str:
    bursts = len({event.subject for event in record.of_kind("supply.burst")})
    leaks = len({event.subject for event in record.of_kind("supply.leaking")})
    persons = number_text(record.most_customers_out)
    clauses = [
        say("head_bursts", count=bursts) if bursts else "",
        say("head_leaks", count=leaks) if leaks else "",
        say("head_persons", persons=persons) if record.most_customers_out > 0.0 else "",
    ]
    return say("between").join(clause for clause in clauses if clause)


def _sewer(record: RunRecord, say: Translate) -> str:
    failed = len({(event.kind, event.subject) for event in record.of_kind(*_SEWER_FAILURES)})
    return say("head_sewer", count=failed) if failed else ""


def _gas(record: RunRecord, say: Translate) -> str:
    leaks = len(record.of_kind("gas.leaking"))
    sites = len({event.subject for event in record.of_kind("gas.alarm")})
    return say("head_gas", count=leaks, sites=sites) if leaks or sites else ""


def _collapses(record: RunRecord, say: Translate) -> str:
    collapsed = len(record.of_kind("cavity.collapsed"))
    return say("head_collapses", count=collapsed) if collapsed else ""


def _streets(record: RunRecord, say: Translate) -> str:
    length = record.series.get("flooded_road_015")
    if length is not None and length.peak > 0.0:
        return say("head_flood", length=length_text(length.peak))
    return say("head_no_flood") if record.incoming_m3 > 0.0 else ""
