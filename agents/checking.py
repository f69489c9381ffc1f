"""Checking: whether a handled case really is solved, and what follows when it is not."""

import math
from typing import Protocol

from agents.agenda import Agenda
from agents.casebook import CaseBook
from agents.cases import Case, CaseAction, CaseState
from agents.catalogue import TaskKind
from agents.desk import Desk
from agents.hazards import HazardRepairs
from agents.limits import Stage
from agents.planning import Planner
from agents.settings import CaseSettings
from agents.sewers import SewerRepairs
from agents.tasks import OVER, Task, TaskAction, TaskState
from agents.world import World

FALLING = 0.9
"""Water that is below this share of its depth at the last check is on its way out; own assumption."""


class Repairs(Protocol):
    """What the cases of one kind of fault call for, step by step."""

    def go_on(self, case: Case, cause: int) -> bool:
        """Plan the next tasks of a case; False where it is about no such fault, or nothing is missing."""
        ...


_RESTORING = (TaskKind.REOPEN_ROAD, TaskKind.REMOVE_BARRIER)
"""Tasks that put a place back as it was."""


class Checker:
    """Follows cases from the first task that is done to closure.

    Parameters
    ----------
    world, book, desk, planner, settings
        Surroundings, cases, who keeps them, who plans the tasks, and settings.

    Attributes
    ----------
    repairs
        What cases call for whose cause is a broken main, where the supply is simulated.
    sewer
        What they call for whose cause is a fault of the sewer; None without one.
    hazards
        What the cases of gas and of cavities call for; None where these are not simulated.
    """

    def __init__(
        self, world: World, book: CaseBook, desk: Desk, planner: Planner, settings: CaseSettings
    ) -> None:
        self.world = world
        self.book = book
        self.desk = desk
        self.planner = planner
        self.settings = settings
        self.repairs: list[Repairs] = []
        self.sewer: SewerRepairs | None = None
        self.hazards: HazardRepairs | None = None
        self._agenda = Agenda(world.env, {"look": self._look, "resume": self._resume})

    def finish_task(self, task: Task, cause: int) -> None:
        """Note that a task is done."""
        self.book.step_task(task, TaskAction.FINISH)
        self.settle(self.book.cases[task.case], cause)

    def drop_task(self, task: Task, reason: str, cause: int) -> None:
        """Note that a task is not needed or cannot be done."""
        self.book.step_task(task, TaskAction.DROP)
        event = self.world.log(
            "task.dropped", task.id, cause, case=task.case, task=str(task.kind), reason=reason
        )
        self.settle(self.book.cases[task.case], event)

    def recall_task(self, task: Task, cause: int, *, cut_off: bool = False) -> None:
        """Note that the crew of a task gave it up; it waits for another.

        Parameters
        ----------
        task
            The task.
        cause
            Id of the event that ended the crew's part.
        cut_off
            Whether the crew found no way; a case that is not about the water itself then rests until
            the water is gone (缓办).
        """
        self.book.step_task(task, TaskAction.RECALL)
        task.ready_s = self.world.now_s
        task.cause = cause
        case = self.book.cases[task.case]
        on_the_way = (CaseState.DISPATCHED, CaseState.TRAVELLING, CaseState.HANDLING)
        if case.state in on_the_way and not self.book.is_attended(case):
            case.step(CaseAction.RECALL)
            if cut_off and not self._is_about_water(case):
                self._suspend(case, cause)

    def settle(self, case: Case, cause: int) -> None:
        """Move a case on when none of its tasks holds it any more."""
        if case.state is CaseState.HANDLING and self.book.is_settled(case):
            if any(repairs.go_on(case, cause) for repairs in self._all_repairs()):
                return
            case.step(CaseAction.FINISH)
            case.failed_checks = 0
            case.checked_m = None
            self.desk.deadlines.begin(case, Stage.CHECK)
            case.cause = self.world.log("case.handled", case.id, cause, unit=case.unit)
            self._look_again(case, self.settings.check_after_s)
        elif case.state is CaseState.RESTORING and self.book.is_over(case):
            self.desk.close(case)

    def watch(self, case: Case) -> None:
        """Start the regular look at the water of a case, unless it runs already."""
        if case.look_s is None and self._is_about_water(case):
            self._look_again(case, self.settings.check_every_s)

    def _look_again(self, case: Case, delay_s: float) -> None:
        """Set the next look at a case; an earlier one is void then."""
        if case.is_open:
            case.look_s = self.world.now_s + delay_s
            self._agenda.enter(case.look_s, "look", case.id, case.look_s)

    def _look(self, case_id: str, look_s: float) -> None:
        case = self.book.cases.get(case_id)
        if case is None or not case.is_open or case.look_s != look_s:
            return
        depth = None
        if self._is_about_water(case):
            depth = self.world.depth_at(case.x, case.y, case.road, self.settings.site_radius_m)
        if case.state is CaseState.CHECKING:
            if self.sewer is not None and self.sewer.go_on(case, case.cause):
                found = self.book.tasks[case.tasks[-1]].cause
                self._rework(case, "what dams the water up is found in the sewer", found)
            elif not self._is_kept(case):
                self._check(case, depth)
        elif depth is None:
            pass
        elif case.state is CaseState.RESTORING:
            self._guard(case, depth)
        else:
            self._drop_needless(case, depth)
        self._look_again(case, self.settings.check_every_s)

    def _suspend(self, case: Case, cause: int) -> None:
        self.desk.deadlines.suspend(case, "its crew was cut off by water", cause)
        for task in self.book.tasks_of(case):
            if task.state is TaskState.OPEN:
                task.ready_s = math.inf
        self._agenda.enter(
            self.world.now_s + self.settings.suspend_look_s, "resume", case.id, self.world.now_s
        )

    def _resume(self, case_id: str, since_s: float) -> None:
        """Take a suspended case up again once its place is dry, or after the longest rest."""
        case = self.book.cases.get(case_id)
        if case is None or case.suspended_s != since_s:
            return
        depth = self.world.depth_at(case.x, case.y, case.road, self.settings.site_radius_m)
        rested_s = self.world.now_s - since_s
        if (
            depth >= self.desk.catalogue.events.waterlogged_from_m
            and rested_s < self.settings.suspend_at_most_s
        ):
            next_s = self.world.now_s + self.settings.suspend_look_s
            self._agenda.enter(next_s, "resume", case.id, since_s)
            return
        self.desk.deadlines.resume(case, case.cause)
        for task in self.book.tasks_of(case):
            if task.state is TaskState.OPEN:
                task.ready_s, task.cause = self.world.now_s, case.cause

    def _check(self, case: Case, depth_m: float | None) -> None:
        passed = depth_m is None or not self._is_waterlogged(depth_m)
        event = self.world.log("case.checked", case.id, case.cause, passed=passed, depth_m=depth_m)
        case.cause = event
        if passed:
            case.step(CaseAction.PASS)
            case.passed_s = self.world.now_s
            self.desk.deadlines.end(case)
            self.planner.plan_reopening(case, event)
            if depth_m is not None:
                self._drop_needless(case, depth_m)
            self.settle(case, event)
            return
        assert depth_m is not None
        falls = case.checked_m is not None and depth_m <= FALLING * case.checked_m
        case.failed_checks += not falls
        case.checked_m = depth_m
        self.desk.learn_depth(case, depth_m, event)
        if not self.book.is_settled(case):
            self._rework(case, f"{depth_m:.2f} m of water call for more", event)
        elif case.failed_checks >= self.settings.rework_after and case.reworks < self.settings.most_reworks:
            self._try_again(case, f"still {depth_m:.2f} m after {case.failed_checks} checks", event)

    def _guard(self, case: Case, depth_m: float) -> None:
        """Send a case back whose water returned before its place was as it had been."""
        if not self._is_waterlogged(depth_m):
            return
        event = self.world.log("case.checked", case.id, case.cause, passed=False, depth_m=depth_m)
        for task in self.book.tasks_of(case):
            if task.kind in _RESTORING and task.state not in OVER:
                self.book.step_task(task, TaskAction.DROP)
                self.world.log(
                    "task.dropped",
                    task.id,
                    event,
                    case=case.id,
                    task=str(task.kind),
                    reason="the water is back",
                )
        self._try_again(case, f"the water came back to {depth_m:.2f} m", event)

    def _try_again(self, case: Case, reason: str, cause: int) -> None:
        if self.planner.plan_again(case, cause) or case.state is CaseState.RESTORING:
            self._rework(case, reason, cause)

    def _rework(self, case: Case, reason: str, cause: int) -> None:
        case.step(CaseAction.REWORK)
        case.reworks += 1
        case.failed_checks = 0
        case.passed_s = None
        self.desk.deadlines.begin(case, Stage.HANDLE)
        case.cause = self.world.log("case.reworked", case.id, cause, unit=case.unit, reason=reason)
        for task in self.book.tasks_of(case):
            if task.state is TaskState.OPEN:
                task.cause = case.cause

    def _drop_needless(self, case: Case, depth_m: float) -> None:
        """Drop tasks that nobody has begun and that the water no longer calls for."""
        for task in self.book.tasks_of(case):
            spec = self.desk.catalogue.tasks[task.kind]
            if task.state is TaskState.OPEN and depth_m < spec.useless_below_m:
                self.drop_task(task, f"{depth_m:.2f} m of water", case.cause)
        if case.state is CaseState.ASSIGNED and case.is_with_its_unit and self.book.is_settled(case):
            case.step(CaseAction.FINISH)
            self.desk.deadlines.begin(case, Stage.CHECK)

    def _all_repairs(self) -> list[Repairs]:
        return [*self.repairs, *(part for part in (self.sewer, self.hazards) if part is not None)]

    def _is_kept(self, case: Case) -> bool:
        """Whether what is known behind a case keeps it open, whatever its place looks like."""
        return any(part.keeps(case) for part in (self.sewer, self.hazards) if part is not None)

    def _is_about_water(self, case: Case) -> bool:
        return case.class_code == self.desk.catalogue.events.waterlogging

    def _is_waterlogged(self, depth_m: float) -> bool:
        return depth_m >= self.desk.catalogue.events.waterlogged_from_m
