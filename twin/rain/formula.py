"""Rainstorm intensity formulas of Chinese cities, from the catalogue ``rainstorm``."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log, log10
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cim_models.catalogues import load_catalogue
from cim_models.errors import InputError

L_S_HA_PER_MM_MIN = 167.0
"""As the Chinese codes have it; 10000/60 rounded."""
COMMON_PEAK = 0.4
"""Position of the peak where a city has published none; 0.3 to 0.5 is usual."""


@dataclass(frozen=True, slots=True)
class IntensityFormula:
    """Mean intensity i = a / (t + b)^n over the worst t minutes, for one return period.

    Parameters
    ----------
    a
        mm/min · min^n.
    b
        min.
    n
        Exponent, 0 to 1.
    """

    a: float
    b: float
    n: float

    def depth_mm(self, duration_min: ArrayLike) -> NDArray[np.float64]:
        """Return the depth h(t) = a t / (t + b)^n of the worst t minutes, mm."""
        t = np.asarray(duration_min, dtype=np.float64)
        return self.a * t / (t + self.b) ** self.n


def formula_names() -> tuple[str, ...]:
    """Return the names of the formulas in the catalogue."""
    return tuple(load_catalogue("rainstorm")["formulas"])


def formula_entry(name: str) -> Mapping[str, Any]:
    """Return what the catalogue says about a formula."""
    formulas = load_catalogue("rainstorm")["formulas"]
    if name not in formulas:
        raise InputError("Rainstorm formula", got=repr(name), expected=f"one of {', '.join(formulas)}")
    entry: Mapping[str, Any] = formulas[name]
    return entry


def intensity_formula(name: str, return_period: float) -> IntensityFormula:
    """Return the formula of a city for one return period.

    A return period with published coefficients of its own uses these; another one uses the interval
    form, and where there is none, the general form.

    Parameters
    ----------
    name
        Key in the catalogue, e.g. ``"chongqing_jiangbei"``.
    return_period
        Years, 1 to 100.

    Raises
    ------
    InputError
        If the name is unknown or the return period outside the formula's range.

    Source: general form q = A1 (1 + C lg P) / (t + b)^n of GB 50014; coefficients in the catalogue.
    """
    entry = formula_entry(name)
    if not 1.0 <= return_period <= 100.0:
        raise InputError(
            f"Return period for formula '{name}'", got=f"{return_period} years", expected="1 to 100 years"
        )
    single = entry.get("single", {})
    if return_period in single:
        coefficient, b, n = single[return_period]
        return IntensityFormula(coefficient / L_S_HA_PER_MM_MIN, b, n)
    for interval in entry.get("intervals", ()):
        if interval["above"] <= return_period <= interval["to"]:
            a, b, n = (_logarithmic(interval[key], return_period) for key in ("A", "b", "n"))
            return IntensityFormula(a, b, n)
    general = entry["general"]
    coefficient = general["A1"] * (1.0 + general["C"] * log10(return_period))
    return IntensityFormula(coefficient / L_S_HA_PER_MM_MIN, general["b"], general["n"])


def peak_position(name: str, duration_s: float) -> float:
    """Return where in a Chicago storm of a formula the peak lies, as a share of its duration.

    The city's own figure for the published duration nearest to this one; 0.4 where it has published none.
    """
    minutes: Mapping[int, float] = formula_entry(name).get("peak_minutes", {})
    if not minutes:
        return COMMON_PEAK
    nearest = min(minutes, key=lambda duration: abs(duration - duration_s / 60.0))
    return minutes[nearest] / nearest


def formula_notes(name: str) -> tuple[str, ...]:
    """Return what a reader of results from this formula must know, one line each."""
    doubt = formula_entry(name).get("unverified")
    return () if doubt is None else (f"rainstorm formula '{name}' is unverified: {doubt}",)


def _logarithmic(coefficients: tuple[float, float, float], return_period: float) -> float:
    constant, factor, shift = coefficients
    return constant + factor * log(return_period - shift)
