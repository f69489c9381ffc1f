"""Detectors: readings at their times, alarm levels with hysteresis, fans that follow the readings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.chance import Chance
from twin.gas.box import Floats
from twin.gas.settings import GasSettings

CALM = 0
"""Level of a site without an alarm; alarms go from 3, the least urgent, to 1."""

_RANGE_PPM = 100.0


class Detectors:
    """One detector for methane and hydrogen sulphide in each space.

    Parameters
    ----------
    count
        Number of spaces.
    settings
        Levels, times and noise.
    chance
        Noise, looked up by time.

    Attributes
    ----------
    lel
        Latest reading of methane, share of the LEL, 0 to 1.
    ppm
        Latest reading of hydrogen sulphide, ppm, 0 to 100.
    read_s
        When that was, s; -inf before the first.
    level
        Alarm level, `CALM` or 3 to 1.
    fan
        Whether the reading calls for the site's own fan.
    """

    def __init__(self, count: int, settings: GasSettings, chance: Chance) -> None:
        self._settings, self._chance = settings, chance
        self.lel, self.ppm = np.zeros(count), np.zeros(count)
        self.read_s = np.full(count, -np.inf)
        self.level = np.full(count, CALM, dtype=np.int64)
        self.fan = np.zeros(count, dtype=bool)
        self._above = np.zeros((len(settings.levels), count), dtype=np.int64)

    def read(self, tick: int, t_s: float, methane: Floats, hydrogen_sulphide: Floats) -> NDArray[np.int64]:
        """Take the readings that are due.

        Parameters
        ----------
        tick
            Number of the step, which the noise belongs to.
        t_s
            Time, s.
        methane, hydrogen_sulphide
            Shares of the volume, shape (spaces,).

        Returns
        -------
        Rows of the spaces whose level or fan has changed.
        """
        detector = self._settings.detector
        alert = (self.level != CALM) | self.fan
        interval_s = np.where(alert, detector.interval_in_alarm_s, detector.interval_s)
        draw = self._chance.of(tick)
        noise = draw.standard_normal((2, len(self.lel)))
        lost = draw.random(len(self.lel)) < detector.lost
        due = (t_s - self.read_s >= interval_s - 1e-6) & ~lost
        true_lel = methane / self._settings.lower_explosive_limit
        lel = np.clip(true_lel + detector.noise_lel * noise[0], 0.0, 1.0)
        ppm = np.clip(1e6 * hydrogen_sulphide + detector.noise_ppm * noise[1], 0.0, _RANGE_PPM)
        self.lel = np.where(due, lel, self.lel)
        self.ppm = np.where(due, ppm, self.ppm)
        self.read_s = np.where(due, t_s, self.read_s)
        return self._judge(due)

    def _judge(self, due: NDArray[np.bool_]) -> NDArray[np.int64]:
        before, fan_before = self.level.copy(), self.fan.copy()
        reached = np.full(len(self.lel), CALM, dtype=np.int64)
        for row, spec in enumerate(self._settings.levels):
            above = self.lel >= spec.from_lel
            self._above[row] = np.where(due, np.where(above, self._above[row] + 1, 0), self._above[row])
            is_held = (before != CALM) & (before <= spec.level) & (self.lel >= spec.release_lel)
            reached[(self._above[row] >= spec.readings) | is_held] = spec.level
        self.level = np.where(due, reached, before)
        ventilation = self._settings.ventilation
        wanted = (self.lel >= ventilation.on_lel) | (self.fan & (self.lel > ventilation.off_lel))
        self.fan = np.where(due, wanted, fan_before)
        return np.flatnonzero((self.level != before) | (self.fan != fan_before))

    def state(self) -> dict[str, Any]:
        """Return all that detectors of the same spaces need to go on."""
        names = ("lel", "ppm", "read_s", "level", "fan", "_above")
        return {name: getattr(self, name).copy() for name in names}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over such a state."""
        for name, value in state.items():
            setattr(self, name, value.copy())
