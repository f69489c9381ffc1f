"""What crews, instruments and passers-by see of gas and of the ground, as plain values."""

from dataclasses import dataclass
from typing import Literal

Matter = Literal["gas", "ground", "structure"]
"""What a hazard is about."""


@dataclass(frozen=True, slots=True)
class WorkPlace:
    """A place where something is done: a leak, a hazard site, a cavity or a road; m."""

    id: str
    x: float
    y: float

    @property
    def middle(self) -> tuple[float, float]:
        """The place, m."""
        return self.x, self.y


@dataclass(frozen=True, slots=True)
class HazardWork:
    """What a place calls for: seal a leak, ventilate, fill a cavity, close a road, secure a structure."""

    kind: Literal["seal_leak", "ventilate", "fill_cavity", "close_road", "secure_structure"]
    place: WorkPlace


@dataclass(frozen=True, slots=True)
class HazardNews:
    """Something that is told as it happens.

    Parameters
    ----------
    what
        ``leak`` or ``marsh_gas`` as a detector's readings are taken, ``cavity`` found by radar, ``collapse``
        seen by passers-by.
    subject
        Id of the hazard site or cavity.
    x, y
        Place, m.
    event
        Id of the event that tells of it.
    road
        Id of the road; empty where that is not known.
    """

    what: Literal["leak", "marsh_gas", "cavity", "collapse"]
    subject: str
    x: float
    y: float
    event: int
    road: str = ""
