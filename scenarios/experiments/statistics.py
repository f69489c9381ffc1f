"""Means of repeated runs with their confidence intervals, alone and in pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean of independent values.

    Parameters
    ----------
    mean
        The mean; None without values.
    half_width
        Half of its confidence interval, Student's t at `CONFIDENCE`; None with fewer than two values.
    deviation
        Standard deviation of the values; None with fewer than two.
    count
        Number of values.
    """

    mean: float | None
    half_width: float | None
    deviation: float | None
    count: int

    @property
    def low(self) -> float | None:
        """Lower end of the interval."""
        return None if self.mean is None or self.half_width is None else self.mean - self.half_width

    @property
    def high(self) -> float | None:
        """Upper end of the interval."""
        return None if self.mean is None or self.half_width is None else self.mean + self.half_width


def estimate(values: Sequence[float | None]) -> Estimate:
    """Estimate a mean; values that a run does not have are left out."""
    known = np.array([value for value in values if value is not None], dtype=np.float64)
    count = len(known)
    if count < 2:
        return Estimate(float(known[0]) if count else None, None, None, count)
    deviation = float(known.std(ddof=1))
    factor = float(student.ppf(0.5 + CONFIDENCE / 2.0, count - 1))
    return Estimate(float(known.mean()), factor * deviation / float(np.sqrt(count)), deviation, count)


def paired(values: Sequence[float | None], base: Sequence[float | None]) -> Estimate:
    """Estimate the mean difference from a base, replication by replication.

    The runs of a pair meet the same world, so what both owe to it cancels out and the interval is narrower
    than that of two separate means.
    """
    return estimate(
        [
            None if value is None or other is None else value - other
            for value, other in zip(values, base, strict=True)
        ]
    )
