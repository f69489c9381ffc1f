"""Each case as a bar from registration to closing, cut into the stages it went through."""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.summary.case_records import CaseRecord
from viz.report.axis import time_ticks
from viz.report.quantities import duration_text
from viz.report.record import RunRecord, ended_s

MOST_ROWS = 40
MOST_TICKS = 8


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a bar: key of its name, left edge and width in per cent of the run."""

    key: str
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Row:
    """A case: id, place, level 1 to 4, its stages, and its time limit in per cent of the run.

    ``due`` is None when the limit lies after the end; ``says`` tells the times in words.
    """

    id: str
    place: str
    level: int
    stages: tuple[Stage, ...]
    due: float | None
    says: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A case of a long run in words: id, place, level 1 to 4, when it began, and how long it took."""

    id: str
    place: str
    level: int
    registered: str
    to_site: str
    to_end: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """A time on the axis: its text and position in per cent of the run."""

    text: str
    left: float


def make_rows(record: RunRecord) -> list[Row]:
    """Rows of the first cases that were not handed over, in order of registration."""
    places = _places(record)
    return [_row(case, places.get(case.id, ""), record) for case in shown_cases(record)[:MOST_ROWS]]


def make_journal(record: RunRecord) -> list[Entry]:
    """List the same cases in words: bars of hours cannot be seen on an axis of months."""
    places = _places(record)
    return [
        Entry(
            id=case.id,
            place=places.get(case.id, ""),
            level=case.level,
            registered=record.clock(case.registered_s),
            to_site=_span(case.registered_s, case.arrived_s, record),
            to_end=_span(case.registered_s, ended_s(case), record),
            is_late=(record.end_s if (ended := ended_s(case)) is None else ended) > case.due_s,
        )
        for case in shown_cases(record)[:MOST_ROWS]
    ]


def shown_cases(record: RunRecord) -> list[CaseRecord]:
    """Cases that somebody here had to handle."""
    return [case for case in record.cases if case.transferred_s is None]


def make_ticks(record: RunRecord) -> list[Tick]:
    """Return round times over the run, as many as there is room for."""
    end_s = max(record.end_s, 1.0)
    return [Tick(tick.text, 100.0 * tick.t_s / end_s) for tick in time_ticks(record, MOST_TICKS)]


def _places(record: RunRecord) -> dict[str, str]:
    return {
        event.subject: str(event.data.get(f"place_{record.language}") or event.data.get("road") or "")
        for event in record.of_kind("case.registered")
    }


def _span(begin_s: float, end_s: float | None, record: RunRecord) -> str:
    return "–" if end_s is None else duration_text(end_s - begin_s, record.language)


def _row(case: CaseRecord, place: str, record: RunRecord) -> Row:
    end_s = max(record.end_s, 1.0)
    ended = ended_s(case)
    last = ended if ended is not None else end_s
    # a case sent back begins to be worked on again, so the last handling counts
    marks = [
        ("waiting", case.registered_s),
        ("driving", case.dispatched_s),
        ("working", case.arrived_s),
        ("checking", case.handled_s),
    ]
    known = [(key, t) for key, t in marks if t is not None and t <= last]
    ends = [t for _, t in known[1:]] + [last]
    stages = tuple(
        Stage(key, 100.0 * begin / end_s, 100.0 * max(until - begin, 0.0) / end_s)
        for (key, begin), until in zip(known, ends, strict=True)
    )
    times = [record.clock(t) for _, t in known] + ([record.clock(ended)] if ended is not None else [])
    due = 100.0 * case.due_s / end_s if case.due_s <= end_s else None
    return Row(case.id, place, case.level, stages, due, " – ".join(times))
