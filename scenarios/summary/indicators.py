"""Figures that say how they were made: numerator, denominator and formula travel with the value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Indicator:
    """A share of cases, reports or hours.

    Parameters
    ----------
    id
        Identifier.
    zh, en
        Name for people.
    numerator, denominator
        What is divided by what, in one unit.
    formula, formula_zh
        The division in words.
    """

    id: str
    zh: str
    en: str
    numerator: float
    denominator: float
    formula: str
    formula_zh: str = ""

    @property
    def value(self) -> float | None:
        """The share, or None where there is nothing to divide by."""
        return self.numerator / self.denominator if self.denominator else None

    def to_json(self) -> dict[str, Any]:
        """Return the indicator with its value as plain JSON values."""
        return {**asdict(self), "value": self.value}


def spread(values: Sequence[float]) -> dict[str, float | None]:
    """Count, mean, P50, P90 and P95 of some durations; None for each when there are none."""
    names = ("mean", "p50", "p90", "p95")
    if not values:
        return {"count": 0, **dict.fromkeys(names)}
    sample = np.asarray(values, dtype=np.float64)
    figures = (sample.mean(), *np.percentile(sample, [50, 90, 95]))
    return {"count": len(values), **{name: float(value) for name, value in zip(names, figures, strict=True)}}


def gini(values: Sequence[float]) -> float | None:
    """Gini coefficient of values >= 0: 0 when all are equal; None without a positive value."""
    sample = np.sort(np.asarray(values, dtype=np.float64))
    total = sample.sum()
    if total <= 0:
        return None
    count = len(sample)
    ranks = np.arange(1, count + 1)
    return float(2.0 * (ranks * sample).sum() / (count * total) - (count + 1) / count)
