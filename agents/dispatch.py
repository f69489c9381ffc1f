"""Dispatch: at regular rounds, crews meet open tasks through a policy."""

import re
from itertools import islice
from typing import Any

import mesa
import numpy as np

from agents.cases import CaseAction
from agents.crews import Crew
from agents.policies.checks import CheckedPlan, check_decisions, most_decisions
from agents.policies.nearest import NearestCrew
from agents.policies.situation import AnyCrew, Assignment, Diversion, Policy, Reservation, Situation
from agents.settings import DispatchSettings
from agents.situations import Situations
from agents.tasks import Task, TaskAction

STAND_IN = "nearest"
"""Policy that takes over from one that keeps failing."""

MOST_FAILURES = 3
"""Rounds in a row that a policy may fail before `STAND_IN` replaces it for good; own assumption."""

MOST_TEXT = 200
"""Longest text of somebody else's error that goes into the log."""


class Dispatcher(mesa.Agent):
    """Holds the dispatch rounds.

    What a policy decides is checked before anybody moves; what cannot be done is logged as refused, by
    the policy's name. In a round in which the policy raises, returns no sequence or decides nothing but
    what is refused nobody is sent. After `MOST_FAILURES` such rounds in a row the nearest crew decides for
    the rest of the run.

    Parameters
    ----------
    model
        The Mesa model it belongs to.
    situations
        What the policy is shown.
    policy
        Who decides.
    name
        How the log names the policy.
    settings
        How often.
    """

    def __init__(
        self, model: mesa.Model, situations: Situations, policy: Policy, name: str, settings: DispatchSettings
    ) -> None:
        super().__init__(model)
        self.situations = situations
        self.world = situations.world
        self.book = situations.book
        self.crews = situations.crews
        self.policy = policy
        self.policy_name = name
        self.settings = settings
        self.failures = 0
        self.reserved: dict[str, str] = {}
        self.world.env.after(settings.interval_s, self._round)

    def situation(self) -> Situation:
        """Return the present situation as a policy sees it."""
        return self.situations.now()

    def follow(self, policy: Policy, name: str) -> None:
        """Let another policy decide from the next round on; what the last one had in mind is forgotten."""
        self.policy, self.policy_name, self.failures = policy, name, 0
        self.reserved.clear()

    def decide(self, situation: Situation) -> CheckedPlan:
        """Ask the policy, check what it says, and log what is refused of it."""
        most = most_decisions(len(self.crews), len(situation.tasks))
        try:
            decisions = list(islice(iter(self.policy.decide(situation)), most))
            plan = check_decisions(decisions, situation)
        except KeyboardInterrupt:  # whoever sits at the keyboard, not the policy
            raise
        except BaseException as exc:  # somebody else's code may raise anything, and exit; the run goes on
            # addresses of objects differ from run to run
            self._fail(re.sub(r"0x[0-9a-fA-F]+", "0x…", f"{type(exc).__name__}: {exc}"))
            return CheckedPlan()
        for refusal in plan.refusals:
            self._refuse(refusal.task, refusal.crew, refusal.reason)
        if plan.refusals and plan.is_empty:
            self._fail("none of its decisions can be carried out")
        else:
            self.failures = 0
        return plan

    def _round(self, _: Any) -> None:
        if self.book.waiting:  # at night there is often nothing to decide
            situation = self.situation()
            if situation.tasks and (situation.crews or situation.busy):
                self._carry_out(self.decide(situation), situation)
        self.world.env.after(self.settings.interval_s, self._round)

    def _fail(self, reason: str) -> None:
        """Count a round in which the policy was of no use, and replace one that keeps failing."""
        self.failures += 1
        self._refuse("", "", f"the policy failed: {' '.join(reason.split())[:MOST_TEXT]}")
        if self.failures >= MOST_FAILURES:
            self.world.log(
                "dispatch.replaced", "run", policy=self.policy_name, by=STAND_IN, failures=self.failures
            )
            self.policy, self.policy_name, self.failures = NearestCrew(), STAND_IN, 0

    def _carry_out(self, plan: CheckedPlan, situation: Situation) -> None:
        arrivals = _arrivals_s(plan, situation)
        self._divert(plan.diversions, arrivals)
        for assignment in plan.assignments:
            self._note_change(assignment.task, assignment.crew, arrivals[assignment.task], situation)
            self._send(
                self.crews[assignment.crew], self.book.tasks[assignment.task], arrivals[assignment.task]
            )
        self._reserve(plan.reservations, situation)

    def _send(self, crew: Crew, task: Task, arrives_in_s: float) -> None:
        crew.assign(task, self._log_dispatch(crew, task, task.cause), arrives_in_s)

    def _log_dispatch(self, crew: Crew, task: Task, cause: int) -> int:
        self.book.step_task(task, TaskAction.ASSIGN)
        task.crew = crew.id
        case = self.book.cases[task.case]
        case.step(CaseAction.DISPATCH)
        return self.world.log("case.dispatched", case.id, cause, task=task.id, skill=task.skill, crew=crew.id)

    def _divert(self, diversions: list[Diversion], arrivals: dict[str, float]) -> None:
        """Let go of all tasks that are left before anybody takes one, because crews may exchange theirs."""
        events: dict[str, int] = {}
        for diversion in diversions:
            crew, task = self.crews[diversion.crew], self.book.tasks[diversion.task]
            assert crew.task is not None
            event = self.world.log(
                "dispatch.changed",
                task.id,
                task.cause,
                crew=crew.id,
                before=self.reserved.pop(task.id, ""),
                leaves=crew.task.id,
                gain_s=diversion.gain_s if np.isfinite(diversion.gain_s) else None,
                why="gain",
            )
            events[crew.id] = crew.work.abandon(crew.task, f"its crew is diverted to {task.id}", event)
        for diversion in diversions:
            crew, task = self.crews[diversion.crew], self.book.tasks[diversion.task]
            crew.divert(task, self._log_dispatch(crew, task, events[crew.id]), arrivals[task.id])

    # --- what is planned for later ----------------------------------------------------------------

    def _reserve(self, reservations: list[Reservation], situation: Situation) -> None:
        """Log each plan that is new or has changed; a plan binds nobody."""
        planned = {reservation.task: reservation for reservation in reservations}
        for task_id in sorted(set(self.reserved) - set(planned)):
            if task_id in self.book.waiting:
                self._log_change(task_id, "", self.reserved[task_id], "not_planned")
        for task_id, reservation in planned.items():
            before = self.reserved.get(task_id)
            if before is None:
                eta_s = situation.time_s + float(reservation.arrives_in_s)
                self.world.log(
                    "dispatch.planned",
                    task_id,
                    self.book.tasks[task_id].cause,
                    crew=reservation.crew,
                    eta_s=round(eta_s, 3) if np.isfinite(eta_s) else None,
                    why="busy_crew_sooner",
                )
            else:
                self._note_change(task_id, reservation.crew, reservation.arrives_in_s, situation)
        self.reserved = {task_id: reservation.crew for task_id, reservation in planned.items()}

    def _note_change(self, task_id: str, crew: str, arrives_in_s: float, situation: Situation) -> None:
        """Say why somebody else goes than was planned, if a plan there was."""
        before = self.reserved.pop(task_id, crew)
        if before == crew:
            return
        task = next((task for task in situation.tasks if task.id == task_id), None)
        planned = [member for member in situation.everybody if member.id == before]
        then_s = float(situation.travel_times(planned, [task])[0, 0]) if planned and task else np.inf
        why = "crew_lost" if not np.isfinite(then_s) else "sooner" if arrives_in_s <= then_s else "traded"
        self._log_change(task_id, crew, before, why)

    def _log_change(self, task_id: str, crew: str, before: str, why: str) -> None:
        cause = self.book.tasks[task_id].cause
        self.world.log(
            "dispatch.changed", task_id, cause, crew=crew, before=before, leaves=None, gain_s=None, why=why
        )

    def _refuse(self, task: str, crew: str, reason: str) -> None:
        self.world.log("dispatch.refused", task, policy=self.policy_name, crew=crew, reason=reason)


def _arrivals_s(plan: CheckedPlan, situation: Situation) -> dict[str, float]:
    """When the crew of each task that is served now is expected there, s from now."""
    served: list[Diversion | Assignment] = [*plan.diversions, *plan.assignments]
    tasks = {task.id: task for task in situation.tasks}
    crews: dict[str, AnyCrew] = {crew.id: crew for crew in situation.crews}
    if plan.diversions:
        tasks |= {crew.task.id: crew.task for crew in situation.busy}
        crews |= {crew.id: crew for crew in situation.busy}
    if not served:
        return {}
    times = situation.travel_times([crews[d.crew] for d in served], [tasks[d.task] for d in served])
    return {
        decision.task: arrives_s
        for decision, arrives_s in zip(served, times.diagonal().tolist(), strict=True)
    }
