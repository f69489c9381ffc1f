"""What each failure led to: everything whose causes lead back to it, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from cim_models.events import Event
from cim_models.failures import FAILURE_ENDS


def summarize_failures(events: Sequence[Event]) -> list[dict[str, Any]]:
    """Return one record for each failure, in the order of the log, from the causes that the events name.

    Parameters
    ----------
    events
        The event log, in the order of ids.
    """
    origin = _origins(events)
    led_to: dict[int, list[Event]] = {}
    for event in events:
        failure = origin.get(event.id)
        if failure is not None and failure != event.id:
            led_to.setdefault(failure, []).append(event)
    return [
        _record(event, _end(event, events), led_to.get(event.id, []))
        for event in events
        if origin.get(event.id) == event.id
    ]


def _origins(events: Sequence[Event]) -> dict[int, int]:
    """Failure that each event goes back to, by id; a failure goes back to the one that caused it, if any."""
    origin: dict[int, int] = {}
    for event in events:
        before = None if event.cause is None else origin.get(event.cause)
        if before is not None:
            origin[event.id] = before
        elif event.kind in FAILURE_ENDS:
            origin[event.id] = event.id
    return origin


def _end(failure: Event, events: Sequence[Event]) -> Event | None:
    kinds = FAILURE_ENDS[failure.kind]
    after = (e for e in events if e.id > failure.id and e.subject == failure.subject and e.kind in kinds)
    return next(after, None)


def _record(failure: Event, end: Event | None, led_to: Sequence[Event]) -> dict[str, Any]:
    orders = [event for event in led_to if event.kind == "order.issued"]
    return {
        "event": failure.id,
        "kind": failure.kind,
        "subject": failure.subject,
        "t_s": failure.t_s,
        "ended_event": None if end is None else end.id,
        "ended_s": None if end is None else end.t_s,
        "manholes_surcharged": _subjects(led_to, "sewer.surcharged"),
        "roads_flooded": _subjects(led_to, "road.flooded"),
        "roads_closed": [
            {"road": event.data["target"], "event": event.id, "t_s": event.t_s}
            for event in orders
            if event.data["order"] == "CloseRoad"
        ],
        "valves_shut": _subjects(led_to, "valve.shut"),
        "most_customers_out": max(
            (float(e.data["persons_out"]) for e in led_to if e.kind == "supply.customers_out"), default=0.0
        ),
        "reports": sum(event.kind == "report.made" for event in led_to),
        "cases": _subjects(led_to, "case.registered"),
        "cases_closed": _subjects(led_to, "case.closed"),
        "crews": _subjects(led_to, "crew.arrived"),
        "orders": dict(sorted(Counter(str(event.data["order"]) for event in orders).items())),
    }


def _subjects(events: Sequence[Event], kind: str) -> list[str]:
    """Subjects of the events of a kind, each once, in the order of the log."""
    return list(dict.fromkeys(event.subject for event in events if event.kind == kind))
