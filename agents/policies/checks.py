"""What of a policy's decisions can be carried out, and why the rest cannot."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeGuard

import numpy as np

from agents.policies.situation import (
    AnyCrew,
    Assignment,
    BusyCrew,
    Decision,
    Diversion,
    OpenTask,
    Reservation,
    Situation,
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A decision that cannot be carried out; empty ids where it names none."""

    task: str
    crew: str
    reason: str


@dataclass(slots=True)
class CheckedPlan:
    """Decisions that fit the situation and each other, in the order in which they were made."""

    diversions: list[Diversion] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    reservations: list[Reservation] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be carried out."""
        return not (self.diversions or self.assignments or self.reservations)


def most_decisions(crews: int, tasks: int) -> int:
    """How many decisions are read at most: more than one for everybody and everything may have no end."""
    return 2 * (crews + tasks) + 1


def check_decisions(decisions: Iterable[object], situation: Situation) -> CheckedPlan:
    """Sort decisions into what can be carried out and what is refused.

    Diversions count first, because the tasks that they leave are open to the others, then those who are
    sent now, then plans. Where two decisions want the same crew or task, the first one has it.

    Parameters
    ----------
    decisions
        Whatever a policy returned.
    situation
        What it was asked about.
    """
    return _Check(situation).run(list(decisions))


class _Check:
    def __init__(self, situation: Situation) -> None:
        self.situation = situation
        self.free = {crew.id: crew for crew in situation.crews}
        self.busy: dict[str, BusyCrew] = {}
        self.tasks = {task.id: task for task in situation.tasks}
        self.ways: dict[tuple[str, str], bool] = {}
        self.plan = CheckedPlan()

    def run(self, decisions: Sequence[object]) -> CheckedPlan:
        readable = [decision for decision in decisions if self._is_readable(decision)]
        if any(isinstance(decision, Diversion | Reservation) for decision in readable):
            self.busy = {crew.id: crew for crew in self.situation.busy}
        self._look_up_ways(readable)
        self._divert([decision for decision in readable if isinstance(decision, Diversion)])
        for decision in readable:
            if isinstance(decision, Assignment):
                crew = self.free.get(decision.crew)
                if self._fits(decision, crew, "no such crew is free, or it was named twice"):
                    self.plan.assignments.append(decision)
                    del self.free[decision.crew], self.tasks[decision.task]
        for decision in readable:
            if isinstance(decision, Reservation):
                busy = self.busy.get(decision.crew)
                if self._fits(decision, busy, "no such crew is at work, or it was named twice"):
                    self.plan.reservations.append(decision)
                    del self.busy[decision.crew], self.tasks[decision.task]
        return self.plan

    def _is_readable(self, decision: object) -> TypeGuard[Decision]:
        if not isinstance(decision, Assignment | Reservation | Diversion):
            self._refuse("", "", f"an object of type {type(decision).__name__} is no decision")
            return False
        if not isinstance(decision.crew, str) or not isinstance(decision.task, str):
            self._refuse(
                "", "", f"{type(decision).__name__} names its crew or task by something else than an id"
            )
            return False
        return True

    def _look_up_ways(self, decisions: Sequence[Decision]) -> None:
        """Ask once for the ways of all who are to be sent now, which is quicker than one by one."""
        crews = [
            crew for d in decisions if (crew := self.free.get(d.crew)) is not None and d.task in self.tasks
        ]
        tasks = [self.tasks[d.task] for d in decisions if d.crew in self.free and d.task in self.tasks]
        possible = np.isfinite(self.situation.travel_times(crews, tasks)).diagonal().tolist() if crews else ()
        for crew, task, is_possible in zip(crews, tasks, possible, strict=True):
            self.ways[crew.id, task.id] = is_possible

    def _divert(self, wanted: list[Diversion]) -> None:
        """Keep the diversions that hold together: each goes to an open task, or one that another leaves."""
        moving = {name: crew for name, crew in self.busy.items() if not crew.on_site}
        left: list[Diversion] = []
        for decision in wanted:
            if decision.crew in moving and decision.crew not in {other.crew for other in left}:
                left.append(decision)
            else:
                self._refuse(decision.task, decision.crew, "no such crew is under way, or it was named twice")
        while True:
            open_tasks = self.tasks | {moving[d.crew].task.id: moving[d.crew].task for d in left}
            kept: list[Diversion] = []
            for decision in left:
                crew = moving[decision.crew]
                task = open_tasks.get(decision.task)
                if task is None or task.id == crew.task.id or not self._can_go(crew, task):
                    self._refuse(decision.task, decision.crew, "the crew under way cannot be diverted there")
                else:
                    kept.append(decision)
                    del open_tasks[decision.task]
            if len(kept) == len(left):
                break
            left = kept
        self.tasks = open_tasks
        self.plan.diversions = left
        for decision in left:
            del self.busy[decision.crew]

    def _fits(self, decision: Assignment | Reservation, crew: AnyCrew | None, missing: str) -> bool:
        task = self.tasks.get(decision.task)
        if crew is None:
            self._refuse(decision.task, decision.crew, missing)
        elif task is None:
            self._refuse(decision.task, decision.crew, "no such task is open, or it was named twice")
        elif not self._can_go(crew, task):
            self._refuse(decision.task, decision.crew, "the crew lacks the skill or has no way there")
        else:
            return True
        return False

    def _can_go(self, crew: AnyCrew, task: OpenTask) -> bool:
        pair = crew.id, task.id
        if pair not in self.ways:
            self.ways[pair] = bool(np.isfinite(self.situation.travel_times([crew], [task])[0, 0]))
        return self.ways[pair]

    def _refuse(self, task: str, crew: str, reason: str) -> None:
        self.plan.refusals.append(Refusal(task, crew, reason))
