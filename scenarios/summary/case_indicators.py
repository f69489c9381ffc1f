"""The platform indicators of cases: named counts, and shares of one count in another.

Source: indicator list of city operation platforms (egova); composite of Chengdu Jinniu. Which count is
divided by which differs between cities, so every indicator carries its formula, and where cities differ
the denominator is chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from scenarios.summary.case_records import CaseRecord, DeskCounts
from scenarios.summary.indicators import Indicator

COVERAGE_S = {"coverage_8_min": 480.0, "coverage_15_min": 900.0}
"""Within which time a crew should be on site: 15 min is Huizhou's, 8 min that of ambulance services."""

COUNTS: Mapping[str, tuple[str, str]] = {
    "reports": ("上报", "reports"),
    "valid_reports": ("有效上报", "genuine reports"),
    "accepted": ("受理", "cases accepted"),
    "verifications_owed": ("应核实", "cases to verify"),
    "verified": ("核实", "cases verified"),
    "verified_on_time": ("按时核实", "cases verified within the stage's limit"),
    "registered": ("立案", "cases registered"),
    "registered_on_time": ("按时立案", "cases registered within the stage's limit"),
    "registered_right": ("准确立案", "registered cases that were not void later"),
    "assignments_owed": ("应派遣", "registered cases that were not handed over"),
    "assigned": ("派遣到单位", "cases assigned to a unit"),
    "assigned_on_time": ("按时派遣", "cases assigned within the stage's limit"),
    "assigned_right": ("准确派遣", "assigned cases that no unit returned"),
    "owed": ("应办案件", "cases owed"),
    "dispatched": ("派遣", "cases dispatched"),
    "handled": ("处置", "cases handled"),
    "handled_on_time": ("案件总时限内处置", "cases handled before the case is due"),
    "handled_in_stage": ("处置环节时限内处置", "cases handled within the stage's limit"),
    "handled_late": ("超期处置", "cases handled after they were due"),
    "pending": ("待处置", "cases owed and not handled"),
    "pending_late": ("超期待处置", "cases not handled past their limit"),
    "checked": ("核查", "cases checked"),
    "checked_on_time": ("按时核查", "cases checked within the stage's limit"),
    "closed": ("结案", "cases closed"),
    "closed_on_time": ("按期结案", "cases closed before due"),
    "closed_late": ("超期结案", "cases closed after they were due"),
    "unclosed": ("未结案", "cases open"),
    "overdue_open": ("结束时超期未结", "cases open past their limit"),
    "reworked": ("返工至少一次", "cases sent back at least once"),
    "returned": ("退回至少一次", "cases returned by a unit at least once"),
    "extended": ("延期至少一次", "cases given more time"),
    "suspended": ("缓办至少一次", "cases suspended at least once"),
    "reopened": ("结案后复发", "cases opened again"),
    "voided": ("作废", "cases void"),
    "coverage_8_min": ("立案后8分钟内到场", "cases with a crew on site within 8 min of registration"),
    "coverage_15_min": ("立案后15分钟内到场", "cases with a crew on site within 15 min of registration"),
}
"""Names of the counts, Chinese and English."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "registration_rate": ("reports", "accepted"),
    "rework_rate": ("handled", "owed"),
}
"""Denominators that sites choose differently, the default first."""

_INDICATORS: tuple[tuple[str, str, str, str, str], ...] = (
    ("valid_report_rate", "有效上报率", "Valid reports", "valid_reports", "reports"),
    ("verification_rate", "核实率", "Verified", "verified", "verifications_owed"),
    ("verification_on_time_rate", "按期核实率", "Verified on time", "verified_on_time", "verifications_owed"),
    ("registration_rate", "立案率", "Registered", "registered", "reports"),
    ("registration_on_time_rate", "按时立案率", "Registered on time", "registered_on_time", "registered"),
    ("registration_right_rate", "准确立案率", "Registered rightly", "registered_right", "registered"),
    ("assignment_right_rate", "准确派遣率", "Assigned rightly", "assigned_right", "assignments_owed"),
    ("assignment_on_time_rate", "按期派遣率", "Assigned on time", "assigned_on_time", "assignments_owed"),
    ("dispatch_rate", "派遣率", "Dispatched", "dispatched", "owed"),
    ("handling_rate", "处置率", "Handled", "handled", "owed"),
    ("handling_on_time_rate", "按期处置率", "Handled before the case is due", "handled_on_time", "owed"),
    (
        "handling_stage_on_time_rate",
        "处置环节按时率",
        "Handled within the stage's limit",
        "handled_in_stage",
        "owed",
    ),
    ("handling_late_rate", "超期处置率", "Handled late", "handled_late", "owed"),
    ("pending_late_rate", "超期待处置率", "Not handled past the limit", "pending_late", "owed"),
    ("check_rate", "核查率", "Checked", "checked", "handled"),
    ("check_on_time_rate", "按期核查率", "Checked on time", "checked_on_time", "handled"),
    ("closing_rate", "结案率", "Closed", "closed", "owed"),
    ("closing_on_time_rate", "按期结案率", "Closed on time", "closed_on_time", "owed"),
    ("closing_late_rate", "超期结案率", "Closed late", "closed_late", "owed"),
    ("unclosed_rate", "未结案率", "Not closed", "unclosed", "reports"),
    ("overdue_open_rate", "超期未结案率", "Overdue and open", "overdue_open", "owed"),
    ("rework_rate", "返工率", "Sent back", "reworked", "handled"),
    ("return_rate", "退回率", "Returned", "returned", "assigned"),
    ("extension_rate", "延期率", "Given more time", "extended", "owed"),
    ("suspension_rate", "缓办率", "Suspended", "suspended", "owed"),
    ("void_rate", "作废率", "Void", "voided", "registered"),
    ("reopening_rate", "复发率", "Opened again", "reopened", "closed"),
    ("coverage_8_min", "8分钟到场率", "On site within 8 min", "coverage_8_min", "owed"),
    ("coverage_15_min", "15分钟到场率", "On site within 15 min", "coverage_15_min", "owed"),
)
"""Id, names, numerator and denominator."""

NAMES: Mapping[str, tuple[str, str]] = {name: (zh, en) for name, zh, en, _, _ in _INDICATORS}
"""Names of the indicators, Chinese and English."""

NOT_AVAILABLE: tuple[Mapping[str, str], ...] = (
    {
        "id": "satisfaction",
        "zh": "回访满意度",
        "en": "Satisfaction at call-back",
        "reason": "it needs people's answers; a simulation has none",
    },
)
"""Indicators of the platforms' list that no event log of a simulation can give."""

_JINNIU: tuple[tuple[float, str, bool], ...] = (
    (30.0, "handling_rate", False),
    (20.0, "handling_on_time_rate", False),
    (20.0, "rework_rate", True),
    (20.0, "pending_late_rate", True),
    (10.0, "extension_rate", True),
)
"""Points of the composite, the indicator, and whether the share counts against it."""


@dataclass(frozen=True, slots=True)
class Composite:
    """A score made of weighted indicators.

    Parameters
    ----------
    id, zh, en
        Identifier and names.
    value
        Points, 0 to 100; None where a part has no value.
    formula, formula_zh
        The sum in terms of the indicators' names.
    """

    id: str
    zh: str
    en: str
    value: float | None
    formula: str
    formula_zh: str

    def to_json(self) -> dict[str, Any]:
        """Return the score as plain JSON values."""
        return asdict(self)


def case_counts(cases: Sequence[CaseRecord], desk: DeskCounts, end_s: float) -> dict[str, int]:
    """Count what the indicators divide; keys as in `COUNTS`.

    A case that is void or handed over to others is not owed. A case that goes point to point has nothing to
    verify. A limit that ran out late is noted by the event that says so.
    """
    owed = [case for case in cases if case.is_owed]
    handled = [case for case in owed if case.handled_s is not None]
    closed = [case for case in owed if case.closed_s is not None]
    to_assign = [case for case in cases if case.transferred_s is None]
    assigned = [case for case in to_assign if case.first_assigned_s is not None]
    passed_by = sum(case.verified_s is None for case in cases)
    on_time = sum(_at_or_before(case.handled_s, case.due_s) for case in handled)
    closed_on_time = sum(_at_or_before(case.closed_s, case.due_s) for case in closed)
    return {
        "reports": desk.total,
        "valid_reports": desk.genuine,
        "accepted": desk.accepted,
        "verifications_owed": desk.accepted - passed_by,
        "verified": desk.verified - passed_by,
        "verified_on_time": max(desk.verified - passed_by - desk.late["verify"], 0),
        "registered": len(cases),
        "registered_on_time": max(len(cases) - desk.late["register"], 0),
        "registered_right": sum(case.voided_s is None for case in cases),
        "assignments_owed": len(to_assign),
        "assigned": len(assigned),
        "assigned_on_time": sum("dispatch" not in case.stages_overdue for case in assigned),
        "assigned_right": sum(case.returns == 0 for case in assigned),
        "owed": len(owed),
        "dispatched": sum(case.dispatched_s is not None for case in owed),
        "handled": len(handled),
        "handled_on_time": on_time,
        "handled_in_stage": sum("handle" not in case.stages_overdue for case in handled),
        "handled_late": len(handled) - on_time,
        "pending": len(owed) - len(handled),
        "pending_late": sum(case.handled_s is None and case.is_late(end_s) for case in owed),
        "checked": sum(case.checked_s is not None for case in handled),
        "checked_on_time": sum(
            case.checked_s is not None and "check" not in case.stages_overdue for case in handled
        ),
        "closed": len(closed),
        "closed_on_time": closed_on_time,
        "closed_late": len(closed) - closed_on_time,
        "unclosed": sum(case.is_open for case in cases),
        "overdue_open": sum(case.is_late(end_s) for case in owed),
        "reworked": sum(case.reworks > 0 for case in handled),
        "returned": sum(case.returns > 0 for case in assigned),
        "extended": sum(case.extensions > 0 for case in owed),
        "suspended": sum(case.suspensions > 0 for case in owed),
        "reopened": sum(case.reopenings > 0 for case in owed),
        "voided": sum(case.voided_s is not None for case in cases),
        **{
            name: sum(_at_or_before(case.response_s, limit_s) for case in owed)
            for name, limit_s in COVERAGE_S.items()
        },
    }


def case_indicators(
    counts: Mapping[str, int], denominators: Mapping[str, str] | None = None
) -> list[Indicator]:
    """Divide the counts.

    Parameters
    ----------
    counts
        See `case_counts`.
    denominators
        For an indicator of `CHOICES`, the count that it is divided by; the default where it says nothing.
    """
    chosen = dict(denominators or {})
    found = []
    for name, zh, en, above, default in _INDICATORS:
        below = chosen.get(name, default)
        (above_zh, above_en), (below_zh, below_en) = COUNTS[above], COUNTS[below]
        found.append(
            Indicator(
                id=name,
                zh=zh,
                en=en,
                numerator=counts[above],
                denominator=counts[below],
                formula=f"{above_en} / {below_en}",
                formula_zh=f"{above_zh} / {below_zh}",
            )
        )
    return found


def jinniu_composite(indicators: Sequence[Indicator]) -> Composite:
    """Weigh handling, rework, lateness and extensions as the district of Jinniu in Chengdu does."""
    values = {indicator.id: indicator.value for indicator in indicators}
    shares = [(points, values[name], against) for points, name, against in _JINNIU]
    known = [
        points * (1.0 - share if against else share) for points, share, against in shares if share is not None
    ]
    return Composite(
        id="jinniu_composite",
        zh="综合得分（成都金牛）",
        en="Composite score (Jinniu, Chengdu)",
        value=sum(known) if len(known) == len(_JINNIU) else None,
        formula=_sum_of({indicator.id: indicator.id for indicator in indicators}),
        formula_zh=_sum_of({indicator.id: indicator.zh for indicator in indicators}),
    )


def _sum_of(names: Mapping[str, str]) -> str:
    terms = (
        f"{points:.0f} x (1 - {names[name]})" if against else f"{points:.0f} x {names[name]}"
        for points, name, against in _JINNIU
    )
    return " + ".join(terms)


def _at_or_before(value_s: float | None, limit_s: float) -> bool:
    return value_s is not None and value_s <= limit_s
