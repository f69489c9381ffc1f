"""Reports on the health of structures, and what gauges say."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from twin.monitoring.group import GaugeGroup
from twin.monitoring.structures import Gauge, Structure


@dataclass(frozen=True, slots=True)
class GaugeReading:
    """What a gauge says at a time, s since the start.

    Parameters
    ----------
    gauge, structure
        Which, and where.
    value, expected
        In the gauge's unit; what temperature and load explain.
    deviation
        Of the average on its chart, in standard deviations.
    observed
        Whether somebody has recorded the value.
    """

    t_s: float
    gauge: Gauge
    structure: Structure
    value: float
    expected: float
    deviation: float
    observed: bool


@dataclass(frozen=True, slots=True)
class StructureHealth:
    """Report on one structure since the start.

    Parameters
    ----------
    structure, kind
        Id, and bridge, tunnel or slope.
    grade
        A (nothing found) to D, or U where no gauge says anything.
    gauges
        How many there are.
    readings, missing
        Readings made, and readings that should have been made.
    in_alarm, silent
        Ids of the gauges that deviate, and of those that say nothing.
    outside_share
        Share of the readings outside their limits; None without readings.
    worst_gauge, worst_score
        Gauge with the largest deviation, and that over the limit of its chart.
    """

    structure: str
    kind: str
    grade: str
    gauges: int
    readings: int
    missing: int
    in_alarm: tuple[str, ...]
    silent: tuple[str, ...]
    outside_share: float | None
    worst_gauge: str
    worst_score: float


def rate(
    structure: Structure, grade: str, rows: Sequence[tuple[GaugeGroup, int]], silent: Collection[str]
) -> StructureHealth:
    """Write the report on a structure.

    Parameters
    ----------
    structure, grade
        Which, and its present grade.
    rows
        Its gauges, as groups and rows there.
    silent
        Gauges that say nothing.
    """
    count = sum(int(group.count[row]) for group, row in rows)
    outside = sum(int(group.outside[row]) for group, row in rows)
    names = [gauge.id for gauge in structure.gauges]
    scores = [float(group.worst[row]) for group, row in rows]
    worst = int(np.argmax(scores))
    return StructureHealth(
        structure=structure.id,
        kind=structure.kind,
        grade=grade,
        gauges=len(names),
        readings=count,
        missing=sum(int(group.due[row]) for group, row in rows) - count,
        in_alarm=tuple(name for name, (group, row) in zip(names, rows, strict=True) if group.in_alarm[row]),
        silent=tuple(name for name in names if name in silent),
        outside_share=outside / count if count else None,
        worst_gauge=names[worst],
        worst_score=scores[worst],
    )
