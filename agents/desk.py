"""The duty desk: reports become cases; cases are graded, escalated, voided and watched for lateness."""

from agents.casebook import CaseBook
from agents.cases import Case, CaseAction
from agents.catalogue import Catalogue
from agents.planning import Planner
from agents.reports import Report
from agents.settings import CaseSettings
from agents.tasks import OVER, TaskAction
from agents.world import World


class Desk:
    """Receives reports and keeps the cases.

    Parameters
    ----------
    world, book, catalogue, planner, settings
        Surroundings, cases, rules, who plans the tasks, and settings.
    """

    def __init__(
        self, world: World, book: CaseBook, catalogue: Catalogue, planner: Planner, settings: CaseSettings
    ) -> None:
        self.world = world
        self.book = book
        self.catalogue = catalogue
        self.planner = planner
        self.settings = settings

    def receive(self, report: Report) -> None:
        """Take a report: merge it into an open case or register a new one."""
        road = report.road or self._nearest_road(report.x, report.y)
        report_id = self.book.next_report_id()
        event = self.world.log(
            "report.made",
            report_id,
            self._flood_behind(report, road),
            channel=report.channel,
            class_code=report.class_code,
            x=report.x,
            y=report.y,
            reporter=report.reporter,
            depth_m=report.depth_m,
            genuine=report.genuine,
        )
        case = self.book.open_cases.find(report, road, self.world.now_s)
        if case is None:
            self._register(report, road, event)
        else:
            self._merge(case, report, report_id, event)

    def learn_depth(self, case: Case, depth_m: float, cause: int) -> None:
        """Note a depth; where it is more urgent than the case so far, escalate, and plan what it needs."""
        case.depth_m = depth_m
        level = self._level(case)
        if level < case.level:
            case.level = level
            case.step(CaseAction.ESCALATE)
            self._watch_limit(case)
            case.cause = self.world.log(
                "case.escalated", case.id, cause, level=level, depth_m=depth_m, due_s=case.due_s
            )
            cause = case.cause
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
        self.book.open_cases.remove(case)
        case.cause = self.world.log("case.closed", case.id, case.cause, overdue=case.overdue)

    def drop_tasks(self, case: Case, reason: str, cause: int) -> None:
        """Drop whatever of a case is not over; crews on their way learn it at the next junction."""
        for task in self.book.tasks_of(case):
            if task.state not in OVER:
                self.book.step_task(task, TaskAction.DROP)
                self.world.log(
                    "task.dropped", task.id, cause, case=case.id, task=str(task.kind), reason=reason
                )

    def _register(self, report: Report, road: str, cause: int) -> None:
        now_s, places = self.world.now_s, self.world.places
        place = places.road_by_id.get(road)
        case = Case(
            id=self.book.next_case_id(),
            class_code=report.class_code,
            x=report.x,
            y=report.y,
            road=road,
            grid_cell=place.grid_cell if place else "",
            underpass=place.underpass if place else False,
            level=4,
            depth_m=report.depth_m,
            registered_s=now_s,
            due_s=0.0,
            last_report_s=now_s,
            genuine=report.genuine,
        )
        case.level = self._level(case)
        self.book.cases[case.id] = case
        self.book.open_cases.add(case)
        case.step(CaseAction.REGISTER)
        case.due_s = self._due_s(case)
        zh, en = places.name(case.x, case.y, place)
        case.cause = self.world.log(
            "case.registered",
            case.id,
            cause,
            class_code=case.class_code,
            x=case.x,
            y=case.y,
            road=road,
            grid_cell=case.grid_cell,
            level=case.level,
            due_s=case.due_s,
            place_zh=zh,
            place_en=en,
        )
        self._take_on(case)

    def _take_on(self, case: Case) -> None:
        """Plan a fresh case, or hand it over when it is not for the crews of this roster."""
        skill = self.catalogue.events.classes[case.class_code].skill
        is_water = case.class_code == self.catalogue.events.waterlogging
        if not is_water and not self.planner.can_handle(skill):
            case.step(CaseAction.TRANSFER)
            self.book.open_cases.remove(case)
            self.world.log("case.transferred", case.id, case.cause, to=skill)
            return
        self.planner.plan(case, case.cause)
        self.world.env.at(max(case.due_s, self.world.now_s), self._expire, case.id)

    def _merge(self, case: Case, report: Report, report_id: str, cause: int) -> None:
        case.reports += 1
        case.last_report_s = self.world.now_s
        case.genuine = case.genuine or report.genuine
        case.confirmed = True  # two reports that agree are believed
        event = self.world.log("report.merged", report_id, cause, case=case.id)
        if report.depth_m is not None:
            self.learn_depth(case, report.depth_m, event)

    def _void(self, case: Case, reason: str, cause: int) -> None:
        case.step(CaseAction.VOID)
        self.book.open_cases.remove(case)
        case.cause = self.world.log("case.voided", case.id, cause, reason=reason)
        self.drop_tasks(case, "the case is void", case.cause)

    def _watch_limit(self, case: Case) -> None:
        """Shorten the time limit of a case that has become more urgent; it never grows longer."""
        due_s = min(case.due_s, self._due_s(case))
        if due_s < case.due_s and not case.overdue:
            case.due_s = due_s
            self.world.env.at(max(due_s, self.world.now_s), self._expire, case.id)

    def _expire(self, case_id: str) -> None:
        case = self.book.cases[case_id]
        if case.is_open and not case.overdue and self.world.now_s >= case.due_s:
            case.step(CaseAction.EXPIRE)
            case.overdue = True
            self.world.log("case.overdue", case.id, case.cause, due_s=case.due_s)

    def _due_s(self, case: Case) -> float:
        start = self.world.moment(case.registered_s)
        return self.world.seconds(self.catalogue.limits.due(start, case.class_code, case.level))

    def _level(self, case: Case) -> int:
        road = self.world.places.road_by_id.get(case.road)
        road_class = road.road_class if road else ""
        return self.catalogue.events.level(case.class_code, case.depth_m, road_class, case.underpass)

    def _flood_behind(self, report: Report, road: str) -> int | None:
        """Return the flood event that a true report speaks of; other matters have none."""
        floods = self.world.flood_events
        if not report.genuine:
            return None
        if report.class_code == self.catalogue.events.waterlogging:
            return floods.get(report.source, floods.get(road))
        return floods.get(report.source)

    def _nearest_road(self, x: float, y: float) -> str:
        return self.world.roads.nearest_road(x, y) if self.world.roads else ""
