"""A report: what somebody or something tells the command centre."""

import math
from dataclasses import dataclass

HOURLY_WEIGHT = (
    0.3, 0.2, 0.2, 0.2, 0.3, 0.5, 0.8, 1.2, 1.6, 1.8, 1.8, 1.6,
    1.3, 1.2, 1.4, 1.5, 1.5, 1.4, 1.2, 1.1, 1.0, 0.8, 0.6, 0.5,
)  # fmt: skip
"""Reports through the day against the mean hour (sums to 24); own assumption."""


@dataclass(frozen=True, slots=True)
class Report:
    """One report as it leaves its channel.

    Parameters
    ----------
    channel
        ``sensor``, ``citizen``, ``patrol`` or ``video``.
    class_code
        Event class of the catalogue.
    x, y
        Where, m in the city's CRS; NaN where the reporter does not say.
    reporter
        Id of the sensor, camera or patroller; empty for a citizen.
    depth_m
        Depth as the reporter states it, m; None when unknown.
    genuine
        Whether the matter exists; only the log knows.
    road
        Id of the road it is about; empty to take the nearest.
    source
        Id of the road or sewer node that was observed, where that is known better than by place, or of the
        matter that was seen.
    answer
        Where, m, as the reporter says when the desk calls back about a report without a place; None for
        one who is not reached or does not know.
    cause
        Id of the event behind it, where whoever reports knows that, as an alarm does; None to look it up.
    structure
        Id of the watched structure that it is about; empty where it does not say. Different structures are
        different matters, however near they stand.
    case
        Id of the case that it belongs to as long as that is open, as of an alarm that was reported before;
        empty to look for one.
    """

    channel: str
    class_code: str
    x: float
    y: float
    reporter: str = ""
    depth_m: float | None = None
    genuine: bool = True
    road: str = ""
    source: str = ""
    answer: tuple[float, float] | None = None
    cause: int | None = None
    structure: str = ""
    case: str = ""

    @property
    def is_located(self) -> bool:
        """Whether it says where."""
        return math.isfinite(self.x) and math.isfinite(self.y)
