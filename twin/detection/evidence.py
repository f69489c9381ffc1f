"""What the last blocks say about each candidate: a pipe that may leak, a sensor that may be wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.detection.residuals import ResidualModel
from twin.detection.settings import DAYS_PER_MONTH, DetectionSettings

_USUAL_SHARE = 0.8
_LEAST_TAIL = 1.0


@dataclass(frozen=True, slots=True)
class Window:
    """Sums over the last blocks for each candidate.

    Parameters
    ----------
    blocks
        How many.
    along
        B by candidate: how far the residuals point along its signature.
    weight
        A by candidate: what one unit of it would weigh.
    inflation
        What the likelihood ratio is divided by.
    """

    blocks: int
    along: NDArray[np.float64]
    weight: NDArray[np.float64]
    inflation: float

    def evidence(self, candidates: slice | int, amount: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Logarithm of the likelihood ratio of candidates with an amount against nothing."""
        along, weight = self.along[candidates], self.weight[candidates]
        value: NDArray[np.float64] = (amount * along - 0.5 * amount**2 * weight) / self.inflation
        return value

    def amount(self, candidates: slice | int) -> NDArray[np.float64]:
        """Most likely amount of candidates, m3/h or the unit of the sensor; 0 where nothing speaks of it."""
        along, weight = self.along[candidates], self.weight[candidates]
        most: NDArray[np.float64] = np.where(weight > 0.0, along / np.where(weight > 0.0, weight, 1.0), 0.0)
        return most


class Candidates:
    """Signatures of all candidates, pipes first, then sensors.

    Parameters
    ----------
    signatures
        Of the pipes, shape (classes, pipes, sensors), m and m3/h per m3/h.
    model
        How healthy residuals scatter.
    """

    def __init__(self, signatures: NDArray[np.float64], model: ResidualModel) -> None:
        self.model = model
        self._weights: dict[tuple[int, bytes], NDArray[np.float64]] = {}
        self.renew(signatures)

    def renew(self, signatures: NDArray[np.float64]) -> None:
        """Put other signatures of the pipes, shape (classes, pipes, sensors), in place of those there are."""
        classes, self.pipes, self.sensors = signatures.shape
        units = np.broadcast_to(np.eye(self.sensors), (classes, self.sensors, self.sensors))
        self.signatures = np.concatenate([signatures, units], axis=1)
        self._weights.clear()

    @property
    def count(self) -> int:
        """Pipes and sensors."""
        return self.pipes + self.sensors

    def project(
        self, block: int, residual: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return B and A of one block for each candidate, shape (pipes + sensors,), see the class.

        Parameters
        ----------
        block
            Its number, of which only the time of day counts.
        residual
            Its residuals less their mean, shape (sensors,), m or m3/h; NaN where a sensor was silent.
        """
        known = np.isfinite(residual)
        clock = block % len(self.signatures)
        precision = self.model.precision(block, known)
        shapes = self.signatures[clock]
        key = (clock, known.tobytes())
        if key not in self._weights:
            self._weights[key] = np.einsum("cs,cs->c", shapes @ precision, shapes)
        along: NDArray[np.float64] = shapes @ (precision @ np.where(known, residual, 0.0))
        return along, self._weights[key]

    def inflation(self, blocks: int) -> float:
        """Return what a likelihood ratio over so many blocks is divided by: φ (1 + L / N)."""
        return self.model.inflation * (1.0 + blocks / self.model.blocks)


@dataclass(frozen=True, slots=True)
class AlarmLevel:
    """Which evidence is an alarm.

    Parameters
    ----------
    least
        Evidence from which on there is one.
    usual, tail
        Evidence that a fifth of the healthy blocks exceeds, and by how much more it falls to a part of 1 / e.
    blocks_per_month
        Blocks in a month.
    """

    least: float
    usual: float
    tail: float
    blocks_per_month: float

    def false_alarms_per_month(self, evidence: float) -> float:
        """Healthy blocks a month that exceed this evidence."""
        share = (1.0 - _USUAL_SHARE) * np.exp(-max(evidence - self.usual, 0.0) / self.tail)
        return float(self.blocks_per_month * share)

    def probability(self, evidence: float, leaks_per_month: float) -> float:
        """Probability that an alarm of this evidence is a leak: its share of all that are expected."""
        return leaks_per_month / (leaks_per_month + self.false_alarms_per_month(evidence))


def alarm_level(
    candidates: Candidates, residuals: NDArray[np.float64], settings: DetectionSettings
) -> AlarmLevel:
    """Return the level that healthy residuals, less their mean, ask for.

    The tail is taken to be exponential, as that of chi-square is, and measured between the median and the
    quantile of 80 %, so that a leak which begins in the last days of the calibration does not raise it.
    """
    blocks = len(residuals)
    sums = np.zeros((2, blocks + 1, candidates.count))
    for block, residual in enumerate(residuals):
        sums[0, block + 1], sums[1, block + 1] = candidates.project(block, residual)
    sums = sums.cumsum(axis=1)
    strongest = np.zeros(blocks)
    for length in window_lengths(settings, blocks // 2):
        along, weight = sums[:, length:] - sums[:, :-length]
        # these very blocks made the mean: a window scatters less about it, not more
        shrinks = candidates.model.inflation * (1.0 - length / blocks)
        value = np.where(weight > 0.0, along**2 / np.where(weight > 0.0, 2.0 * weight, 1.0), 0.0) / shrinks
        value[:, : candidates.pipes][along[:, : candidates.pipes] < 0.0] = 0.0
        strongest[length - 1 :] = np.maximum(strongest[length - 1 :], value.max(axis=1))
    middle, usual = np.quantile(strongest, [0.5, _USUAL_SHARE]).tolist()
    tail = max((usual - middle) / float(np.log(0.5 / (1.0 - _USUAL_SHARE))), _LEAST_TAIL)
    per_month = DAYS_PER_MONTH * settings.classes
    rate = (1.0 - _USUAL_SHARE) * per_month / settings.false_alarms_per_month
    span = float(np.log(max(rate, 2.0)))
    least = min(max(usual + tail * span, settings.least_evidence), settings.most_evidence)
    tail = min(tail, max(least - usual, _LEAST_TAIL) / span)
    return AlarmLevel(least, usual, tail, per_month)


def window_lengths(settings: DetectionSettings, most: int) -> list[int]:
    """Lengths of the windows that are looked at, blocks: 1, 2, 4 and so on, and the longest."""
    limit = max(min(settings.longest_window_blocks, most), 1)
    lengths = [1]
    while 2 * lengths[-1] <= limit:
        lengths.append(2 * lengths[-1])
    if lengths[-1] < limit:
        lengths.append(limit)
    return lengths
