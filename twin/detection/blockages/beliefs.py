"""How probable each explanation of the readings is, block by block.

An explanation is a conduit blocked by a share, or a sensor that is off. With r the residuals of a block, Σ
their covariance and s what the explanation would change, the likelihood ratio against nothing being wrong is
that of two normal densities,

    N(r; s, Σ + η² s s' + diag((ζ s)² + spread²)) / N(r; 0, Σ)

since what was simulated ahead is never quite what happened: all of it may be more or less by a share η, the
change at each sensor by a share ζ, and both only in the direction of the change. Each explanation may begin
at every block with its own small probability ρ; the odds that it has begun are those of Shiryaev (1963),
Theory of Probability and Its Applications 8, 22: Λ ← (Λ + ρ) · likelihood ratio. One explanation at most
holds at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.detection.blockages.library import Library
from twin.detection.blockages.noise import Expected
from twin.detection.blockages.settings import BlockageSettings

LEVEL_OFFSETS_M = (-0.4, -0.15, -0.05, 0.05, 0.15, 0.4)
"""Constant errors of a level sensor that are considered, m; own assumption."""
FLOW_FACTORS = (-1.0, -0.5, -0.2, 0.2, 0.5)
"""Errors of a flow sensor that are considered, as a share of the flow; own assumption."""
_M_PER_KM = 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class Explanations:
    """What may be wrong: each conduit with each share, then the sensors.

    Parameters
    ----------
    library
        Effects of blocked conduits.
    faults
        Sensor, and its error as an offset, m, or as a share, in the order in which they are numbered.
    is_level
        Which sensors read levels, shape (sensors,).
    prior
        Probability that each begins in a block, shape (explanations,).
    """

    library: Library
    faults: tuple[tuple[int, float], ...]
    is_level: NDArray[np.bool_]
    prior: NDArray[np.float64]

    @property
    def blockages(self) -> int:
        """How many explanations are blockages; they come first."""
        return len(self.library.conduits) * len(self.library.shares)

    def signatures(self, expected: Expected, block: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what each would change at the sensors in a block, and how sure that is.

        Both of shape (explanations, sensors), m and m3/h.
        """
        effect, spread = self.library.at(expected.flows_m3_h[block])
        errors = np.zeros((len(self.faults), self.is_level.size))
        for row, (sensor, size) in enumerate(self.faults):
            scale = 1.0 if self.is_level[sensor] else abs(float(expected.sensors[block, sensor]))
            errors[row, sensor] = size * scale
        return np.concatenate([effect, errors]), np.concatenate([spread, np.zeros_like(errors)])


def explain(
    library: Library, lengths_m: NDArray[np.float64], is_level: NDArray[np.bool_], settings: BlockageSettings
) -> Explanations:
    """Collect the explanations with the probability of each to begin in a block.

    Parameters
    ----------
    library
        Candidates.
    lengths_m
        Their lengths, shape (conduits,), m.
    is_level
        Which sensors read levels, shape (sensors,).
    settings
        Rates.
    """
    faults = tuple(
        (sensor, size)
        for sensor, level in enumerate(is_level)
        for size in (LEVEL_OFFSETS_M if level else FLOW_FACTORS)
    )
    per_conduit = settings.per_block(settings.blockages_per_km_year) * np.maximum(lengths_m, 1.0) / _M_PER_KM
    by_share = np.repeat(per_conduit / len(library.shares), len(library.shares))
    by_fault = [
        settings.per_block(settings.faults_per_year)
        / len(LEVEL_OFFSETS_M if is_level[sensor] else FLOW_FACTORS)
        for sensor, _ in faults
    ]
    prior = np.concatenate([by_share, by_fault])
    return Explanations(library, faults, is_level, prior)


@dataclass(slots=True, eq=False)
class Beliefs:
    """Logarithm of the odds of each explanation, and the block since which the readings speak for it.

    Parameters
    ----------
    explanations
        What may be wrong.
    settings
        Limits of what a block may say, and of memory.
    odds
        Logarithm of the odds against nothing being wrong, shape (explanations,).
    since
        Shape (explanations,).
    """

    explanations: Explanations
    settings: BlockageSettings
    odds: NDArray[np.float64]
    since: NDArray[np.int64]

    @classmethod
    def blank(cls, explanations: Explanations, settings: BlockageSettings, block: int) -> Beliefs:
        """Return what is believed before any reading."""
        odds = np.log(explanations.prior)
        return cls(explanations, settings, odds, np.full(odds.size, block, dtype=np.int64))

    def update(
        self,
        residuals: NDArray[np.float64],
        covariance: NDArray[np.float64],
        expected: Expected,
        block: int,
    ) -> None:
        """Take in a block.

        Parameters
        ----------
        residuals
            Observed less expected means, shape (sensors,), m or m3/h; 0 where a sensor was silent.
        covariance
            Of these, shape (sensors, sensors), in the products of their units.
        expected
            The healthy model.
        block
            Its row there.
        """
        start = np.log(self.explanations.prior)
        fresh = self.odds <= start + 1.0
        self.since[fresh] = block
        gain = self._gain(residuals, covariance, expected, block)
        gain -= max(float(gain.max()) - self.settings.most_per_block, 0.0)
        self.odds = np.logaddexp(self.odds, start) + gain
        self.odds -= max(float(np.logaddexp.reduce(self.odds)) - self.settings.memory, 0.0)
        self.odds = np.maximum(self.odds, start - self.settings.memory)

    def _gain(
        self, residuals: NDArray[np.float64], covariance: NDArray[np.float64], expected: Expected, block: int
    ) -> NDArray[np.float64]:
        """Logarithm of the likelihood ratio of each explanation, shape (explanations,)."""
        effect, spread = self.explanations.signatures(expected, block)
        settings = self.settings
        agreeing = effect * residuals > 0.0
        own = spread**2 + np.where(agreeing, (settings.sensor_sd * effect) ** 2, 0.0)
        along = (effect * residuals / np.diag(covariance)).sum(axis=1) > 0.0
        common = np.where(along[:, None], settings.signature_sd * effect, 0.0)
        wider = covariance + common[:, :, None] * common[:, None, :]
        diagonal = np.arange(residuals.size)
        wider[:, diagonal, diagonal] += own
        off = residuals - effect
        misfit = (off * np.linalg.solve(wider, off[:, :, None])[:, :, 0]).sum(axis=1)
        plain = float(residuals @ np.linalg.solve(covariance, residuals))
        gain: NDArray[np.float64] = 0.5 * (
            plain - misfit + np.linalg.slogdet(covariance)[1] - np.linalg.slogdet(wider)[1]
        )
        return gain

    def probabilities(self) -> NDArray[np.float64]:
        """Probability of each explanation; what is missing to 1 is that nothing is wrong."""
        most = max(float(self.odds.max()), 0.0)
        parts = np.exp(self.odds - most)
        return parts / (parts.sum() + np.exp(-most))
