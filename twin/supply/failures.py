"""What can go wrong with a water supply, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class PipeBurst:
    """A pipe breaks at once.

    Parameters
    ----------
    t_s
        When, s since the start.
    pipe
        Id.
    area_fraction
        Area of the hole over the pipe's cross-section, 0 to 1.
    position
        Place, as a share of the length from the pipe's first node.
    """

    t_s: float
    pipe: str
    area_fraction: float
    position: float = 0.5


@dataclass(frozen=True, slots=True)
class PipeLeak:
    """A hole whose diameter grows linearly; its water seeps into the ground.

    Parameters
    ----------
    t_s, pipe, position
        As of a burst.
    diameter_m
        Of the round hole when it is full-grown, m.
    grows_s
        Until then, s; 0 for a hole that is there at once.
    """

    t_s: float
    pipe: str
    diameter_m: float
    grows_s: float = 0.0
    position: float = 0.5


@dataclass(frozen=True, slots=True)
class PumpOutage:
    """A pump stands still, whatever its controls say, until a time or for good."""

    t_s: float
    pump: str
    until_s: float | None = None


@dataclass(frozen=True, slots=True)
class ValveOutage:
    """A valve fails until a time or for good.

    Parameters
    ----------
    t_s, until_s
        From when, and until when, s.
    valve
        An isolation valve, or a valve of the model.
    state
        ``shut``: it falls shut; ``open``: it stands open and regulates nothing (only a valve of the model);
        ``stuck``: nobody can turn it, which is found out when somebody tries.
    """

    t_s: float
    valve: str
    state: Literal["shut", "open", "stuck"]
    until_s: float | None = None


SupplyFailure = PipeBurst | PipeLeak | PumpOutage | ValveOutage
