"""Control charts: when a series has left what it was, and how often that is said without reason."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class EwmaChart:
    """An exponentially weighted moving average of standard normal values, with limits.

    Parameters
    ----------
    weight
        Of the newest value, 0 to 1.
    limit
        Half the width of the chart, in standard deviations of the average.

    Source: Roberts (1959), Technometrics 1, 239.
    """

    weight: float
    limit: float

    @property
    def deviation(self) -> float:
        """Standard deviation of the average in the long run."""
        return math.sqrt(self.weight / (2.0 - self.weight))

    def follow(self, average: Floats, value: Floats) -> Floats:
        """Average after one more value, each of shape (series,)."""
        return average + self.weight * (value - average)

    def score(self, average: Floats) -> Floats:
        """Average over the chart's limit: beyond 1 it is out."""
        return np.abs(average) / (self.limit * self.deviation)

    def run_length(self, shift: float = 0.0, states: int = 201) -> float:
        """Mean number of values until the chart is out when all have a mean of ``shift``.

        Source: Markov chain of Brook and Evans (1972) as Lucas and Saccucci (1990) apply it to the EWMA;
        ``states`` odd.
        """
        edge = self.limit * self.deviation
        width = 2.0 * edge / states
        middles = -edge + width * (np.arange(states) + 0.5)
        centre = (middles[None, :] - (1.0 - self.weight) * middles[:, None]) / self.weight - shift
        half = 0.5 * width / self.weight
        moves = norm.cdf(centre + half) - norm.cdf(centre - half)
        lengths = np.linalg.solve(np.eye(states) - moves, np.ones(states))
        return float(lengths[states // 2])
