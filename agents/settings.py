"""Settings of the operations: plain values that check themselves.

Every default is an own assumption unless its description names a source.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from agents.alarms.settings import AlarmSettings
from agents.staffing import BarrierSite, CrewGroup
from agents.worktime import ROSTERS
from cim_models.errors import ScenarioError

HOURS = 24


def _check(name: str, value: float, low: float, high: float = float("inf")) -> None:
    if not low <= value <= high:
        raise ScenarioError(f"Setting '{name}' is out of range", got=value, expected=f"{low} to {high}")


@dataclass(frozen=True, slots=True)
class SensorSettings:
    """Fixed level sensors.

    Parameters
    ----------
    report_from_m
        Reading at which a road sensor reports, m; it reports again at 0.30 and 0.50 m.
    recall
        Share of readings that reach the centre, 0 to 1.
    delay_s
        From reading to report, s.
    false_alarms_per_day
        Readings of water that is not there, for each sensor and day.
    repeat_s
        A sensor above the same threshold reports again after this time, s.
    """

    report_from_m: float = 0.15
    recall: float = 0.98
    delay_s: float = 15.0
    false_alarms_per_day: float = 0.02
    repeat_s: float = 1800.0

    def __post_init__(self) -> None:
        _check("sensors.report_from_m", self.report_from_m, 0.01)
        _check("sensors.recall", self.recall, 0.0, 1.0)
        _check("sensors.delay_s", self.delay_s, 0.0)
        _check("sensors.false_alarms_per_day", self.false_alarms_per_day, 0.0)
        _check("sensors.repeat_s", self.repeat_s, 60.0)


@dataclass(frozen=True, slots=True)
class VideoSettings:
    """Cameras whose pictures are searched for water.

    Parameters
    ----------
    recall
        Chance that one look at what is within view finds it, 0 to 1: one value, or one for each hour of
        the day.
    interval_s
        Time between looks, s.
    visible_from_m
        Least depth that can be seen, m.
    delay_s
        From look to report, s.
    false_alarms_per_day
        Alarms without water, for each camera and day.
    repeat_s
        The same camera reports the same place again after this time, s.
    """

    recall: float | tuple[float, ...] = 0.4
    interval_s: float = 600.0
    visible_from_m: float = 0.15
    delay_s: float = 30.0
    false_alarms_per_day: float = 0.1
    repeat_s: float = 1800.0

    def __post_init__(self) -> None:
        by_hour = (self.recall,) * HOURS if isinstance(self.recall, float | int) else self.recall
        if len(by_hour) != HOURS:
            raise ScenarioError(
                "Setting 'video.recall' has the wrong length",
                got=f"{len(by_hour)} values",
                expected=f"one value, or {HOURS}, one for each hour of the day",
            )
        for hour, recall in enumerate(by_hour):
            _check(f"video.recall, hour {hour}", recall, 0.0, 1.0)
        _check("video.interval_s", self.interval_s, 1.0)
        _check("video.visible_from_m", self.visible_from_m, 0.0)
        _check("video.delay_s", self.delay_s, 0.0)
        _check("video.false_alarms_per_day", self.false_alarms_per_day, 0.0)
        _check("video.repeat_s", self.repeat_s, 0.0)

    def recall_at(self, hour: float) -> float:
        """Chance of a look at an hour of the day, 0 to 24."""
        return self.recall[int(hour) % HOURS] if isinstance(self.recall, tuple) else self.recall


@dataclass(frozen=True, slots=True)
class CitizenSettings:
    """People who report what they see, by telephone or application.

    Parameters
    ----------
    per_day
        Reports a day that have nothing to do with the storm, in the whole city, and with no matter of
        `agents.matters` either. 350 is the mean of Guangdong's cities in 2022 (2.68 million cases, 21
        cities).
    false_share
        Share of those that turn out to be nothing, 0 to 1.
    placeless_share, reached_share
        Share of those that do not say where, 0 to 1, and of the callers of such reports whom the desk
        reaches and who can say it then.
    reports_per_person_h
        Rate at which one person near a street under half a metre of water reports it, 1/h. The
        rate grows from 0 at ``visible_from_m`` in proportion to the depth.
    visible_from_m
        Least depth that anybody reports, m; that of a waterlogged lane.
    delay_s
        Mean time from seeing to report (exponential), s.
    depth_error
        Spread of the depth they state (standard deviation of its logarithm).
    interval_s
        Step of the process, s.
    reach_m
        People within this distance of a street's low point see it, m.
    persons_per_m
        People to each metre of street where the city has no persons.
    """

    per_day: float = 350.0
    false_share: float = 0.1
    placeless_share: float = 0.0
    reached_share: float = 0.8
    reports_per_person_h: float = 0.01
    visible_from_m: float = 0.15
    delay_s: float = 180.0
    depth_error: float = 0.3
    interval_s: float = 60.0
    reach_m: float = 100.0
    persons_per_m: float = 0.3

    def __post_init__(self) -> None:
        _check("citizens.per_day", self.per_day, 0.0)
        _check("citizens.false_share", self.false_share, 0.0, 1.0)
        _check("citizens.placeless_share", self.placeless_share, 0.0, 1.0)
        _check("citizens.reached_share", self.reached_share, 0.0, 1.0)
        _check("citizens.reports_per_person_h", self.reports_per_person_h, 0.0)
        _check("citizens.visible_from_m", self.visible_from_m, 0.0, 0.49)
        _check("citizens.delay_s", self.delay_s, 0.0)
        _check("citizens.depth_error", self.depth_error, 0.0)
        _check("citizens.interval_s", self.interval_s, 1.0)
        _check("citizens.reach_m", self.reach_m, 0.0)
        _check("citizens.persons_per_m", self.persons_per_m, 0.0)


@dataclass(frozen=True, slots=True)
class PatrolSettings:
    """Patrollers who walk the streets of their grid.

    Parameters
    ----------
    grids
        Ids of the patrol grids that are walked; None for all.
    per_grid
        Patrollers to a grid and shift.
    from_h, to_h
        Hours of the day between which they walk.
    speed_m_s
        Walking speed, m/s.
    visible_from_m
        Least depth they report, m.
    impassable_from_m
        They turn back at deeper water, m.
    recall
        Chance that they see the water at the low point of a street when they reach it, 0 to 1.
    sight_m
        A low point no farther than this from a junction is also seen from there, m.
    delay_s
        From seeing to report, s.
    repeat_s
        The same patroller reports the same street again after this time, s.
    false_alarms_per_day
        Reports of water that is not there, for each patroller and day.
    """

    grids: tuple[str, ...] | None = None
    per_grid: int = 1
    from_h: float = 7.0
    to_h: float = 22.0
    speed_m_s: float = 1.2
    visible_from_m: float = 0.15
    impassable_from_m: float = 0.30
    recall: float = 0.9
    sight_m: float = 50.0
    delay_s: float = 60.0
    repeat_s: float = 3600.0
    false_alarms_per_day: float = 0.1

    def __post_init__(self) -> None:
        _check("patrols.per_grid", self.per_grid, 0)
        _check("patrols.from_h", self.from_h, 0.0, 24.0)
        _check("patrols.to_h", self.to_h, 0.0, 24.0)
        _check("patrols.speed_m_s", self.speed_m_s, 0.1, 10.0)
        _check("patrols.recall", self.recall, 0.0, 1.0)
        _check("patrols.sight_m", self.sight_m, 0.0)
        _check("patrols.delay_s", self.delay_s, 0.0)
        _check("patrols.false_alarms_per_day", self.false_alarms_per_day, 0.0)


@dataclass(frozen=True, slots=True)
class StaffingSettings:
    """Who is on the roster.

    Parameters
    ----------
    crews
        Crews with one skill each, by skill; the shifts share them out in turn.
    groups
        Further crews: with several skills, at a named depot, with a vehicle or shifts of their own.
    shifts
        Name of a shift pattern of `agents.worktime.ROSTERS`.
    depots
        Where crews wait, as (x, y) in m, in place of the city's ``depots`` layer; None for the layer.
    barriers
        Where crews lay barriers.
    turnout_s
        From the order to driving off from a depot, s.
    linger_s
        A crew that is done waits this long on site for another task before it drives home, s.
    cut_off_wait_s, cut_off_tries
        A crew without a way waits this long before it looks again, and turns back after so many tries.
    break_every_s, break_length_s, break_turns
        Time on duty after which a crew takes a break, its length (0 for none), s, and in how many turns
        the crews of a shift take it. A crew with a task takes its break when that is done. Who is on
        duty around the clock takes none: such a roster stands for people who relieve each other.
    overtime_limit_s
        A crew that is out at the end of its shift leaves its task to another after so much more time, s.
        Three hours a day are the most of article 41 of China's Labour Law, which article 42 lifts in
        disasters (recalled, unverified).
    """

    crews: Mapping[str, int] = field(
        default_factory=lambda: {"drainage": 6, "traffic": 4, "pump": 2, "water": 2, "gas": 2}
    )
    groups: tuple[CrewGroup, ...] = ()
    shifts: str = "two_by_twelve"
    depots: tuple[tuple[float, float], ...] | None = None
    barriers: tuple[BarrierSite, ...] = ()
    turnout_s: float = 120.0
    linger_s: float = 300.0
    cut_off_wait_s: float = 300.0
    cut_off_tries: int = 6
    break_every_s: float = 4.0 * 3600.0
    break_length_s: float = 1800.0
    break_turns: int = 2
    overtime_limit_s: float = 3.0 * 3600.0

    def __post_init__(self) -> None:
        for skill, number in self.crews.items():
            _check(f"staffing.crews.{skill}", number, 0)
        for name in (self.shifts, *(group.shifts or self.shifts for group in self.groups)):
            if name not in ROSTERS:
                raise ScenarioError(
                    "Setting 'staffing.shifts' is unknown",
                    got=name,
                    expected=f"one of {', '.join(sorted(ROSTERS))}",
                )
        _check("staffing.turnout_s", self.turnout_s, 0.0)
        _check("staffing.linger_s", self.linger_s, 0.0)
        _check("staffing.cut_off_wait_s", self.cut_off_wait_s, 1.0)
        _check("staffing.cut_off_tries", self.cut_off_tries, 1)
        _check("staffing.break_every_s", self.break_every_s, 60.0)
        _check("staffing.break_length_s", self.break_length_s, 0.0, self.break_every_s)
        _check("staffing.break_turns", self.break_turns, 1)
        _check("staffing.overtime_limit_s", self.overtime_limit_s, 0.0)
        names = [group.id for group in self.all_groups]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ScenarioError(
                "Setting 'staffing.groups' names two groups alike",
                got=", ".join(twice),
                expected="ids of their own, other than the skills of staffing.crews",
            )

    @property
    def all_groups(self) -> tuple[CrewGroup, ...]:
        """Everybody: the crews with one skill, as groups, and the further ones."""
        plain = (CrewGroup(skill, (skill,), number) for skill, number in self.crews.items())
        return (*plain, *self.groups)

    @property
    def skills(self) -> frozenset[str]:
        """Skills that somebody on the roster has."""
        return frozenset(skill for group in self.all_groups if group.number for skill in group.skills)


@dataclass(frozen=True, slots=True)
class DispatchSettings:
    """How tasks reach crews.

    Parameters
    ----------
    mode
        ``automatic`` or ``manual``. Qingdao: 1 to 2 min automatic, 30 min by hand.
    delay_s
        Time that automatic dispatch takes, s: one value, or least and most of a uniform distribution.
    manual_delay_s
        Mean time that a dispatcher takes by hand (exponential), s.
    interval_s
        Time between dispatch rounds, s.
    policy
        A name of `agents.policies.BUILT_IN`, ``module:Class``, or ``file.py:Class``.
    options
        Arguments of the policy's class.
    folder
        Where a policy's file is looked for; None for the working folder.
    zones
        How policies may divide the city: ``depots`` by the nearest depot, or the name of a polygon
        layer.
    reach_s
        Crews farther away than this are looked at only for tasks that no free crew reaches within it, s.
    """

    mode: str = "automatic"
    delay_s: float | tuple[float, float] = (60.0, 120.0)
    manual_delay_s: float = 1800.0
    interval_s: float = 120.0
    policy: str = "assignment"
    options: Mapping[str, Any] = field(default_factory=dict)
    folder: Path | None = None
    zones: str = "depots"
    reach_s: float = 900.0

    def __post_init__(self) -> None:
        if self.mode not in ("automatic", "manual"):
            raise ScenarioError(
                "Setting 'dispatch.mode' is unknown", got=self.mode, expected="automatic or manual"
            )
        least_s, most_s = self.delay_range_s
        _check("dispatch.delay_s", least_s, 0.0)
        _check("dispatch.delay_s", most_s, least_s)
        _check("dispatch.manual_delay_s", self.manual_delay_s, 0.0)
        _check("dispatch.interval_s", self.interval_s, 1.0)
        _check("dispatch.reach_s", self.reach_s, 1.0)

    @property
    def delay_range_s(self) -> tuple[float, float]:
        """Least and longest time that automatic dispatch takes, s."""
        return self.delay_s if isinstance(self.delay_s, tuple) else (self.delay_s, self.delay_s)


Triangle = tuple[float, float, float]
"""Least, most likely and largest value."""


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """Who works at the desk and how long reports take there.

    Parameters
    ----------
    mode
        ``automatic``: a report is accepted, verified and registered by the platform as it comes in.
        ``manual``: officers accept it, somebody verifies it, and a shift leader registers it, each in
        turn and one report at a time.
    acceptors, registrars
        Officers who accept and who register at one time, in manual mode.
    accept_min, verify_min, register_min
        How long each step takes by hand, min (triangular).
    found_false
        Share of citizens' false reports that verification finds out, 0 to 1, by the platform and by
        hand; the rest is found out on site. Sensors, cameras and patrols are believed.
    misassigned
        Share of cases that reach a unit that is not responsible, 0 to 1, by the platform and by hand.
    return_min
        After how long that unit returns such a case, min (triangular).
    """

    mode: str = "automatic"
    acceptors: int = 4
    registrars: int = 2
    accept_min: Triangle = (1.0, 3.0, 10.0)
    verify_min: Triangle = (10.0, 20.0, 60.0)
    register_min: Triangle = (2.0, 5.0, 15.0)
    found_false: tuple[float, float] = (0.3, 0.7)
    misassigned: tuple[float, float] = (0.0, 0.05)
    return_min: Triangle = (5.0, 20.0, 60.0)

    def __post_init__(self) -> None:
        if self.mode not in ("automatic", "manual"):
            raise ScenarioError(
                "Setting 'cases.desk.mode' is unknown", got=self.mode, expected="automatic or manual"
            )
        _check("cases.desk.acceptors", self.acceptors, 1)
        _check("cases.desk.registrars", self.registrars, 1)
        for name in ("accept_min", "verify_min", "register_min", "return_min"):
            least, likely, most = getattr(self, name)
            _check(f"cases.desk.{name}", likely, least, most)
            _check(f"cases.desk.{name}", least, 0.0)
        for name in ("found_false", "misassigned"):
            for share in getattr(self, name):
                _check(f"cases.desk.{name}", share, 0.0, 1.0)

    @property
    def by_hand(self) -> bool:
        """Whether people do it."""
        return self.mode == "manual"


@dataclass(frozen=True, slots=True)
class CaseSettings:
    """How reports become cases and how cases are checked.

    Parameters
    ----------
    merge_distance_m, merge_time_s
        A report merges into an open case of its class within this distance (or on the same street)
        whose last report is not older than this.
    site_radius_m
        What somebody on site sees, m.
    dry_below_m
        Less water than this counts as none, m.
    check_after_s, check_every_s
        From handling to the first check, and between checks, s.
    rework_after, most_reworks
        Failed checks after which a case is sent back, and how often that happens at most; after
        that it is only watched.
    gully_radius_m, most_gullies, gullies_per_order
        Which gullies belong to a place, how many of them (the nearest) a crew sees to before it moves
        on, and how many are cleared in one go.
    pump_stays_s
        A pump runs on at most this long after the street has passed its check, s.
    reopen_within_s, reopen_distance_m
        A report of what was closed no longer ago than this, on the same street for water and within this
        distance for other matters, opens the case again.
    suspend_look_s, suspend_at_most_s
        How often a suspended case is looked at, and how long it rests at most, s.
    calendar
        Name of the calendar in which working time runs; empty for that of the city's time zone.
    desk
        Who works at the desk.
    """

    merge_distance_m: float = 100.0
    merge_time_s: float = 7200.0
    site_radius_m: float = 20.0
    dry_below_m: float = 0.05
    check_after_s: float = 600.0
    check_every_s: float = 600.0
    rework_after: int = 3
    most_reworks: int = 2
    gully_radius_m: float = 60.0
    most_gullies: int = 8
    gullies_per_order: int = 4
    pump_stays_s: float = 1800.0
    reopen_within_s: float = 6 * 3600.0
    reopen_distance_m: float = 15.0
    suspend_look_s: float = 1800.0
    suspend_at_most_s: float = 6 * 3600.0
    calendar: str = ""
    desk: DeskSettings = field(default_factory=DeskSettings)

    def __post_init__(self) -> None:
        _check("cases.reopen_within_s", self.reopen_within_s, 0.0)
        _check("cases.reopen_distance_m", self.reopen_distance_m, 0.0)
        _check("cases.suspend_look_s", self.suspend_look_s, 1.0)
        _check("cases.suspend_at_most_s", self.suspend_at_most_s, 0.0)
        _check("cases.merge_distance_m", self.merge_distance_m, 1.0)
        _check("cases.merge_time_s", self.merge_time_s, 0.0)
        _check("cases.site_radius_m", self.site_radius_m, 0.0)
        _check("cases.dry_below_m", self.dry_below_m, 0.0)
        _check("cases.check_after_s", self.check_after_s, 1.0)
        _check("cases.check_every_s", self.check_every_s, 1.0)
        _check("cases.rework_after", self.rework_after, 1)
        _check("cases.most_reworks", self.most_reworks, 0)
        _check("cases.gully_radius_m", self.gully_radius_m, 0.0)
        _check("cases.most_gullies", self.most_gullies, 1)
        _check("cases.gullies_per_order", self.gullies_per_order, 1)
        _check("cases.pump_stays_s", self.pump_stays_s, 0.0)


@dataclass(frozen=True, slots=True)
class OperationsSettings:
    """All settings of the operations.

    Parameters
    ----------
    start
        The scenario's start with its time zone: shifts, working hours and patrols go by it.
    sensors, video, citizens, patrols
        The reporting channels; None switches one off.
    matters_per_day
        Ordinary matters that appear in the streets a day and wait to be seen, see `agents.matters`.
    staffing, dispatch, cases
        Who works, how they are sent, and how cases are kept.
    alarms
        How readings become alarms; None where sensors report to the desk themselves.
    """

    start: datetime
    sensors: SensorSettings | None = field(default_factory=SensorSettings)
    video: VideoSettings | None = field(default_factory=VideoSettings)
    citizens: CitizenSettings | None = field(default_factory=CitizenSettings)
    patrols: PatrolSettings | None = field(default_factory=PatrolSettings)
    matters_per_day: float = 0.0
    staffing: StaffingSettings = field(default_factory=StaffingSettings)
    dispatch: DispatchSettings = field(default_factory=DispatchSettings)
    cases: CaseSettings = field(default_factory=CaseSettings)
    alarms: AlarmSettings | None = None

    def __post_init__(self) -> None:
        _check("matters.per_day", self.matters_per_day, 0.0)
