"""What a gauge reads when all is well: a line over temperature, and residuals that hang together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cim_models.errors import InputError
from twin.monitoring.chart import Floats

LEAST_READINGS = 48


@dataclass(frozen=True, slots=True)
class Baseline:
    """Baselines of several gauges, each array of shape (gauges,).

    Parameters
    ----------
    level, per_degree
        Reading = level + per_degree * temperature.
    correlation
        Of a residual with the one before it.
    innovation
        Standard deviation of what a residual adds to that.
    """

    level: Floats
    per_degree: Floats
    correlation: Floats
    innovation: Floats

    def residual(self, reading: Floats, temperature_c: Floats) -> Floats:
        """Return readings less what temperature explains."""
        return reading - self.level - self.per_degree * temperature_c

    def surprise(self, residual: Floats, before: Floats) -> Floats:
        """Return the standard normal value of a residual, given the one before it, as long as all is well."""
        return (residual - self.correlation * before) / self.innovation


def learn_baseline(readings: Floats, temperature_c: Floats) -> Baseline:
    """Learn baselines from readings at regular times without damage.

    Parameters
    ----------
    readings
        Shape (times, gauges).
    temperature_c
        Shape (times,), degrees Celsius; it must vary.

    Raises
    ------
    InputError
        If there are too few readings, or the temperature never changes.

    Source: least squares, and Yule-Walker's equation of order 1 for the residuals.
    """
    if len(readings) < LEAST_READINGS or np.ptp(temperature_c) <= 0.0:
        raise InputError(
            "Baseline of gauges",
            got=f"{len(readings)} readings over {np.ptp(temperature_c):.1f} degrees",
            expected=f"at least {LEAST_READINGS} at temperatures that vary",
            remedy="Learn over a longer time",
        )
    design = np.column_stack([np.ones(len(temperature_c)), temperature_c])
    (level, per_degree), *_ = np.linalg.lstsq(design, readings, rcond=None)
    rest = readings - level - np.outer(temperature_c, per_degree)
    correlation = np.clip(np.sum(rest[1:] * rest[:-1], axis=0) / np.sum(rest**2, axis=0), 0.0, 0.99)
    innovation = np.std(rest[1:] - correlation * rest[:-1], axis=0, ddof=2)
    return Baseline(level, per_degree, correlation, innovation)
