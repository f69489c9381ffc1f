"""Leaks: what a scenario says of them, and what has become of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GasLeak:
    """A hole in a main or a cabinet.

    Parameters
    ----------
    t_s
        When, s since the start.
    id
        Id of the leak.
    hole_m
        Diameter of the hole, m.
    main
        Id of the main; empty for a leak in a cabinet.
    position
        Place on the main, as a share of its length.
    site
        Id of the regulator cabinet; empty for a leak in a main.
    because
        Key of the change that tore it; empty for what came from outside.
    """

    t_s: float
    id: str
    hole_m: float
    main: str = ""
    position: float = 0.5
    site: str = ""
    because: str = ""


@dataclass(slots=True)
class OpenLeak:
    """A leak that has begun.

    Parameters
    ----------
    id, x, y
        Id and place, m.
    flow_m3_s
        What it lets out now; 0 once sealed.
    main
        Id of the main that feeds it, and whose pressure it lowers.
    lost_share
        Share of the main's gauge pressure that is lost at the leak.
    since_s
        When it began, s.
    site
        Id of the regulator cabinet that leaks; empty where the main itself does.
    released_m3
        What it has let out so far.
    """

    id: str
    x: float
    y: float
    flow_m3_s: float
    main: str
    lost_share: float
    since_s: float
    site: str = ""
    released_m3: float = 0.0

    @property
    def is_open(self) -> bool:
        """Whether it still lets gas out."""
        return self.flow_m3_s > 0.0
