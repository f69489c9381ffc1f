"""A case, from report to closure, as a state machine in a table."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from agents.limits import Stage, Urgency
from agents.machine import Word, next_state


class CaseState(Word):
    """Where a case stands."""

    REPORTED = "reported"
    ACCEPTED = "accepted"
    VERIFIED = "verified"
    REGISTERED = "registered"
    ASSIGNED = "assigned"
    DISPATCHED = "dispatched"
    TRAVELLING = "travelling"
    HANDLING = "handling"
    CHECKING = "checking"
    RESTORING = "restoring"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    VOID = "void"
    TRANSFERRED = "transferred"


class CaseAction(Word):
    """What can happen to a case."""

    ACCEPT = "accept"
    VERIFY = "verify"
    REGISTER = "register"
    TRANSFER = "transfer"
    ASSIGN = "assign"
    RETURN = "return"
    DISPATCH = "dispatch"
    DEPART = "depart"
    ARRIVE = "arrive"
    RECALL = "recall"
    FINISH = "finish"
    PASS = "pass"
    REWORK = "rework"
    CLOSE = "close"
    VOID = "void"
    SUSPEND = "suspend"
    RESUME = "resume"
    EXTEND = "extend"
    REOPEN = "reopen"
    ESCALATE = "escalate"
    EXPIRE = "expire"


S, A = CaseState, CaseAction

AT_DESK = frozenset({S.REPORTED, S.ACCEPTED, S.VERIFIED, S.REGISTERED})
"""States in which no unit has the case."""

WITH_UNIT = frozenset({
    S.ASSIGNED, S.DISPATCHED, S.TRAVELLING, S.HANDLING, S.CHECKING, S.RESTORING, S.SUSPENDED
})  # fmt: skip
"""States in which a unit has the case."""

OPEN_STATES = AT_DESK | WITH_UNIT

ENDED = frozenset({S.CLOSED, S.VOID, S.TRANSFERRED})
"""States in which nothing more happens, unless the matter of a closed case comes back."""

_STEPS: tuple[tuple[CaseState, CaseAction, CaseState], ...] = (
    (S.REPORTED, A.ACCEPT, S.ACCEPTED),
    (S.ACCEPTED, A.VERIFY, S.VERIFIED),
    (S.ACCEPTED, A.VOID, S.VOID),  # found out at verification
    (S.VERIFIED, A.REGISTER, S.REGISTERED),
    (S.REPORTED, A.REGISTER, S.REGISTERED),  # point to point
    (S.ACCEPTED, A.REGISTER, S.REGISTERED),  # point to point, once more is known
    (S.REGISTERED, A.TRANSFER, S.TRANSFERRED),
    (S.REGISTERED, A.ASSIGN, S.ASSIGNED),
    (S.ASSIGNED, A.RETURN, S.REGISTERED),  # the unit is not responsible
    (S.ASSIGNED, A.SUSPEND, S.SUSPENDED),
    (S.SUSPENDED, A.RESUME, S.ASSIGNED),
    (S.ASSIGNED, A.DISPATCH, S.DISPATCHED),
    (S.DISPATCHED, A.DISPATCH, S.DISPATCHED),  # a second crew for another task
    (S.TRAVELLING, A.DISPATCH, S.TRAVELLING),
    (S.HANDLING, A.DISPATCH, S.HANDLING),
    (S.RESTORING, A.DISPATCH, S.RESTORING),
    (S.CHECKING, A.DISPATCH, S.DISPATCHED),  # a report told of more water in the meantime
    (S.DISPATCHED, A.DEPART, S.TRAVELLING),
    (S.TRAVELLING, A.DEPART, S.TRAVELLING),
    (S.HANDLING, A.DEPART, S.HANDLING),
    (S.RESTORING, A.DEPART, S.RESTORING),
    (S.ASSIGNED, A.DEPART, S.TRAVELLING),  # sent before the case was sent back
    (S.ASSIGNED, A.ARRIVE, S.HANDLING),
    (S.DISPATCHED, A.ARRIVE, S.HANDLING),
    (S.TRAVELLING, A.ARRIVE, S.HANDLING),
    (S.HANDLING, A.ARRIVE, S.HANDLING),
    (S.RESTORING, A.ARRIVE, S.RESTORING),
    (S.DISPATCHED, A.RECALL, S.ASSIGNED),  # nobody is on the way any more
    (S.TRAVELLING, A.RECALL, S.ASSIGNED),
    (S.HANDLING, A.RECALL, S.ASSIGNED),
    (S.HANDLING, A.FINISH, S.CHECKING),
    (S.ASSIGNED, A.FINISH, S.CHECKING),  # sent back, and the water left before anybody came again
    (S.HANDLING, A.VOID, S.VOID),
    (S.CHECKING, A.PASS, S.RESTORING),
    (S.CHECKING, A.REWORK, S.ASSIGNED),
    (S.RESTORING, A.REWORK, S.ASSIGNED),  # the water came back before all was cleared away
    (S.RESTORING, A.CLOSE, S.CLOSED),
    (S.CLOSED, A.REOPEN, S.REGISTERED),  # the matter came back
    *((state, A.EXTEND, state) for state in sorted(WITH_UNIT - {S.SUSPENDED})),
    *((state, A.ESCALATE, state) for state in sorted(OPEN_STATES)),
    *((state, A.EXPIRE, state) for state in sorted(OPEN_STATES)),
)

_NEXT = {(state, action): after for state, action, after in _STEPS}

TRANSITIONS: Mapping[tuple[CaseState, CaseAction], CaseState] = MappingProxyType(_NEXT)
"""Every step a case may take; all others are refused by name."""


@dataclass(slots=True)
class Case:
    """One matter at one place.

    Parameters
    ----------
    id
        Case number.
    class_code
        Event class of the catalogue.
    x, y
        Where it was first reported, m.
    road, grid_cell
        Ids; empty where the city has none there.
    underpass
        Whether its road runs below a deck.
    level
        Urgency, 1 (most) to 4.
    depth_m
        Latest known depth, m; None when nobody has stated one, and once it is closed.
    urgency
        Urgency that belongs to the level.
    reported_s, last_report_s
        Times of its first and latest report, s since start; None once it is closed.
    genuine
        False when the reports behind it are false; nobody in the run knows before looking.
    channel
        Through which it was first reported.
    accepted_s, verified_s, registered_s, assigned_s
        When its stages at the desk were over, s; None before, and for what a top-urgent case passes by.
    due_s
        By when it must be closed, s; ``inf`` before it is registered.
    stage, stage_due_s
        The stage whose limit runs, and when it runs out, s.
    unit, owner_unit, regulator
        Who has it, who owns what it concerns, who supervises; ids, empty where the city has none.
    misassigned
        Whether the unit that has it is not responsible.
    reports
        Number of reports so far.
    confirmed
        Whether somebody trustworthy has seen the matter.
    state
        Where it stands.
    tasks
        Ids of its tasks, in order.
    cause
        Id of the latest event of its story.
    failed_checks, reworks
        Checks without progress since it was last handled, and how often it was sent back in all.
    overdue
        Whether its time limit has run out.
    passed_s
        When it last passed its check, s; None before.
    checked_m
        Depth at the latest check since it was handled, m.
    look_s
        When it is looked at next, s; None when nobody watches it.
    extensions, reopenings
        How often it was given more time, and how often the matter came back after closing.
    past_tasks
        How many of its tasks were over when it was last closed; the case book holds these no longer.
    suspended_s
        Since when its clock stands still, s; None while it runs.
    structure
        Id of the watched structure that it is about; empty where nobody said.
    """

    id: str
    class_code: str
    x: float
    y: float
    road: str
    grid_cell: str
    underpass: bool
    level: int
    urgency: Urgency
    depth_m: float | None
    reported_s: float | None
    last_report_s: float | None
    genuine: bool
    channel: str = ""
    accepted_s: float | None = None
    verified_s: float | None = None
    registered_s: float | None = None
    assigned_s: float | None = None
    due_s: float = math.inf
    stage: Stage | None = None
    stage_due_s: float = math.inf
    unit: str = ""
    owner_unit: str = ""
    regulator: str = ""
    misassigned: bool = False
    reports: int = 1
    confirmed: bool = False
    state: CaseState = CaseState.REPORTED
    tasks: list[str] = field(default_factory=list)
    cause: int = 0
    failed_checks: int = 0
    reworks: int = 0
    overdue: bool = False
    passed_s: float | None = None
    checked_m: float | None = None
    look_s: float | None = None
    extensions: int = 0
    reopenings: int = 0
    past_tasks: int = 0
    suspended_s: float | None = None
    structure: str = ""

    @property
    def is_open(self) -> bool:
        """Whether anything can still happen to it."""
        return self.state in OPEN_STATES

    @property
    def is_with_its_unit(self) -> bool:
        """Whether the unit that has it is the one that handles it."""
        return self.state in WITH_UNIT and not self.misassigned

    def step(self, action: CaseAction) -> None:
        """Take one step of the table.

        Raises
        ------
        TransitionError
            If the present state does not allow it.
        """
        after = _NEXT.get((self.state, action))
        self.state = after or next_state(_NEXT, "Case", self.id, self.state, action)

    def __reduce__(self) -> tuple[Any, ...]:
        return Case, _VALUES(self)  # a saved state holds thousands; names of fields would double it


_VALUES = attrgetter(*Case.__dataclass_fields__)
