"""Time limits: how long a case may take in all and at each stage, by class and urgency."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from agents.machine import Word
from agents.worktime import TimeUnit, WorkCalendar, WorkClock
from cim_models.catalogues import load_catalogue
from cim_models.errors import ScenarioError


class Urgency(Word):
    """一般, 紧急 and 特急."""

    ORDINARY = "ordinary"
    URGENT = "urgent"
    TOP_URGENT = "top_urgent"


class Stage(Word):
    """The stages of a case's life that have a limit of their own, in order."""

    ACCEPT = "accept"
    VERIFY = "verify"
    REGISTER = "register"
    DISPATCH = "dispatch"
    HANDLE = "handle"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """An amount of time and what it counts."""

    amount: float
    unit: TimeUnit


@dataclass(frozen=True, slots=True)
class ExtensionRule:
    """When a unit asks for more time (延期) and what it is given.

    Parameters
    ----------
    times
        How often a case may be extended.
    asked_at
        Share of the limit after which the unit asks, 0 to 1.
    share
        What is granted, as a share of the limit.
    """

    times: int
    asked_at: float
    share: float


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Overall limits by class and urgency, and limits of the stages by urgency.

    Parameters
    ----------
    calendars
        Calendars by name.
    zone_calendars
        Name of the calendar by time zone.
    overall, otherwise
        Limits from registration to closing; ``otherwise`` for what ``overall`` does not hold.
    stages
        Limits from the end of the stage before.
    extension
        When more time is given.
    """

    calendars: Mapping[str, WorkCalendar]
    zone_calendars: Mapping[str, str]
    overall: Mapping[tuple[str, Urgency], TimeLimit]
    otherwise: TimeLimit
    stages: Mapping[tuple[Stage, Urgency], TimeLimit]
    extension: ExtensionRule

    def of_case(self, code: str, urgency: Urgency) -> TimeLimit:
        """Return the overall limit of a class at an urgency."""
        return self.overall.get((code, urgency), self.otherwise)

    def clock(self, start: datetime, calendar: str = "") -> WorkClock:
        """Return the clock on which the limits run.

        Parameters
        ----------
        start
            Date and time at 0 s, in the city's time zone.
        calendar
            Name of a calendar; empty for that of the time zone.

        Raises
        ------
        ScenarioError
            If the catalogue has no such calendar.
        """
        name = calendar or self.zone_calendars.get(getattr(start.tzinfo, "key", ""), "weekdays")
        if name not in self.calendars:
            raise ScenarioError(
                "Setting 'cases.calendar' is unknown",
                got=name,
                expected=f"one of {', '.join(sorted(self.calendars))}",
            )
        return WorkClock(self.calendars[name], start)


def read_time_limits() -> TimeLimits:
    """Read the catalogue of time limits that comes with the package."""
    content = load_catalogue("time_limits")
    rule = content["extension"]
    return TimeLimits(
        calendars={entry["name"]: _calendar(entry) for entry in content["calendars"]},
        zone_calendars={
            zone: entry["name"] for entry in content["calendars"] for zone in entry["for_time_zones"]
        },
        overall={
            (entry["class"], Urgency(urgency)): _limit(entry)
            for entry in content["limits"]
            for urgency in entry["urgency"]
        },
        otherwise=_limit(content["otherwise"]),
        stages={
            (Stage(entry["stage"]), Urgency(urgency)): _limit(entry)
            for entry in content["stages"]
            for urgency in entry["urgency"]
        },
        extension=ExtensionRule(int(rule["times"]), float(rule["asked_at"]), float(rule["share"])),
    )


def _limit(entry: Mapping[str, Any]) -> TimeLimit:
    return TimeLimit(float(entry["amount"]), TimeUnit(entry["unit"]))


def _calendar(entry: Mapping[str, Any]) -> WorkCalendar:
    return WorkCalendar(
        hours=tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in entry["hours"]),
        workdays=frozenset(entry["workdays"]),
        holidays=frozenset(day for holiday in entry["holidays"] for day in _days(holiday)),
        makeup_workdays=frozenset(_day(value) for value in entry["makeup_workdays"]),
    )


def _days(holiday: Mapping[str, Any]) -> list[date]:
    first, last = _day(holiday["from"]), _day(holiday["to"])
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def _day(value: object) -> date:
    return date.fromisoformat(str(value))
