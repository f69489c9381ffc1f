"""Tasks of a case: what one crew is asked to do at one place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from agents.catalogue import TaskKind
from agents.machine import Word, next_state


class TaskState(Word):
    """Where a task stands."""

    OPEN = "open"
    ASSIGNED = "assigned"
    UNDER_WAY = "under way"
    ON_SITE = "on site"
    IN_EFFECT = "in effect"
    DONE = "done"
    DROPPED = "dropped"


class TaskAction(Word):
    """What can happen to a task."""

    ASSIGN = "assign"
    DEPART = "depart"
    ARRIVE = "arrive"
    TAKE_EFFECT = "take effect"
    FINISH = "finish"
    RECALL = "recall"
    DROP = "drop"


S, A = TaskState, TaskAction

_STEPS: tuple[tuple[TaskState, TaskAction, TaskState], ...] = (
    (S.OPEN, A.ASSIGN, S.ASSIGNED),
    (S.ASSIGNED, A.DEPART, S.UNDER_WAY),
    (S.UNDER_WAY, A.ARRIVE, S.ON_SITE),
    (S.ASSIGNED, A.RECALL, S.OPEN),
    (S.UNDER_WAY, A.RECALL, S.OPEN),
    (S.ON_SITE, A.RECALL, S.OPEN),
    (S.ON_SITE, A.TAKE_EFFECT, S.IN_EFFECT),  # a pump runs while its crew stays
    (S.ON_SITE, A.FINISH, S.DONE),
    (S.IN_EFFECT, A.FINISH, S.DONE),
    (S.IN_EFFECT, A.RECALL, S.OPEN),  # its crew left and the pump stopped
    (S.OPEN, A.DROP, S.DROPPED),
    (S.ASSIGNED, A.DROP, S.DROPPED),
    (S.UNDER_WAY, A.DROP, S.DROPPED),
    (S.ON_SITE, A.DROP, S.DROPPED),
)

_NEXT = {(state, action): after for state, action, after in _STEPS}

TRANSITIONS: Mapping[tuple[TaskState, TaskAction], TaskState] = MappingProxyType(_NEXT)
"""Every step a task may take; all others are refused by name."""

SETTLED = frozenset({S.IN_EFFECT, S.DONE, S.DROPPED})
"""States in which a task no longer keeps its case from being checked."""

OVER = frozenset({S.DONE, S.DROPPED})
"""States in which nothing more happens."""


@dataclass(slots=True)
class Task:
    """What one crew is asked to do.

    Parameters
    ----------
    id, case
        Ids.
    kind, skill
        What it is and who can do it; an empty skill means anybody.
    nodes
        Junctions from which the place is reached; any of them will do.
    x, y
        The place, m.
    ready_s
        From when it may be dispatched, s since start.
    cause
        Id of the event that asked for it.
    items
        Gullies still to be cleared; the place of a barrier.
    hose_m
        Length of the hose without which nobody can do it, m; 0 for none.
    state, crew
        Where it stands and who does it; an empty string for nobody.
    orders
        Ids of the orders it has given.
    """

    id: str
    case: str
    kind: TaskKind
    skill: str
    nodes: tuple[int, ...]
    x: float
    y: float
    ready_s: float
    cause: int
    items: list[str] = field(default_factory=list)
    hose_m: float = 0.0
    state: TaskState = TaskState.OPEN
    crew: str = ""
    orders: list[str] = field(default_factory=list)

    def step(self, action: TaskAction) -> None:
        """Take one step of the table.

        Raises
        ------
        TransitionError
            If the present state does not allow it.
        """
        after = _NEXT.get((self.state, action))
        self.state = after or next_state(_NEXT, "Task", self.id, self.state, action)

    def __reduce__(self) -> tuple[Any, ...]:
        return Task, _VALUES(self)  # as cases do


_VALUES = attrgetter(*Task.__dataclass_fields__)
