"""What crews find out of order in a sewer, as plain values."""

from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """What is wrong with a part of a sewer."""

    BLOCKED = "blocked"
    COLLAPSED = "collapsed"
    PUMP_STOPPED = "pump_stopped"


@dataclass(frozen=True, slots=True)
class PumpNews:
    """What the telemetry of a pumping station tells: its pump has stopped, or runs again.

    Parameters
    ----------
    id
        Id of the pump.
    stands_still
        Whether it does now.
    x, y
        Its place, m.
    event
        Id of the event behind it.
    """

    id: str
    stands_still: bool
    x: float
    y: float
    event: int


@dataclass(frozen=True, slots=True)
class SewerFaultPlace:
    """A conduit that is blocked or has collapsed, or a pump that stands still: id, kind and place, m."""

    id: str
    kind: FaultKind
    x: float
    y: float

    @property
    def middle(self) -> tuple[float, float]:
        """The place, m."""
        return self.x, self.y
