"""Routing: a registered case goes to the unit that answers for it, and comes back when that is another's."""

from agents.casebook import CaseBook
from agents.cases import Case, CaseAction, CaseState
from agents.deadlines import Deadlines
from agents.limits import Stage, Urgency
from agents.organisation import Offices
from agents.planning import Planner
from agents.settings import DeskSettings
from agents.world import World


class Router:
    """Assigns cases to units (派遣), point to point where they are top-urgent.

    Parameters
    ----------
    world, book, offices
        Surroundings, cases, and who answers for what.
    planner, deadlines, settings
        Who plans the tasks, the clocks, and settings.
    """

    def __init__(
        self,
        world: World,
        book: CaseBook,
        offices: Offices,
        planner: Planner,
        deadlines: Deadlines,
        settings: DeskSettings,
    ) -> None:
        self.world = world
        self.book = book
        self.catalogue = planner.catalogue
        self.offices = offices
        self.planner = planner
        self.deadlines = deadlines
        self.settings = settings

    def route(self, case: Case) -> None:
        """Send a registered case on its way; one that no crew of this roster can handle is handed over."""
        skill = self.catalogue.events.classes[case.class_code].skill
        is_water = case.class_code == self.catalogue.events.waterlogging
        if not is_water and not self.planner.can_handle(skill):
            self.deadlines.stop(case)
            case.step(CaseAction.TRANSFER)
            self.book.open_cases.remove(case)
            self.world.log("case.transferred", case.id, case.cause, to=skill)
        elif case.urgency is Urgency.TOP_URGENT:
            self._hand_over(case, case.unit, point_to_point=True)
        else:
            self._queue(case, first=True)

    def hurry(self, case: Case) -> None:
        """Take a case that has become top-urgent past whatever it waits for."""
        if case.misassigned:
            self._take_back(case)
        if case.state is CaseState.REGISTERED:
            self._hand_over(case, case.unit, point_to_point=True)

    # --- inside -----------------------------------------------------------------------------------

    def _queue(self, case: Case, *, first: bool) -> None:
        now_s = self.world.now_s
        ends_s = now_s + self.planner.dispatch_delay_s(case.id if first else f"{case.id}/again")
        if ends_s <= now_s:
            self._assign((case, first))
            return
        self.deadlines.begin(case, Stage.DISPATCH, ends_s)
        self.world.env.at(ends_s, self._assign, (case, first))

    def _assign(self, queued: tuple[Case, bool]) -> None:
        case, first = queued
        if case.state is not CaseState.REGISTERED:
            return
        unit, share = case.unit, self.settings.misassigned[self.settings.by_hand]
        if first and share > 0.0:
            draws = self.world.draws("desk")
            if draws.uniform(case.id, "misassigned") < share:
                unit = self.offices.wrong_unit(case.unit, draws, case.id) or case.unit
        self._hand_over(case, unit)

    def _hand_over(self, case: Case, unit: str, *, point_to_point: bool = False) -> None:
        case.step(CaseAction.ASSIGN)
        case.assigned_s = self.world.now_s
        case.misassigned = unit != case.unit
        case.unit = unit
        self.deadlines.begin(case, Stage.HANDLE)
        event = self.world.log(
            "case.assigned",
            case.id,
            case.cause,
            unit=unit,
            regulator=case.regulator,
            point_to_point=point_to_point,
        )
        case.cause = event
        if case.misassigned:
            after_min = self.world.draws("desk").triangular(*self.settings.return_min, case.id, "return")
            self.world.env.after(60.0 * after_min, self._return, case)
        else:
            self.planner.plan(case, event, at_once=True)

    def _return(self, case: Case) -> None:
        if case.state is CaseState.ASSIGNED and case.misassigned:
            self._take_back(case)
            self._queue(case, first=False)

    def _take_back(self, case: Case) -> None:
        """Have a case returned (退回) by the unit that is not responsible."""
        case.step(CaseAction.RETURN)
        self.deadlines.end(case)
        case.cause = self.world.log(
            "case.returned", case.id, case.cause, unit=case.unit, reason="another unit is responsible"
        )
        case.misassigned, case.assigned_s = False, None
        case.unit = self.offices.roles(case.class_code, case.x, case.y, case.grid_cell).unit
