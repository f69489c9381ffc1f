"""How residuals of healthy hours scatter, and what a change of them says about each candidate.

A residual is what a sensor reads less what the model expects, averaged over a block of some hours. Its mean
and scale are learned for each sensor and time of day, its correlation over all. A candidate with signature s
(change at the sensors per m3/h) explains residuals r of blocks b with an outflow q; with P the inverse of
their covariance

    A = sum s' P s,  B = sum s' P r,  q = B / A,  ln(likelihood ratio) = B² / (2 A φ (1 + L / N))

where φ is how much more a mean over blocks scatters than if they were independent, L the number of blocks
and N that of the calibration, whose mean is itself uncertain.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin.detection.settings import DetectionSettings

_LEAST_SHRINKAGE = 0.1
_SPAN_BLOCKS = 8
_NORMAL_MAD, _OUTLYING = 1.4826, 4.0
_LEAST_FLOW_SD_M3_H = 0.1


@dataclass(slots=True)
class ResidualModel:
    """Mean and covariance of the residuals of healthy blocks.

    Parameters
    ----------
    mean
        Shape (classes, sensors), m and m3/h.
    covariance
        Shape (sensors, sensors).
    scale
        Standard deviation by class as a share of that over all classes, shape (classes, sensors).
    inflation
        φ, >= 1.
    blocks
        N.
    """

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]
    scale: NDArray[np.float64]
    inflation: float
    blocks: int
    _precisions: dict[tuple[int, bytes], NDArray[np.float64]] = field(default_factory=dict, init=False)

    def precision(self, block: int, known: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Inverse of the covariance among the sensors that spoke, 0 elsewhere, shape (sensors, sensors)."""
        clock = block % len(self.mean)
        key = (clock, known.tobytes())
        if key not in self._precisions:
            result = np.zeros_like(self.covariance)
            if known.any():
                which = np.ix_(known, known)
                factor = self.scale[clock][known]
                result[which] = np.linalg.inv(self.covariance[which] * np.outer(factor, factor))
            self._precisions[key] = result
        return self._precisions[key]

    def deviation(self, block: int) -> NDArray[np.float64]:
        """Return the standard deviation of each sensor's residual in a block, shape (sensors,)."""
        clock = block % len(self.mean)
        spread: NDArray[np.float64] = np.sqrt(np.diag(self.covariance)) * self.scale[clock]
        return spread


def learn(
    residuals: NDArray[np.float64], floors: NDArray[np.float64], settings: DetectionSettings
) -> ResidualModel:
    """Learn from residuals of healthy blocks; those that lie far out are pulled in to four robust deviations.

    Parameters
    ----------
    residuals
        From a block of class 0 on, shape (blocks, sensors), m and m3/h, NaN where a sensor was silent.
    floors
        Least standard deviation of each sensor, shape (sensors,).
    settings
        Blocks and classes.
    """
    blocks, sensors = residuals.shape
    clocks = np.arange(blocks) % settings.classes
    mean = np.array([_mean(residuals[clocks == clock]) for clock in range(settings.classes)])
    spread = residuals - mean[clocks]
    known = np.isfinite(spread)
    spread = np.where(known, spread, 0.0)
    usual = _NORMAL_MAD * np.array(
        [_median(column[there]) for column, there in zip(np.abs(spread).T, known.T, strict=True)]
    )
    bound = _OUTLYING * np.maximum(usual, floors)
    spread = np.clip(spread, -bound, bound)
    together = np.maximum(known.T.astype(float) @ known.astype(float), 1.0)
    sample = spread.T @ spread / together
    shrinkage = min(max(_LEAST_SHRINKAGE, sensors / blocks), 1.0)
    shrunk = (1.0 - shrinkage) * sample + shrinkage * np.diag(np.diag(sample))
    covariance = shrunk + np.diag(floors**2)
    total = np.diag(covariance)
    by_clock = np.array(
        [_square(spread[clocks == clock], known[clocks == clock]) for clock in range(settings.classes)]
    )
    scale = np.sqrt((0.5 * (by_clock + floors**2) + 0.5 * total) / total)
    model = ResidualModel(mean, covariance, scale, 1.0, blocks)
    model.inflation = _inflation(spread / np.sqrt(total))
    return model


def sensor_floors(
    observed: NDArray[np.float64], is_pressure: NDArray[np.bool_], settings: DetectionSettings
) -> NDArray[np.float64]:
    """Least standard deviation of each sensor's residual, shape (sensors,), m and m3/h."""
    typical = np.abs(_mean(observed))
    flow = np.maximum(settings.flow_floor * typical, _LEAST_FLOW_SD_M3_H)
    return np.where(is_pressure, settings.pressure_floor_m, flow)


def block_means(values: NDArray[np.float64], per_block: int) -> NDArray[np.float64]:
    """Means over blocks, shape (blocks, sensors), in the units of ``values``, shape (steps, sensors).

    NaN where less than half of the steps are known.
    """
    blocks = len(values) // per_block
    parts = values[: blocks * per_block].reshape(blocks, per_block, -1)
    known = np.isfinite(parts)
    counts = known.sum(axis=1)
    sums = np.where(known, parts, 0.0).sum(axis=1)
    return np.where(2 * counts >= per_block, sums / np.maximum(counts, 1), np.nan)


def _inflation(whitened: NDArray[np.float64]) -> float:
    """How much more means over a day scatter than those of independent blocks, >= 1."""
    spans = len(whitened) // _SPAN_BLOCKS
    if spans < 2:
        return 1.0
    means = whitened[: spans * _SPAN_BLOCKS].reshape(spans, _SPAN_BLOCKS, -1).mean(axis=1)
    single = (whitened**2).mean(axis=0)
    return float(max(1.0, np.median(_SPAN_BLOCKS * (means**2).mean(axis=0) / np.maximum(single, 1e-12))))


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of each column, 0 where nothing is known."""
    known = np.isfinite(values)
    sums = np.where(known, values, 0.0).sum(axis=0)
    means: NDArray[np.float64] = sums / np.maximum(known.sum(axis=0), 1)
    return means


def _median(values: NDArray[np.float64]) -> float:
    return float(np.median(values)) if values.size else 0.0


def _square(values: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    squares: NDArray[np.float64] = (values**2).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return squares
