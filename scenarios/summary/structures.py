"""Health of the structures that are watched, from the event log alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cim_models.events import Event

_WORSE = "ABCD"


def summarize_structures(events: Sequence[Event]) -> dict[str, Any] | None:
    """Say how each structure is, what its gauges found, and what was done; None where none is watched.

    Parameters
    ----------
    events
        The event log, in the order of ids.
    """
    watched = [event for event in events if event.kind == "structure.watched"]
    if not watched:
        return None
    found_false = _found_false(events)
    structures = [_health(event, events, found_false) for event in watched]
    return {
        "structures": structures,
        "by_grade": {grade: sum(each["grade"] == grade for each in structures) for grade in (*_WORSE, "U")},
        "gauges": sum(len(each["gauges"]) for each in structures),
        "readings": sum(each["readings"] for each in structures),
        "reports": sum(event.kind == "structure.reported" for event in events),
    }


def _found_false(events: Sequence[Event]) -> frozenset[str]:
    """Sensors whose alarm was found false on site: they say what is not so, and are to be looked at."""
    sensors, found = {}, set()
    for event in events:
        if event.kind in ("alarm.published", "alarm.suppressed", "alarm.shelved"):
            sensors[event.subject] = event.data["sensor"]
        elif event.kind == "alarm.fed_back" and event.data["finding"] == "false":
            found.add(sensors[event.subject])
    return frozenset(found)


def _health(watched: Event, events: Sequence[Event], found_false: frozenset[str]) -> dict[str, Any]:
    """Write the report on one structure; ``found_false`` are sensors whose alarms were found false."""
    name, gauges = watched.subject, list(watched.data["gauges"])
    about = [event for event in events if event.subject == name or event.subject in gauges]
    grades = ["A", *(event.data["grade"] for event in about if event.kind == "structure.graded")]
    report = next((event.data for event in reversed(about) if event.kind == "structure.reported"), {})
    deviations = [event for event in about if event.kind == "gauge.deviates"]
    return {
        "id": name,
        "kind": watched.data["kind"],
        "road": watched.data["road"],
        "gauges": gauges,
        "grade": grades[-1],
        "worst_grade": max((grade for grade in grades if grade in _WORSE), key=_WORSE.index),
        "outside_share": report.get("outside_share"),
        "readings": report.get("readings", 0),
        "missing": report.get("missing", 0),
        "worst_gauge": report.get("worst_gauge"),
        "worst_score": report.get("worst_score"),
        "in_alarm": list(report.get("in_alarm", ())),
        "silent": list(report.get("silent", ())),
        "doubtful_gauges": sorted(found_false.intersection(gauges)),
        "deviations": len(deviations),
        "since_s": _since(about),
        "damaged_s": _first(about, "structure.damaged", "structure.creeping"),
        "first_deviation_s": deviations[0].t_s if deviations else None,
        "secured_s": _first(about, "structure.secured"),
    }


def _since(about: Sequence[Event]) -> float | None:
    """Time since which some gauge has deviated without a break; None where none does at the end."""
    out: set[str] = set()
    since_s = None
    for event in about:
        if event.kind == "gauge.deviates":
            since_s = event.t_s if not out else since_s
            out.add(event.subject)
        elif event.kind == "gauge.settled":
            out.discard(event.subject)
    return since_s if out else None


def _first(about: Sequence[Event], *kinds: str) -> float | None:
    return next((event.t_s for event in about if event.kind in kinds), None)
