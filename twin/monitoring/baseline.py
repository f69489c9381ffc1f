"""What a gauge reads when all is well: a line over temperature and load, and residuals that hang together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from cim_models.errors import InputError
from twin.monitoring.chart import Floats

LEAST_READINGS = 48


@dataclass(frozen=True, slots=True)
class Baseline:
    """Baselines of several gauges, each array of shape (gauges,).

    Parameters
    ----------
    level, per_degree, per_load
        Reading = level + per_degree * temperature + per_load * load; ``per_degree`` is 0 where the
        temperature never changed, so that nothing could be learnt about it.
    correlation
        Of a residual with the one before it.
    innovation
        Standard deviation of what a residual adds to that.
    """

    level: Floats
    per_degree: Floats
    per_load: Floats
    correlation: Floats
    innovation: Floats

    @classmethod
    def join(cls, parts: list[Baseline]) -> Self:
        """Return the baselines of several groups of gauges as one."""
        names = ("level", "per_degree", "per_load", "correlation", "innovation")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def expected(self, temperature_c: Floats, load: Floats) -> Floats:
        """Return what temperature and load explain."""
        return self.level + self.per_degree * temperature_c + self.per_load * load

    def surprise(self, residual: Floats, before: Floats) -> Floats:
        """Return the standard normal value of a residual as long as all is well.

        ``before`` is the residual before it; where that is missing (NaN), the residual stands alone.
        """
        alone = residual * np.sqrt(1.0 - self.correlation**2)
        innovation = np.where(np.isnan(before), alone, residual - self.correlation * before)
        return np.asarray(innovation / self.innovation)


def learn_baseline(
    readings: Floats, temperature_c: Floats, load: Floats | None = None, name: str = "gauges"
) -> Baseline:
    """Learn baselines from readings at regular times without damage.

    Parameters
    ----------
    readings
        Shape (times, gauges); NaN where a reading is missing.
    temperature_c, load
        Shape (times,), degrees Celsius and traffic over its mean.
    name
        Whose, for messages.

    Raises
    ------
    InputError
        If there are too few readings, or they never scatter.

    Source: least squares, and Yule-Walker's equation of order 1 for the residuals.
    """
    drivers = np.column_stack([temperature_c, np.zeros(len(temperature_c)) if load is None else load])
    return Baseline.join([_learn(column, drivers, name) for column in readings.T])


def _learn(reading: Floats, drivers: Floats, name: str) -> Baseline:
    known = np.isfinite(reading) & np.isfinite(drivers[:, 0])
    if known.sum() < LEAST_READINGS:
        raise InputError(
            f"Baseline of {name}",
            got=f"{known.sum()} readings before the start",
            expected=f"at least {LEAST_READINGS}",
            remedy="Give readings of a longer time",
        )
    explains = np.array([1.0, float(np.ptp(drivers[known, 0]) > 0.0), 1.0])
    design = np.column_stack([np.ones(len(reading)), drivers]) * explains
    line, *_ = np.linalg.lstsq(design[known], reading[known], rcond=None)
    line *= explains
    rest = reading - design @ line
    now, before = rest[1:], rest[:-1]
    both = np.isfinite(now) & np.isfinite(before)
    square = np.nansum(rest**2)
    correlation = (
        float(np.clip(np.sum(now[both] * before[both]) / square, 0.0, 0.99)) if square > 0.0 else 0.0
    )
    steps = (now - correlation * before)[both]
    innovation = float(np.std(steps, ddof=2)) if steps.size > 2 else 0.0
    if innovation <= 0.0:
        raise InputError(
            f"Baseline of {name}",
            got="readings that never scatter about their line",
            expected="readings of an instrument that works",
            remedy="Give other readings, or leave the gauge out",
        )
    return Baseline(*(np.array([value]) for value in (*line, correlation, innovation)))
