"""Sewers that fail: who tells of it, how a crew finds what is wrong, and what the case then calls for."""

from collections.abc import Set as AbstractSet

from agents.alarms.desk import AlarmDesk
from agents.casebook import CaseBook
from agents.cases import Case
from agents.catalogue import TaskKind
from agents.channels import Receiver
from agents.planning import Planner
from agents.reports import Report
from agents.settings import SensorSettings
from agents.views import SewerView
from agents.world import World
from cim_models.alarm_readings import Reading
from cim_models.sewer_faults import FaultKind, PumpNews, SewerFaultPlace

SITE_REACH_M = 100.0
"""Manholes within this distance of a case are opened by the crew of the case, m; own assumption."""

REMEDIES = {
    FaultKind.BLOCKED: TaskKind.UNBLOCK_SEWER,
    FaultKind.COLLAPSED: TaskKind.REBUILD_SEWER,
    FaultKind.PUMP_STOPPED: TaskKind.RESTART_PUMP,
}
"""What each kind of fault calls for."""


class PumpTelemetry:
    """Pumping stations that tell at once when their pump stands still, and when it runs again.

    Parameters
    ----------
    world
        Surroundings.
    settings
        Of the sensors; with the delay of their reports.
    class_code
        Event class of a drain that does not drain.
    receive
        Who takes reports.
    alarms
        Who judges readings by the rules of the scenario; None where stations report by themselves.
    """

    def __init__(
        self,
        world: World,
        settings: SensorSettings,
        class_code: str,
        receive: Receiver,
        alarms: AlarmDesk | None,
    ) -> None:
        self.world, self.settings, self.class_code = world, settings, class_code
        self.receive, self.alarms = receive, alarms

    def tell(self, news: PumpNews) -> None:
        """Pass on what has just happened at a pump."""
        if self.alarms is not None:
            values = {"pump_stopped": float(news.stands_still)}
            self.alarms.observe(Reading(news.id, values, news.x, news.y, source=news.id, origin=news.event))
        elif news.stands_still:
            self.world.env.after(self.settings.delay_s, self._send, news)

    def _send(self, news: PumpNews) -> None:
        self.receive(
            Report(
                channel="sensor",
                class_code=self.class_code,
                x=news.x,
                y=news.y,
                reporter=news.id,
                source=news.id,
                cause=news.event,
            )
        )


class SewerRepairs:
    """What a case calls for behind which something in the sewer has failed.

    Where the gullies of a street under water are clear and water still comes up, the crew opens the manholes
    around the case and follows the full pipes downwards to what dams them: a blocked or collapsed conduit, or
    a pump that stands still. A manhole that has overflowed shows it afterwards, and one that was reported to
    the case is opened wherever it is. A pump at the place itself is seen to stand still without any water.
    One case at a time has the fault mended; none that is known to come from it is closed before.

    Parameters
    ----------
    book, planner, sewer
        Cases, who enters tasks, and the sewer.
    class_codes
        Event classes of a street under water, and of a drain that does not drain.
    """

    def __init__(
        self, book: CaseBook, planner: Planner, sewer: SewerView, class_codes: AbstractSet[str]
    ) -> None:
        self.book = book
        self.planner = planner
        self.sewer = sewer
        self.class_codes = class_codes
        self._case_of: dict[str, str] = {}
        self._fault_of: dict[str, str] = {}

    def go_on(self, case: Case, cause: int) -> bool:
        """Plan to mend what dams the water up; False where nothing is found, or another case does so."""
        if case.class_code not in self.class_codes:
            return False
        fault, cause = self._find(case, cause)
        if fault is None:
            return False
        self._fault_of[case.id] = fault.id
        other = self.book.cases.get(self._case_of.get(fault.id, case.id))
        if other is not None and other is not case and other.is_open:
            return False
        self._case_of[fault.id] = case.id
        return self.planner.plan_at(case, REMEDIES[fault.kind], fault, cause) is not None

    def keeps(self, case: Case) -> bool:
        """Whether what was found behind a case is still out of order."""
        fault = self._fault_of.get(case.id)
        if fault is None:
            return False
        if not self.sewer.is_out_of_order(fault):
            del self._fault_of[case.id]
        return case.id in self._fault_of

    def _find(self, case: Case, cause: int) -> tuple[SewerFaultPlace | None, int]:
        """Find what is wrong, and the event that led there: a report of a manhole, or else ``cause``."""
        for manhole, report in self.book.overflows.get(case.id, {}).items():
            fault = self.sewer.fault_behind(manhole)
            if fault is not None:
                return fault, report
        return self.sewer.fault_near(case.x, case.y, SITE_REACH_M), cause
