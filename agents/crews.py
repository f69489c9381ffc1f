"""Crews: agents that wait, drive, work, drive home and go off duty."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import mesa
import numpy as np

from agents.cases import CaseAction
from agents.clock import Timer
from agents.driving import Journey
from agents.machine import next_state
from agents.site_work import SiteWork
from agents.tasks import Task, TaskAction, TaskState
from agents.views import RoadView
from agents.worktime import DAY_S, Shift


class CrewState(StrEnum):
    """What a crew is doing."""

    OFF_DUTY = "off duty"
    IDLE = "idle"
    PREPARING = "preparing"
    TRAVELLING = "travelling"
    CUT_OFF = "cut off"
    WORKING = "working"
    RETURNING = "returning"
    STRANDED = "stranded"


class CrewAction(StrEnum):
    """What can happen to a crew."""

    START_SHIFT = "start shift"
    END_SHIFT = "end shift"
    ASSIGN = "assign"
    DIVERT = "divert"
    DEPART = "depart"
    BLOCK = "block"
    RESUME = "resume"
    ARRIVE = "arrive"
    FINISH = "finish"
    RECALL = "recall"
    RETURN = "return"


S, A = CrewState, CrewAction

_STEPS: tuple[tuple[CrewState, CrewAction, CrewState], ...] = (
    (S.OFF_DUTY, A.START_SHIFT, S.IDLE),
    (S.IDLE, A.END_SHIFT, S.OFF_DUTY),
    (S.IDLE, A.ASSIGN, S.PREPARING),
    (S.RETURNING, A.ASSIGN, S.PREPARING),  # diverted at the next junction
    (S.STRANDED, A.ASSIGN, S.PREPARING),
    (S.PREPARING, A.DIVERT, S.PREPARING),
    (S.TRAVELLING, A.DIVERT, S.PREPARING),  # at the next junction, like a crew on its way home
    (S.CUT_OFF, A.DIVERT, S.PREPARING),
    (S.PREPARING, A.DEPART, S.TRAVELLING),
    (S.PREPARING, A.RECALL, S.IDLE),
    (S.TRAVELLING, A.BLOCK, S.CUT_OFF),
    (S.CUT_OFF, A.BLOCK, S.CUT_OFF),
    (S.CUT_OFF, A.RESUME, S.TRAVELLING),
    (S.TRAVELLING, A.RECALL, S.IDLE),
    (S.CUT_OFF, A.RECALL, S.IDLE),
    (S.TRAVELLING, A.ARRIVE, S.WORKING),
    (S.CUT_OFF, A.ARRIVE, S.WORKING),
    (S.WORKING, A.FINISH, S.IDLE),
    (S.IDLE, A.RETURN, S.RETURNING),
    (S.STRANDED, A.RETURN, S.RETURNING),
    (S.RETURNING, A.BLOCK, S.STRANDED),
    (S.STRANDED, A.BLOCK, S.STRANDED),
    (S.STRANDED, A.RESUME, S.RETURNING),
    (S.RETURNING, A.ARRIVE, S.IDLE),
    (S.STRANDED, A.ARRIVE, S.IDLE),
)

TRANSITIONS: Mapping[tuple[CrewState, CrewAction], CrewState] = MappingProxyType(
    {(state, action): after for state, action, after in _STEPS}
)
"""Every step a crew may take; all others are refused by name."""

AVAILABLE = frozenset({S.IDLE, S.RETURNING, S.STRANDED})
"""States in which a crew can be given a task."""


@dataclass(frozen=True, slots=True)
class CrewCard:
    """What does not change about a crew.

    Parameters
    ----------
    id, skill, vehicle
        Who they are, what they can do, what they drive.
    depot, home, home_xy
        Id, junction and place (m) of their depot.
    shift
        When they are on duty.
    """

    id: str
    skill: str
    vehicle: str
    depot: str
    home: int
    home_xy: tuple[float, float]
    shift: Shift


class Crew(mesa.Agent):
    """A crew with its vehicle.

    Parameters
    ----------
    model
        The Mesa model it belongs to.
    card
        What does not change about it.
    roads
        The road graph.
    work
        What it does on site.
    """

    def __init__(self, model: mesa.Model, card: CrewCard, roads: RoadView, work: SiteWork) -> None:
        super().__init__(model)
        self.card = card
        self.id = card.id
        self.vehicle = card.vehicle
        self.node = card.home
        self.state = CrewState.OFF_DUTY
        self.task: Task | None = None
        self.relieved = True
        self.done_s = 0.0
        self.journey: Journey | None = None
        self.roads = roads
        self.work = work
        self.world = work.world
        self.book = work.book
        self.settings = work.settings.staffing
        self._order = 0
        self._timer: Timer | None = None
        hour = self.world.hour()
        if card.shift.is_on(hour):
            self.world.env.after(0.0, self._start_shift, card.shift.seconds_to_end(hour))
        else:
            wait_s = card.shift.seconds_to_start(hour)
            self.world.env.after(wait_s, self._start_shift, card.shift.length_h * 3600.0)

    # --- what the dispatcher sees and does --------------------------------------------------------

    @property
    def skills(self) -> tuple[str, ...]:
        """What it can do."""
        return (self.card.skill,)

    @property
    def is_available(self) -> bool:
        """Whether it can be given a task now."""
        return self.state in AVAILABLE and not self.relieved and self.task is None

    @property
    def ready_in_s(self) -> float:
        """Time until it could drive off from its node, s."""
        if self.journey is not None:
            return max(self.journey.junction_s - self.world.now_s, 0.0)
        return self.settings.turnout_s if self.node == self.card.home else 0.0

    def assign(self, task: Task, cause: int, arrives_in_s: float = 0.0) -> None:
        """Take a task.

        Parameters
        ----------
        task
            What to do.
        cause
            Id of the dispatch.
        arrives_in_s
            When whoever sends it expects it there, s from now.
        """
        at_rest, was_stranded = self.journey is None, self.state is CrewState.STRANDED
        wait_s = self.ready_in_s if at_rest else 0.0
        self._step(CrewAction.ASSIGN)
        self._cancel()
        self._take(task, cause, arrives_in_s)
        if was_stranded and self.journey is not None:
            self.journey.stop()
            self.journey = None
            at_rest = True
        if at_rest:
            self._timer = self.world.env.after(wait_s, self._depart)

    def divert(self, task: Task, cause: int, arrives_in_s: float = 0.0) -> None:
        """Leave the task it is under way to, which is open again, for another; see `assign`."""
        was_waiting = self.state is CrewState.CUT_OFF
        self._step(CrewAction.DIVERT)
        self._take(task, cause, arrives_in_s)
        if was_waiting and self.journey is not None:
            self.journey.stop()
            self.journey = None
            self._timer = self.world.env.after(0.0, self._depart)

    def _take(self, task: Task, cause: int, arrives_in_s: float) -> None:
        self.task = task
        self._order = cause
        self.done_s = self.world.now_s + arrives_in_s + self.work.expected_s(task)

    # --- a journey's driver -----------------------------------------------------------------------

    def goes_on(self) -> bool:
        """Decide at a junction: a dropped task ends the journey, a new one diverts it."""
        if self.state is CrewState.PREPARING:
            self.journey = None
            self._depart()
            return False
        if self.task is not None and self.task.state is TaskState.DROPPED:
            self.journey = None
            self._let_go()
            return False
        return True

    def rolls(self) -> None:
        """Go on after a wait."""
        if self.state in (CrewState.CUT_OFF, CrewState.STRANDED):
            self._step(CrewAction.RESUME)

    def is_blocked(self) -> None:
        """Wait where there is no way."""
        self._step(CrewAction.BLOCK)

    def arrives(self) -> None:
        """Begin the task, or rest at the depot."""
        assert self.journey is not None
        lost_s, cause = round(self.journey.lost_s, 3), self.journey.latest
        self.journey = None
        self._step(CrewAction.ARRIVE)
        task = self.task
        event = self.world.log(
            "crew.arrived", self.id, cause, case=task.case if task else None, delay_s=lost_s
        )
        if task is None:
            if self.relieved:
                self._go_off_duty(event)
            return
        self.book.step_task(task, TaskAction.ARRIVE)
        self.book.cases[task.case].step(CaseAction.ARRIVE)
        self.done_s = self.world.now_s + self.work.expected_s(task)
        self.work.begin(self, event)

    def gives_up(self) -> None:
        """Turn back from a task that cannot be reached; without a way home, wait where they are."""
        assert self.journey is not None
        cause = self.journey.latest
        self.journey = None
        if self.task is not None:
            task, self.task = self.task, None
            if task.state is not TaskState.DROPPED:
                self.work.checker.recall_task(task, cause, cut_off=True)
            self._step(CrewAction.RECALL)
        self._go_home(cause)

    # --- at work ----------------------------------------------------------------------------------

    def leaves(self, cause: int) -> None:
        """Be done with a task: wait a while for another, then drive home."""
        self._step(CrewAction.FINISH)
        self.task = None
        self._rest(cause)

    # --- inside -----------------------------------------------------------------------------------

    def _step(self, action: CrewAction) -> None:
        self.state = next_state(TRANSITIONS, f"Crew '{self.id}'", self.state, action)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _depart(self, _: Any = None) -> None:
        task = self.task
        assert task is not None
        if task.state is TaskState.DROPPED:
            self._let_go()
            return
        self._step(CrewAction.DEPART)
        self.book.step_task(task, TaskAction.DEPART)
        self.book.cases[task.case].step(CaseAction.DEPART)
        self._drive(task.nodes, self._order, case=task.case, task=task.id)

    def _drive(self, targets: tuple[int, ...], cause: int, *, case: str | None, task: str | None) -> None:
        journey = Journey(self.world, self.roads, self.settings, self, targets, cause)
        eta_s = journey.plan()
        self.journey = journey
        journey.cause = journey.latest = self.world.log(
            "crew.departed",
            self.id,
            cause,
            case=case,
            task=task,
            eta_s=_or_none(eta_s),
            dry_s=_or_none(journey.dry_s),
        )
        journey.go()

    def _let_go(self) -> None:
        """Forget a task that was dropped on the way."""
        assert self.task is not None
        cause = self.book.cases[self.task.case].cause
        self.task = None
        self._step(CrewAction.RECALL)
        self._rest(cause)

    def _rest(self, cause: int) -> None:
        if self.node == self.card.home:
            if self.relieved:
                self._go_off_duty(cause)
        elif self.relieved:
            self._go_home(cause)
        else:
            self._timer = self.world.env.after(self.settings.linger_s, self._go_home, cause)

    def _go_home(self, cause: int) -> None:
        self._timer = None
        self._step(CrewAction.RETURN)
        self._drive((self.card.home,), cause, case=None, task=None)

    def _start_shift(self, duration_s: float) -> None:
        self.relieved = False
        if self.card.shift.length_h < 24.0:
            self.world.env.after(duration_s, self._end_shift)
        if self.state is CrewState.OFF_DUTY:
            self._step(CrewAction.START_SHIFT)
            x, y = self.card.home_xy
            self.world.log(
                "crew.started_shift", self.id, x=x, y=y, skill=self.card.skill, depot=self.card.depot
            )

    def _end_shift(self, _: Any) -> None:
        """Be relieved; a crew that is out finishes its task first, in overtime."""
        self.relieved = True
        length_s = self.card.shift.length_h * 3600.0
        self.world.env.after(DAY_S - length_s, self._start_shift, length_s)
        if self.state is CrewState.IDLE:
            self._cancel()
            self._rest(self._order)

    def _go_off_duty(self, cause: int) -> None:
        self._step(CrewAction.END_SHIFT)
        self.world.log("crew.ended_shift", self.id, cause or None)


def _or_none(value: float) -> float | None:
    return round(value, 3) if np.isfinite(value) else None
