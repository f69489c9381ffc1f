"""Deadlines: the clocks of a case, its overall limit and that of its present stage.

A limit runs from an event to another, stands still while the case is suspended (缓办), and may be extended
once (延期). What runs out is logged; a case that is overdue comes under supervision (督办), one level more
urgent. A stage that begins again begins its limit anew.
"""

import math

from agents.agenda import Agenda, Entry
from agents.casebook import CaseBook
from agents.cases import OPEN_STATES, Case, CaseAction, CaseState
from agents.catalogue import Catalogue
from agents.limits import Stage, TimeLimit, TimeLimits, Urgency
from agents.worktime import WorkClock
from agents.world import World


class Deadlines:
    """Watches the limits of all cases.

    Parameters
    ----------
    world, book, catalogue
        Surroundings, cases and rules.
    limits, clock
        How long a case may take, and the clock on which that runs.
    """

    def __init__(
        self, world: World, book: CaseBook, catalogue: Catalogue, limits: TimeLimits, clock: WorkClock
    ) -> None:
        self.world = world
        self.book = book
        self.catalogue = catalogue
        self.limits = limits
        self.clock = clock
        self._agenda = Agenda(
            world.env,
            {"ask": self._ask, "overdue": self._overdue, "stage": self._stage_overdue},
            self._is_needed,
        )

    def start(self, case: Case) -> None:
        """Start the overall limit of a case that has just been registered."""
        limit = self._limit(case)
        case.due_s = self.clock.due_s(self.world.now_s, limit.amount, limit.unit)
        self._watch(case, self.world.now_s, limit)

    def shorten(self, case: Case) -> None:
        """Bring the limit of a case that has become more urgent forward; it never grows longer."""
        if case.registered_s is None or case.overdue or case.suspended_s is not None:
            return
        limit = self._limit(case)
        due_s = self.clock.due_s(case.registered_s, limit.amount, limit.unit)
        if due_s < case.due_s:
            case.due_s = due_s
            self._watch(case, case.registered_s, limit)

    def begin(self, case: Case, stage: Stage, ends_s: float = math.inf) -> None:
        """Begin a stage of a case.

        Parameters
        ----------
        case
            The case.
        stage
            The stage that begins now.
        ends_s
            When it will be over, where that is known; a limit that cannot run out is not watched, s.
        """
        limit = self.limits.stages[stage, case.urgency]
        case.stage = stage
        case.stage_due_s = self.clock.due_s(self.world.now_s, limit.amount, limit.unit)
        if ends_s > case.stage_due_s:
            self._agenda.enter(case.stage_due_s, "stage", case.id, case.stage_due_s)

    @staticmethod
    def end(case: Case) -> None:
        """Note that the present stage of a case is over."""
        case.stage, case.stage_due_s = None, math.inf

    @classmethod
    def stop(cls, case: Case) -> None:
        """Stop the clocks of a case that is over."""
        cls.end(case)
        case.due_s = math.inf

    def suspend(self, case: Case, reason: str, cause: int) -> None:
        """Stop the clocks of a case (缓办).

        Raises
        ------
        TransitionError
            If somebody is on the way to it or at work there.
        """
        case.step(CaseAction.SUSPEND)
        case.suspended_s = self.world.now_s
        case.cause = self.world.log("case.suspended", case.id, cause, unit=case.unit, reason=reason)

    def resume(self, case: Case, cause: int) -> None:
        """Let the clocks of a suspended case run on: what was left is left now."""
        case.step(CaseAction.RESUME)
        since_s, now_s = case.suspended_s, self.world.now_s
        assert since_s is not None
        case.suspended_s = None
        case.due_s = self.clock.resumed_s(case.due_s, self._limit(case).unit, since_s, now_s)
        if case.stage is not None:
            unit = self.limits.stages[case.stage, case.urgency].unit
            case.stage_due_s = self.clock.resumed_s(case.stage_due_s, unit, since_s, now_s)
            self._agenda.enter(case.stage_due_s, "stage", case.id, case.stage_due_s)
        self._agenda.enter(case.due_s, "overdue", case.id, case.due_s)
        case.cause = self.world.log(
            "case.resumed", case.id, cause, unit=case.unit, due_s=case.due_s, suspended_s=now_s - since_s
        )

    # --- inside -----------------------------------------------------------------------------------

    def _limit(self, case: Case) -> TimeLimit:
        return self.limits.of_case(case.class_code, case.urgency)

    def _watch(self, case: Case, start_s: float, limit: TimeLimit) -> None:
        """Enter the next date of the overall limit: when its unit would ask for more time, then its end."""
        rule = self.limits.extension
        if case.extensions < rule.times:
            asked_s = self.clock.due_s(start_s, rule.asked_at * limit.amount, limit.unit)
            self._agenda.enter(asked_s, "ask", case.id, case.due_s)
        else:
            self._agenda.enter(case.due_s, "overdue", case.id, case.due_s)

    def _is_needed(self, entry: Entry) -> bool:
        _, _, what, case_id, due_s = entry
        case = self.book.cases.get(case_id)
        if case is None or due_s != (case.stage_due_s if what == "stage" else case.due_s):
            return False
        return case.state in OPEN_STATES and case.suspended_s is None

    def _running(self, case_id: str) -> Case | None:
        """Return an open case whose clocks run, or None."""
        case = self.book.cases.get(case_id)
        return case if case is not None and case.is_open and case.suspended_s is None else None

    def _ask(self, case_id: str, due_s: float) -> None:
        """Ask for more time: granted where somebody is at it, refused where nobody has begun."""
        case = self._running(case_id)
        if case is None or case.due_s != due_s:
            return
        if case.state not in (CaseState.ASSIGNED, *AT_IT) or case.urgency is Urgency.TOP_URGENT:
            pass  # nobody has it who could ask, or such a case is never extended
        elif case.state in AT_IT:
            self._extend(case)
        else:
            self.world.log(
                "case.extension_refused", case.id, case.cause, unit=case.unit, reason="nobody has begun"
            )
        self._agenda.enter(case.due_s, "overdue", case.id, case.due_s)

    def _extend(self, case: Case) -> None:
        limit = self._limit(case)
        case.step(CaseAction.EXTEND)
        case.extensions += 1
        share = self.limits.extension.share
        case.due_s = self.clock.due_s(case.due_s, share * limit.amount, limit.unit)
        self.world.log(
            "case.extended",
            case.id,
            case.cause,
            unit=case.unit,
            due_s=case.due_s,
            reason=f"it is {case.state}",
        )

    def _overdue(self, case_id: str, due_s: float) -> None:
        case = self._running(case_id)
        if case is None or case.overdue or case.due_s != due_s:
            return
        case.step(CaseAction.EXPIRE)
        case.overdue = True
        event = self.world.log("case.overdue", case.id, case.cause, unit=case.unit, due_s=case.due_s)
        if case.level > 1:
            self.escalate(case, case.level - 1, "overdue", event)

    def escalate(self, case: Case, level: int, reason: str, cause: int) -> None:
        """Make a case more urgent and tell the regulator."""
        case.step(CaseAction.ESCALATE)
        case.level = level
        case.urgency = self.catalogue.events.urgencies[level]
        self.shorten(case)
        case.cause = self.world.log(
            "case.escalated",
            case.id,
            cause,
            level=level,
            urgency=str(case.urgency),
            depth_m=case.depth_m,
            due_s=case.due_s if case.registered_s is not None else None,
            regulator=case.regulator,
            reason=reason,
        )

    def _stage_overdue(self, case_id: str, due_s: float) -> None:
        case = self._running(case_id)
        if case is None or case.stage is None or case.stage_due_s != due_s:
            return
        self.world.log(
            "case.stage_overdue", case.id, case.cause, stage=str(case.stage), unit=case.unit, due_s=due_s
        )


AT_IT = (
    CaseState.DISPATCHED,
    CaseState.TRAVELLING,
    CaseState.HANDLING,
    CaseState.CHECKING,
    CaseState.RESTORING,
)
"""States of a case that somebody is at, in which more time is granted."""
