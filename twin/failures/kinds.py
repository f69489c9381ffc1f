"""The kinds of failures, as catalogue ``failure_rates`` describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from cim_models.catalogues import load_catalogue
from twin.failures.rates import AgeFactor, DiameterFactor, PressureFactor

Triangle = tuple[float, float, float]
"""Least, most likely and largest value."""


@dataclass(frozen=True, slots=True)
class Signature:
    """How a failure shows at sensors of a kind.

    Parameters
    ----------
    quantity, sensor
        What changes, in the unit of catalogue ``alarm_rules``, and the kind of sensor that says so.
    base
        Value without a failure.
    amplitude
        Least, most likely and largest change at the place itself, in the quantity's unit.
    reach_m, fades_m
        How far it can be seen at all, m, and the length over which it falls to 1/e, m.
    rise_s, fall_s
        Time constants of its beginning and end, s.
    others
        Further quantities that such a sensor says, each with its value as a multiple of the change.
    """

    quantity: str
    sensor: str
    base: float
    amplitude: Triangle
    reach_m: float
    fades_m: float
    rise_s: float
    fall_s: float
    others: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class FailureKind:
    """One kind of failure.

    Parameters
    ----------
    kind, zh, en
        Its name, for keys and for people.
    class_code
        Event class of the case that mends it; empty for one that needs no mending.
    network
        Network of the pipes that it befalls; empty where it befalls sites or sensors.
    sites
        Kinds of hazard sites or sensors that it befalls.
    per_km_year
        Rate by material of pipe, 1/(km year).
    per_site_year
        Rate of each site or sensor, 1/year.
    diameter, age, pressure
        What the rate depends on besides; None for nothing.
    season
        ``by_material``, or a name of the catalogue's ``seasons``.
    rain
        Rate on a wet day over that on a dry one.
    signature
        How it shows; None for a faulty sensor, which says what ``stuck`` says for ``lasts_h``.
    told_after_h
        Mean time until somebody in the street tells of it, h; None where nobody can.
    locate_h, mend_h
        Time of finding the place, and of mending, h; None for that of catalogue ``pipe_repair``.
    area_fraction
        Hole of a burst over the cross-section of its main; None for other kinds.
    """

    kind: str
    zh: str
    en: str
    class_code: str
    network: str
    sites: tuple[str, ...]
    per_km_year: Mapping[str, float]
    per_site_year: float
    diameter: DiameterFactor | None
    age: AgeFactor | None
    pressure: PressureFactor | None
    season: str
    rain: float
    signature: Signature | None
    told_after_h: float | None
    locate_h: Triangle
    mend_h: Triangle | None
    stuck: Mapping[str, float]
    lasts_h: Triangle | None
    area_fraction: Triangle | None


@dataclass(frozen=True, slots=True)
class Climate:
    """Rain of an ordinary year where a scenario has none of its own, by month.

    Parameters
    ----------
    wet_day_mm
        A day with at least so much is wet, mm.
    wet_days, mean_mm
        Wet days in each month and their mean depth, mm.
    """

    wet_day_mm: float
    wet_days: tuple[float, ...]
    mean_mm: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class FailureCatalogue:
    """All that the catalogue says; ``brittle`` tells for each material, ``seasons`` are factors by month."""

    kinds: Mapping[str, FailureKind]
    brittle: Mapping[str, bool]
    seasons: Mapping[str, tuple[float, ...]]
    climate: Climate
    version: str


@cache
def read_failure_catalogue() -> FailureCatalogue:
    """Read the catalogue that comes with the package."""
    content = load_catalogue("failure_rates")
    climate = content["climate"]
    return FailureCatalogue(
        kinds={entry["kind"]: _kind(entry) for entry in content["kinds"]},
        brittle={name: bool(entry["brittle"]) for name, entry in content["materials"].items()},
        seasons={name: _normal(values) for name, values in content["seasons"].items()},
        climate=Climate(
            float(climate["wet_day_mm"]),
            tuple(float(days) for days in climate["wet_days"]),
            tuple(float(depth) for depth in climate["mean_mm"]),
        ),
        version=str(content["version"]),
    )


def _normal(values: list[float]) -> tuple[float, ...]:
    mean = sum(values) / len(values)
    return tuple(value / mean for value in values)


def _kind(entry: Mapping[str, Any]) -> FailureKind:
    on = entry["befalls"]
    sites = (on["site"],) if "site" in on else tuple(on.get("sensors", ()))
    return FailureKind(
        kind=entry["kind"],
        zh=entry["zh"],
        en=entry["en"],
        class_code=entry["class"],
        network=on.get("network", ""),
        sites=sites,
        per_km_year=dict(entry.get("per_km_year", {})),
        per_site_year=float(entry.get("per_site_year", 0.0)),
        diameter=DiameterFactor(**entry["diameter"]) if "diameter" in entry else None,
        age=AgeFactor(**entry["age"]) if "age" in entry else None,
        pressure=PressureFactor(**entry["pressure"]) if "pressure" in entry else None,
        season=entry["season"],
        rain=float(entry["rain"]),
        signature=_signature(entry["shows"]) if "shows" in entry else None,
        told_after_h=entry["told_after_h"],
        locate_h=_triangle(entry["locate_h"]),
        mend_h=_triangle(entry["mend_h"]) if "mend_h" in entry else None,
        stuck=dict(entry.get("stuck", {})),
        lasts_h=_triangle(entry["lasts_h"]) if "lasts_h" in entry else None,
        area_fraction=_triangle(entry["area_fraction"]) if "area_fraction" in entry else None,
    )


def _signature(entry: Mapping[str, Any]) -> Signature:
    return Signature(
        quantity=entry["quantity"],
        sensor=entry["sensor"],
        base=float(entry["base"]),
        amplitude=_triangle(entry["amplitude"]),
        reach_m=float(entry["reach_m"]),
        fades_m=float(entry["fades_m"]),
        rise_s=3600.0 * entry["rise_h"],
        fall_s=3600.0 * entry["fall_h"],
        others=dict(entry.get("with", {})),
    )


def _triangle(values: list[float]) -> Triangle:
    least, likely, most = (float(value) for value in values)
    return least, likely, most
