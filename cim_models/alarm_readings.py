"""What a sensor says at a moment, as the rules of the alarm desk look at it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """What a sensor says at a moment.

    Parameters
    ----------
    sensor
        Its id.
    values
        Values by quantity of catalogue ``alarm_rules``, in its units; NaN for what it cannot say.
    x, y
        Where it is, or where what it observes is, m.
    source, road
        Ids of what it observes and of the road there; empty for none.
    origin
        Id of the event behind a true reading, such as a burst; alarms of one origin are one. None for none.
    root
        Id of the event that began it all, such as the rain; None for ``origin``.
    genuine
        Whether what it says is so; only the log knows.
    periodic
        Whether readings come at regular times, so that silence means something.
    """

    sensor: str
    values: Mapping[str, float]
    x: float
    y: float
    source: str = ""
    road: str = ""
    origin: int | None = None
    root: int | None = None
    genuine: bool = True
    periodic: bool = False
