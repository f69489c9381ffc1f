"""What is done about an alarm: its report, its case, the unit's response and feedback, the deadlines."""

from collections.abc import Callable, Mapping
from typing import Any

from agents.agenda import Agenda
from agents.alarms.life import Alarm, AlarmAction, AlarmState
from agents.casebook import CaseBook
from agents.cases import CaseState
from agents.channels import Receiver
from agents.reports import Report
from agents.world import World
from cim_models.response_levels import ResponsePlan

WAITING = (AlarmState.PUBLISHED, AlarmState.RESPONDED)
"""States in which the first report from the site is awaited."""

_WITH_CREW = (CaseState.DISPATCHED, CaseState.TRAVELLING, CaseState.HANDLING)

_FINDINGS = {CaseState.VOID: "false", CaseState.TRANSFERRED: "handed over"}
"""What the end of a case says of its alarm; else the matter is confirmed."""


class AlarmHandling:
    """Follows alarms through their cases.

    Parameters
    ----------
    world, book, receive, plan
        Surroundings, cases, where reports go, and the deadlines of the levels.
    alarms
        Open alarms by id.
    settle
        Bound method that is told when the case of an alarm is over.
    """

    def __init__(
        self,
        world: World,
        book: CaseBook,
        receive: Receiver,
        plan: ResponsePlan,
        alarms: dict[str, Alarm],
        settle: Callable[[Alarm], None],
    ) -> None:
        self.world = world
        self.book = book
        self.receive = receive
        self.plan = plan
        self.alarms = alarms
        self.settle = settle
        self._of_case: dict[str, list[str]] = {}
        self._filing: Alarm | None = None
        dates = {"respond": self._respond_due, "feed_back": self._feed_back_due, "found": self._found}
        self._agenda = Agenda(world.env, dates)
        self._acts: dict[str, Callable[[str, int, Mapping[str, Any]], None]] = {
            "report.merged": self._on_merged,
            "case.reported": self._on_case,
            "case.accepted": self._on_case,
            "case.registered": self._on_case,
            "case.dispatched": self._on_dispatched,
            "crew.arrived": self._on_arrived,
            "case.handled": self._on_handled,
            "case.closed": self._on_over,
            "case.voided": self._on_over,
            "case.transferred": self._on_over,
            "case.reopened": self._on_reopened,
        }

    def follow(self, kind: str, subject: str, event: int, data: Mapping[str, Any]) -> None:
        """Learn of an event of a case or crew; see `agents.alarms.following`."""
        act = self._acts.get(kind)
        if act is not None:
            act(subject, event, data)

    def set_deadlines(self, alarm: Alarm) -> None:
        """Set the deadlines of an alarm's level, from now on; an earlier one stays."""
        level, now_s = self.plan.levels[alarm.level], self.world.now_s
        if alarm.state is AlarmState.PUBLISHED:
            alarm.respond_due_s = min(alarm.respond_due_s, now_s + level.respond_s)
            self._agenda.enter(alarm.respond_due_s, "respond", alarm.id, alarm.respond_due_s)
        if alarm.state in WAITING:
            alarm.feed_back_due_s = min(alarm.feed_back_due_s, now_s + level.feed_back_s)
            self._agenda.enter(alarm.feed_back_due_s, "feed_back", alarm.id, alarm.feed_back_due_s)

    def file(self, alarm: Alarm) -> None:
        """Report the matter of an alarm to the desk of the cases, and note the case that it belongs to."""
        alarm.case_over = False
        self._filing = alarm
        self.receive(
            Report(
                channel="sensor",
                class_code=alarm.class_code,
                x=alarm.x,
                y=alarm.y,
                reporter=alarm.sensor,
                depth_m=None if alarm.depth_m is None else round(alarm.depth_m, 3),
                genuine=alarm.genuine,
                road=alarm.road,
                source=alarm.source,
                cause=alarm.cause,
                structure=alarm.source if alarm.kind == "structure" else "",
                case=alarm.case,
            )
        )
        self._filing = None

    def forget(self, alarm: Alarm) -> None:
        """Follow an alarm no more."""
        names = self._of_case.get(alarm.case)
        if names is not None and alarm.id in names:
            names.remove(alarm.id)
            if not names:
                del self._of_case[alarm.case]

    # --- what becomes of the case -----------------------------------------------------------------

    def _on_merged(self, _report: str, event: int, data: Mapping[str, Any]) -> None:
        self._attach(str(data["case"]), event)

    def _on_case(self, case: str, event: int, _: Mapping[str, Any]) -> None:
        self._attach(case, event)

    def _attach(self, name: str, event: int) -> None:
        """Note which case the report that is being filed belongs to, and where that stands already."""
        alarm = self._filing
        if alarm is None or alarm.case == name:
            return
        self.forget(alarm)
        alarm.case = name
        self._of_case.setdefault(name, []).append(alarm.id)
        case = self.book.cases[name]
        if case.state in _WITH_CREW:
            self._respond(alarm, event)
        if case.state is CaseState.HANDLING:
            self._feed_back(alarm, "confirmed", event)

    def _alarms_of(self, case: str) -> list[Alarm]:
        return [self.alarms[name] for name in self._of_case.get(case, ())]

    def _on_dispatched(self, case: str, event: int, _: Mapping[str, Any]) -> None:
        for alarm in self._alarms_of(case):
            self._respond(alarm, event)

    def _on_arrived(self, _crew: str, event: int, data: Mapping[str, Any]) -> None:
        case = data.get("case")
        if case in self._of_case:
            # the crew looks around at this same moment, and may find nothing there
            self._agenda.enter(self.world.now_s, "found", str(case), float(event))

    def _found(self, case: str, event: float) -> None:
        for alarm in self._alarms_of(case):
            self._feed_back(alarm, "confirmed", int(event))

    def _on_handled(self, case: str, event: int, _: Mapping[str, Any]) -> None:
        for alarm in self._alarms_of(case):
            self._feed_back(alarm, "over before anybody came", event)

    def _on_reopened(self, case: str, _event: int, _data: Mapping[str, Any]) -> None:
        for alarm in self._alarms_of(case):
            alarm.case_over = False

    def _on_over(self, case: str, event: int, _: Mapping[str, Any]) -> None:
        finding = _FINDINGS.get(self.book.cases[case].state, "confirmed")
        for alarm in self._alarms_of(case):
            alarm.case_over = True
            self._feed_back(alarm, finding, event)
            alarm.cause = event
            self.settle(alarm)

    def _respond(self, alarm: Alarm, cause: int) -> None:
        if alarm.state is not AlarmState.PUBLISHED:
            return
        alarm.step(AlarmAction.RESPOND)
        alarm.cause = self.world.log(
            "alarm.responded",
            alarm.id,
            cause,
            unit=alarm.roles.unit,
            after_s=round(self.world.now_s - alarm.since_s, 3),
            in_time=self.world.now_s <= alarm.respond_due_s,
        )

    def _feed_back(self, alarm: Alarm, finding: str, cause: int) -> None:
        if alarm.state not in WAITING:
            return
        alarm.step(AlarmAction.FEED_BACK)
        alarm.cause = self.world.log(
            "alarm.fed_back",
            alarm.id,
            cause,
            unit=alarm.roles.unit,
            finding=finding,
            after_s=round(self.world.now_s - alarm.since_s, 3),
            in_time=self.world.now_s <= alarm.feed_back_due_s,
        )

    # --- deadlines --------------------------------------------------------------------------------

    def _respond_due(self, name: str, due_s: float) -> None:
        alarm = self.alarms.get(name)
        if alarm is not None and alarm.state is AlarmState.PUBLISHED and alarm.respond_due_s == due_s:
            self._log_overdue(alarm, "respond", due_s)

    def _feed_back_due(self, name: str, due_s: float) -> None:
        alarm = self.alarms.get(name)
        if alarm is not None and alarm.state in WAITING and alarm.feed_back_due_s == due_s:
            self._log_overdue(alarm, "feed_back", due_s)

    def _log_overdue(self, alarm: Alarm, stage: str, due_s: float) -> None:
        """Write that a stage is late; the regulator is told."""
        self.world.log(
            "alarm.overdue",
            alarm.id,
            alarm.cause,
            stage=stage,
            due_s=due_s,
            regulator=alarm.roles.regulator,
            unit=alarm.roles.unit,
        )
