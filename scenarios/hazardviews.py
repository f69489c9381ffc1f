"""Gas, cavities and watched structures, as one view for those who act."""

from __future__ import annotations

from collections.abc import Sequence

from agents.views import HazardView
from cim_models.alarm_readings import Reading
from cim_models.hazards import HazardWork, Matter, WorkPlace


class JoinedHazards:
    """Several views of hazards as one; each has something to say about its own matters alone.

    Parameters
    ----------
    parts
        The views, in a fixed order.
    """

    def __init__(self, parts: Sequence[HazardView]) -> None:
        self._parts = tuple(parts)

    def missing(self, matter: Matter, x: float, y: float, subject: str = "") -> list[HazardWork]:
        """Return the work that somebody on site sees to be done around a place, the most urgent first."""
        return [work for part in self._parts for work in part.missing(matter, x, y, subject)]

    def is_dangerous(self, matter: Matter, x: float, y: float, subject: str = "") -> bool:
        """Whether a place must not be given back yet."""
        return any(part.is_dangerous(matter, x, y, subject) for part in self._parts)

    def cordon(self, matter: Matter, x: float, y: float, subject: str = "") -> list[WorkPlace]:
        """Return the roads that a place calls to be closed, the nearest first."""
        return [place for part in self._parts for place in part.cordon(matter, x, y, subject)]

    def readings(self) -> list[Reading]:
        """Return what instruments have said since the last call and is not commonplace."""
        return [reading for part in self._parts for reading in part.readings()]


def join_hazards(*parts: HazardView | None) -> HazardView | None:
    """Return one view of those parts that a run has; None where it has none."""
    present = [part for part in parts if part is not None]
    if len(present) > 1:
        return JoinedHazards(present)
    return present[0] if present else None
