"""The duty desk: reports become cases; cases are graded, looked into on site, closed and opened again."""

from agents.casebook import CaseBook
from agents.cases import AT_DESK, Case, CaseAction
from agents.catalogue import Catalogue
from agents.deadlines import Deadlines
from agents.intake import Intake
from agents.limits import Urgency
from agents.locating import Locator
from agents.planning import Planner
from agents.reports import Report
from agents.settings import CaseSettings
from agents.tasks import OVER, TaskAction
from agents.world import World


class Desk:
    """Receives reports and keeps the cases.

    Parameters
    ----------
    world, book, catalogue
        Surroundings, cases and rules.
    intake, planner, settings
        Who brings a case to its unit, who plans the tasks, and settings.
    """

    def __init__(
        self,
        world: World,
        book: CaseBook,
        catalogue: Catalogue,
        intake: Intake,
        planner: Planner,
        settings: CaseSettings,
    ) -> None:
        self.world = world
        self.book = book
        self.catalogue = catalogue
        self.intake = intake
        self.planner = planner
        self.settings = settings
        self.locator = Locator(world, self._file)
        sensors = world.places.sensors
        self._manholes = frozenset(sensor.target for sensor in sensors if sensor.kind == "sewer_level")

    @property
    def deadlines(self) -> Deadlines:
        """The clocks of the cases."""
        return self.intake.deadlines

    def receive(self, report: Report) -> None:
        """Take a report; one that does not say where is kept until its place is known."""
        report = self.locator.complete(report)
        road = self._road(report)
        report_id = self.book.next_report_id()
        event = self.world.log(
            "report.made",
            report_id,
            self._flood_behind(report, road),
            channel=report.channel,
            class_code=report.class_code,
            x=report.x if report.is_located else None,
            y=report.y if report.is_located else None,
            reporter=report.reporter,
            depth_m=report.depth_m,
            genuine=report.genuine,
        )
        if not report.is_located:
            self.locator.hold(report, report_id, event)
            return
        self._file(report, report_id, event)
        self.locator.claim(report, event)

    def _file(self, report: Report, report_id: str, event: int) -> None:
        """Merge a report into an open case, open a closed one again, or begin a new one."""
        road = self._road(report)
        case = self._open_case(report, road)
        if case is not None:
            self._merge(case, report, report_id, event)
            return
        closed = self.book.closed_cases.find(report, road, self.world.now_s)
        if closed is not None:
            self._reopen(closed, report, report_id, event)
        else:
            self._begin(report, road, event)

    def learn_depth(self, case: Case, depth_m: float, cause: int) -> None:
        """Note a depth; where it is more urgent than the case so far, escalate, and plan what it needs."""
        case.depth_m = depth_m
        level = self._level(case)
        if level < case.level:
            self.deadlines.escalate(case, level, "deeper water", cause)
            cause = case.cause
            if case.urgency is Urgency.TOP_URGENT:
                self._hurry(case)
        if case.is_with_its_unit:
            self.planner.plan(case, cause)

    def inspect(self, case: Case, cause: int) -> float:
        """Look at a case on site; a false alarm is found out here and its case voided.

        Parameters
        ----------
        case
            An open case at which a crew has arrived.
        cause
            Id of the crew's arrival.

        Returns
        -------
        The depth that was found, m.
        """
        depth = self.world.depth_at(case.x, case.y, case.road, self.settings.site_radius_m)
        if case.class_code != self.catalogue.events.waterlogging:
            if not case.genuine:
                self._void(case, "nothing found on site", cause)
        elif depth < self.settings.dry_below_m and not case.confirmed and not case.genuine:
            # a street that was under water shows it, even when the water has left by itself
            self._void(case, f"no water found on site ({depth:.2f} m)", cause)
        else:
            case.confirmed = True
            self.learn_depth(case, depth, cause)
        return depth

    def close(self, case: Case) -> None:
        """Close a case that has passed its check and whose place is as it was."""
        case.step(CaseAction.CLOSE)
        self.deadlines.stop(case)
        # what only an open case is asked for; the log knows it
        case.accepted_s = case.verified_s = case.registered_s = case.assigned_s = None
        case.passed_s = case.checked_m = case.look_s = None
        case.reported_s = case.last_report_s = case.depth_m = None
        self.book.close(case, self.world.now_s)
        case.cause = self.world.log("case.closed", case.id, case.cause, unit=case.unit, overdue=case.overdue)

    def drop_tasks(self, case: Case, reason: str, cause: int) -> None:
        """Drop whatever of a case is not over; crews on their way learn it at the next junction."""
        for task in self.book.tasks_of(case):
            if task.state not in OVER:
                self.book.step_task(task, TaskAction.DROP)
                self.world.log(
                    "task.dropped", task.id, cause, case=case.id, task=str(task.kind), reason=reason
                )

    def _open_case(self, report: Report, road: str) -> Case | None:
        """Return the open case that a report belongs to: the one that it names, else one of its place."""
        named = self.book.cases.get(report.case)
        if named is not None and named.is_open and named.class_code == report.class_code:
            return named
        return self.book.open_cases.find(report, road, self.world.now_s)

    def _begin(self, report: Report, road: str, cause: int) -> None:
        now_s = self.world.now_s
        place = self.world.places.road_by_id.get(road)
        underpass = place.underpass if place else False
        level = self.catalogue.events.level(
            report.class_code, report.depth_m, place.road_class if place else "", underpass
        )
        case = Case(
            id=self.book.next_case_id(),
            class_code=report.class_code,
            x=report.x,
            y=report.y,
            road=road,
            grid_cell=place.grid_cell if place else "",
            underpass=underpass,
            level=level,
            urgency=self.catalogue.events.urgencies[level],
            depth_m=report.depth_m,
            reported_s=now_s,
            last_report_s=now_s,
            genuine=report.genuine,
            channel=report.channel,
            structure=report.structure,
        )
        self.book.cases[case.id] = case
        self.book.open_cases.add(case)
        self._note_overflow(case, report, cause)
        self.intake.receive(case, cause)

    def _merge(self, case: Case, report: Report, report_id: str, cause: int) -> None:
        case.reports += 1
        case.last_report_s = self.world.now_s
        case.genuine = case.genuine or report.genuine
        case.confirmed = True  # two reports that agree are believed
        case.structure = case.structure or report.structure
        event = self.world.log("report.merged", report_id, cause, case=case.id)
        self._note_overflow(case, report, event)
        if report.depth_m is not None:
            self.learn_depth(case, report.depth_m, event)

    def _reopen(self, case: Case, report: Report, report_id: str, cause: int) -> None:
        """Open a closed case again, because its matter came back; its limit starts anew."""
        now_s, was_level = self.world.now_s, case.level
        self.book.open_again(case)
        case.reports += 1
        case.reopenings += 1
        case.last_report_s = case.registered_s = now_s
        case.genuine, case.structure = report.genuine, case.structure or report.structure
        case.confirmed, case.overdue, case.depth_m = False, False, report.depth_m
        case.extensions = case.failed_checks = case.reworks = 0
        case.level = self._level(case)
        case.urgency = self.catalogue.events.urgencies[case.level]
        event = self.world.log("report.merged", report_id, cause, case=case.id)
        self._note_overflow(case, report, event)
        case.step(CaseAction.REOPEN)
        self.deadlines.start(case)
        case.cause = self.world.log(
            "case.reopened",
            case.id,
            event,
            unit=case.unit,
            level=case.level,
            was_level=was_level,
            due_s=case.due_s,
        )
        self.intake.router.route(case)

    def _note_overflow(self, case: Case, report: Report, cause: int) -> None:
        """Note for those who attend a case which manholes were reported to overflow."""
        if report.source in self._manholes:
            self.book.overflows.setdefault(case.id, {})[report.source] = cause

    def _hurry(self, case: Case) -> None:
        if case.state in AT_DESK:
            self.intake.hurry(case)
        self.intake.router.hurry(case)

    def _void(self, case: Case, reason: str, cause: int) -> None:
        case.step(CaseAction.VOID)
        self.deadlines.stop(case)
        self.book.open_cases.remove(case)
        case.cause = self.world.log("case.voided", case.id, cause, reason=reason)
        self.drop_tasks(case, "the case is void", case.cause)

    def _level(self, case: Case) -> int:
        road = self.world.places.road_by_id.get(case.road)
        road_class = road.road_class if road else ""
        return self.catalogue.events.level(case.class_code, case.depth_m, road_class, case.underpass)

    def _flood_behind(self, report: Report, road: str) -> int | None:
        """Return the flood event that a true report speaks of; other matters have none."""
        floods = self.world.flood_events
        if report.cause is not None:
            return report.cause
        if not report.genuine:
            return None
        if report.class_code == self.catalogue.events.waterlogging:
            return floods.get(report.source, floods.get(road))
        return floods.get(report.source)

    def _road(self, report: Report) -> str:
        """Id of the road that a report is about; empty where that cannot be said."""
        if report.road or self.world.roads is None or not report.is_located:
            return report.road
        return self.world.roads.nearest_road(report.x, report.y)
