"""Leaks that stand when the readings begin: what the model lacks on average, explained by outflows.

Nothing is known yet of how far the model itself is wrong. A leak is believed where it lowers the sum of
squares of what is left by so much that, with n sensors, n/2 ln(before / after) exceeds the logarithm of the
number of pipes and a margin: a model that fits badly asks for more than one that fits well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from twin.detection.leaks import FoundLeak
from twin.detection.residuals import block_means
from twin.detection.settings import DetectionSettings
from twin.detection.shadow import Shadow

_PRESSURE_M, _FLOW_SHARE, _LEAST_FLOW_M3_H = 0.1, 0.02, 0.5
_ROUNDING = 0.1
_MARGIN = 3.0
_SWEEPS = 6
_LEAST_OUTFLOW_M3_H = 0.3


@dataclass(slots=True)
class _Fit:
    """Pipes that leak, by row, their outflows, m3/h, and the sum of squares of what is left."""

    pipes: list[int]
    flows: NDArray[np.float64]
    left: float


def find_standing(
    shadow: Shadow, signatures: NDArray[np.float64], settings: DetectionSettings
) -> list[FoundLeak]:
    """Find the leaks that stand during the calibration.

    Parameters
    ----------
    shadow
        The model beside the readings.
    signatures
        Of the pipes, shape (classes, pipes, sensors), m or m3/h for each m3/h that leaks.
    settings
        How long the calibration is, and how many leaks there may be.
    """
    search = _Search(shadow, signatures, settings)
    fit = _Fit([], np.zeros(0), search.left([], np.zeros(0)))
    gains: list[float] = []
    while len(fit.pipes) < settings.most_standing:
        better = search.refine(search.add(fit))
        gain = 0.5 * search.sensors * float(np.log(fit.left / better.left))
        if gain < np.log(len(shadow.pipes)) + _MARGIN:
            break
        gains.append(gain - float(np.log(len(shadow.pipes))))
        fit = better
    blocks = len(shadow.observed) // settings.steps_per_block
    chance = 1.0 / (1.0 + float(np.exp(-min(gains, default=0.0))))
    return [
        FoundLeak(number, pipe, 0, np.full(blocks, flow), chance)
        for number, (pipe, flow) in enumerate(zip(fit.pipes, fit.flows.tolist(), strict=True), start=1)
        if flow >= _LEAST_OUTFLOW_M3_H
    ]


def follow(
    shadow: Shadow, leaks: list[FoundLeak], signatures: NDArray[np.float64], settings: DetectionSettings
) -> None:
    """Let the outflow of standing leaks rise or fall on a straight line over the calibration.

    A leak that grows would otherwise pass for scatter of healthy residuals.
    """
    if not leaks:
        return
    by_day = daily_changes(shadow, leaks, signatures, settings, (0, settings.calibration_days))
    days = np.arange(len(by_day))
    slope = np.polynomial.polynomial.polyfit(days, by_day, 1)
    blocks = len(leaks[0].m3_h)
    moment = np.minimum((np.arange(blocks) + 0.5) / settings.classes - 0.5, float(days[-1]))
    for leak, start, rise in zip(leaks, slope[0], slope[1], strict=True):
        leak.m3_h = np.maximum(leak.m3_h + start + rise * moment, 0.0)


def daily_changes(
    shadow: Shadow,
    leaks: list[FoundLeak],
    signatures: NDArray[np.float64],
    settings: DetectionSettings,
    days: tuple[int, int],
) -> NDArray[np.float64]:
    """Return what each leak lets out more or less than known on each day, by least squares.

    Parameters
    ----------
    leaks
        Of known place.
    days
        First day, and the one after the last, since the readings began.

    Returns
    -------
    Shape (days, leaks), m3/h.
    """
    per_block, steps = settings.steps_per_block, len(shadow.observed)
    per_day = per_block * settings.classes
    first, last = days[0] * per_day, min(days[1] * per_day, steps // per_day * per_day)
    outflows = [leak.outflow(per_block, steps) for leak in leaks]
    unit = units(shadow)
    missing = shadow.observed[first:last] - shadow.expect(first, last, outflows)
    by_day = block_means(missing, per_block) / unit
    by_day = np.nan_to_num(by_day.reshape((last - first) // per_day, -1))
    shapes = np.moveaxis(signatures / unit, 1, 0)[[leak.pipe for leak in leaks]].reshape(len(leaks), -1)
    changes: NDArray[np.float64] = np.linalg.lstsq(shapes.T, by_day.T, rcond=None)[0].T
    return changes


def units(shadow: Shadow) -> NDArray[np.float64]:
    """Residual of each sensor that weighs as much as one of any other, shape (sensors,), m and m3/h."""
    known = np.isfinite(shadow.observed)
    typical = np.where(known, np.abs(shadow.observed), 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.where(shadow.is_pressure, _PRESSURE_M, np.maximum(_FLOW_SHARE * typical, _LEAST_FLOW_M3_H))


class _Search:
    """Mean residuals by time of day over the calibration, weighed alike for all networks."""

    def __init__(self, shadow: Shadow, signatures: NDArray[np.float64], settings: DetectionSettings) -> None:
        self._shadow, self._settings = shadow, settings
        self._last = min(settings.calibration_blocks * settings.steps_per_block, len(shadow.observed))
        self._observed = shadow.observed[: self._last]
        self._unit = units(shadow)
        self.sensors = self._unit.size
        shapes = signatures / self._unit
        self._shapes = np.moveaxis(shapes, 1, 0).reshape(len(shadow.pipes), -1)
        self._squares = np.maximum((self._shapes**2).sum(axis=1), 1e-12)

    def residual(self, pipes: list[int], flows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean residuals with these leaks in the model, in units of weight, shape (classes x sensors,)."""
        settings, steps = self._settings, len(self._shadow.observed)
        blocks = steps // settings.steps_per_block + 1
        leaks = [
            FoundLeak(0, pipe, 0, np.full(blocks, flow), 1.0).outflow(settings.steps_per_block, steps)
            for pipe, flow in zip(pipes, flows.tolist(), strict=True)
        ]
        means = block_means(
            self._observed - self._shadow.expect(0, self._last, leaks), settings.steps_per_block
        )
        whole = means[: len(means) // settings.classes * settings.classes]
        by_clock = np.nan_to_num(np.nanmean(whole.reshape(-1, settings.classes, self.sensors), axis=0))
        return (by_clock / self._unit).reshape(-1)

    def left(self, pipes: list[int], flows: NDArray[np.float64]) -> float:
        """Sum of squares of what is left, never below that of rounded readings."""
        return self._sum(self.residual(pipes, flows))

    def _sum(self, residual: NDArray[np.float64]) -> float:
        return float((residual**2).mean() + _ROUNDING**2)

    def add(self, fit: _Fit) -> _Fit:
        """Add the pipe that explains most of what is left."""
        residual = self.residual(fit.pipes, fit.flows)
        pipe, flow = self._best(residual)
        return _Fit([*fit.pipes, pipe], np.append(fit.flows, flow), fit.left)

    def refine(self, fit: _Fit) -> _Fit:
        """Move each leak in turn to where it explains more, and fit all outflows together."""
        pipes, flows = list(fit.pipes), fit.flows
        best = _Fit(list(pipes), flows, np.inf)
        for _ in range(_SWEEPS):
            residual = self.residual(pipes, flows)
            left = self._sum(residual)
            if left >= best.left * (1.0 - 1e-3):
                break
            best = _Fit(list(pipes), flows.copy(), left)
            total = residual + flows @ self._shapes[pipes]
            for place in range(len(pipes)):
                others = [pipe for number, pipe in enumerate(pipes) if number != place]
                rest = total - np.delete(flows, place) @ self._shapes[others] if others else total
                pipes[place], _ = self._best(rest)
                flows = nnls(self._shapes[pipes].T, total)[0]
        return best

    def _best(self, residual: NDArray[np.float64]) -> tuple[int, float]:
        along = np.maximum(self._shapes @ residual, 0.0)
        pipe = int((along**2 / self._squares).argmax())
        return pipe, float(along[pipe] / self._squares[pipe])
