"""How much healthy readings and their model differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.detection.blockages.settings import BlockageSettings

_NORMAL_MAD = 1.4826
_SPAN_BLOCKS = 8
_SILENT = 1e9
_WET_SHARE = 0.25
_LEAST_WET = 8
_MOST_MODEL_SD = 0.5
_TAIL, _TAIL_DEVIATIONS = 0.99, 2.58


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """What the model expects in blocks.

    Parameters
    ----------
    sensors
        Shape (blocks, sensors), m and m3/h.
    by_rain, by_dry
        Change of it by a relative change of the rain, and of the dry weather flow; same shape.
    flows_m3_h
        Flow of each candidate, shape (blocks, conduits), m3/h.
    """

    sensors: NDArray[np.float64]
    by_rain: NDArray[np.float64]
    by_dry: NDArray[np.float64]
    flows_m3_h: NDArray[np.float64]

    def part(self, blocks: slice) -> Expected:
        """Return a part of the blocks."""
        return Expected(
            self.sensors[blocks], self.by_rain[blocks], self.by_dry[blocks], self.flows_m3_h[blocks]
        )


@dataclass(frozen=True, slots=True, eq=False)
class Noise:
    """How residuals of healthy blocks scatter.

    A residual's covariance has three parts: white scatter and an error in proportion to what the model has
    above its dry mean, sensor by sensor; an error in time, in proportion to how fast the model changes; and
    the two directions in which all sensors err together, because the rain or the dry weather flow is not
    what the model has.

    Parameters
    ----------
    offset
        Mean residual of each sensor, shape (sensors,), m and m3/h.
    dry
        What the model has in half of the blocks, same shape.
    scatter
        Standard deviation in dry weather, same shape.
    share
        Standard deviation as a share of what the model has above ``dry``, same shape.
    inflation
        By how much less blocks say than if they were independent, >= 1.
    """

    offset: NDArray[np.float64]
    dry: NDArray[np.float64]
    scatter: NDArray[np.float64]
    share: NDArray[np.float64]
    inflation: float

    def covariance(
        self, expected: Expected, block: int, known: NDArray[np.bool_], settings: BlockageSettings
    ) -> NDArray[np.float64]:
        """Return the covariance in a block, that of a silent sensor without bounds.

        Its shape is (sensors, sensors), its units are the products of those of the sensors, m or m3/h.
        """
        now, last = expected.sensors[block], len(expected.sensors) - 1
        before, after = expected.sensors[max(block - 1, 0)], expected.sensors[min(block + 1, last)]
        late = 0.5 * (after - before) * (settings.timing_s / settings.block_s)
        variance = self.scatter**2 + (self.share * (now - self.dry)) ** 2 + late**2
        covariance = np.diag(np.where(known, variance, _SILENT))
        for direction, deviation in (
            (expected.by_rain[block], settings.rain_sd),
            (expected.by_dry[block], settings.dry_sd),
        ):
            common = np.where(known, direction * deviation, 0.0)
            covariance += np.outer(common, common)
        result: NDArray[np.float64] = covariance * self.inflation
        return result

    def deviation(self, expected: Expected, block: int, settings: BlockageSettings) -> NDArray[np.float64]:
        """Return the standard deviation of each sensor's residual in a block, shape (sensors,), m or m3/h."""
        known = np.ones(self.scatter.size, dtype=bool)
        deviation: NDArray[np.float64] = np.sqrt(np.diag(self.covariance(expected, block, known, settings)))
        return deviation


def learn_noise(
    observed: NDArray[np.float64],
    expected: Expected,
    is_level: NDArray[np.bool_],
    settings: BlockageSettings,
) -> Noise:
    """Learn from healthy blocks.

    Parameters
    ----------
    observed
        Means over blocks, shape (blocks, sensors), m or m3/h; NaN where a sensor was silent.
    expected
        The model over the same blocks.
    is_level
        Which sensors read levels, shape (sensors,).
    settings
        Floors.
    """
    dry = np.median(expected.sensors, axis=0)
    wet = _is_wet(expected, settings)
    floors = noise_floors(expected, is_level, settings)
    residuals = observed - expected.sensors
    calm = np.where(wet[:, None], np.nan, residuals)
    offset = _quantile(calm, 0.5)
    spread = np.abs(calm - offset)
    tails = _quantile(spread, _TAIL) / _TAIL_DEVIATIONS  # of a sensor beside a pump, whose phase nobody knows
    scatter = np.maximum.reduce([_NORMAL_MAD * _quantile(spread, 0.5), tails, floors])
    share = _share(residuals - offset, expected.sensors - dry, scatter, wet, settings)
    noise = Noise(offset, dry, scatter, share, 1.0)
    return Noise(offset, dry, scatter, share, _inflation(residuals - offset, noise, expected, settings))


def noise_floors(
    expected: Expected, is_level: NDArray[np.bool_], settings: BlockageSettings
) -> NDArray[np.float64]:
    """Return the least standard deviation of each sensor's residual, shape (sensors,), m and m3/h."""
    flow = np.maximum(settings.flow_floor * np.abs(expected.sensors).mean(axis=0), settings.least_flow_m3_h)
    return np.where(is_level, settings.level_floor_m, flow)


def _is_wet(expected: Expected, settings: BlockageSettings) -> NDArray[np.bool_]:
    """Blocks in which rain is at work at any sensor, shape (blocks,)."""
    most = np.abs(expected.by_rain).max(axis=0)
    wet: NDArray[np.bool_] = (np.abs(expected.by_rain) > 0.02 * np.maximum(most, 1e-9)).any(axis=1)
    return wet if wet.mean() < 0.9 else np.zeros(len(wet), dtype=bool)


def _share(
    residuals: NDArray[np.float64],
    above: NDArray[np.float64],
    scatter: NDArray[np.float64],
    wet: NDArray[np.bool_],
    settings: BlockageSettings,
) -> NDArray[np.float64]:
    """Deviation as a share of what is above the dry mean, from wet blocks; the least where there are few."""
    share = np.full(scatter.size, settings.model_sd)
    for sensor in range(scatter.size):
        used = wet & np.isfinite(residuals[:, sensor])
        if used.sum() < _LEAST_WET:
            continue
        high = np.abs(above[used, sensor])
        strong = high >= _WET_SHARE * high.max()
        extra = np.mean(residuals[used, sensor][strong] ** 2) - scatter[sensor] ** 2
        if high.max() > scatter[sensor]:
            share[sensor] = np.sqrt(max(float(extra), 0.0) / np.mean(high[strong] ** 2))
    return np.clip(share, settings.model_sd, _MOST_MODEL_SD)


def _inflation(
    residuals: NDArray[np.float64], noise: Noise, expected: Expected, settings: BlockageSettings
) -> float:
    """How much more means over two hours scatter than those of independent blocks, >= 1."""
    deviations = np.array([noise.deviation(expected, block, settings) for block in range(len(residuals))])
    white = residuals / deviations
    spans = len(white) // _SPAN_BLOCKS
    if spans < 2:
        return 1.0
    parts = white[: spans * _SPAN_BLOCKS].reshape(spans, _SPAN_BLOCKS, -1)
    known = np.isfinite(parts)
    sums = np.where(known, parts, 0.0).sum(axis=1)
    counts = known.sum(axis=1)
    ratio = (sums**2).sum(axis=0) / np.maximum(counts.sum(axis=0), 1)
    return float(max(1.0, np.median(ratio)))


def _quantile(values: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Quantile of each column, 0 where nothing is known."""
    known = [column[np.isfinite(column)] for column in values.T]
    return np.array([float(np.quantile(column, share)) if column.size else 0.0 for column in known])
