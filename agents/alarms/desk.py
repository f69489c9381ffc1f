"""The alarm desk: readings become alarms, and each alarm is led from publication to the archive.

The hub publishes an alarm and archives it, the owning unit responds by sending a crew and feeds back what it
finds, the regulator hears of what is late. One sensor has one open alarm of a group of rules; alarms of one
cause are one alarm and its suppressed followers; what is shelved waits.
"""

import math
from collections import deque
from collections.abc import Mapping
from typing import Any

from agents.agenda import Agenda
from agents.alarms.handling import AlarmHandling
from agents.alarms.life import HELD_BACK, Alarm, AlarmAction, AlarmState
from agents.alarms.posts import Posts
from agents.alarms.settings import AlarmSettings, Shelf
from agents.casebook import CaseBook
from agents.cases import CaseState
from agents.channels import Receiver
from agents.organisation import Offices, Roles
from agents.world import World
from cim_models.alarm_readings import Reading
from cim_models.alarm_rules import AlarmRule

MOST_URGENT_IN_FLOOD = 3
"""In a flood of alarms, those of this level and less urgent ones are held back where their root is known."""


class AlarmDesk:
    """Keeps the alarms of a run.

    Parameters
    ----------
    world, book, offices
        Surroundings, cases, and who answers for what.
    receive
        Where the reports of alarms go.
    settings
        Rules, levels and shelves.

    Attributes
    ----------
    alarms
        Open alarms by id.
    handling
        What is done about them.
    """

    def __init__(
        self, world: World, book: CaseBook, offices: Offices, receive: Receiver, settings: AlarmSettings
    ) -> None:
        self.world = world
        self.book = book
        self.offices = offices
        self.settings = settings
        self.alarms: dict[str, Alarm] = {}
        self.handling = AlarmHandling(world, book, receive, settings.plan, self.alarms, self._settle)
        self._posts = Posts(world, settings.rules.rules, self._turn)
        self._class_of = {rule.id: rule.class_code for rule in settings.rules.rules}
        self._number = 0
        self._open: dict[tuple[str, str], str] = {}
        self._leaders: dict[tuple[int, str], str] = {}
        self._published_s: deque[float] = deque()
        self._flood: int | None = None
        self._agenda = Agenda(
            world.env, {"renew": self._renew, "unshelve": self._unshelve, "flood": self._watch_flood}
        )

    @property
    def is_in_flood(self) -> bool:
        """Whether alarms come in a flood now."""
        return self._flood is not None

    def observe(self, reading: Reading) -> None:
        """Judge a reading, now, by all rules that its sensor can say anything about."""
        self._posts.observe(reading)

    def _turn(self, group: str, rule: AlarmRule | None, reading: Reading) -> None:
        """Follow a change of what holds at a sensor."""
        name = self._open.get((reading.sensor, group))
        if name is None:
            if rule is not None:
                self._begin(rule, reading)
            return
        alarm = self.alarms[name]
        if rule is None:
            alarm.stands = False
            alarm.cause = self.world.log("alarm.cleared", alarm.id, alarm.cause, rule=alarm.rule)
            self._settle(alarm)
            return
        if not alarm.stands:
            alarm.stands = True
            alarm.repeats += 1
            self.world.log("alarm.repeated", alarm.id, alarm.cause, rule=rule.id, repeats=alarm.repeats)
        if rule.level < alarm.level:
            alarm.depth_m = reading.values.get("water_depth")
            self._worsen(alarm, rule)

    # --- publication ------------------------------------------------------------------------------

    def _begin(self, rule: AlarmRule, reading: Reading) -> None:
        self._number += 1
        alarm = Alarm(
            id=f"AL-{self._number:05d}",
            rule=rule.id,
            group=rule.group,
            kind=rule.kind,
            sensor=reading.sensor,
            source=reading.source,
            level=rule.level,
            class_code=rule.class_code,
            x=reading.x,
            y=reading.y,
            road=reading.road,
            since_s=self.world.now_s,
            roles=self._roles(rule.class_code, reading),
            genuine=reading.genuine,
            depth_m=reading.values.get("water_depth"),
            origin=reading.origin,
            root=reading.origin if reading.root is None else reading.root,
            cause=reading.origin,
        )
        self.alarms[alarm.id] = alarm
        self._open[alarm.sensor, alarm.group] = alarm.id
        values = sorted(reading.values.items())
        self._bring(alarm, {name: round(value, 4) for name, value in values if not math.isnan(value)})

    def _roles(self, class_code: str, reading: Reading) -> Roles:
        if not class_code:
            return Roles(hub=self.offices.hub)
        place = self.world.places.road_by_id.get(reading.road)
        return self.offices.roles(class_code, reading.x, reading.y, place.grid_cell if place else "")

    def _bring(self, alarm: Alarm, values: Mapping[str, float]) -> None:
        """Publish an alarm, or hold it back."""
        shelf, leader = self._shelf(alarm), self._leader(alarm)
        if shelf is not None:
            self._shelve(alarm, values, shelf.reason, shelf.until_s)
        elif leader is not None:
            alarm.step(AlarmAction.SUPPRESS)
            alarm.leader = leader.id
            self._log("alarm.suppressed", alarm, values, leader=leader.id, reason="the same cause")
            self._raise(leader, alarm.level)
        elif self.is_in_flood and alarm.root is not None and alarm.level >= MOST_URGENT_IN_FLOOD:
            alarm.step(AlarmAction.SUPPRESS)
            self._log("alarm.suppressed", alarm, values, leader="", reason="a flood of alarms of one root")
            self._file(alarm)  # nobody is called, but the matter is on the books
        else:
            self._publish(alarm, values)

    def _publish(self, alarm: Alarm, values: Mapping[str, float]) -> None:
        if alarm.class_code:
            self.handling.set_deadlines(alarm)
        if alarm.origin is not None and alarm.class_code:
            self._leaders.setdefault((alarm.origin, alarm.kind), alarm.id)
        self._log(
            "alarm.published",
            alarm,
            values,
            hub=alarm.roles.hub,
            regulator=alarm.roles.regulator,
            owner_unit=alarm.roles.owner_unit,
            unit=alarm.roles.unit,
            respond_due_s=alarm.respond_due_s if alarm.class_code else None,
            feed_back_due_s=alarm.feed_back_due_s if alarm.class_code else None,
        )
        self._count(alarm)
        self._file(alarm)

    def _file(self, alarm: Alarm) -> None:
        if alarm.class_code:
            self.handling.file(alarm)

    def _shelve(self, alarm: Alarm, values: Mapping[str, float], reason: str, until_s: float) -> None:
        alarm.step(AlarmAction.SHELVE)
        ends = math.isfinite(until_s)
        self._log("alarm.shelved", alarm, values, reason=reason, until_s=until_s if ends else None)
        if ends:
            self._agenda.enter(until_s, "unshelve", alarm.id)

    def _log(self, kind: str, alarm: Alarm, values: Mapping[str, float], **more: Any) -> None:
        """Write an event that says all about an alarm."""
        alarm.cause = self.world.log(
            kind,
            alarm.id,
            alarm.cause,
            rule=alarm.rule,
            about=alarm.kind,
            level=alarm.level,
            class_code=alarm.class_code,
            sensor=alarm.sensor,
            source=alarm.source,
            x=alarm.x,
            y=alarm.y,
            road=alarm.road,
            values=dict(values),
            genuine=alarm.genuine,
            **more,
        )

    def _worsen(self, alarm: Alarm, rule: AlarmRule) -> None:
        """Follow a more urgent rule of the group of an alarm."""
        leader = self._leader(alarm)
        if leader is None or alarm.class_code or not alarm.is_active:
            self._escalate(alarm, rule.level, rule.id)
            return
        # nobody has been called because of it, and somebody is on the way to the same cause
        alarm.level, alarm.rule, alarm.class_code = rule.level, rule.id, rule.class_code
        alarm.step(AlarmAction.SUPPRESS)
        alarm.leader = leader.id
        self._log("alarm.suppressed", alarm, {}, leader=leader.id, reason="the same cause")
        self._raise(leader, alarm.level)

    def _raise(self, leader: Alarm, level: int) -> None:
        """Let a leader be as urgent as the alarms that it stands for."""
        if level < leader.level:
            self._escalate(leader, level, leader.rule)

    def _escalate(self, alarm: Alarm, level: int, rule: str) -> None:
        alarm.step(AlarmAction.ESCALATE)
        was, alarm.level, alarm.rule = alarm.level, level, rule
        alarm.class_code = self._class_of[rule] or alarm.class_code
        if alarm.class_code and alarm.origin is not None and alarm.is_active:
            self._leaders.setdefault((alarm.origin, alarm.kind), alarm.id)
        alarm.cause = self.world.log(
            "alarm.escalated",
            alarm.id,
            alarm.cause,
            rule=rule,
            class_code=alarm.class_code,
            level=level,
            was_level=was,
        )
        if alarm.is_active and alarm.class_code:
            self.handling.set_deadlines(alarm)
            self._file(alarm)

    # --- what holds alarms back -------------------------------------------------------------------

    def _shelf(self, alarm: Alarm) -> Shelf | None:
        now_s = self.world.now_s
        return next((s for s in self.settings.shelves if s.holds(alarm.rule, alarm.sensor, now_s)), None)

    def _leader(self, alarm: Alarm) -> Alarm | None:
        """Return the open alarm of the same cause that stands for all of them; None for none."""
        if alarm.origin is None:
            return None
        leader = self.alarms.get(self._leaders.get((alarm.origin, alarm.kind), ""))
        return leader if leader is not None and leader.is_active and leader is not alarm else None

    def _count(self, alarm: Alarm) -> None:
        """Note a publication, and whether alarms have become a flood."""
        rule, times = self.settings.plan.flood, self._published_s
        times.append(self.world.now_s)
        self._forget_old()
        if self._flood is None and len(times) >= rule.begins_at:
            self._flood = self.world.log("alarm.flood_began", "run", alarm.cause, alarms=len(times))
            self._agenda.enter(times[0] + rule.window_s, "flood", "run")

    def _watch_flood(self, _name: str, _number: float) -> None:
        """End a flood once few enough alarms have come within the window."""
        rule, times = self.settings.plan.flood, self._published_s
        self._forget_old()
        if len(times) < rule.ends_below:
            self.world.log("alarm.flood_ended", "run", self._flood, alarms=len(times))
            self._flood = None
        else:
            self._agenda.enter(times[0] + rule.window_s, "flood", "run")

    def _forget_old(self) -> None:
        times, before_s = self._published_s, self.world.now_s - self.settings.plan.flood.window_s
        while times and times[0] <= before_s:
            times.popleft()

    def _unshelve(self, name: str, _: float) -> None:
        alarm = self.alarms.get(name)
        if alarm is not None and alarm.state is AlarmState.SHELVED:
            self._release(alarm)

    def _release(self, alarm: Alarm) -> None:
        """Publish an alarm that was held back and whose condition still stands."""
        alarm.step(AlarmAction.RELEASE)
        alarm.leader = ""
        self._bring(alarm, {})

    # --- the end ----------------------------------------------------------------------------------

    def _settle(self, alarm: Alarm) -> None:
        """Archive an alarm when its condition and its case are over; see to it where only its case is."""
        if not alarm.case_over:
            return
        if not alarm.stands:
            self._archive(alarm)
        elif alarm.state is AlarmState.FED_BACK and self._is_void(alarm):
            self._shelve(alarm, {}, "found false, and the reading stands", math.inf)
        elif alarm.class_code:
            self._agenda.enter(self.world.now_s + self.settings.plan.renew_after_s, "renew", alarm.id)

    def _is_void(self, alarm: Alarm) -> bool:
        case = self.book.cases.get(alarm.case)
        return case is not None and case.state is CaseState.VOID

    def _renew(self, name: str, _: float) -> None:
        """Report a matter again whose case is over although its condition stands."""
        alarm = self.alarms.get(name)
        if alarm is not None and alarm.stands and alarm.case_over and not alarm.leader:
            alarm.cause = self.world.log("alarm.renewed", alarm.id, alarm.cause, rule=alarm.rule)
            self._file(alarm)

    def _archive(self, alarm: Alarm) -> None:
        was_held_back = alarm.state in HELD_BACK
        alarm.step(AlarmAction.ARCHIVE)
        self.world.log(
            "alarm.archived",
            alarm.id,
            alarm.cause,
            hub=alarm.roles.hub,
            after_s=round(self.world.now_s - alarm.since_s, 3),
        )
        del self.alarms[alarm.id], self._open[alarm.sensor, alarm.group]
        self.handling.forget(alarm)
        if was_held_back or alarm.origin is None:
            return
        if self._leaders.get((alarm.origin, alarm.kind)) == alarm.id:
            del self._leaders[alarm.origin, alarm.kind]
            for other in [other for other in self.alarms.values() if other.leader == alarm.id]:
                self._release(other)
