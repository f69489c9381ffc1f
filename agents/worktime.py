"""Working hours and shifts: when people work, and when a time limit runs out."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

DAY_S = 86_400.0
_LONGEST_SEARCH_DAYS = 3_660


class TimeUnit(StrEnum):
    """What a time limit counts."""

    CALENDAR_HOURS = "calendar_hours"
    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Hours in which a time limit in working time runs.

    Parameters
    ----------
    hours
        Pairs of start and end within a day, in order and apart.
    workdays
        Days of the week on which they hold, Monday is 0.
    holidays
        Days without work.
    """

    hours: tuple[tuple[time, time], ...]
    workdays: frozenset[int]
    holidays: frozenset[date] = frozenset()

    def is_workday(self, day: date) -> bool:
        """Whether anybody works on a day."""
        return day.weekday() in self.workdays and day not in self.holidays

    def due(self, start: datetime, amount: float, unit: TimeUnit) -> datetime:
        """Return when a limit that starts to run at ``start`` runs out.

        Parameters
        ----------
        start
            Start, in the city's time zone.
        amount
            Hours or days, >= 0. A working day is the sum of its hours.
        unit
            What ``amount`` counts.
        """
        if unit is TimeUnit.CALENDAR_HOURS:
            return start + timedelta(hours=amount)
        hours = amount if unit is TimeUnit.WORKING_HOURS else amount * self._hours_a_day()
        left = timedelta(hours=hours)
        for offset in range(_LONGEST_SEARCH_DAYS):
            day = start.date() + timedelta(days=offset)
            if not self.is_workday(day):
                continue
            for opens, closes in self.hours:
                begin = max(start, datetime.combine(day, opens, start.tzinfo))
                end = datetime.combine(day, closes, start.tzinfo)
                if end <= begin:
                    continue
                if left <= end - begin:
                    return begin + left
                left -= end - begin
        return start + timedelta(days=_LONGEST_SEARCH_DAYS)

    def _hours_a_day(self) -> float:
        anyday = date(2000, 1, 1)
        spans = (datetime.combine(anyday, end) - datetime.combine(anyday, start) for start, end in self.hours)
        return sum(spans, timedelta()).total_seconds() / 3600.0


@dataclass(frozen=True, slots=True)
class Shift:
    """A daily span of duty.

    Parameters
    ----------
    name
        For people.
    start_h, length_h
        Hour of the day at which it starts, 0 to 24, and its length, 0 to 24 h.
    """

    name: str
    start_h: float
    length_h: float

    def is_on(self, hour: float) -> bool:
        """Whether somebody of this shift is on duty at an hour of the day."""
        return (hour - self.start_h) % 24.0 < self.length_h

    def seconds_to_start(self, hour: float) -> float:
        """Time from an hour of the day to the next start, s, more than 0."""
        return round(((self.start_h - hour) % 24.0 or 24.0) * 3600.0, 6)

    def seconds_to_end(self, hour: float) -> float:
        """Time from an hour on duty to the shift's end, s."""
        return round((self.length_h - (hour - self.start_h) % 24.0) * 3600.0, 6)


ROSTERS: dict[str, tuple[Shift, ...]] = {
    "two_by_twelve": (Shift("day", 8.0, 12.0), Shift("night", 20.0, 12.0)),
    "three_by_eight": (Shift("early", 6.0, 8.0), Shift("late", 14.0, 8.0), Shift("night", 22.0, 8.0)),
    "always": (Shift("always", 0.0, 24.0),),
}
"""Shift patterns by name. ``two_by_twelve`` is the pattern of the REWET Net3 example, day 08-20 and
night 20-08; the others are own assumptions."""
