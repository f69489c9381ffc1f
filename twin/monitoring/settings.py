"""What catalogue ``monitoring`` says, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from cim_models.catalogues import load_catalogue
from twin.monitoring.chart import EwmaChart, Floats

NOT_RATED = "U"
"""Grade of a structure none of whose gauges says anything."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a gauge measures, in ``unit``: change by degree and by load, slow noise and noise of the gauge.

    ``damage`` is what a damage of severity 1 adds.
    """

    unit: str
    per_degree: float
    per_load: float
    slow: float
    noise: float
    damage: float


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of structure: its usual gauges, whether traffic loads it, and whether wet ground moves it."""

    gauges: tuple[str, ...]
    loaded: bool
    slides: bool


@dataclass(frozen=True, slots=True)
class Temperature:
    """Temperature of structures: mean, amplitudes over the year and the day, and when it is highest."""

    mean_c: float
    yearly_c: float
    daily_c: float
    warmest_day: float
    warmest_hour: float

    def at(self, day_of_year: Floats, hour: Floats) -> Floats:
        """Temperature, degrees Celsius."""
        yearly = self.yearly_c * np.cos(2.0 * np.pi * (day_of_year - self.warmest_day) / 365.0)
        daily = self.daily_c * np.cos(2.0 * np.pi * (hour - self.warmest_hour) / 24.0)
        return np.asarray(self.mean_c + yearly + daily)


@dataclass(frozen=True, slots=True)
class SlopeValues:
    """How slopes drain and creep.

    Parameters
    ----------
    drains_days
        Time in which wetness falls to 1/e without rain, days.
    critical_mm
        Wetness above which a slope creeps, mm.
    per_day
        Severity that it gains a day at twice that wetness.
    initial_mm
        Wetness at the start, mm.
    """

    drains_days: float
    critical_mm: float
    per_day: float
    initial_mm: float


@dataclass(frozen=True, slots=True)
class MonitoringSettings:
    """Everything that the monitoring takes from its catalogue.

    Parameters
    ----------
    kinds, quantities
        By name.
    correlation
        Of slow noise from hour to hour.
    interval_s
        Time between readings, s.
    silent_after
        Readings missed until a gauge counts as silent.
    learn_days
        Time over which baselines are learnt.
    chart
        When a deviation of hourly readings is an alarm; it ends below ``release`` of the limit.
    temperature
        Of structures.
    traffic
        Of each hour of the day over the mean, shape (24,).
    slope
        How slopes behave.
    grades
        Grades of health, the worst first, each with the share of gauges in alarm from which it holds.
    cordon_from
        Grade from which on the road is closed at once.
    """

    kinds: Mapping[str, Kind]
    quantities: Mapping[str, Quantity]
    correlation: float
    interval_s: float
    silent_after: int
    learn_days: float
    chart: EwmaChart
    release: float
    temperature: Temperature
    traffic: tuple[float, ...]
    slope: SlopeValues
    grades: tuple[tuple[str, float], ...]
    cordon_from: str

    def grade(self, in_alarm: int, speaking: int) -> str:
        """Grade of a structure of whose ``speaking`` gauges some are in alarm: A is the best."""
        if speaking == 0:
            return NOT_RATED
        share = in_alarm / speaking
        return next((grade for grade, from_share in self.grades if share >= from_share), "A")


@cache
def monitoring_settings() -> MonitoringSettings:
    """Read the catalogue that comes with the package."""
    content = load_catalogue("monitoring")
    chart, traffic = content["chart"], [float(value) for value in content["traffic"]]
    mean = sum(traffic) / len(traffic)
    values = ("per_degree", "per_load", "slow", "noise", "damage")
    return MonitoringSettings(
        kinds={
            name: Kind(tuple(entry["gauges"]), bool(entry["loaded"]), bool(entry["slides"]))
            for name, entry in content["kinds"].items()
        },
        quantities={
            name: Quantity(str(entry["unit"]), *(float(entry[key]) for key in values))
            for name, entry in content["quantities"].items()
        },
        correlation=float(content["correlation_per_hour"]),
        interval_s=3600.0 * float(content["step_h"]),
        silent_after=int(content["silent_after"]),
        learn_days=float(chart["learn_days"]),
        chart=EwmaChart(float(chart["weight"]), float(chart["limit"])),
        release=float(chart["release"]),
        temperature=Temperature(**{key: float(value) for key, value in content["temperature"].items()}),
        traffic=tuple(value / mean for value in traffic),
        slope=SlopeValues(**{key: float(value) for key, value in content["slope"].items()}),
        grades=tuple((str(entry["grade"]), float(entry["from_share"])) for entry in content["health"]),
        cordon_from=str(content["cordon_from"]),
    )
