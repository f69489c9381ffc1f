"""Crews: agents that wait, drive, work, drive home, rest and go off duty."""

import math
from dataclasses import dataclass
from typing import Any

import mesa

from agents.cases import CaseAction
from agents.clock import Timer
from agents.crew_states import TRANSITIONS, CrewAction, CrewState
from agents.driving import Journey, Traffic
from agents.equipment import PumpTruckModel
from agents.machine import next_state
from agents.site_work import SiteWork
from agents.tasks import Task, TaskAction, TaskState
from agents.worktime import DAY_S, Shift


@dataclass(frozen=True, slots=True)
class CrewCard:
    """What does not change about a crew.

    Parameters
    ----------
    id, skills, vehicle
        Who they are, what they can do, the main skill first, and what they drive.
    depot, home, home_xy
        Id, junction and place (m) of their depot.
    shift
        When they are on duty.
    turn
        Place in the order in which crews of a shift take their breaks, from 0.
    pump
        The pump truck that they drive; None for another vehicle.
    """

    id: str
    skills: tuple[str, ...]
    vehicle: str
    depot: str
    home: int
    home_xy: tuple[float, float]
    shift: Shift
    turn: int = 0
    pump: PumpTruckModel | None = None

    @property
    def skill(self) -> str:
        """Their main skill."""
        return self.skills[0]

    def suits(self, skill: str, hose_m: float) -> bool:
        """Whether they can do a task of a skill (any if empty) that needs so much hose, m."""
        can = not skill or skill in self.skills
        return can and hose_m <= (self.pump.hose_m if self.pump is not None else 0.0)


class Crew(mesa.Agent):
    """A crew with its vehicle.

    Parameters
    ----------
    model
        The Mesa model it belongs to.
    card
        What does not change about it.
    traffic
        Where it drives.
    work
        What it does on site.

    Attributes
    ----------
    stands_at
        Junction where it is, or where its journey began.
    """

    def __init__(self, model: mesa.Model, card: CrewCard, traffic: Traffic, work: SiteWork) -> None:
        super().__init__(model)
        self.card = card
        self.id = card.id
        self.vehicle = card.vehicle
        self.stands_at = card.home
        self.state = CrewState.OFF_DUTY
        self.task: Task | None = None
        self.relieved = True
        self.done_s = 0.0
        self.journey: Journey | None = None
        self.occupation: Timer | None = None
        self.traffic = traffic
        self.work = work
        self.world = work.world
        self.book = work.book
        self.settings = work.settings.staffing
        self._order = 0
        self._timer: Timer | None = None
        self._relieved_s = 0.0
        self._is_spent = False
        self._owes_break = False
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
        return self.card.skills

    @property
    def pump(self) -> PumpTruckModel | None:
        """The pump truck that it drives; None for another vehicle."""
        return self.card.pump

    @property
    def node(self) -> int:
        """Junction where it is, or the next one on its way."""
        on_the_way = self.journey.next_node if self.journey is not None else None
        return self.stands_at if on_the_way is None else on_the_way

    @node.setter
    def node(self, node: int) -> None:
        self.stands_at = node

    @property
    def place(self) -> tuple[float, float]:
        """Where it is, m."""
        return self.traffic.roads.node_xy(self.stands_at) if self.journey is None else self.journey.place

    @property
    def ready_in_s(self) -> float:
        """Time until it could drive off from its node, s."""
        if self.journey is not None:
            return max(self.journey.junction_s - self.world.now_s, 0.0)
        return self.turnout_s(self.stands_at)

    def turnout_s(self, node: int) -> float:
        """Time until it drives off when it rests at a junction, s."""
        return self.settings.turnout_s if node == self.card.home else 0.0

    def sets_out(self) -> tuple[int, float]:
        """Return from which junction it could set out for another task, and in how many seconds."""
        if self.journey is None:
            return self.stands_at, self.turnout_s(self.stands_at)
        return self.node, self.ready_in_s

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
            self._stop_journey()
            at_rest = True
        if at_rest:
            self._timer = self.world.env.after(wait_s, self._depart)
        elif self.journey is not None:
            self.journey.look_up()

    def divert(self, task: Task, cause: int, arrives_in_s: float = 0.0) -> None:
        """Leave the task it is under way to, which is open again, for another; see `assign`."""
        was_waiting = self.state is CrewState.CUT_OFF
        self._step(CrewAction.DIVERT)
        self._take(task, cause, arrives_in_s)
        if was_waiting and self.journey is not None:
            self._stop_journey()
            self._timer = self.world.env.after(0.0, self._depart)
        elif self.journey is not None:
            self.journey.look_up()

    def _take(self, task: Task, cause: int, arrives_in_s: float) -> None:
        self.task = task
        self._order = cause
        self.done_s = self.world.now_s + arrives_in_s + self.work.expected_s(task)

    def lose(self, reason: str, cause: int | None = None) -> None:
        """Lose the crew for the rest of the run; what it was doing waits for another.

        A pump that it runs stops, since nobody tends it. What it has changed for good stays: a road
        that it closed is closed until another crew opens it.

        Parameters
        ----------
        reason
            What happened to it, for people.
        cause
            Id of the event behind it, if any.
        """
        if self.state is CrewState.LOST:
            return
        task = self.task
        x, y = self.place
        self._step(CrewAction.LOSE)
        self._cancel()
        self._stop_journey()
        event = self.world.log(
            "crew.lost",
            self.id,
            cause,
            case=task.case if task else None,
            task=task.id if task else None,
            reason=reason,
            x=x,
            y=y,
        )
        if task is not None:
            self._give_back(task, "its crew is lost", event)

    # --- a journey's driver -----------------------------------------------------------------------

    def goes_on(self) -> bool:
        """Whether to go on: a dropped task or too much overtime ends the journey, a new task diverts it."""
        if self.task is None:
            return True
        over = self.task.state is TaskState.DROPPED or self._is_spent
        return self.state is not CrewState.PREPARING and not over

    def turns_aside(self) -> None:
        """Set out for the new task, forget the dropped one, or leave the present one to others."""
        self.journey = None
        if self.state is CrewState.PREPARING:
            self._depart()
        elif self.task is not None and self.task.state is TaskState.DROPPED:
            self._let_go()
        else:
            self._stop_for_good()

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
        if task is None:
            self._rest(self.world.log("crew.returned", self.id, cause, delay_s=lost_s))
            return
        event = self.world.log("crew.arrived", self.id, cause, case=task.case, delay_s=lost_s)
        self.book.step_task(task, TaskAction.ARRIVE)
        self.book.cases[task.case].step(CaseAction.ARRIVE)
        self.done_s = self.world.now_s + self.work.expected_s(task)
        self.work.begin(self, event)

    def gives_up(self) -> None:
        """Turn back from a task that cannot be reached; without a way home, wait where they are."""
        assert self.journey is not None
        cause = self.journey.latest
        self.journey = None
        task = self.task
        if task is not None:
            cause = self._give_back(task, "no way there", cause, cut_off=True)
            self._step(CrewAction.RECALL)
        self._go_home(cause)

    # --- at work ----------------------------------------------------------------------------------

    def leaves(self, cause: int) -> None:
        """Be done with a task: wait a while for another, then drive home."""
        self._step(CrewAction.FINISH)
        self.task = None
        self.occupation = None
        self._rest(cause)

    # --- inside -----------------------------------------------------------------------------------

    def _step(self, action: CrewAction) -> None:
        self.state = next_state(TRANSITIONS, "Crew", self.id, self.state, action)
        self.book.stirred[self.id] = None

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _stop_journey(self) -> None:
        if self.journey is not None:
            self.journey.stop()
            self.journey = None

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
        journey = Journey(self.traffic, self, targets, cause)
        eta_s = journey.plan()
        self.journey = journey
        if task is not None:
            self.book.under_way[task] = journey
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

    def _give_back(self, task: Task, reason: str, cause: int, *, cut_off: bool = False) -> int:
        """Leave a task to others; return the id of the event that says so."""
        if self.occupation is not None:
            self.occupation.cancel()
            self.occupation = None
        event = self.work.abandon(task, reason, cause, cut_off=cut_off)
        self.task = None
        return event

    def _rest(self, cause: int) -> None:
        """Have nothing to do: go off duty when relieved, take a break that is due, else wait."""
        at_home = self.node == self.card.home
        if self.relieved:
            if at_home:
                self._go_off_duty(cause)
            else:
                self._go_home(cause)
        elif self._owes_break:
            self._take_break(cause)
        elif not at_home:
            self._timer = self.world.env.after(self.settings.linger_s, self._go_home, cause)

    def _go_home(self, cause: int) -> None:
        self._timer = None
        self._step(CrewAction.RETURN)
        self._drive((self.card.home,), cause, case=None, task=None)

    # --- shifts, breaks and overtime --------------------------------------------------------------

    def _start_shift(self, duration_s: float) -> None:
        if self.state is CrewState.LOST:
            return
        self.relieved = False
        self.book.stirred[self.id] = None
        self._is_spent = self._owes_break = False
        if self.card.shift.length_h < 24.0:
            self.world.env.after(duration_s, self._end_shift)
            self._plan_breaks(duration_s)
        if self.state is CrewState.OFF_DUTY:
            self._step(CrewAction.START_SHIFT)
            x, y = self.card.home_xy
            self.world.log(
                "crew.started_shift", self.id, x=x, y=y, skill=self.card.skill, depot=self.card.depot
            )

    def _plan_breaks(self, duration_s: float) -> None:
        """Set the breaks of the part of a shift that is left; those of other crews come in turn."""
        every_s, length_s = self.settings.break_every_s, self.settings.break_length_s
        if length_s <= 0.0:
            return
        passed_s = self.card.shift.length_h * 3600.0 - duration_s
        due_s = every_s + self.card.turn % self.settings.break_turns * length_s - passed_s
        while due_s + length_s <= duration_s:
            if due_s >= 0.0:
                self.world.env.after(due_s, self._break_due)
            due_s += every_s

    def _break_due(self, _: Any) -> None:
        """Break off for a meal, or once the task in hand is done."""
        self._owes_break = not self.relieved
        if self._owes_break and self.state is CrewState.IDLE:
            self._cancel()
            self._take_break(None)

    def _take_break(self, cause: int | None) -> None:
        self._owes_break = False
        self._step(CrewAction.TAKE_BREAK)
        length_s = self.settings.break_length_s
        event = self.world.log("crew.started_break", self.id, cause, length_s=length_s)
        self._timer = self.world.env.after(length_s, self._end_break, event)

    def _end_break(self, cause: int) -> None:
        self._timer = None
        self._step(CrewAction.END_BREAK)
        self._rest(self.world.log("crew.ended_break", self.id, cause))

    def _end_shift(self, _: Any) -> None:
        """Be relieved; a crew that is out finishes its task first, in overtime."""
        if self.state is CrewState.LOST:
            return
        self.relieved = True
        self.book.stirred[self.id] = None
        self._relieved_s = self.world.now_s
        length_s = self.card.shift.length_h * 3600.0
        self.world.env.after(DAY_S - length_s, self._start_shift, length_s)
        task = self.task
        event = self.world.log("crew.relieved", self.id, self._order or None, task=task.id if task else None)
        if task is not None:
            self.world.env.after(self.settings.overtime_limit_s, self._overtime_over, (task.id, event))
        if self.state is CrewState.IDLE:
            self._cancel()
            self._rest(event)

    def _overtime_over(self, arg: tuple[str, int]) -> None:
        """Leave the task that kept the crew out to others when it may work no longer."""
        task, event = arg
        if not self.relieved or self.task is None or self.task.id != task:
            return
        self._is_spent = True
        self._order = event
        if self.state is CrewState.WORKING:
            self._stop_for_good()
        elif self.journey is not None:
            self.journey.look_up()

    def _stop_for_good(self) -> None:
        """Drive home: from the place of work at once, on the way there from the next junction."""
        assert self.task is not None
        hours = self.settings.overtime_limit_s / 3600.0
        cause = self._give_back(self.task, f"{hours:.3g} h of overtime are used up", self._order)
        self._step(CrewAction.RECALL)
        self._rest(cause)

    def _go_off_duty(self, cause: int) -> None:
        self._step(CrewAction.END_SHIFT)
        self._is_spent = False
        overtime_s = round(self.world.now_s - self._relieved_s, 3)
        self.world.log("crew.ended_shift", self.id, cause or None, overtime_s=overtime_s)


def _or_none(value: float) -> float | None:
    return round(value, 3) if math.isfinite(value) else None
