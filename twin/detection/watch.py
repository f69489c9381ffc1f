"""Watches residuals block by block, and explains what changes: a new leak, a known one, or a sensor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.detection.evidence import AlarmLevel, Window, window_lengths
from twin.detection.leaks import Detection, FoundLeak, SensorFault
from twin.detection.ledger import Ledger
from twin.detection.place import PipeMap
from twin.detection.settings import DetectionSettings
from twin.detection.shadow import Shadow

_CHANGES_PER_BLOCK = 4
_LEAST_NEWS = 0.5
_MEMORY_DAYS = 14
_YOUNG_DAYS = 14
_MOST_TRIALS = 2
_MARGIN = 3.0
_SPOKESMEN = 4
_CERTAIN = 0.9


@dataclass(frozen=True, slots=True)
class _Change:
    """The explanation that fits best.

    Parameters
    ----------
    kind
        ``new``, ``known`` or ``fault``.
    subject
        Row of the pipe, place in the list of leaks, or row of the sensor.
    amount
        Outflow more or less, m3/h, or what the sensor is off.
    window
        The blocks it comes from.
    evidence
        Logarithm of its likelihood ratio.
    probability
        That a leak is behind it.
    """

    kind: str
    subject: int
    amount: float
    window: Window
    evidence: float
    probability: float


class Watch:
    """The watch over a network from one block on.

    Parameters
    ----------
    ledger
        The residuals, and the leaks that are known at the beginning.
    shadow
        The model beside the readings.
    level
        What counts as an alarm.
    settings
        Windows and rates.
    pipes
        Where pipes lie.

    Attributes
    ----------
    faults
        Sensors that are left out.
    """

    def __init__(
        self, ledger: Ledger, shadow: Shadow, level: AlarmLevel, settings: DetectionSettings, pipes: PipeMap
    ) -> None:
        self._ledger, self._shadow, self._level = ledger, shadow, level
        self._settings, self._pipes = settings, pipes
        self._candidates = ledger.candidates
        typical = np.abs(np.nan_to_num(shadow.observed)).mean(axis=0)
        self._least_faults = np.where(
            shadow.is_pressure, settings.fault_pressure_m, settings.fault_flow * typical
        )
        self.faults: list[SensorFault] = []

    def run(self) -> list[Detection]:
        """Watch to the end of the readings; return what was found, in order."""
        found, ledger = [], self._ledger
        for block in range(ledger.first, ledger.blocks):
            if block >= ledger.until:
                ledger.extend(block + self._settings.classes)
            for _ in range(_CHANGES_PER_BLOCK):
                change = self._strongest(block)
                if change is None:
                    break
                found += self._accept(change, block)
        return found

    def _windows(self, block: int) -> list[Window]:
        windows, ledger = [], self._ledger
        for span in window_lengths(self._settings, block + 1 - ledger.first):
            part = slice(block + 1 - span, block + 1)
            along, weight = ledger.along[part].sum(axis=0), ledger.weight[part].sum(axis=0)
            windows.append(Window(span, along, weight, self._candidates.inflation(span)))
        return windows

    # --- explaining -------------------------------------------------------------------------------

    def _strongest(self, block: int) -> _Change | None:
        """Return the best explanation of the last blocks; None where none is needed."""
        changes = [
            change
            for window in self._windows(block)
            for change in (self._new(window), self._known(window, block), self._fault(window))
            if change is not None
        ]
        if not changes or max(change.evidence for _, change in changes) < self._level.least:
            return None
        weight, best = max(changes, key=lambda item: item[0])
        against = max((other for other, change in changes if change.kind == "fault"), default=-np.inf)
        share = 1.0 if best.kind == "fault" else 1.0 / (1.0 + float(np.exp(min(against - weight, 0.0))))
        rate = self._level.probability(best.evidence, self._settings.leaks_per_month)
        return _Change(best.kind, best.subject, best.amount, best.window, best.evidence, rate * share)

    def _new(self, window: Window) -> tuple[float, _Change]:
        pipes = slice(0, self._candidates.pipes)
        amounts = np.maximum(window.amount(pipes), 0.0)
        amounts[amounts < self._settings.least_outflow_m3_h] = 0.0
        values = window.evidence(pipes, amounts)
        pipe = int(values.argmax())
        among = float(np.logaddexp.reduce(values) - np.log(values.size))
        return among, _Change("new", pipe, float(amounts[pipe]), window, float(values[pipe]), 0.0)

    def _known(self, window: Window, block: int) -> tuple[float, _Change] | None:
        best: tuple[float, _Change] | None = None
        for place, leak in enumerate(self._ledger.leaks):
            if leak.m3_h[block] <= 0.0:
                continue
            amount = max(float(window.amount(leak.pipe)), -float(leak.m3_h[block]))
            value = float(window.evidence(leak.pipe, amount))
            if best is None or value > best[0]:
                best = value, _Change("known", place, amount, window, value, 0.0)
        return best

    def _fault(self, window: Window) -> tuple[float, _Change]:
        sensors = slice(self._candidates.pipes, self._candidates.count)
        amounts = window.amount(sensors)
        amounts[np.abs(amounts) < self._least_faults] = 0.0
        values = window.evidence(sensors, amounts)
        sensor = int(values.argmax())
        value = float(values[sensor])
        change = _Change("fault", sensor, float(amounts[sensor]), window, value, 0.0)
        return value - float(np.log(values.size)), change

    # --- accepting --------------------------------------------------------------------------------

    def _accept(self, change: _Change, block: int) -> list[Detection]:
        onset, ledger = block + 1 - change.window.blocks, self._ledger
        if change.kind == "fault":
            ledger.leave_out(change.subject, onset)
            self.faults.append(SensorFault(block, self._shadow.sensors[change.subject], change.amount))
            return []
        spokesmen = self._spokesmen(onset, block)
        places: NDArray[np.float64] | None
        if change.kind == "new":
            leak, places = self._add_or_correct(change, onset, block)
        else:
            leak = ledger.leaks[change.subject]
            places = self._alter(leak, change.amount, onset, block)
        if ledger.refresh(block) and places is not None:
            places = ledger.refit(leak, self._memory(leak, block), block)
        leak.probability = max(leak.probability, change.probability)
        told = [self._tell(leak, block, spokesmen, places)]
        told += [self._tell(other, block, spokesmen, None) for other in ledger.leaks if other is not leak]
        return [detection for detection in told if detection is not None]

    def _alter(self, leak: FoundLeak, amount: float, onset: int, block: int) -> NDArray[np.float64] | None:
        """Change the outflow of a known leak; one that grows is also placed anew."""
        leak.m3_h[onset:] = np.maximum(leak.m3_h[onset:] + amount, 0.0)
        if leak.m3_h[block] < self._settings.least_outflow_m3_h:
            leak.m3_h[onset:] = 0.0
        self._ledger.compare(onset)
        if amount < 0.0:
            return None
        return self._ledger.refit(leak, self._memory(leak, block), block)

    def _add_or_correct(
        self, change: _Change, onset: int, block: int
    ) -> tuple[FoundLeak, NDArray[np.float64]]:
        """Add a leak, unless a young one at another place or with another course explains as much."""
        ledger = self._ledger
        young = [leak for leak in ledger.leaks if leak.m3_h[block] > 0.0 and leak.onset > block - self._youth]
        young = sorted(young, key=lambda leak: -leak.onset)[:_MOST_TRIALS]
        begin = min([onset, *(self._memory(leak, block) for leak in young)])
        before = ledger.save(begin)
        flows = np.zeros(ledger.blocks)
        flows[onset:] = change.amount
        leak = FoundLeak(len(ledger.leaks) + 1, change.subject, onset, flows, change.probability)
        ledger.leaks.append(leak)
        ledger.compare(onset)
        places = ledger.refit(leak, onset, block)
        least = ledger.misfit(begin, block) + float(np.log(self._candidates.pipes)) + _MARGIN
        best = leak, places, ledger.save(begin)
        for other in young:
            ledger.restore(before)
            places = ledger.refit(other, self._memory(other, block), block)
            misfit = ledger.misfit(begin, block)
            if misfit < least:
                least, best = misfit, (other, places, ledger.save(begin))
        ledger.restore(best[2])
        return best[0], best[1]

    @property
    def _youth(self) -> int:
        return _YOUNG_DAYS * self._settings.classes

    def _memory(self, leak: FoundLeak, block: int) -> int:
        """First block of a leak's life that is still looked at."""
        return max(leak.onset, self._ledger.first, block - _MEMORY_DAYS * self._settings.classes)

    # --- telling ----------------------------------------------------------------------------------

    def _spokesmen(self, onset: int, block: int) -> str:
        """Name the sensors whose residuals stand out most in some blocks."""
        part = self._ledger.residuals[onset : block + 1]
        known = np.isfinite(part)
        counts = np.maximum(known.sum(axis=0), 1)
        means = np.where(known, part, 0.0).sum(axis=0) / counts
        spread = self._candidates.model.deviation(block) * np.sqrt(self._candidates.model.inflation / counts)
        order = np.argsort(-np.abs(means / spread), kind="stable")[:_SPOKESMEN]
        words = []
        for sensor in order:
            unit = "m" if self._shadow.is_pressure[sensor] else "m3/h"
            name, times = self._shadow.sensors[sensor], abs(means[sensor] / spread[sensor])
            words.append(f"{name} {means[sensor]:+.2f} {unit} ({times:.0f} sd)")
        silent = int((~np.isfinite(self._ledger.residuals[block])).sum())
        if silent:
            words.append(f"{silent} of {known.shape[1]} sensors silent or left out")
        return ", ".join(words)

    def _tell(
        self, leak: FoundLeak, block: int, spokesmen: str, places: NDArray[np.float64] | None
    ) -> Detection | None:
        """Return what is new of a leak; None where it is not worth a line."""
        flow = float(leak.m3_h[block])
        if leak.told_pipe < 0:
            if flow < self._settings.least_outflow_m3_h:
                return None
            news = "new"
        elif flow <= 0.0 < leak.told_m3_h:
            news = "ended"
        elif leak.pipe != leak.told_pipe:
            news = "moved"
        elif abs(flow - leak.told_m3_h) > _LEAST_NEWS * leak.told_m3_h:
            news = "grown" if flow > leak.told_m3_h else "shrunk"
        else:
            return None
        leak.told_pipe, leak.told_m3_h = leak.pipe, flow
        pipe = self._shadow.pipes[leak.pipe]
        words = f"leak {leak.number} {news}: {spokesmen}"
        if places is not None:
            words += f"; {self._pipes.describe(places, self._shadow.pipes, _CERTAIN)}"
        return Detection(block, leak.number, news, pipe, leak.probability, flow, words, leak.onset)
