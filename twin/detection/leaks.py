"""Leaks as they are known from readings alone, and how they are told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.detection.shadow import Outflow


@dataclass(slots=True)
class FoundLeak:
    """A leak that has been found; revised when readings say more.

    Parameters
    ----------
    number
        1, 2 and so on, in the order in which they were found.
    pipe
        Row of the pipe that is most likely.
    onset
        Block in which it seems to have begun.
    m3_h
        Outflow in each block, shape (blocks,), m3/h; the last one found holds on.
    probability
        That there is a leak.
    told_pipe, told_m3_h
        What was told of it last.
    """

    number: int
    pipe: int
    onset: int
    m3_h: NDArray[np.float64]
    probability: float
    told_pipe: int = -1
    told_m3_h: float = 0.0

    def outflow(self, steps_per_block: int, steps: int) -> Outflow:
        """Return it as an outflow of the model, by step."""
        by_step = np.repeat(self.m3_h, steps_per_block)
        rest = np.full(max(steps - by_step.size, 0), self.m3_h[-1])
        return Outflow(self.pipe, np.concatenate([by_step, rest])[:steps])


@dataclass(frozen=True, slots=True)
class Detection:
    """Something found: a leak, or news of one.

    Parameters
    ----------
    block
        Block at whose end it was known.
    leak
        Number of the leak.
    news
        ``standing``, ``new``, ``grown``, ``shrunk``, ``moved`` or ``ended``.
    pipe
        Id of the most likely pipe.
    probability
        That there is such a leak.
    outflow_m3_h
        Its outflow now, m3/h.
    evidence
        The sensors that speak for it with their residuals, and where else it may be.
    onset
        Block from which on the readings speak of it.
    """

    block: int
    leak: int
    news: str
    pipe: str
    probability: float
    outflow_m3_h: float
    evidence: str
    onset: int


@dataclass(frozen=True, slots=True)
class SensorFault:
    """A sensor that reads what neither the model nor any leak explains, and is left out from then on.

    Parameters
    ----------
    block
        Block at whose end it was known.
    sensor
        Its column.
    offset
        By how much it is off, m or m3/h.
    """

    block: int
    sensor: str
    offset: float
