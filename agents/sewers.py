"""Sewers that fail: how a crew finds what dams the water up, and what the case then calls for."""

from agents.casebook import CaseBook
from agents.cases import Case
from agents.catalogue import TaskKind
from agents.planning import Planner
from agents.views import SewerView
from cim_models.sewer_faults import FaultKind

SITE_REACH_M = 100.0
"""Manholes within this distance of a case are opened by the crew of the case, m; own assumption."""

REMEDIES = {
    FaultKind.BLOCKED: TaskKind.UNBLOCK_SEWER,
    FaultKind.COLLAPSED: TaskKind.REBUILD_SEWER,
    FaultKind.PUMP_STOPPED: TaskKind.RESTART_PUMP,
}
"""What each kind of fault calls for."""


class SewerRepairs:
    """What the case of a street under water calls for when its gullies are clear and water still comes up.

    The crew opens the manholes around the case and follows the full pipes downwards to what dams them: a
    blocked or collapsed conduit, or a pump that stands still. One case at a time has it mended.

    Parameters
    ----------
    book, planner, sewer
        Cases, who enters tasks, and the sewer.
    class_code
        Event class of a street under water.
    """

    def __init__(self, book: CaseBook, planner: Planner, sewer: SewerView, class_code: str) -> None:
        self.book = book
        self.planner = planner
        self.sewer = sewer
        self.class_code = class_code
        self._case_of: dict[str, str] = {}

    def go_on(self, case: Case, cause: int) -> bool:
        """Plan to mend what dams the water up; False where nothing is found, or another case does so."""
        if case.class_code != self.class_code:
            return False
        fault = self.sewer.fault_near(case.x, case.y, SITE_REACH_M)
        if fault is None:
            return False
        other = self.book.cases.get(self._case_of.get(fault.id, case.id))
        if other is not None and other is not case and other.is_open:
            return False
        self._case_of[fault.id] = case.id
        return self.planner.plan_at(case, REMEDIES[fault.kind], fault, cause) is not None
