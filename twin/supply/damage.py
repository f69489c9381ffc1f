"""A broken pipe on its way from the break to full service."""

from __future__ import annotations

import math
from dataclasses import dataclass
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

    def described(self, flow_m3_s: float) -> dict[str, Any]:
        """Describe it for the event log, with the water that escapes now, m3/s."""
        return {
            **place_data(self.x, self.y),
            "diameter_m": self.diameter_m,
            "depth_m": round(self.depth_m, 2),
            "flow_m3_h": round(3600.0 * flow_m3_s, 3),
        }


def place_data(x: float, y: float) -> dict[str, float | None]:
    """Coordinates for the event log, m; None where the model has none."""
    return {"x": x if math.isfinite(x) else None, "y": y if math.isfinite(y) else None}
