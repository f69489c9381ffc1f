"""Working hours and shifts: when people work, and when a time limit runs out."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

DAY_S = 86_400.0
HOUR_S = 3_600.0
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
    makeup_workdays
        Days on which everybody works whatever day of the week it is.
    """

    hours: tuple[tuple[time, time], ...]
    workdays: frozenset[int]
    holidays: frozenset[date] = frozenset()
    makeup_workdays: frozenset[date] = frozenset()

    def is_workday(self, day: date) -> bool:
        """Whether anybody works on a day."""
        if day in self.makeup_workdays:
            return True
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
        hours = amount if unit is TimeUnit.WORKING_HOURS else amount * self.hours_a_day()
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

    def hours_a_day(self) -> float:
        """Hours of a working day."""
        anyday = date(2000, 1, 1)
        spans = (datetime.combine(anyday, end) - datetime.combine(anyday, start) for start, end in self.hours)
        return sum(spans, timedelta()).total_seconds() / 3600.0


class WorkClock:
    """The calendar on a run's clock: working time is counted once a day and looked up after that.

    It gives what `WorkCalendar.due` gives, in simulated seconds and by bisection, because every case
    asks several times.

    Parameters
    ----------
    calendar
        When working time runs.
    start
        Date and time at 0 s, with its time zone.
    """

    def __init__(self, calendar: WorkCalendar, start: datetime) -> None:
        self.calendar = calendar
        self.start = start
        self._day_s = 3600.0 * calendar.hours_a_day()
        self._day = start.date()
        self._days_left = _LONGEST_SEARCH_DAYS
        # spans of work in order: begin, end, and the working time before each, s
        self._begins: list[float] = []
        self._ends: list[float] = []
        self._before: list[float] = []
        self._total_s = 0.0

    def due_s(self, start_s: float, amount: float, unit: TimeUnit) -> float:
        """Return when a limit that starts to run at ``start_s`` runs out, s since start.

        Parameters
        ----------
        start_s
            Simulated time, s since start, >= 0.
        amount
            Hours or days, >= 0.
        unit
            What ``amount`` counts.
        """
        if unit is TimeUnit.CALENDAR_HOURS:
            return start_s + 3600.0 * amount
        worked_s = amount * (3600.0 if unit is TimeUnit.WORKING_HOURS else self._day_s)
        return self._after(start_s, worked_s)

    def resumed_s(self, due_s: float, unit: TimeUnit, from_s: float, to_s: float) -> float:
        """Return a limit that stood still from ``from_s`` to ``to_s``: what was left then is left now, s.

        A limit that had run out when it was to stand still stays as it is.
        """
        if due_s <= from_s:
            return due_s
        if unit is TimeUnit.CALENDAR_HOURS:
            return due_s + (to_s - from_s)
        return self._after(to_s, self._worked_s(due_s) - self._worked_s(from_s))

    def _after(self, start_s: float, worked_s: float) -> float:
        """Return when so much more has been worked after a time, s."""
        span = self._span_at(start_s)
        if span is None:
            return start_s + _LONGEST_SEARCH_DAYS * DAY_S
        begin_s = self._begins[span]
        target_s = self._before[span] + (start_s - begin_s if start_s > begin_s else 0.0) + worked_s
        while self._total_s < target_s:
            if not self._extend():
                return start_s + _LONGEST_SEARCH_DAYS * DAY_S
        # the last span that has not yet worked as much before it begins; never one before the start
        span = max(bisect_left(self._before, target_s, span) - 1, span)
        return round(self._begins[span] + target_s - self._before[span], 6)

    def _worked_s(self, t_s: float) -> float:
        span = self._span_at(t_s)
        if span is None:
            return self._before[-1] if self._before else 0.0
        return self._before[span] + max(t_s - self._begins[span], 0.0)

    def _span_at(self, t_s: float) -> int | None:
        """First span that ends after a time; None where nobody ever works again."""
        while not self._ends or self._ends[-1] <= t_s:
            if not self._extend():
                return None
        return bisect_right(self._ends, t_s)

    def _extend(self) -> bool:
        """Count one more working day; False when there is none within ten years."""
        while self._days_left > 0:
            day, self._day = self._day, self._day + timedelta(days=1)
            self._days_left -= 1
            if self.calendar.is_workday(day):
                for opens, closes in self.calendar.hours:
                    self._add(self._seconds(day, opens), self._seconds(day, closes))
                return True
        return False

    def _add(self, begin_s: float, end_s: float) -> None:
        self._begins.append(begin_s)
        self._ends.append(end_s)
        self._before.append(self._total_s)
        self._total_s = self._total_s + end_s - begin_s

    def _seconds(self, day: date, hour: time) -> float:
        moment = datetime.combine(day, hour, self.start.tzinfo)
        return (moment.astimezone(UTC) - self.start.astimezone(UTC)).total_seconds()


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
