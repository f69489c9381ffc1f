"""Gas and cavities: who tells of them, and what their cases call for, step by step."""

from collections.abc import Mapping
from typing import Any

from agents.alarms.desk import AlarmDesk
from agents.casebook import CaseBook
from agents.cases import Case
from agents.catalogue import EventCatalogue, TaskKind
from agents.channels import Receiver
from agents.planning import Planner
from agents.reports import Report
from agents.settings import OperationsSettings
from agents.views import HazardView
from agents.world import World
from cim_models.hazards import HazardNews

LOOK_S = 60.0
"""How often readings are handed to the alarm desk, s: the step of the instruments."""

SEEN_AFTER_S = 180.0
"""Mean time until passers-by have said where a road has collapsed, s; own assumption."""


class HazardChannel:
    """Brings what instruments and passers-by tell of hazards to the desk, or to the alarm desk.

    Parameters
    ----------
    world, hazards
        Surroundings, and what there is to tell.
    settings
        Which channels there are.
    classes
        Event classes of the reports.
    receive
        Where reports go.
    alarms
        Who judges the readings by the rules of the scenario; None where detectors report by themselves.
    """

    def __init__(
        self,
        world: World,
        hazards: HazardView,
        settings: OperationsSettings,
        classes: EventCatalogue,
        receive: Receiver,
        alarms: AlarmDesk | None,
    ) -> None:
        self.world = world
        self.hazards = hazards
        self.settings = settings
        self.receive = receive
        self.alarms = alarms
        self.class_of: Mapping[str, str] = {
            "leak": classes.gas_leak,
            "marsh_gas": classes.marsh_gas,
            "cavity": classes.subsidence,
            "collapse": classes.subsidence,
        }
        if alarms is not None and settings.sensors is not None:
            world.env.after(LOOK_S, self._read)

    def tell(self, news: HazardNews) -> None:
        """Pass on what has just happened, where somebody is there to tell of it."""
        if news.what == "collapse":
            if self.settings.citizens is not None or self.settings.patrols is not None:
                delay_s = self.world.draws("collapses").exponential(SEEN_AFTER_S, news.subject)
                self.world.env.after(delay_s, self._send, news)
        elif self.settings.sensors is None:
            pass
        elif self.alarms is None or news.what == "cavity":
            self.world.env.after(self.settings.sensors.delay_s, self._send, news)

    def _send(self, news: HazardNews) -> None:
        seen = news.what == "collapse"
        channel = "citizen" if self.settings.citizens is not None else "patrol"
        self.receive(
            Report(
                channel=channel if seen else "sensor",
                class_code=self.class_of[news.what],
                x=news.x,
                y=news.y,
                reporter="" if seen else news.subject,
                road=news.road,
                source=news.subject,
                cause=news.event,
            )
        )

    def _read(self, _: Any) -> None:
        self.world.env.after(LOOK_S, self._read)
        assert self.alarms is not None
        for reading in self.hazards.readings():
            self.alarms.observe(reading)


class HazardRepairs:
    """What the case of a hazard calls for next: seal, ventilate, fill; and whether its place is safe.

    Each time the tasks of such a case are done, those on site see what is missing. One case has a piece of
    work; others near it wait until the danger is over.

    Parameters
    ----------
    book, planner, hazards
        Cases, who enters tasks, and gas and ground.
    """

    def __init__(self, book: CaseBook, planner: Planner, hazards: HazardView) -> None:
        self.book = book
        self.planner = planner
        self.hazards = hazards
        self._case_of: dict[str, str] = {}

    def go_on(self, case: Case, cause: int) -> bool:
        """Plan the next tasks of a case; False where it is about no hazard, or nothing is missing."""
        matter = self.planner.matter_of(case)
        if matter is None:
            return False
        planned = False
        for work in self.hazards.missing(matter, case.x, case.y, case.structure):
            if self._is_taken(work.place.id, case):
                continue
            self._case_of[work.place.id] = case.id
            task = self.planner.plan_at(case, TaskKind(work.kind), work.place, cause)
            planned = planned or task is not None
        return planned

    def keeps(self, case: Case) -> bool:
        """Whether the place of a case is still too dangerous to be given back."""
        matter = self.planner.matter_of(case)
        if matter is None:
            return False
        return self.hazards.is_dangerous(matter, case.x, case.y, case.structure)

    def _is_taken(self, work: str, case: Case) -> bool:
        other = self.book.cases.get(self._case_of.get(work, case.id))
        return other is not None and other is not case and other.is_open
