"""What each failure led to: everything whose causes lead back to it, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
    by_id = {event.id: event for event in events}
    closings = [event for event in events if event.kind == "case.closed"]
    records = []
    for event in events:
        if origin.get(event.id) == event.id:
            end, after = _end(event, events), led_to.get(event.id, [])
            order = None if end is None else by_id.get(end.cause or 0)
            mending = order if order is not None and order.kind == "order.issued" else None
            records.append(_record(event, end, _Consequences(after, mending, closings)))
    return records


@dataclass(frozen=True, slots=True)
class _Consequences:
    """What a failure led to.

    Parameters
    ----------
    events
        Events whose causes lead back to it.
    mending
        The order that ended it, whatever had led the crew there; None for none.
    closings
        Closings of cases in the run.
    """

    events: Sequence[Event]
    mending: Event | None
    closings: Sequence[Event]

    def cases(self) -> list[str]:
        """Cases that it began, that took a report of it, or in which it was mended."""
        told = {"case.registered", "report.merged"}
        found = [
            event.subject if event.kind == "case.registered" else str(event.data["case"])
            for event in self.events
            if event.kind in told
        ]
        return _once([*found, self._mended_by("case")])

    def closed(self) -> list[str]:
        """Those of its cases that were closed after it had begun to tell."""
        first = min((event.id for event in self.events), default=0)
        cases = set(self.cases())
        return _once(event.subject for event in self.closings if event.subject in cases and event.id > first)

    def crews(self) -> list[str]:
        """Crews that came because of it, or mended it."""
        return _once([*_subjects(self.events, "crew.arrived"), self._mended_by("crew")])

    def orders(self) -> list[Event]:
        """Orders that were given because of it, or ended it."""
        orders = [event for event in self.events if event.kind == "order.issued"]
        if self.mending is not None and self.mending not in orders:
            orders.append(self.mending)
        return orders

    def _mended_by(self, what: str) -> str:
        return "" if self.mending is None else str(self.mending.data.get(what) or "")


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


def _record(failure: Event, end: Event | None, consequences: _Consequences) -> dict[str, Any]:
    orders, led_to = consequences.orders(), consequences.events
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
        "cases": consequences.cases(),
        "cases_closed": consequences.closed(),
        "crews": consequences.crews(),
        "orders": dict(sorted(Counter(str(event.data["order"]) for event in orders).items())),
    }


def _subjects(events: Sequence[Event], kind: str) -> list[str]:
    """Subjects of the events of a kind, each once, in the order of the log."""
    return _once(event.subject for event in events if event.kind == kind)


def _once(names: Iterable[str]) -> list[str]:
    """Names without the empty one, each once, in their order."""
    return list(dict.fromkeys(name for name in names if name))
