"""The gauges of a city in time, their alarms, and the health of their structures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from geopandas import GeoDataFrame

from cim_models.changes import Change
from cim_models.errors import InputError
from twin.chance import Chance
from twin.monitoring.baseline import learn_baseline
from twin.monitoring.chart import Floats
from twin.monitoring.settings import MonitoringSettings

STEP_S = 3600.0
_HEALTHY = "A"


@dataclass(frozen=True, slots=True)
class GaugeFault:
    """Damage that a gauge shows: a step at once, and a drift from then on.

    Parameters
    ----------
    t_s
        When it begins, s since the start.
    gauge
        Id.
    step
        In the gauge's unit.
    per_day
        In the gauge's unit a day.
    """

    t_s: float
    gauge: str
    step: float = 0.0
    per_day: float = 0.0


@dataclass(frozen=True, slots=True)
class StructureHealth:
    """Report on one structure.

    Parameters
    ----------
    structure, kind
        Id, and bridge, tunnel or slope.
    grade
        A (nothing found) to D.
    gauges, readings
        How many there are, and how many readings since the start.
    in_alarm
        Ids of gauges that are in alarm.
    alarms
        Alarms since the start.
    worst_score
        Largest deviation since the start, over the chart's limit.
    """

    structure: str
    kind: str
    grade: str
    gauges: int
    readings: int
    in_alarm: tuple[str, ...]
    alarms: int
    worst_score: float


class StructureWatch:
    """All gauges of a run, read every hour.

    Before the start they read for as long as the catalogue says, without damage, and their baselines are
    learnt from that.

    Parameters
    ----------
    gauges
        Layer ``gauges``.
    settings
        Coefficients.
    chance
        Noise, looked up by hour.
    day_of_year, hour
        At the start.
    faults
        What goes wrong.

    Raises
    ------
    InputError
        If a gauge measures what the catalogue does not know, or a fault names no gauge.
    """

    def __init__(
        self,
        gauges: GeoDataFrame,
        settings: MonitoringSettings,
        chance: Chance,
        day_of_year: float,
        hour: float,
        faults: Sequence[GaugeFault] = (),
    ) -> None:
        self._settings, self._chance = settings, chance
        self._day, self._hour = day_of_year, hour
        self.ids = tuple(str(name) for name in gauges["id"])
        self._structures = tuple(str(name) for name in gauges["structure"])
        self._kinds = tuple(str(kind) for kind in gauges["structure_kind"])
        quantities = [str(name) for name in gauges["quantity"]]
        for name, quantity in zip(self.ids, quantities, strict=True):
            if quantity not in settings.quantities:
                expected = f"one of {', '.join(settings.quantities)}"
                raise InputError(f"Gauge '{name}'", got=f"quantity '{quantity}'", expected=expected)
        for fault in faults:
            if fault.gauge not in self.ids:
                raise InputError("Fault of a structure", got=f"gauge '{fault.gauge}'", expected="a gauge")
        self._faults = tuple(faults)
        values = [settings.quantities[name] for name in quantities]
        self._per_degree = np.array([value.per_degree for value in values])
        self._slow_scale = np.array([value.slow for value in values])
        self._noise = np.array([value.noise for value in values])
        count = len(self.ids)
        self._slow, self._before = np.zeros(count), np.zeros(count)
        self._average, self.worst = np.zeros(count), np.zeros(count)
        self.reading = np.zeros(count)
        self.in_alarm = np.zeros(count, dtype=bool)
        self._alarms = np.zeros(count, dtype=np.int64)
        self._changes: list[Change] = []
        self._tick = -round(settings.learn_days * 86_400.0 / STEP_S)
        self._learn()

    @property
    def time_s(self) -> float:
        """Time of the latest reading, s since the start."""
        return self._tick * STEP_S

    @property
    def score(self) -> Floats:
        """Deviation of each gauge, over the chart's limit; beyond 1 it is an alarm."""
        return self._settings.chart.score(self._average)

    def advance_to(self, t_s: float) -> None:
        """Read at all whole hours until a time."""
        while (self._tick + 1) * STEP_S <= t_s + 1e-6:
            self._read()
            self._judge()

    def _learn(self) -> None:
        readings, temperatures = [], []
        while self._tick < 0:
            self._read()
            readings.append(self.reading)
            temperatures.append(self.temperature_c)
        self._baseline = learn_baseline(np.array(readings), np.array(temperatures))
        temperature = np.array(temperatures)[:, None]
        residuals = self._baseline.residual(np.array(readings), temperature)
        self._before = residuals[-1]
        self._inflation = self._learn_inflation(residuals)

    def _learn_inflation(self, residuals: Floats) -> Floats:
        """Learn how much wider the averages of the chart scatter than those of independent values.

        Slow noise and the noise of the gauge together are no process of order 1, so that what is left
        after it still hangs together; the limits are widened by as much, or else they alarm too often.
        """
        chart, average, averages = self._settings.chart, np.zeros(len(self.ids)), []
        for before, now in pairwise(residuals):
            average = chart.follow(average, self._baseline.surprise(now, before))
            averages.append(average)
        scatter = np.std(np.array(averages), axis=0)
        return np.maximum(scatter / chart.deviation, 1.0)

    @property
    def temperature_c(self) -> float:
        """Temperature at the latest reading, degrees Celsius."""
        hours = self._hour + self._tick
        return self._settings.temperature.at(self._day + hours / 24.0, hours % 24.0)

    def _read(self) -> None:
        self._tick += 1
        slow, noise = self._chance.of(self._tick).standard_normal((2, len(self.ids)))
        rho = self._settings.correlation
        self._slow = rho * self._slow + np.sqrt(1.0 - rho**2) * self._slow_scale * slow
        self.reading = self._per_degree * (self.temperature_c - 20.0) + self._slow + self._noise * noise
        for fault in self._faults:
            if fault.t_s <= self.time_s:
                days = (self.time_s - fault.t_s) / 86_400.0
                self.reading[self.ids.index(fault.gauge)] += fault.step + fault.per_day * days

    def _judge(self) -> None:
        temperature = np.full(len(self.ids), self.temperature_c)
        residual = self._baseline.residual(self.reading, temperature)
        surprise = self._baseline.surprise(residual, self._before) / self._inflation
        self._before = residual
        self._average = self._settings.chart.follow(self._average, surprise)
        score = self.score
        self.worst = np.maximum(self.worst, score)
        now = (score > 1.0) | (self.in_alarm & (score > self._settings.release))
        for row in np.flatnonzero(now != self.in_alarm).tolist():
            self._note(row, bool(now[row]), float(residual[row]))
        self._alarms += now & ~self.in_alarm
        self.in_alarm = now

    def _note(self, row: int, begins: bool, residual: float) -> None:
        name = self.ids[row]
        data = {
            "structure": self._structures[row],
            "score": round(float(self.score[row]), 3),
            "residual": round(residual, 5),
        }
        kind = "gauge.deviates" if begins else "gauge.settled"
        self._changes.append(
            Change(self.time_s, kind, name, "" if begins else f"gauge.deviates {name}", data)
        )

    def health(self) -> list[StructureHealth]:
        """Report on each structure, in the order of their ids."""
        reports = []
        for structure in sorted(set(self._structures)):
            rows = [row for row, name in enumerate(self._structures) if name == structure]
            out = tuple(self.ids[row] for row in rows if self.in_alarm[row])
            share = len(out) / len(rows)
            grades = (grade for grade, from_share in self._settings.grades if share >= from_share)
            reports.append(
                StructureHealth(
                    structure=structure,
                    kind=self._kinds[rows[0]],
                    grade=next(grades, _HEALTHY),
                    gauges=len(rows),
                    readings=len(rows) * max(self._tick, 0),
                    in_alarm=out,
                    alarms=int(self._alarms[rows].sum()),
                    worst_score=float(self.worst[rows].max()),
                )
            )
        return reports

    def take_changes(self) -> list[Change]:
        """Hand out what has happened since the last call, in order."""
        changes, self._changes = self._changes, []
        return changes

    def state(self) -> dict[str, Any]:
        """Return all that a watch of the same gauges needs to go on."""
        arrays = {name: getattr(self, name).copy() for name in _ARRAYS}
        return {"tick": self._tick, "arrays": arrays, "changes": list(self._changes)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over such a state."""
        self._tick, self._changes = state["tick"], list(state["changes"])
        for name, values in state["arrays"].items():
            setattr(self, name, values.copy())


_ARRAYS = ("_slow", "_before", "_average", "worst", "reading", "in_alarm", "_alarms")
