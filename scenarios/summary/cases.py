"""Cases: counts per stage, platform indicators, response times, units; from the event log alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cim_models.events import Event
from scenarios.summary.case_indicators import (
    NOT_AVAILABLE,
    case_counts,
    case_indicators,
    jinniu_composite,
)
from scenarios.summary.case_records import CaseRecord, collect_cases, collect_reports
from scenarios.summary.indicators import gini, spread


def summarize_cases(
    events: Sequence[Event], end_s: float, denominators: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Say what became of the cases.

    Parameters
    ----------
    events
        The event log.
    end_s
        End of the run, s, against which open cases count as overdue.
    denominators
        Denominators by indicator, where a site has its own; see `case_indicators`.
    """
    cases, desk = collect_cases(events), collect_reports(events)
    figures = case_counts(cases, desk, end_s)
    indicators = case_indicators(figures, denominators)
    return {
        "reports": {
            "total": desk.total,
            "genuine": desk.genuine,
            "merged": desk.merged,
            **{channel: desk.by_channel[channel] for channel in sorted(desk.by_channel)},
        },
        "counts": {**_counts(cases, end_s), "found_false": desk.found_false},
        "backlog": backlog(cases, end_s),
        "by_level": {str(level): sum(case.level == level for case in cases) for level in (1, 2, 3, 4)},
        "by_unit": _by_unit(cases, end_s),
        "platform_counts": figures,
        "indicators": [indicator.to_json() for indicator in indicators],
        "composite": jinniu_composite(indicators).to_json(),
        "not_available": [dict(entry) for entry in NOT_AVAILABLE],
        "response_time_s": spread(_known(cases, lambda case: case.response_s)),
        "travel_time_s": spread(_known(cases, lambda case: case.travel_s)),
        "handling_time_s": spread(_known(cases, lambda case: _between(case.since_s, case.handled_s))),
        "stage_time_s": {name: spread(_known(cases, length)) for name, length in _STAGES.items()},
        "stages_overdue": {stage: desk.late[stage] for stage in sorted(desk.late)},
        "fairness_gini": gini(list(mean_response_by_grid(cases).values())),
        "response_by_grid_s": mean_response_by_grid(cases),
    }


def case_denominators(meta: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the denominators that a run's scenario chooses; none for a run of before there was a choice."""
    cases = meta.get("scenario", {}).get("cases") or {}
    return cases.get("denominators") or {}


def mean_response_by_grid(cases: Sequence[CaseRecord]) -> dict[str, float]:
    """Mean time from registration to the first crew's arrival by grid cell, s."""
    by_grid: dict[str, list[float]] = defaultdict(list)
    for case in cases:
        if case.response_s is not None:
            by_grid[case.grid_cell].append(case.response_s)
    return {cell: sum(values) / len(values) for cell, values in sorted(by_grid.items())}


def backlog(cases: Sequence[CaseRecord], end_s: float) -> dict[str, int]:
    """Count the cases that wait: open and past their limit at the end, and the most open ones at any time.

    Source: backlog is what is open past its limit. A case that was opened again counts from then on.
    """
    changes = []
    for case in cases:
        ends = [t_s for t_s in (case.closed_s, case.voided_s, case.transferred_s) if t_s is not None]
        changes.append((case.since_s, 1))
        changes += [(t_s, -1) for t_s in ends[:1]]
    most, now = 0, 0
    for _, change in sorted(changes):
        now += change
        most = max(most, now)
    return {
        "open": sum(case.is_open for case in cases),
        "past_limit": sum(case.is_late(end_s) for case in cases),
        "most_open": most,
    }


def _between(begin_s: float | None, end_s: float | None) -> float | None:
    return None if begin_s is None or end_s is None else end_s - begin_s


_STAGES: Mapping[str, Callable[[CaseRecord], float | None]] = {
    "accept": lambda case: _between(case.reported_s, case.accepted_s),
    "verify": lambda case: _between(case.accepted_s, case.verified_s),
    "register": lambda case: _between(case.verified_s, case.registered_s),
    "dispatch": lambda case: _between(case.since_s, case.assigned_s),
    "handle": lambda case: _between(case.assigned_s, case.handled_s),
    "check": lambda case: _between(case.handled_s, case.checked_s),
}
"""How long each stage took, s."""


def _known(cases: Sequence[CaseRecord], measure: Callable[[CaseRecord], float | None]) -> list[float]:
    return [value for case in cases if (value := measure(case)) is not None]


def _counts(cases: Sequence[CaseRecord], end_s: float) -> dict[str, int]:
    reached = ("assigned", "dispatched", "arrived", "handled", "checked", "closed", "voided", "transferred")
    happened = {
        "escalated": "escalations",
        "reworked": "reworks",
        "returned": "returns",
        "extended": "extensions",
        "extension_refused": "refused_extensions",
        "suspended": "suspensions",
        "reopened": "reopenings",
    }
    return {
        "registered": len(cases),
        **{stage: sum(getattr(case, f"{stage}_s") is not None for case in cases) for stage in reached},
        "point_to_point": sum(case.point_to_point for case in cases),
        "open": sum(case.is_open for case in cases),
        "overdue": sum(case.overdue for case in cases),
        "overdue_open": sum(case.is_late(end_s) for case in cases),
        **{name: sum(getattr(case, field) > 0 for case in cases) for name, field in happened.items()},
    }


def _by_unit(cases: Sequence[CaseRecord], end_s: float) -> dict[str, dict[str, int]]:
    """Count what each unit had to do and did; only units that had a case."""
    found: dict[str, dict[str, int]] = {}
    for case in cases:
        if not case.unit or case.first_assigned_s is None:
            continue
        unit = found.setdefault(
            case.unit, dict.fromkeys(("assigned", "handled", "closed", "overdue", "open", "overdue_open"), 0)
        )
        unit["assigned"] += 1
        unit["handled"] += case.handled_s is not None
        unit["closed"] += case.closed_s is not None
        unit["overdue"] += case.overdue
        unit["open"] += case.is_open
        unit["overdue_open"] += case.is_late(end_s)
    return {name: found[name] for name in sorted(found)}
