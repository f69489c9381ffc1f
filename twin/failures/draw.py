"""Draw the failures of a run: an inhomogeneous Poisson process on every pipe and site.

The number that decides each pipe is looked up by kind and pipe, so a pipe that is renewed or added changes
nothing elsewhere, and no policy changes anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cim_models.errors import ScenarioError
from twin.failures.exposure import Exposure
from twin.failures.kinds import FailureCatalogue, FailureKind

MOST_ON_ONE = 1000
"""More failures of one pipe in one run than this are an error of the input."""

UnitExponential = Callable[[str, str, int], float]
"""Exponential number of mean 1 that belongs to a kind, an asset and a running number."""


@dataclass(frozen=True, slots=True, eq=False)
class Assets:
    """What can fail in one kind of way.

    Parameters
    ----------
    ids
        Of pipes, sites or sensors.
    length_km
        Shape (assets,), km; 1 for a site, so that its rate is that of the site.
    material
        Of each pipe; empty for sites.
    diameter_m, age_years, pressure_m
        Shape (assets,); ``pressure_m`` NaN where it is not known.
    """

    ids: Sequence[str]
    length_km: NDArray[np.float64]
    material: Sequence[str]
    diameter_m: NDArray[np.float64]
    age_years: NDArray[np.float64]
    pressure_m: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure: its kind, asset, time, s, and running number on the asset."""

    kind: str
    asset: str
    t_s: float
    number: int


def yearly_rates(kind: FailureKind, assets: Assets, per_km_year: Mapping[str, float]) -> NDArray[np.float64]:
    """Return the failures to expect of each asset in a mean year, shape (assets,).

    Parameters
    ----------
    kind, assets
        What fails and how.
    per_km_year
        Rates that take the place of the catalogue's, by material; ``site`` for sites.

    Raises
    ------
    ScenarioError
        If a material has no rate, or a rate is negative or no number.
    """
    rates = {**kind.per_km_year, "site": kind.per_site_year, **per_km_year}
    for name, given in rates.items():
        if not (np.isfinite(given) and given >= 0.0):
            raise ScenarioError(
                f"Failure rate of {kind.kind}, '{name}'",
                got=f"{given} a year",
                expected="0 or more",
                remedy="Correct the rate",
            )
    base = np.empty(len(assets.ids))
    for row, material in enumerate(assets.material):
        if (material or "site") not in rates:
            raise ScenarioError(
                f"Failure rate of {kind.kind}, pipe '{assets.ids[row]}'",
                got=f"material '{material}'",
                expected=f"one of {', '.join(kind.per_km_year)}",
                remedy="Correct the layer lifelines, or give a rate for the material",
            )
        base[row] = rates[material or "site"]
    rate = base * assets.length_km
    if kind.diameter is not None:
        rate = rate * kind.diameter(assets.diameter_m)
    if kind.age is not None:
        rate = rate * kind.age(assets.age_years)
    if kind.pressure is not None:
        rate = rate * kind.pressure(assets.pressure_m)
    return rate


def draw_failures(
    kind: FailureKind,
    assets: Assets,
    rates: NDArray[np.float64],
    exposures: Mapping[bool, Exposure],
    catalogue: FailureCatalogue,
    chance: UnitExponential,
) -> list[Failure]:
    """Draw the failures of one kind, in the order of time.

    Parameters
    ----------
    kind, assets, rates
        What fails, and the yearly rate of each, as of `yearly_rates`.
    exposures
        Exposure by whether the material is brittle.
    catalogue
        Says which materials are.
    chance
        The numbers that decide.

    Raises
    ------
    ScenarioError
        If one asset would fail more than `MOST_ON_ONE` times.
    """
    found = []
    for asset, material, rate in zip(assets.ids, assets.material, rates.tolist(), strict=True):
        if rate <= 0.0:
            continue
        passing = exposures[catalogue.brittle.get(material, False)]
        expected = rate * passing.total_years
        used, number = chance(kind.kind, asset, 0), 0
        while used < expected:
            found.append(Failure(kind.kind, asset, passing.moment_s(used / rate), number))
            number += 1
            if number > MOST_ON_ONE:
                raise ScenarioError(
                    f"Failures of {kind.kind} on '{asset}'",
                    got=f"{rate:g} a year",
                    expected=f"no more than {MOST_ON_ONE} in a run",
                    remedy="Lower the rate or the factor",
                )
            used += chance(kind.kind, asset, number)
    return sorted(found, key=lambda failure: (failure.t_s, failure.asset, failure.number))
