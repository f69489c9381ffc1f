"""The event sink of a run: writes the log and remembers what later events may name as a cause."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cim_models.events import EventSink

_WITHOUT_WATER = frozenset({"CloseRoad", "OpenRoad", "StopPump", "OpenValve"})
"""Orders that drain no street."""


@dataclass(frozen=True, slots=True)
class IssuedOrder:
    """An order that was issued: its event, when and where, m, what it is about, its own id and its kind."""

    event: int
    t_s: float
    x: float | None
    y: float | None
    target: str
    id: str
    kind: str


class StoryLog:
    """Append events to a sink and keep the orders among them.

    Parameters
    ----------
    sink
        Where events go.

    Attributes
    ----------
    last_s
        Time of the latest event, s.
    """

    def __init__(self, sink: EventSink) -> None:
        self._sink = sink
        self._orders: list[IssuedOrder] = []
        self._issued: dict[str, int] = {}
        self.last_s = 0.0

    def append(
        self,
        t_s: float,
        kind: str,
        subject: str,
        cause: int | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> int:
        """Write one event and return its id."""
        number = self._sink.append(t_s, kind, subject, cause, data)
        self.last_s = t_s
        if kind == "order.issued" and data is not None:
            where = (data.get("x"), data.get("y"))
            self._issued[subject] = number
            words = str(data.get("target") or ""), subject, str(data.get("order") or "")
            self._orders.append(IssuedOrder(number, t_s, *where, *words))
        return number

    def event_of_order(self, order: str) -> int | None:
        """Event with which an order was issued; None where it is not in the log."""
        return self._issued.get(order)

    def order_near(self, x: float, y: float, radius_m: float, between_s: tuple[float, float]) -> int | None:
        """Event of the nearest order that moves water within a radius and a time; the latest of equals."""
        best: tuple[float, int] | None = None
        for order in reversed(self._orders):
            if order.t_s < between_s[0]:
                break
            if order.t_s > between_s[1] or order.x is None or order.y is None or order.kind in _WITHOUT_WATER:
                continue
            distance = math.hypot(order.x - x, order.y - y)
            if distance <= radius_m and (best is None or distance < best[0]):
                best = distance, order.event
        return None if best is None else best[1]

    def state(self) -> tuple[IssuedOrder, ...]:
        """Return what a log that goes on needs to remember."""
        return tuple(self._orders)

    def restore(self, orders: Sequence[IssuedOrder]) -> None:
        """Take over such a memory."""
        self._orders = list(orders)
        self._issued = {order.id: order.event for order in orders}
