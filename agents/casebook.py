"""The case book: every case and task of a run, and what waits for a crew."""

from collections import Counter
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Protocol

from agents.cases import ENDED, Case
from agents.columns import Mass
from agents.merging import ClosedCases, OpenCases
from agents.tasks import OVER, SETTLED, Task, TaskAction, TaskState


@dataclass(slots=True)
class Closure:
    """A road that stands closed, or a barrier that stands: the order, its event, and the case behind it."""

    order: str
    event: int
    case: str


class OnTheWay(Protocol):
    """A journey to a task."""

    def look_up(self) -> None:
        """Stop at the next junction, to decide there how to go on."""
        ...


@dataclass(slots=True)
class CaseBook:
    """Cases and tasks by id; those that are over leave, since the event log knows them.

    The tasks of a case leave when it is closed, the case itself once its matter can no longer come back.

    Parameters
    ----------
    open_cases
        Where reports look for a case to merge into.
    closed_cases
        Where they look for one to open again.
    waiting
        Tasks that nobody does yet, by id.
    closures, barriers
        Closed roads by id, and barriers that crews laid by their site.
    under_way
        Journeys to tasks, by task.
    overflows
        Latest report of each manhole that was reported to overflow, as the id of the event that brought it
        to its case: by case, then by sewer node.
    stirred
        Ids of crews that have changed since the latest dispatch round, in that order; see `agents.muster`.
    begun, left
        How many cases there have been, and in which state those that have left the book ended.
    """

    open_cases: OpenCases
    closed_cases: ClosedCases
    cases: dict[str, Case] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    waiting: dict[str, Task] = field(default_factory=dict)
    closures: dict[str, Closure] = field(default_factory=dict)
    barriers: dict[str, Closure] = field(default_factory=dict)
    under_way: dict[str, OnTheWay] = field(default_factory=dict)
    overflows: dict[str, dict[str, int]] = field(default_factory=dict)
    stirred: dict[str, None] = field(default_factory=dict)
    reports: int = 0
    orders: int = 0
    begun: int = 0
    left: Counter[str] = field(default_factory=Counter)
    _leaving: frozenset[str] = frozenset()

    def __getstate__(self) -> tuple[Any, ...]:
        """Return all fields; cases and tasks without their ids, which they know themselves."""
        return Mass(self.cases.values()), Mass(self.tasks.values()), *_OTHERS(self)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        cases, tasks, *others = state
        self.cases = {case.id: case for case in cases}
        self.tasks = {task.id: task for task in tasks}
        for name, value in zip(_OTHER_FIELDS, others, strict=True):
            setattr(self, name, value)

    def next_report_id(self) -> str:
        """Return a fresh report id."""
        self.reports += 1
        return f"R-{self.reports:05d}"

    def next_case_id(self) -> str:
        """Return a fresh case id."""
        self.begun += 1
        return f"C-{self.begun:05d}"

    def next_order_id(self) -> str:
        """Return a fresh order id."""
        self.orders += 1
        return f"O-{self.orders:05d}"

    def tasks_of(self, case: Case) -> list[Task]:
        """Tasks of a case since it was last opened, in the order in which they were planned."""
        tasks = self.tasks
        return [tasks[task_id] for task_id in case.tasks[case.past_tasks :]]

    def add_task(self, task: Task) -> None:
        """Enter a task; it waits for a crew from now on."""
        self.tasks[task.id] = task
        self.waiting[task.id] = task
        self.cases[task.case].tasks.append(task.id)

    def step_task(self, task: Task, action: TaskAction) -> None:
        """Take one step of a task's table, keep the waiting list right and tell a crew on its way."""
        task.step(action)
        journey = self.under_way.pop(task.id, None) if self.under_way else None
        if journey is not None and task.state is TaskState.DROPPED:
            journey.look_up()
        if task.state is TaskState.OPEN:
            task.crew = ""
            self.waiting[task.id] = task
        else:
            self.waiting.pop(task.id, None)

    def is_settled(self, case: Case) -> bool:
        """Whether every task of a case is done, dropped or in effect."""
        return SETTLED.issuperset([task.state for task in self.tasks_of(case)])

    def is_over(self, case: Case) -> bool:
        """Whether nothing more happens to any task of a case."""
        return OVER.issuperset([task.state for task in self.tasks_of(case)])

    def close(self, case: Case, now_s: float) -> None:
        """Put a closed case where its matter may open it again; its tasks, which are over, leave."""
        for task_id in case.tasks[case.past_tasks :]:
            del self.tasks[task_id]
        case.past_tasks = len(case.tasks)
        self.open_cases.remove(case)
        self.closed_cases.add(case, now_s)

    def open_again(self, case: Case) -> None:
        """Put a closed case back among the open ones."""
        self.closed_cases.remove(case)
        self.open_cases.add(case)

    def is_attended(self, case: Case) -> bool:
        """Whether some crew is on its way to a case or at work there."""
        return any(
            task.state in (TaskState.ASSIGNED, TaskState.UNDER_WAY, TaskState.ON_SITE)
            for task in self.tasks_of(case)
        )

    def tidy(self, now_s: float, held: AbstractSet[str]) -> None:
        """Let the cases leave that were over at the last tidying already, and that nothing refers to.

        Parameters
        ----------
        now_s
            Present time, s.
        held
            Ids of tasks that crews have.
        """
        open_again = self.closed_cases.kept(now_s)
        needed = {closure.case for closure in (*self.closures.values(), *self.barriers.values())}
        over = [
            name
            for name, case in self.cases.items()
            if case.state in ENDED and name not in open_again and name not in needed
        ]
        for name in over:
            if name in self._leaving and self._is_through(self.cases[name], held):
                case = self.cases.pop(name)
                self.overflows.pop(name, None)
                self.left[str(case.state)] += 1
                for task in case.tasks[case.past_tasks :]:
                    del self.tasks[task]
        self._leaving = frozenset(over)

    def _is_through(self, case: Case, held: AbstractSet[str]) -> bool:
        return held.isdisjoint(case.tasks) and self.is_over(case)


_OTHER_FIELDS = tuple(name for name in CaseBook.__dataclass_fields__ if name not in ("cases", "tasks"))
_OTHERS = attrgetter(*_OTHER_FIELDS)
