"""Watches the residuals of a sewer block by block, and tells what is new."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from twin.detection.blockages.beliefs import Beliefs, Explanations
from twin.detection.blockages.noise import Expected, Noise
from twin.detection.blockages.settings import BlockageSettings
from twin.detection.place import PipeMap

_NAMED = 5
_SPOKESMEN = 4
_CERTAIN = 0.9
_LEAST_CHANGE = 0.15
_LIKELY_SHARE = 0.1
_SURER = 0.9


@dataclass(frozen=True, slots=True)
class Candidate:
    """A conduit that may be the blocked one, and the probability that it is, given that one is."""

    conduit: str
    probability: float


@dataclass(frozen=True, slots=True)
class BlockageNews:
    """Something new about a blockage.

    Parameters
    ----------
    block
        Block at whose end it was known.
    blockage
        Number of the blockage.
    news
        ``new``, ``surer``, ``moved``, ``grown``, ``shrunk`` or ``ended``.
    conduit
        The likeliest conduit.
    probability
        That some conduit is blocked.
    candidates
        The likeliest conduits, in order.
    share
        Most likely blocked share of the section; 0 when ended.
    shares
        Least and largest share that the readings leave open.
    since
        Block from which on the readings speak of it.
    evidence
        The sensors that speak for it, and how far along the pipes the place is sure.
    """

    block: int
    blockage: int
    news: str
    conduit: str
    probability: float
    candidates: tuple[Candidate, ...]
    share: float
    shares: tuple[float, float]
    since: int
    evidence: str


@dataclass(frozen=True, slots=True)
class SensorSuspicion:
    """A sensor that is off rather than a conduit blocked; ``since`` and ``block`` as in `BlockageNews`.

    Parameters
    ----------
    offset
        By how much it is off on average since then, m or m3/h.
    instead_of
        Number of the blockage that was told and has not ended, which it may be in place of; 0 where none.
    withdrawn, why
        Block at whose end it was no longer suspected, and what was likelier then: ``a blockage``, ``another
        sensor`` or ``nothing wrong``; None and empty while it is.
    """

    block: int
    sensor: str
    probability: float
    since: int
    offset: float
    instead_of: int = 0
    withdrawn: int | None = None
    why: str = ""


@dataclass(slots=True, eq=False)
class BlockageWatch:
    """The blocks of a record, in order.

    Parameters
    ----------
    sensors
        Names of what is read.
    observed
        Means over blocks, shape (blocks, sensors), NaN where a sensor was silent.
    expected
        What the healthy model has.
    noise
        How they differ in healthy blocks.
    explanations
        What may be wrong.
    pipes
        Distances between the candidates.
    settings
        From when on something is told.
    """

    sensors: tuple[str, ...]
    observed: NDArray[np.float64]
    expected: Expected
    noise: Noise
    explanations: Explanations
    pipes: PipeMap
    settings: BlockageSettings
    suspicions: list[SensorSuspicion] = field(default_factory=list)
    _told: BlockageNews | None = None
    _number: int = 0
    _suspected: int = -1

    def run(self, first: int, last: int) -> list[BlockageNews]:
        """Go through some blocks from a blank mind on; return what is new of blockages."""
        beliefs = Beliefs.blank(self.explanations, self.settings, first)
        news: list[BlockageNews] = []
        for block in range(first, last):
            self._take(beliefs, block)
            told = self._tell(beliefs, block)
            if told is not None:
                news.append(told)
                self._blame(told)
            self._suspect(beliefs, block)
        return news

    def largest_probability(self, first: int, last: int) -> float:
        """Return the largest probability of a blockage that some blocks ever suggest."""
        beliefs, most = Beliefs.blank(self.explanations, self.settings, first), 0.0
        for block in range(first, last):
            self._take(beliefs, block)
            most = max(most, float(beliefs.probabilities()[: self.explanations.blockages].sum()))
        return most

    def _take(self, beliefs: Beliefs, block: int) -> None:
        known = np.isfinite(self.observed[block])
        residuals = np.where(
            known, self.observed[block] - self.expected.sensors[block] - self.noise.offset, 0.0
        )
        if known.any():
            covariance = self.noise.covariance(self.expected, block, known, self.settings)
            beliefs.update(residuals, covariance, self.expected, block)

    # --- telling ----------------------------------------------------------------------------------

    def _tell(self, beliefs: Beliefs, block: int) -> BlockageNews | None:
        """Return what is new of the blockage; None where nothing is."""
        chances = beliefs.probabilities()[: self.explanations.blockages]
        probability = float(chances.sum())
        told = self._told
        if probability < self.settings.tell_probability:
            sound = 1.0 - float(beliefs.probabilities().sum())
            if told is None or told.news == "ended" or sound < self.settings.tell_probability:
                return None  # nothing was wrong, or it may as well be a sensor now
            return self._note("ended", beliefs, chances, block)
        if told is None or told.news == "ended":
            self._number += 1
            return self._note("new", beliefs, chances, block)
        table = chances.reshape(len(self.explanations.library.conduits), -1)
        conduit = self.explanations.library.conduits[int(table.sum(axis=1).argmax())]
        share = self._share(table[int(table.sum(axis=1).argmax())])
        if conduit != told.conduit:
            return self._note("moved", beliefs, chances, block)
        if abs(share - told.share) >= _LEAST_CHANGE:
            return self._note("grown" if share > told.share else "shrunk", beliefs, chances, block)
        if told.probability < _SURER <= probability:
            return self._note("surer", beliefs, chances, block)
        return None

    def _note(self, news: str, beliefs: Beliefs, chances: NDArray[np.float64], block: int) -> BlockageNews:
        library = self.explanations.library
        table = chances.reshape(len(library.conduits), -1)
        by_conduit = table.sum(axis=1) / chances.sum()
        order = np.argsort(-by_conduit, kind="stable")
        best = int(order[0])
        if news == "ended" and self._told is not None:
            self._told = replace(
                self._told,
                block=block,
                news=news,
                probability=float(chances.sum()),
                candidates=(),
                share=0.0,
                shares=(0.0, 0.0),
                evidence="the readings are what the model expects without it",
            )
            return self._told
        since = int(beliefs.since[best * len(library.shares) + int(table[best].argmax())])
        likely = [
            share
            for share, chance in zip(library.shares, table[best] / table[best].sum(), strict=True)
            if chance >= _LIKELY_SHARE
        ]
        candidates = tuple(Candidate(library.conduits[row], float(by_conduit[row])) for row in order[:_NAMED])
        words = f"{self.spokesmen(since, block)}; {self._reach(by_conduit, order)}"
        self._told = BlockageNews(
            block, self._number, news, library.conduits[best], float(chances.sum()), candidates,
            self._share(table[best]), (likely[0], likely[-1]), since, words,
        )  # fmt: skip
        return self._told

    def _share(self, chances: NDArray[np.float64]) -> float:
        """Mean blocked share of a conduit, by the probability of each."""
        return float(chances @ np.array(self.explanations.library.shares) / chances.sum())

    def _reach(self, by_conduit: NDArray[np.float64], order: NDArray[np.int64]) -> str:
        count = int(np.searchsorted(np.cumsum(by_conduit[order]), _CERTAIN)) + 1
        among = order[:count]
        reach_m = float(self.pipes.distances(int(order[0]))[among].max())
        return f"{_CERTAIN:.0%} among {count} conduits within {reach_m:.0f} m"

    def spokesmen(self, since: int, block: int) -> str:
        """Name the sensors whose residuals stand out most in some blocks."""
        part = slice(since, block + 1)
        residuals = self.observed[part] - self.expected.sensors[part] - self.noise.offset
        known = np.isfinite(residuals)
        counts = np.maximum(known.sum(axis=0), 1)
        means = np.where(known, residuals, 0.0).sum(axis=0) / counts
        variance = np.mean(
            [self.noise.deviation(self.expected, row, self.settings) ** 2 for row in range(since, block + 1)],
            axis=0,
        )
        times = means / np.sqrt(variance / counts)
        words = []
        for sensor in np.argsort(-np.abs(times), kind="stable")[:_SPOKESMEN]:
            unit, digits = ("m", 2) if self.explanations.is_level[sensor] else ("m3/h", 1)
            words.append(
                f"{self.sensors[sensor]} {means[sensor]:+.{digits}f} {unit} ({abs(times[sensor]):.0f} sd)"
            )
        silent = int((~np.isfinite(self.observed[block])).sum())
        if silent:
            words.append(f"{silent} of {len(self.sensors)} sensors silent or left out")
        return ", ".join(words)

    def _suspect(self, beliefs: Beliefs, block: int) -> None:
        """Note a sensor that is off, once until something else is more likely; then take it back."""
        probabilities = beliefs.probabilities()
        chances = probabilities[self.explanations.blockages :]
        by_sensor = np.zeros(len(self.sensors))
        np.add.at(by_sensor, [sensor for sensor, _ in self.explanations.faults], chances)
        sensor = int(by_sensor.argmax())
        likely = bool(by_sensor[sensor] >= self.settings.tell_probability)
        if likely and sensor == self._suspected:
            return
        if self._suspected >= 0:
            blocked = float(probabilities[: self.explanations.blockages].sum())
            sound = 1.0 - float(probabilities.sum())
            other = "another sensor" if likely else "a blockage" if blocked > sound else "nothing wrong"
            self.suspicions[-1] = replace(self.suspicions[-1], withdrawn=block, why=other)
        self._suspected = sensor if likely else -1
        if likely:
            self._note_suspicion(beliefs, chances, sensor, block)

    def _blame(self, told: BlockageNews) -> None:
        """Take the last suspicion back for a blockage whose evidence goes back to when it still stood.

        No block may count for much, so that for a block or two neither may be likelier than nothing wrong.
        """
        if told.news != "new" or not self.suspicions:
            return
        last = self.suspicions[-1]
        if last.withdrawn is not None and told.since <= last.withdrawn:
            self.suspicions[-1] = replace(last, withdrawn=told.block, why="a blockage")

    def _note_suspicion(
        self, beliefs: Beliefs, chances: NDArray[np.float64], sensor: int, block: int
    ) -> None:
        """Note that a sensor is suspected from now on; ``chances`` are those of all faults."""
        rows = [row for row, (of, _) in enumerate(self.explanations.faults) if of == sensor]
        best = max(rows, key=lambda row: float(chances[row]))
        since = int(beliefs.since[self.explanations.blockages + best])
        part = slice(since, block + 1)
        offset = self.observed[part, sensor] - self.expected.sensors[part, sensor] - self.noise.offset[sensor]
        standing = self._number if self._told is not None and self._told.news != "ended" else 0
        self.suspicions.append(
            SensorSuspicion(
                block, self.sensors[sensor], float(chances[rows].sum()), since, float(np.nanmean(offset)),
                standing,
            )
        )  # fmt: skip
