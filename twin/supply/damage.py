"""A broken pipe on its way from the break to full service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class DamageState(StrEnum):
    """Where a broken pipe stands."""

    OPEN = "open"
    ISOLATED = "isolated"
    FILLING = "filling"
    WHOLE = "whole"


@dataclass(slots=True)
class Damage:
    """A broken pipe.

    Parameters
    ----------
    pipe, position
        Id, and place of the hole as a share of its length.
    x, y
        The place, m; NaN where the model has no coordinates.
    diameter_m, depth_m
        Bore, and depth below the ground, m.
    to_street
        Whether its water comes up, as that of a burst does; the water of a leak stays underground.
    state
        Where it stands.
    area_m2
        Of the hole, m2.
    valves
        Valves that crews shut while it was broken, in order.
    filled_s
        When it will be full again, s since the start; None before the repair.
    refill_m3
        Water that this takes, m3.
    """

    pipe: str
    position: float
    x: float
    y: float
    diameter_m: float
    depth_m: float
    to_street: bool
    state: DamageState = DamageState.OPEN
    area_m2: float = 0.0
    valves: tuple[str, ...] = ()
    filled_s: int | None = None
    refill_m3: float = 0.0


@dataclass(frozen=True, slots=True)
class SupplyChange:
    """Something that happened in the supply, for the event log.

    Parameters
    ----------
    t_s
        When, s since the start.
    kind
        Name of an event kind.
    subject
        Id of the pipe, valve or pump, or ``supply``.
    because
        ``kind subject`` of the change that caused it, an order's id, or empty for what came from outside.
    data
        As the event kind declares.
    """

    t_s: float
    kind: str
    subject: str
    because: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """How later changes name this one."""
        return f"{self.kind} {self.subject}"
