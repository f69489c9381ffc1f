"""The minutes in which the water of a run rises to its highest, kept so that they can be run again.

At intervals the coarse tier shows its water here. Of the last few looks copies are kept, and whenever more
nodes stand in water than ever before, the oldest of them becomes the beginning of the *rise*, the time from
there to now. What rain and exchange gave to each node in between is all that it takes to run the rise again
on another grid. A function of the past alone: it needs to know neither how long the rain will last nor when
somebody asks for the largest depths.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

INTERVAL_S = 75.0
"""Time between two looks, s."""
LOOKS = 2
"""Intervals of a rise, 150 s in all: so long it takes on the built-in district until the fine grid has mended
which street gets how much. With 120 s the footprint at 0.15 m gets 0.01 worse in critical success index, with
180 s 0.009 better, at 6 % of the cost of the whole coarse run."""
STANDING_M = 0.05
"""Mean depth from which a node stands in water: that of a flooded street with a dry pavement beside it."""


class Look(NamedTuple):
    """The water at one time.

    Parameters
    ----------
    time_s
        Simulated time.
    volume, level, qx, qy
        See `twin.surface.subgrid.state.Grid`.
    given
        What rain and exchange have given to each node since the start, less what they took, units.
    """

    time_s: float
    volume: NDArray[np.int64]
    level: NDArray[np.int32]
    qx: NDArray[np.float32]
    qy: NDArray[np.float32]
    given: NDArray[np.int64]


class Rise(NamedTuple):
    """From the first look to the time at which so much as ``given`` had been given."""

    start: Look
    end_s: float
    given: NDArray[np.int64]


class HighWater:
    """Keeps the beginning of the rise to the highest water so far."""

    def __init__(self) -> None:
        self._looks: list[Look] = []
        self._standing = 0
        self.rise: Rise | None = None

    def next_s(self, now_s: float) -> float:
        """Return the time of the next look, s."""
        return float(np.floor(now_s / INTERVAL_S + 1e-9) + 1.0) * INTERVAL_S

    def look(self, now: Look, standing: int) -> None:
        """Take note of the water.

        Parameters
        ----------
        now
            The water, in arrays that nobody changes any more.
        standing
            Nodes that stand in water.
        """
        if standing > self._standing:
            self._standing = standing
            if self._looks:
                self.rise = Rise(self._looks[0], now.time_s, now.given)
        self._looks = [*self._looks, now][-LOOKS:]

    def forget_looks(self) -> None:
        """Begin anew: the water has changed by more than flow, rain and exchange."""
        self._looks = []

    # -- checkpoints -----------------------------------------------------------------------------

    def state(self) -> dict[str, NDArray[Any]]:
        """Return all that is kept, by name."""
        state: dict[str, NDArray[Any]] = {"high_standing": np.array([self._standing, len(self._looks)])}
        for index, look in enumerate(self._looks):
            state |= {f"high_{index}_{name}": np.array(value) for name, value in look._asdict().items()}
        if self.rise is not None:
            state |= {f"high_start_{k}": np.array(value) for k, value in self.rise.start._asdict().items()}
            state |= {"high_end_s": np.array(self.rise.end_s), "high_given": self.rise.given.copy()}
        return state

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over such a state."""
        self._standing, count = map(int, state["high_standing"])
        self._looks = [_look_in(state, f"high_{index}_") for index in range(count)]
        self.rise = None
        if "high_given" in state:
            given = state["high_given"].copy()
            self.rise = Rise(_look_in(state, "high_start_"), float(state["high_end_s"]), given)


def _look_in(state: Mapping[str, NDArray[Any]], prefix: str) -> Look:
    time_s, *arrays = (state[prefix + name] for name in Look._fields)
    return Look(float(time_s), *(array.copy() for array in arrays))
