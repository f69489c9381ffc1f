"""Times on the axes of a report: clock times of a short run, dates of a long one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from viz.report.record import RunRecord

_DAY_S = 86_400.0
_SHORT_STEPS_S = (60, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200)
_DAY_STEPS = (1, 2, 5, 10)
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)
_DAYS_A_MONTH = 30.4


@dataclass(frozen=True, slots=True)
class Tick:
    """A time on the axis: its text, and when, s since the start."""

    text: str
    t_s: float


def time_ticks(record: RunRecord, most: int) -> list[Tick]:
    """Round times over a run, at most so many.

    Parameters
    ----------
    record
        The run.
    most
        Ticks that have room beside each other, >= 2.
    """
    end_s = max(record.end_s, 1.0)
    if not record.is_long:
        step_s = next((step for step in _SHORT_STEPS_S if end_s / step <= most - 1), _SHORT_STEPS_S[-1])
        return [Tick(record.clock(t), float(t)) for t in range(0, int(end_s) + 1, step_s)]
    days = end_s / _DAY_S
    for step in _DAY_STEPS:
        if days / step <= most - 1:
            return _dates(record, timedelta(days=step), "%m-%d")
    months = days / _DAYS_A_MONTH
    step = next((step for step in _MONTH_STEPS if months / step <= most - 1), _MONTH_STEPS[-1])
    return _months(record, step)


def _dates(record: RunRecord, step: timedelta, form: str) -> list[Tick]:
    first = record.start.replace(hour=0, minute=0, second=0, microsecond=0)
    found: list[Tick] = []
    moment = first if first == record.start else first + timedelta(days=1)
    while (t_s := _since(record, moment)) <= record.end_s:
        found.append(Tick(moment.strftime(form), t_s))
        moment += step
    return found


def _months(record: RunRecord, step: int) -> list[Tick]:
    first = record.start.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    count = first.year * 12 + first.month - 1 + (first < record.start)
    found: list[Tick] = []
    while True:
        moment = first.replace(year=count // 12, month=count % 12 + 1)
        t_s = _since(record, moment)
        if t_s > record.end_s:
            return found
        found.append(Tick(f"{moment:%Y-%m}", t_s))
        count += step


def _since(record: RunRecord, moment: datetime) -> float:
    return (moment - record.start).total_seconds()
