"""An order that the scenario itself gives."""

from __future__ import annotations

from dataclasses import dataclass

from cim_models.orders import Order


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """An order that the scenario gives at a time, s, with the place of its effect, m.

    ``after`` is the id of an order that this one is part of, or None.
    """

    t_s: float
    order: Order
    x: float
    y: float
    target: str
    after: str | None = None
