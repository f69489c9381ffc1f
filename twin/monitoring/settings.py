"""What catalogue ``monitoring`` says, as values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from cim_models.catalogues import load_catalogue
from twin.monitoring.chart import EwmaChart


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a gauge measures, in ``unit``: change by degree, slow noise and noise of the gauge."""

    unit: str
    per_degree: float
    slow: float
    noise: float


@dataclass(frozen=True, slots=True)
class Temperature:
    """Temperature of structures: mean, amplitudes over the year and the day, and when it is highest."""

    mean_c: float
    yearly_c: float
    daily_c: float
    warmest_day: float
    warmest_hour: float

    def at(self, day_of_year: float, hour: float) -> float:
        """Temperature, degrees Celsius."""
        yearly = self.yearly_c * math.cos(math.tau * (day_of_year - self.warmest_day) / 365.0)
        return self.mean_c + yearly + self.daily_c * math.cos(math.tau * (hour - self.warmest_hour) / 24.0)


@dataclass(frozen=True, slots=True)
class MonitoringSettings:
    """Everything that the monitoring takes from its catalogue.

    Parameters
    ----------
    quantities
        By name.
    correlation
        Of slow noise from hour to hour.
    learn_days
        Time over which baselines are learnt.
    chart
        When a deviation is an alarm; it ends below ``release`` of the limit.
    grades
        Grades of health, the worst first, each with the share of gauges in alarm from which it holds.
    """

    quantities: Mapping[str, Quantity]
    correlation: float
    learn_days: float
    chart: EwmaChart
    release: float
    temperature: Temperature
    grades: tuple[tuple[str, float], ...]


@cache
def monitoring_settings() -> MonitoringSettings:
    """Read the catalogue that comes with the package."""
    content = load_catalogue("monitoring")
    chart = content["chart"]
    return MonitoringSettings(
        quantities={
            name: Quantity(
                str(entry["unit"]), *(float(entry[key]) for key in ("per_degree", "slow", "noise"))
            )
            for name, entry in content["quantities"].items()
        },
        correlation=float(content["correlation_per_hour"]),
        learn_days=float(chart["learn_days"]),
        chart=EwmaChart(float(chart["weight"]), float(chart["limit"])),
        release=float(chart["release"]),
        temperature=Temperature(**{key: float(value) for key, value in content["temperature"].items()}),
        grades=tuple((str(entry["grade"]), float(entry["from_share"])) for entry in content["health"]),
    )
