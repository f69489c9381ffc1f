"""Readings as long as all is well: made up from weather, traffic and noise, or recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from twin.chance import Chance
from twin.monitoring.chart import Floats
from twin.monitoring.settings import MonitoringSettings, Temperature
from twin.monitoring.structures import DAY_S, Gauge

REFERENCE_C = 20.0
"""Temperature at which made-up readings begin at nought, degrees Celsius."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Day of the year and hour of the day at the start, and what weather and traffic make of them."""

    day_of_year: float
    hour: float
    temperature: Temperature
    traffic: tuple[float, ...]

    def temperature_c(self, times_s: Floats) -> Floats:
        """Temperature of structures at times since the start, degrees Celsius."""
        hours = self.hour + times_s / 3600.0
        return self.temperature.at(self.day_of_year + hours / 24.0, hours % 24.0)

    def load(self, times_s: Floats) -> Floats:
        """Traffic over its mean at times since the start, as long as the road is open."""
        hours = np.floor(self.hour + times_s / 3600.0).astype(np.int64) % 24
        return np.array(self.traffic)[hours]


class GaugeSeries:
    """The readings of gauges with the same interval, without damage.

    Parameters
    ----------
    gauges
        They all have the same time between readings.
    loaded
        Whether traffic loads what each is on.
    settings, conditions, chance
        Correlation of the slow noise; weather and traffic; and noise, looked up by gauge and day.
    """

    def __init__(
        self,
        gauges: Sequence[Gauge],
        loaded: Sequence[bool],
        settings: MonitoringSettings,
        conditions: Conditions,
        chance: Chance,
    ) -> None:
        self._gauges, self._conditions, self._chance = gauges, conditions, chance
        self.interval_s = gauges[0].interval_s
        self._rho = settings.correlation ** (self.interval_s / 3600.0)
        self._loaded = np.array(loaded, dtype=np.float64)
        self._per_degree = np.array([gauge.response.per_degree for gauge in gauges])
        self._per_load = np.array([gauge.response.per_load for gauge in gauges]) * self._loaded
        self._noise = np.array([gauge.response.noise for gauge in gauges])
        self._push = np.sqrt(1.0 - self._rho**2) * np.array([gauge.response.slow for gauge in gauges])
        self.slow = np.zeros(len(gauges))
        self._day: int | None = None
        self._block = np.zeros((len(gauges), 2, 0))

    def before_start(self, days: float) -> tuple[Floats, Floats, Floats]:
        """Return the readings of the ``days`` before the start, the last one at it.

        Returns
        -------
        Readings in the units of the gauges, temperature, degrees Celsius, and load, each of shape
        (times, gauges); NaN where a recorded reading is missing.
        """
        first = 1 - round(days * DAY_S / self.interval_s)
        times_s: Floats = np.arange(first, 1, dtype=np.float64) * self.interval_s
        noise = np.concatenate([self._noise_of(day) for day in self._days(times_s)], axis=2)
        skipped = round((float(times_s[0]) - self._days(times_s)[0] * DAY_S) / self.interval_s)
        noise = noise[:, :, skipped : skipped + len(times_s)]
        slow = lfilter([1.0], [1.0, -self._rho], self._push[:, None] * noise[:, 0], axis=1)
        self.slow = slow[:, -1].copy()
        temperature, load = self._drivers(times_s, np.ones(len(self._gauges)))
        made = self._made(temperature, load) + slow.T + self._noise * noise[:, 1].T
        return self._with_records(times_s, made, temperature, load)

    def at(self, t_s: float, open_share: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the readings of the next time, as `before_start` does, each of shape (gauges,).

        Parameters
        ----------
        t_s
            One interval after the last time, s since the start.
        open_share
            Of its usual traffic that each gauge's structure carries now, 0 to 1.
        """
        day = int(t_s // DAY_S)
        if day != self._day:
            self._day, self._block = day, self._noise_of(day)
        slow, noise = self._block[:, :, round((t_s - day * DAY_S) / self.interval_s)].T
        self.slow = self._rho * self.slow + self._push * slow
        times_s = np.array([t_s])
        temperature, load = self._drivers(times_s, open_share)
        made = self._made(temperature, load) + self.slow + self._noise * noise
        readings, temperature, load = self._with_records(times_s, made, temperature, load)
        return readings[0], temperature[0], load[0]

    def _days(self, times_s: Floats) -> range:
        return range(int(times_s[0] // DAY_S), int(times_s[-1] // DAY_S) + 1)

    def _noise_of(self, day: int) -> Floats:
        """Return the noise of a day, counted from the start, shape (gauges, slow and fast, times)."""
        shape = 2, round(DAY_S / self.interval_s)
        return np.stack([self._chance.of(gauge.id, day).standard_normal(shape) for gauge in self._gauges])

    def _drivers(self, times_s: Floats, open_share: Floats) -> tuple[Floats, Floats]:
        temperature = np.repeat(self._conditions.temperature_c(times_s)[:, None], len(self._gauges), axis=1)
        return temperature, self._conditions.load(times_s)[:, None] * (self._loaded * open_share)

    def _made(self, temperature: Floats, load: Floats) -> Floats:
        return np.asarray(self._per_degree * (temperature - REFERENCE_C) + self._per_load * load)

    def _with_records(
        self, times_s: Floats, made: Floats, temperature: Floats, load: Floats
    ) -> tuple[Floats, Floats, Floats]:
        """Put recorded readings, and the temperatures beside them, in place of made-up ones."""
        for column, gauge in enumerate(self._gauges):
            if gauge.recorded is not None:
                made[:, column], measured = gauge.recorded.at(times_s, self.interval_s)
                if gauge.recorded.temperature_c is not None:
                    temperature[:, column] = measured
        return made, temperature, load
