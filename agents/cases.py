"""A case, from report to closure, as a state machine in a table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from agents.machine import next_state


class CaseState(StrEnum):
    """Where a case stands."""

    REPORTED = "reported"
    REGISTERED = "registered"
    DISPATCHED = "dispatched"
    TRAVELLING = "travelling"
    HANDLING = "handling"
    CHECKING = "checking"
    RESTORING = "restoring"
    CLOSED = "closed"
    VOID = "void"
    TRANSFERRED = "transferred"


class CaseAction(StrEnum):
    """What can happen to a case."""

    REGISTER = "register"
    TRANSFER = "transfer"
    DISPATCH = "dispatch"
    DEPART = "depart"
    ARRIVE = "arrive"
    RECALL = "recall"
    FINISH = "finish"
    PASS = "pass"
    REWORK = "rework"
    CLOSE = "close"
    VOID = "void"
    ESCALATE = "escalate"
    EXPIRE = "expire"


S, A = CaseState, CaseAction

OPEN_STATES = frozenset({S.REGISTERED, S.DISPATCHED, S.TRAVELLING, S.HANDLING, S.CHECKING, S.RESTORING})

_STEPS: tuple[tuple[CaseState, CaseAction, CaseState], ...] = (
    (S.REPORTED, A.REGISTER, S.REGISTERED),
    (S.REGISTERED, A.TRANSFER, S.TRANSFERRED),
    (S.REGISTERED, A.DISPATCH, S.DISPATCHED),
    (S.DISPATCHED, A.DISPATCH, S.DISPATCHED),  # a second crew for another task
    (S.TRAVELLING, A.DISPATCH, S.TRAVELLING),
    (S.HANDLING, A.DISPATCH, S.HANDLING),
    (S.RESTORING, A.DISPATCH, S.RESTORING),
    (S.CHECKING, A.DISPATCH, S.DISPATCHED),  # a report told of more water in the meantime
    (S.DISPATCHED, A.DEPART, S.TRAVELLING),
    (S.TRAVELLING, A.DEPART, S.TRAVELLING),
    (S.HANDLING, A.DEPART, S.HANDLING),
    (S.RESTORING, A.DEPART, S.RESTORING),
    (S.REGISTERED, A.DEPART, S.TRAVELLING),  # sent before the case was sent back
    (S.REGISTERED, A.ARRIVE, S.HANDLING),
    (S.DISPATCHED, A.ARRIVE, S.HANDLING),
    (S.TRAVELLING, A.ARRIVE, S.HANDLING),
    (S.HANDLING, A.ARRIVE, S.HANDLING),
    (S.RESTORING, A.ARRIVE, S.RESTORING),
    (S.DISPATCHED, A.RECALL, S.REGISTERED),  # nobody is on the way any more
    (S.TRAVELLING, A.RECALL, S.REGISTERED),
    (S.HANDLING, A.RECALL, S.REGISTERED),
    (S.HANDLING, A.FINISH, S.CHECKING),
    (S.REGISTERED, A.FINISH, S.CHECKING),  # sent back, and the water left before anybody came again
    (S.HANDLING, A.VOID, S.VOID),
    (S.CHECKING, A.PASS, S.RESTORING),
    (S.CHECKING, A.REWORK, S.REGISTERED),
    (S.RESTORING, A.REWORK, S.REGISTERED),  # the water came back before all was cleared away
    (S.RESTORING, A.CLOSE, S.CLOSED),
    *((state, A.ESCALATE, state) for state in sorted(OPEN_STATES)),
    *((state, A.EXPIRE, state) for state in sorted(OPEN_STATES)),
)

TRANSITIONS: Mapping[tuple[CaseState, CaseAction], CaseState] = MappingProxyType(
    {(state, action): after for state, action, after in _STEPS}
)
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
        Latest known depth, m; None when nobody has stated one.
    registered_s, due_s, last_report_s
        Times, s since start.
    genuine
        False when the reports behind it are false; nobody in the run knows before arriving.
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
    """

    id: str
    class_code: str
    x: float
    y: float
    road: str
    grid_cell: str
    underpass: bool
    level: int
    depth_m: float | None
    registered_s: float
    due_s: float
    last_report_s: float
    genuine: bool
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

    @property
    def is_open(self) -> bool:
        """Whether anything can still happen to it."""
        return self.state in OPEN_STATES

    def step(self, action: CaseAction) -> None:
        """Take one step of the table.

        Raises
        ------
        TransitionError
            If the present state does not allow it.
        """
        self.state = next_state(TRANSITIONS, f"Case '{self.id}'", self.state, action)
