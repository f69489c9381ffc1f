"""Failure rates: a base rate of the material times factors of diameter, age and pressure.

Each factor is 1 at its reference, where the base rate holds, and is kept within limits so that no pipe fails
without end because a law was carried beyond its data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DiameterFactor:
    """The rate goes with a power of the diameter; thin pipes break more often."""

    reference_m: float
    exponent: float
    least: float
    most: float

    def __call__(self, diameter_m: Any) -> Values:
        """Return the factor for diameters, m, > 0."""
        ratio = np.asarray(diameter_m, dtype=np.float64) / self.reference_m
        return np.clip(ratio**self.exponent, self.least, self.most)


@dataclass(frozen=True, slots=True)
class AgeFactor:
    """How the rate grows with age.

    Parameters
    ----------
    model
        ``exponential``: exp(a (t - t0)), Shamir and Howard (1979); ``power``: (t / t0)^(exponent - 1), the
        rate of a Poisson process whose expected number grows with t^exponent, Roestum (2000).
    reference_years
        Age t0 at which the factor is 1, years.
    least, most
        Limits.
    a_year
        Growth of the exponential model, 1/year.
    exponent
        Of the power model; 1 for no growth.
    """

    model: Literal["exponential", "power"]
    reference_years: float
    least: float
    most: float
    a_year: float = 0.0
    exponent: float = 1.0

    def __call__(self, age_years: Any) -> Values:
        """Return the factor for ages, years, >= 0."""
        age = np.maximum(np.asarray(age_years, dtype=np.float64), 0.0)
        if self.model == "exponential":
            factor = np.exp(self.a_year * (age - self.reference_years))
        else:
            factor = (np.maximum(age, 0.5) / self.reference_years) ** (self.exponent - 1.0)
        return np.clip(factor, self.least, self.most)


@dataclass(frozen=True, slots=True)
class PressureFactor:
    """The rate rises in proportion to the pressure above a reference: 1 + share (p - p0) / p0."""

    reference_m: float
    share: float
    least: float

    def __call__(self, pressure_m: Any) -> Values:
        """Return the factor for pressures, m; 1 where the pressure is NaN, not known."""
        pressure = np.asarray(pressure_m, dtype=np.float64)
        factor = 1.0 + self.share * (pressure - self.reference_m) / self.reference_m
        return np.where(np.isnan(pressure), 1.0, np.maximum(factor, self.least))
