"""What became of each case and report, followed through the event log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cim_models.events import Event


@dataclass(slots=True)
class CaseRecord:
    """What became of one case; times in s since the start, None for what did not happen.

    ``accepted_s`` and ``verified_s`` are None as well for a case that went point to point. ``assigned_s``
    is when the unit that is responsible got it, ``first_assigned_s`` when any unit did. ``since_s`` is when
    it was registered, or opened again. ``stages_overdue`` names the stages whose limit ran out.
    """

    id: str
    registered_s: float
    due_s: float
    level: int
    grid_cell: str
    class_code: str
    unit: str = ""
    reported_s: float | None = None
    accepted_s: float | None = None
    verified_s: float | None = None
    since_s: float = 0.0
    first_assigned_s: float | None = None
    assigned_s: float | None = None
    dispatched_s: float | None = None
    departed_s: float | None = None
    arrived_s: float | None = None
    handled_s: float | None = None
    checked_s: float | None = None
    closed_s: float | None = None
    voided_s: float | None = None
    transferred_s: float | None = None
    suspended_s: float | None = None
    point_to_point: bool = False
    overdue: bool = False
    escalations: int = 0
    reworks: int = 0
    returns: int = 0
    extensions: int = 0
    refused_extensions: int = 0
    suspensions: int = 0
    reopenings: int = 0
    stages_overdue: set[str] = field(default_factory=set)

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

    @property
    def travel_s(self) -> float | None:
        """Time from the departure to the arrival of the crew that came first, s."""
        if self.arrived_s is None or self.departed_s is None:
            return None
        return self.arrived_s - self.departed_s

    def is_late(self, end_s: float) -> bool:
        """Whether it is open past its limit at a time; a suspended case's clock stands still."""
        return self.is_open and self.suspended_s is None and self.due_s < end_s


@dataclass(slots=True)
class DeskCounts:
    """Reports and what the desk made of them.

    ``accepted`` and ``verified`` count cases, also those for which these steps took no time; ``found_false``
    those that verification found false; ``late`` counts cases whose stage at the desk ran out of time.
    """

    by_channel: Counter[str] = field(default_factory=Counter)
    genuine: int = 0
    merged: int = 0
    accepted: int = 0
    verified: int = 0
    found_false: int = 0
    late: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """All reports."""
        return sum(self.by_channel.values())


def collect_cases(events: Sequence[Event]) -> list[CaseRecord]:
    """Follow each registered case through the event log, in the order of registration."""
    cases: dict[str, CaseRecord] = {}
    departures: dict[str, tuple[str, float]] = {}
    for event in events:
        if event.kind == "case.registered":
            cases[event.subject] = _begin(event)
        elif event.kind.startswith("case.") and event.subject in cases:
            step = _STEPS.get(event.kind.removeprefix("case."))
            if step is not None:
                step(cases[event.subject], event)
        elif event.kind == "crew.departed":
            departures[event.subject] = str(event.data.get("case") or ""), event.t_s
        elif event.kind == "crew.arrived" and event.data["case"] in cases:
            _arrive(cases[event.data["case"]], event, departures.get(event.subject))
    return list(cases.values())


def collect_reports(events: Sequence[Event]) -> DeskCounts:
    """Count the reports, and what became of them before registration."""
    counts = DeskCounts()
    accepted, verified, registered = set[str](), set[str](), set[str]()
    for event in events:
        if event.kind == "report.made":
            counts.by_channel[str(event.data["channel"])] += 1
            counts.genuine += bool(event.data.get("genuine", True))
        elif event.kind == "report.merged":
            counts.merged += 1
        elif event.kind == "case.accepted":
            accepted.add(event.subject)
        elif event.kind == "case.verified":
            verified.add(event.subject)
        elif event.kind == "case.registered":
            registered.add(event.subject)
        elif event.kind == "case.voided" and event.subject not in registered:
            counts.found_false += 1
            verified.add(event.subject)
        elif event.kind == "case.stage_overdue":
            counts.late[str(event.data["stage"])] += 1
    counts.accepted, counts.verified = len(accepted | registered), len(verified | registered)
    return counts


def _begin(event: Event) -> CaseRecord:
    data = event.data
    return CaseRecord(
        id=event.subject,
        registered_s=event.t_s,
        since_s=event.t_s,
        due_s=float(data["due_s"]),
        level=int(data["level"]),
        grid_cell=str(data.get("grid_cell") or ""),
        class_code=str(data["class_code"]),
        unit=str(data.get("unit") or ""),
        reported_s=data.get("reported_s"),
        accepted_s=data.get("accepted_s"),
        verified_s=data.get("verified_s"),
    )


def _arrive(case: CaseRecord, event: Event, departure: tuple[str, float] | None) -> None:
    if case.arrived_s is None:
        case.arrived_s = event.t_s
        if departure is not None and departure[0] == case.id:
            case.departed_s = departure[1]


def _assigned(case: CaseRecord, event: Event) -> None:
    case.first_assigned_s = event.t_s if case.first_assigned_s is None else case.first_assigned_s
    case.assigned_s = event.t_s
    case.unit = str(event.data.get("unit") or case.unit)
    case.point_to_point = case.point_to_point or bool(event.data.get("point_to_point"))


def _returned(case: CaseRecord, _event: Event) -> None:
    case.returns += 1
    case.assigned_s = None


def _dispatched(case: CaseRecord, event: Event) -> None:
    case.dispatched_s = event.t_s if case.dispatched_s is None else case.dispatched_s


def _handled(case: CaseRecord, event: Event) -> None:
    case.handled_s = event.t_s


def _checked(case: CaseRecord, event: Event) -> None:
    case.checked_s = event.t_s


def _closed(case: CaseRecord, event: Event) -> None:
    case.closed_s = event.t_s


def _voided(case: CaseRecord, event: Event) -> None:
    case.voided_s = event.t_s


def _transferred(case: CaseRecord, event: Event) -> None:
    case.transferred_s = event.t_s


def _escalated(case: CaseRecord, event: Event) -> None:
    case.escalations += 1
    case.level = int(event.data["level"])
    case.due_s = float(event.data["due_s"])


def _reworked(case: CaseRecord, _event: Event) -> None:
    case.reworks += 1
    case.handled_s = case.checked_s = None


def _extended(case: CaseRecord, event: Event) -> None:
    case.extensions += 1
    case.due_s = float(event.data["due_s"])


def _extension_refused(case: CaseRecord, _event: Event) -> None:
    case.refused_extensions += 1


def _suspended(case: CaseRecord, event: Event) -> None:
    case.suspensions += 1
    case.suspended_s = event.t_s


def _resumed(case: CaseRecord, event: Event) -> None:
    case.suspended_s = None
    case.due_s = float(event.data["due_s"])


def _reopened(case: CaseRecord, event: Event) -> None:
    case.reopenings += 1
    case.handled_s = case.checked_s = case.closed_s = case.assigned_s = None
    case.since_s = event.t_s
    case.overdue = False
    case.level, case.due_s = int(event.data["level"]), float(event.data["due_s"])


def _stage_overdue(case: CaseRecord, event: Event) -> None:
    case.stages_overdue.add(str(event.data["stage"]))


def _overdue(case: CaseRecord, _event: Event) -> None:
    case.overdue = True


_STEPS: Mapping[str, Callable[[CaseRecord, Event], None]] = {
    "assigned": _assigned,
    "returned": _returned,
    "dispatched": _dispatched,
    "handled": _handled,
    "checked": _checked,
    "closed": _closed,
    "voided": _voided,
    "transferred": _transferred,
    "escalated": _escalated,
    "reworked": _reworked,
    "extended": _extended,
    "extension_refused": _extension_refused,
    "suspended": _suspended,
    "resumed": _resumed,
    "reopened": _reopened,
    "stage_overdue": _stage_overdue,
    "overdue": _overdue,
}
