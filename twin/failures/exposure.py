"""Exposure: how much of a mean year's failures falls on each day, by season and rain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from twin.failures.kinds import Climate

DAY_S = 86_400.0
YEAR_DAYS = 365.25


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """Years of mean exposure since the start, linear between the edges of days.

    Parameters
    ----------
    edges_s
        Edges of the days, shape (days + 1,), s since the start.
    years
        Exposure until each edge, shape (days + 1,), years; ascending.
    """

    edges_s: NDArray[np.float64]
    years: NDArray[np.float64]

    @property
    def total_years(self) -> float:
        """Exposure of the whole time, years."""
        return float(self.years[-1])

    def moment_s(self, years: float) -> float:
        """Return when so much exposure has passed, s; ``inf`` where it never does."""
        if years >= self.total_years:
            return np.inf
        index = int(np.searchsorted(self.years, years, side="right")) - 1
        share = (years - self.years[index]) / (self.years[index + 1] - self.years[index])
        return float(self.edges_s[index] + share * (self.edges_s[index + 1] - self.edges_s[index]))


def day_edges(start: datetime, duration_s: float) -> NDArray[np.float64]:
    """Return the edges of the days of a run, s: its start, every midnight in it, and its end."""
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    first = DAY_S - (start - midnight).total_seconds()
    inner = np.arange(first, duration_s, DAY_S)
    return np.concatenate([[0.0], inner, [duration_s]])


def months(start: datetime, edges_s: NDArray[np.float64]) -> list[int]:
    """Return the month of each day, 0 for January."""
    middles = (edges_s[:-1] + edges_s[1:]) / 2.0
    return [(start + timedelta(seconds=float(t_s))).month - 1 for t_s in middles]


def exposure(
    edges_s: NDArray[np.float64],
    month: Sequence[int],
    season: Sequence[float],
    wet: Sequence[bool],
    rain: float,
) -> Exposure:
    """Return the exposure of a run.

    Parameters
    ----------
    edges_s, month
        Edges of the days, s, and the month of each, 0 to 11.
    season
        Factor of each month.
    wet
        Whether each day is wet.
    rain
        Rate on a wet day over that on a dry one. The mean over a year with as many wet days as this one is
        kept: rain moves failures to wet days and does not add any.
    """
    lengths = np.diff(edges_s)
    factor = np.array([season[index] for index in month])
    rainy = np.where(np.asarray(wet, dtype=bool), rain, 1.0)
    rainy = rainy * lengths.sum() / float(rainy @ lengths)
    years = factor * rainy * lengths / (YEAR_DAYS * DAY_S)
    return Exposure(edges_s, np.concatenate([[0.0], np.cumsum(years)]))


def wet_by_climate(month: Sequence[int], climate: Climate, chances: Sequence[float]) -> list[bool]:
    """Tell which days are wet by the climate, given a number from [0, 1) for each day."""
    days = (31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return [
        chance < climate.wet_days[index] / days[index] for index, chance in zip(month, chances, strict=True)
    ]
