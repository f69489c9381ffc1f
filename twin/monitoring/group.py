"""The gauges of one interval on their control charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.signal import lfilter

from twin.chance import Chance
from twin.monitoring.baseline import Baseline, learn_baseline
from twin.monitoring.chart import EwmaChart, Floats
from twin.monitoring.readings import Conditions, GaugeSeries
from twin.monitoring.settings import MonitoringSettings
from twin.monitoring.structures import Gauge, Structure

SETTLES_AFTER = 24
"""Readings over which a gauge finds its new normal once its structure has been secured; own assumption."""

_ARRAYS = (
    "since",
    "before",
    "average",
    "worst",
    "reference",
    "reading",
    "expected",
    "residual",
    "in_alarm",
    "read_s",
    "count",
    "outside",
    "due",
    "observed",
)


class GaugeGroup:
    """Gauges that are read at the same times, each on a chart of its own.

    Before the start they read for as long as the catalogue says, without damage, and their baselines are
    learnt from that. A chart follows what is new in the residuals, whose scatter it knows.

    Parameters
    ----------
    gauges, series
        The gauges and their readings without damage.
    settings
        Coefficients.

    Attributes
    ----------
    reading, expected, residual
        At the latest time, in the unit of each gauge; NaN for what is missing.
    in_alarm
        Which are outside their limits.
    observed
        Which of the latest readings somebody has recorded, with nothing added.
    read_s
        When each has said anything last, s since the start.
    count, outside, due
        Readings since the start: made, outside the limits, and due.
    """

    def __init__(self, gauges: Sequence[Gauge], series: GaugeSeries, settings: MonitoringSettings) -> None:
        self.gauges, self.series, self._release = tuple(gauges), series, settings.release
        self.interval_s = series.interval_s
        # as much of the past in time as with hourly readings
        weight = -np.expm1(np.log1p(-settings.chart.weight) * self.interval_s / 3600.0)
        self.chart = EwmaChart(float(weight), settings.chart.limit)
        number = len(self.gauges)
        self.average, self.worst, self.reference = np.zeros(number), np.zeros(number), np.zeros(number)
        self.reading, self.expected, self.residual = (np.full(number, np.nan) for _ in range(3))
        self.in_alarm = np.zeros(number, dtype=bool)
        self.observed = np.zeros(number, dtype=bool)
        self.read_s = np.zeros(number)
        self.since = np.full(number, SETTLES_AFTER, dtype=np.int64)
        self.count, self.outside, self.due = (np.zeros(number, dtype=np.int64) for _ in range(3))
        self._learn(settings.learn_days)

    def _learn(self, days: float) -> None:
        readings, temperature, load = self.series.before_start(days)
        columns = zip(self.gauges, readings.T, temperature.T, load.T, strict=True)
        self.baseline = Baseline.join(
            [
                learn_baseline(column[:, None], warmth, traffic, f"gauge '{gauge.id}'")
                for gauge, column, warmth, traffic in columns
            ]
        )
        residuals = readings - self.baseline.expected(temperature, load)
        self.before = residuals[-1].copy()
        self._inflation = self._learn_inflation(residuals)

    def _learn_inflation(self, residuals: Floats) -> Floats:
        """Learn how much wider the averages of the chart scatter than those of independent values.

        Slow noise and the noise of the gauge together are no process of order 1, so that what is left
        after it still hangs together; the limits are widened by as much, or else they alarm too often.
        """
        surprise = self.baseline.surprise(residuals[1:], residuals[:-1])
        weight, widths = self.chart.weight, []
        for values in surprise.T:
            known = values[np.isfinite(values)]
            widths.append(np.std(lfilter([weight], [1.0, weight - 1.0], known)) / self.chart.deviation)
        return np.maximum(np.array(widths), 1.0)

    @property
    def deviation(self) -> Floats:
        """Averages of the charts, in standard deviations; beyond the limit it is an alarm."""
        return np.abs(self.average) / self.chart.deviation

    def read(self, t_s: float, open_share: Floats, extra: Floats) -> list[int]:
        """Take the readings of a time and judge them.

        Parameters
        ----------
        t_s
            One interval after the last time.
        open_share
            Of the usual traffic, by gauge.
        extra
            What damage and faults add, in the unit of each gauge; NaN for a gauge that says nothing.

        Returns
        -------
        Rows of the gauges that have gone out of their limits or come back.
        """
        reading, temperature, load = self.series.at(t_s, open_share)
        self.reading = reading + extra
        self.observed = np.array([gauge.recorded is not None for gauge in self.gauges]) & (extra == 0.0)
        self.expected = self.baseline.expected(temperature, load) + self.reference
        self.residual = self.reading - self.expected
        is_there = np.isfinite(self.residual)
        for row in np.flatnonzero(is_there & (self.since == 0)).tolist():
            self.begin_anew(row)
        surprise = self.baseline.surprise(self.residual, self.before) / self._inflation
        self.average = np.where(is_there, self.chart.follow(self.average, surprise), self.average)
        self.before = self.residual - self._settle(is_there)
        self.read_s[is_there] = t_s
        self.due += 1
        self.count += is_there
        return self._judge(is_there)

    def _settle(self, is_there: np.ndarray[Any, np.dtype[np.bool_]]) -> Floats:
        """Let the new normal of gauges follow the mean of what they have said since; return its change.

        Source: self-starting charts, Hawkins (1987), The Statistician 36, 299.
        """
        settles = is_there & (self.since < SETTLES_AFTER)
        change = np.where(settles, np.nan_to_num(self.residual) / (self.since + 1), 0.0)
        self.reference += change
        self.since += settles
        return change

    def _judge(self, is_there: np.ndarray[Any, np.dtype[np.bool_]]) -> list[int]:
        score = self.chart.score(self.average)
        self.worst = np.maximum(self.worst, score)
        now = (score > 1.0) | (self.in_alarm & (score > self._release))
        self.outside += now & is_there
        turned: list[int] = np.flatnonzero(now != self.in_alarm).tolist()
        self.in_alarm = now
        return turned

    def begin_anew(self, row: int) -> bool:
        """Take what a gauge reads now for its new normal, or what it reads next where it says nothing.

        Returns
        -------
        Whether it was in alarm.
        """
        speaks = bool(np.isfinite(self.residual[row]))
        if speaks:
            self.reference[row] += self.residual[row]
            self.expected[row] += self.residual[row]
            self.residual[row] = 0.0
        self.since[row] = speaks
        self.before[row] = 0.0
        self.average[row] = 0.0
        was = bool(self.in_alarm[row])
        self.in_alarm[row] = False
        return was

    def state(self) -> dict[str, Any]:
        """Return all that a group of the same gauges needs to go on."""
        return {"slow": self.series.slow.copy(), **{name: getattr(self, name).copy() for name in _ARRAYS}}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over such a state."""
        self.series.slow = state["slow"].copy()
        for name in _ARRAYS:
            setattr(self, name, state[name].copy())


def group_gauges(
    structures: Sequence[Structure], settings: MonitoringSettings, conditions: Conditions, chance: Chance
) -> list[GaugeGroup]:
    """Return the gauges of structures in groups of those that are read at the same times, each learnt.

    Parameters
    ----------
    structures
        With their gauges.
    settings, conditions, chance
        Coefficients; weather and traffic; and noise, looked up by gauge and day.
    """
    gauges = [(gauge, settings.kinds[each.kind].loaded) for each in structures for gauge in each.gauges]
    groups = []
    for interval_s in sorted({gauge.interval_s for gauge, _ in gauges}):
        chosen = [(gauge, loaded) for gauge, loaded in gauges if gauge.interval_s == interval_s]
        members = [gauge for gauge, _ in chosen]
        series = GaugeSeries(members, [loaded for _, loaded in chosen], settings, conditions, chance)
        groups.append(GaugeGroup(members, series, settings))
    return groups
