"""What crews and passers-by see of the water supply, as plain values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OpenMain:
    """A broken main whose water comes up: id of the pipe, place, m, and flow, m3/s."""

    pipe: str
    x: float
    y: float
    flow_m3_s: float


@dataclass(frozen=True, slots=True)
class ValvePlace:
    """An isolation valve: id and place, m."""

    id: str
    x: float
    y: float

    @property
    def middle(self) -> tuple[float, float]:
        """The place, m."""
        return self.x, self.y
