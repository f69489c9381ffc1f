"""Following the cases of alarms through the event log, without those who keep the cases knowing it."""

from collections.abc import Callable, Mapping
from typing import Any

from cim_models.events import EventSink

Follower = Callable[[str, str, int, Mapping[str, Any]], None]
"""Who is told of an event: kind, subject, id and data."""

FOLLOWED = frozenset({
    "report.merged", "case.reported", "case.accepted", "case.registered", "case.dispatched", "crew.arrived",
    "case.handled", "case.closed", "case.voided", "case.transferred", "case.reopened",
    "order.issued",
})  # fmt: skip
"""Kinds of events that move an alarm or a response level on."""


class FollowedSink:
    """An event sink that tells somebody of the events that concern them, after they are written.

    Parameters
    ----------
    sink
        Where events go.
    follower
        A bound method, so that it can be saved.
    """

    def __init__(self, sink: EventSink, follower: Follower) -> None:
        self._sink = sink
        self._follower = follower

    def append(
        self,
        t_s: float,
        kind: str,
        subject: str,
        cause: int | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> int:
        """Write one event, let the follower act on it, and return the event's id."""
        number = self._sink.append(t_s, kind, subject, cause, data)
        if kind in FOLLOWED:
            self._follower(kind, subject, number, data or {})
        return number
