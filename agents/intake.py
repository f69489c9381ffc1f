"""Intake: a report is accepted, verified and registered, by the platform at once or by officers in turn."""

import heapq

from agents.casebook import CaseBook
from agents.cases import Case, CaseAction, CaseState
from agents.deadlines import Deadlines
from agents.limits import Stage, Urgency
from agents.organisation import Offices
from agents.places import Places
from agents.routing import Router
from agents.settings import DeskSettings, Triangle
from agents.world import World

TRUSTED = frozenset({"sensor", "video", "patrol"})
"""Channels whose reports nobody verifies before they are registered."""


class Intake:
    """Brings a case from report to registration; top-urgent ones pass by it.

    Parameters
    ----------
    world, book, offices
        Surroundings, cases, and who answers for what.
    router, deadlines, settings
        Where a registered case goes, the clocks, and settings.
    """

    def __init__(
        self,
        world: World,
        book: CaseBook,
        offices: Offices,
        router: Router,
        deadlines: Deadlines,
        settings: DeskSettings,
    ) -> None:
        self.world = world
        self.book = book
        self.offices = offices
        self.router = router
        self.deadlines = deadlines
        self.settings = settings
        # when each officer is free again, s; served in order of arrival, so the end is known at once
        self._acceptors = [0.0] * settings.acceptors
        self._registrars = [0.0] * settings.registrars

    def receive(self, case: Case, cause: int) -> None:
        """Take in a case that has just been reported; ``cause`` is the id of the report's event."""
        case.cause = cause
        if case.urgency is Urgency.TOP_URGENT:
            self._register(case)
        elif not self.settings.by_hand:
            self._take_in_at_once(case)
        else:
            self._log("case.reported", case)
            ends_s = self._serve(self._acceptors, self.settings.accept_min, case.id, "accept")
            self.deadlines.begin(case, Stage.ACCEPT, ends_s)
            self.world.env.at(ends_s, self._accepted, case)

    def hurry(self, case: Case) -> None:
        """Register a case that has become top-urgent, whatever it waits for."""
        if case.state in (CaseState.REPORTED, CaseState.ACCEPTED, CaseState.VERIFIED):
            self._register(case)

    # --- inside -----------------------------------------------------------------------------------

    def _take_in_at_once(self, case: Case) -> None:
        case.accepted_s = case.verified_s = self.world.now_s
        case.step(CaseAction.ACCEPT)
        if self._is_found_out(case):
            self._log("case.accepted", case)
            self._void(case)
            return
        case.step(CaseAction.VERIFY)
        self._register(case)

    def _serve(self, free_s: list[float], minutes: Triangle, case_id: str, what: str) -> float:
        """Return when the officer who is free first will be done with a case, s."""
        begins_s = max(heapq.heappop(free_s), self.world.now_s)
        ends_s = begins_s + 60.0 * self.world.draws("desk").triangular(*minutes, case_id, what)
        heapq.heappush(free_s, ends_s)
        return ends_s

    def _accepted(self, case: Case) -> None:
        if case.state is not CaseState.REPORTED:
            return
        case.step(CaseAction.ACCEPT)
        case.accepted_s = self.world.now_s
        self._log("case.accepted", case)
        if self._is_believed(case):
            self._verified(case)
            return
        takes_min = self.world.draws("desk").triangular(*self.settings.verify_min, case.id, "verify")
        ends_s = self.world.now_s + 60.0 * takes_min
        self.deadlines.begin(case, Stage.VERIFY, ends_s)
        self.world.env.at(ends_s, self._verified, case)

    def _verified(self, case: Case) -> None:
        if case.state is not CaseState.ACCEPTED:
            return
        if self._is_found_out(case):
            self._void(case)
            return
        case.step(CaseAction.VERIFY)
        case.verified_s = self.world.now_s
        case.cause = self.world.log("case.verified", case.id, case.cause, reports=case.reports)
        ends_s = self._serve(self._registrars, self.settings.register_min, case.id, "register")
        self.deadlines.begin(case, Stage.REGISTER, ends_s)
        self.world.env.at(ends_s, self._registered, case)

    def _registered(self, case: Case) -> None:
        if case.state is CaseState.VERIFIED:
            self._register(case)

    def _register(self, case: Case) -> None:
        places = self.world.places
        roles = self.offices.roles(case.class_code, case.x, case.y, case.grid_cell)
        case.step(CaseAction.REGISTER)
        case.registered_s = self.world.now_s
        case.unit, case.owner_unit, case.regulator = roles.unit, roles.owner_unit, roles.regulator
        self.deadlines.start(case)
        zh, en = _place_of(case, places)
        case.cause = self.world.log(
            "case.registered",
            case.id,
            case.cause,
            class_code=case.class_code,
            x=case.x,
            y=case.y,
            road=case.road,
            grid_cell=case.grid_cell,
            level=case.level,
            urgency=str(case.urgency),
            reported_s=case.reported_s,
            accepted_s=case.accepted_s,
            verified_s=case.verified_s,
            due_s=case.due_s,
            hub=roles.hub,
            regulator=roles.regulator,
            owner_unit=roles.owner_unit,
            unit=roles.unit,
            place_zh=zh,
            place_en=en,
        )
        self.router.route(case)

    def _is_believed(self, case: Case) -> bool:
        return case.confirmed or case.channel in TRUSTED

    def _is_found_out(self, case: Case) -> bool:
        """Whether verification finds out that nothing is there; what is there is never denied."""
        if case.genuine or self._is_believed(case):
            return False
        share = self.settings.found_false[self.settings.by_hand]
        return self.world.draws("desk").uniform(case.id, "false") < share

    def _void(self, case: Case) -> None:
        case.step(CaseAction.VOID)
        self.deadlines.stop(case)
        self.book.open_cases.remove(case)
        case.cause = self.world.log("case.voided", case.id, case.cause, reason="found false at verification")

    def _log(self, kind: str, case: Case) -> None:
        case.cause = self.world.log(
            kind,
            case.id,
            case.cause,
            class_code=case.class_code,
            x=case.x,
            y=case.y,
            road=case.road,
            grid_cell=case.grid_cell,
            level=case.level,
            channel=case.channel,
            reported_s=case.reported_s,
        )


def _place_of(case: Case, places: Places) -> tuple[str, str]:
    """Name where a case is, in Chinese and English; one about a watched structure says about which."""
    names = places.name(case.x, case.y, places.road_by_id.get(case.road))
    if not case.structure:
        return names
    zh, en = (f"{case.structure} {name}".strip() for name in names)
    return zh, en
