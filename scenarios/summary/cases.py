"""Cases: counts per stage, platform indicators, response times; from the event log alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cim_models.events import Event
from scenarios.summary.indicators import Indicator, gini, spread

COVERAGE_S = 900.0

_NAMES = {
    "valid_report_rate": ("有效上报率", "Valid reports", "genuine reports / reports"),
    "registration_rate": ("立案率", "Registered", "cases registered / reports"),
    "dispatch_rate": ("派遣率", "Dispatched", "cases dispatched / cases owed"),
    "handling_rate": ("处置率", "Handled", "cases handled / cases owed"),
    "handling_on_time_rate": ("按期处置率", "Handled on time", "cases handled before due / cases owed"),
    "check_rate": ("核查率", "Checked", "cases checked / cases handled"),
    "closing_rate": ("结案率", "Closed", "cases closed / cases owed"),
    "closing_on_time_rate": ("按期结案率", "Closed on time", "cases closed before due / cases owed"),
    "closing_late_rate": ("超期结案率", "Closed late", "cases closed after they were due / cases owed"),
    "overdue_open_rate": ("超期待处置率", "Overdue and open", "cases open past their limit / cases owed"),
    "rework_rate": ("返工率", "Sent back", "cases sent back at least once / cases handled"),
    "coverage_15_min": (
        "15分钟到场率",
        "On site within 15 min",
        "cases with a crew on site within 15 min of registration / cases owed",
    ),
}


@dataclass(slots=True)
class CaseRecord:
    """What became of one case; times in s since the start, None for what did not happen."""

    id: str
    registered_s: float
    due_s: float
    level: int
    grid_cell: str
    class_code: str
    dispatched_s: float | None = None
    arrived_s: float | None = None
    handled_s: float | None = None
    checked_s: float | None = None
    closed_s: float | None = None
    voided_s: float | None = None
    transferred_s: float | None = None
    escalations: int = 0
    reworks: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it is still owed and not closed."""
        return self.closed_s is None and self.is_owed

    @property
    def is_owed(self) -> bool:
        """Whether somebody here must handle it: it is neither void nor handed over."""
        return self.voided_s is None and self.transferred_s is None

    @property
    def response_s(self) -> float | None:
        """Time from registration to the first crew's arrival, s."""
        return None if self.arrived_s is None else self.arrived_s - self.registered_s


@dataclass(slots=True)
class ReportCounts:
    """How many reports came through each channel, how many were genuine, how many were merged."""

    by_channel: Counter[str] = field(default_factory=Counter)
    genuine: int = 0
    merged: int = 0

    @property
    def total(self) -> int:
        """All reports."""
        return sum(self.by_channel.values())


def collect_cases(events: Sequence[Event]) -> list[CaseRecord]:
    """Follow each case through the event log, in the order of registration."""
    cases: dict[str, CaseRecord] = {}
    for event in events:
        if event.kind == "case.registered":
            cases[event.subject] = CaseRecord(
                id=event.subject,
                registered_s=event.t_s,
                due_s=float(event.data["due_s"]),
                level=int(event.data["level"]),
                grid_cell=str(event.data.get("grid_cell") or ""),
                class_code=str(event.data["class_code"]),
            )
        elif event.kind.startswith("case.") and event.subject in cases:
            _follow(cases[event.subject], event)
        elif event.kind == "crew.arrived" and event.data.get("case") in cases:
            case = cases[event.data["case"]]
            case.arrived_s = event.t_s if case.arrived_s is None else case.arrived_s
    return list(cases.values())


def collect_reports(events: Sequence[Event]) -> ReportCounts:
    """Count the reports."""
    counts = ReportCounts()
    for event in events:
        if event.kind == "report.made":
            counts.by_channel[str(event.data["channel"])] += 1
            counts.genuine += bool(event.data.get("genuine", True))
        elif event.kind == "report.merged":
            counts.merged += 1
    return counts


def summarize_cases(events: Sequence[Event], end_s: float) -> dict[str, Any]:
    """Say what became of the cases.

    Parameters
    ----------
    events
        The event log.
    end_s
        End of the run, s, against which open cases count as overdue.
    """
    cases, reports = collect_cases(events), collect_reports(events)
    responses = [case.response_s for case in cases if case.response_s is not None]
    return {
        "reports": {
            "total": reports.total,
            "genuine": reports.genuine,
            "merged": reports.merged,
            **{channel: reports.by_channel[channel] for channel in sorted(reports.by_channel)},
        },
        "counts": _counts(cases, end_s),
        "by_level": {str(level): sum(case.level == level for case in cases) for level in (1, 2, 3, 4)},
        "indicators": [indicator.to_json() for indicator in case_indicators(cases, reports, end_s)],
        "response_time_s": spread(responses),
        "handling_time_s": spread(
            [case.handled_s - case.registered_s for case in cases if case.handled_s is not None]
        ),
        "fairness_gini": gini(_mean_response_by_grid(cases)),
    }


def case_indicators(cases: Sequence[CaseRecord], reports: ReportCounts, end_s: float) -> list[Indicator]:
    """Compute the platform indicators; a case that is void or handed over to others is not owed.

    Source: indicator list of city operation platforms; denominators differ between cities, so each
    formula names its own.
    """
    owed = [case for case in cases if case.is_owed]
    handled = [case for case in owed if case.handled_s is not None]
    closed = [case for case in owed if case.closed_s is not None]
    made, due, done = reports.total, len(owed), len(handled)
    on_time = sum(_at_or_before(case.handled_s, case.due_s) for case in handled)
    closed_on_time = sum(_at_or_before(case.closed_s, case.due_s) for case in closed)
    late = sum(case.is_open and case.due_s < end_s for case in owed)
    near = sum(_at_or_before(case.response_s, COVERAGE_S) for case in owed)
    rows = (
        ("valid_report_rate", reports.genuine, made),
        ("registration_rate", len(cases), made),
        ("dispatch_rate", sum(case.dispatched_s is not None for case in owed), due),
        ("handling_rate", done, due),
        ("handling_on_time_rate", on_time, due),
        ("check_rate", sum(case.checked_s is not None for case in handled), done),
        ("closing_rate", len(closed), due),
        ("closing_on_time_rate", closed_on_time, due),
        ("closing_late_rate", len(closed) - closed_on_time, due),
        ("overdue_open_rate", late, due),
        ("rework_rate", sum(case.reworks > 0 for case in handled), done),
        ("coverage_15_min", near, due),
    )
    return [Indicator(name, *_NAMES[name][:2], above, below, _NAMES[name][2]) for name, above, below in rows]


def _counts(cases: Sequence[CaseRecord], end_s: float) -> dict[str, int]:
    reached = ("dispatched", "arrived", "handled", "checked", "closed", "voided", "transferred")
    return {
        "registered": len(cases),
        **{stage: sum(getattr(case, f"{stage}_s") is not None for case in cases) for stage in reached},
        "open": sum(case.is_open for case in cases),
        "overdue_open": sum(case.is_open and case.due_s < end_s for case in cases),
        "escalated": sum(case.escalations > 0 for case in cases),
        "reworked": sum(case.reworks > 0 for case in cases),
    }


def _follow(case: CaseRecord, event: Event) -> None:
    stage = event.kind.removeprefix("case.")
    if stage == "escalated":
        case.escalations += 1
        case.level = int(event.data["level"])
        case.due_s = float(event.data["due_s"])
    elif stage == "reworked":
        case.reworks += 1
        case.handled_s = case.checked_s = None
    elif stage == "dispatched":
        case.dispatched_s = event.t_s if case.dispatched_s is None else case.dispatched_s
    elif stage in ("handled", "checked", "closed", "voided", "transferred"):
        setattr(case, f"{stage}_s", event.t_s)


def _mean_response_by_grid(cases: Sequence[CaseRecord]) -> list[float]:
    by_grid: dict[str, list[float]] = defaultdict(list)
    for case in cases:
        if case.response_s is not None:
            by_grid[case.grid_cell].append(case.response_s)
    return [sum(values) / len(values) for _, values in sorted(by_grid.items())]


def _at_or_before(value_s: float | None, limit_s: float) -> bool:
    return value_s is not None and value_s <= limit_s
