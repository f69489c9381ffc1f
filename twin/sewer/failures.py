"""What may go wrong in a sewer, and when."""

from __future__ import annotations

from dataclasses import dataclass

from cim_models.errors import InputError


@dataclass(frozen=True, slots=True)
class Growth:
    """How a blockage comes about: at once, evenly over a time, or with the rain that carries leaves.

    Parameters
    ----------
    duration_s
        Time until it has grown to its share, s, >= 0; 0 for at once.
    rain_mm
        Rain that blocks the whole section, mm; None where rain has no part in it.
    """

    duration_s: float = 0.0
    rain_mm: float | None = None

    def __post_init__(self) -> None:
        if not self.duration_s >= 0.0:
            raise InputError("Growth of a blockage", got=f"{self.duration_s} s", expected=">= 0 s")
        if self.rain_mm is not None and not self.rain_mm > 0.0:
            raise InputError("Growth of a blockage", got=f"{self.rain_mm} mm of rain", expected="> 0 mm")

    def share(self, most: float, passed_s: float, rain_mm: float) -> float:
        """Blocked share after a time, s, and a depth of rain, mm, that have passed; at most ``most``."""
        if self.rain_mm is not None:
            return min(rain_mm / self.rain_mm, most)
        if self.duration_s > 0.0:
            return most * min(passed_s / self.duration_s, 1.0)
        return most


AT_ONCE = Growth()
"""A blockage that is there from one moment to the next."""


@dataclass(frozen=True, slots=True)
class PipeBlockage:
    """A conduit is blocked by roots, grease or litter; a crew can free it.

    Parameters
    ----------
    t_s
        When it begins, s since the start.
    conduit
        Id.
    blocked
        Share of the section that it comes to, above 0 to 1.
    growth
        How it gets there.
    """

    t_s: float
    conduit: str
    blocked: float = 1.0
    growth: Growth = AT_ONCE

    def __post_init__(self) -> None:
        _check_share(f"Blockage of conduit '{self.conduit}'", self.blocked)


@dataclass(frozen=True, slots=True)
class Collapse:
    """A conduit falls in; freeing does not help, it must be rebuilt.

    Parameters
    ----------
    t_s, conduit, blocked
        When, s since the start; id; share of the section that is lost.
    """

    t_s: float
    conduit: str
    blocked: float = 1.0

    def __post_init__(self) -> None:
        _check_share(f"Collapse of conduit '{self.conduit}'", self.blocked)


@dataclass(frozen=True, slots=True)
class PumpFailure:
    """A pump of the sewer stands still, by itself until ``until_s``, s; None until it is restarted."""

    t_s: float
    pump: str
    until_s: float | None = None


SewerFailure = PipeBlockage | Collapse | PumpFailure


def _check_share(what: str, blocked: float) -> None:
    if not 0.0 < blocked <= 1.0:
        raise InputError(what, got=blocked, expected="above 0 to 1 of the section")
