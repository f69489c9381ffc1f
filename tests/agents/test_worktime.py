from dataclasses import astuple
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.catalogue import TaskKind, read_catalogue
from agents.limits import Stage, Urgency, read_time_limits
from agents.worktime import ROSTERS, Shift, TimeUnit, WorkCalendar, WorkClock
from cim_models.catalogues import catalogue_names, load_catalogue
from cim_models.errors import InputError, ScenarioError

CALENDAR = WorkCalendar(
    hours=((time(8, 30), time(12)), (time(14), time(17, 30))),
    workdays=frozenset(range(5)),
    holidays=frozenset({date(2026, 6, 19)}),
)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-06-17T09:00", 2, "2026-06-17T11:00"),
        ("2026-06-17T11:00", 4, "2026-06-17T17:00"),  # over lunch
        ("2026-06-17T17:00", 4, "2026-06-18T12:00"),  # over night
        ("2026-06-18T17:00", 1, "2026-06-22T09:00"),  # over a holiday and a weekend
        ("2026-06-20T03:00", 0, "2026-06-22T08:30"),
    ],
)
def test_working_hours(start, hours, due):
    begin = datetime.fromisoformat(start)
    assert CALENDAR.due(begin, hours, TimeUnit.WORKING_HOURS) == datetime.fromisoformat(due)


def test_calendar_hours_and_working_days():
    friday = datetime(2026, 6, 12, 16, 0, tzinfo=UTC)
    assert CALENDAR.due(friday, 4, TimeUnit.CALENDAR_HOURS) == friday + timedelta(hours=4)
    assert CALENDAR.due(friday, 1, TimeUnit.WORKING_DAYS) == datetime(2026, 6, 15, 16, 0, tzinfo=UTC)


@given(st.floats(0, 100), st.floats(0, 100), st.integers(0, 10_000))
def test_more_time_is_never_due_earlier(one, more, minutes):
    start = datetime(2026, 6, 15) + timedelta(minutes=minutes)
    first = CALENDAR.due(start, one, TimeUnit.WORKING_HOURS)
    assert start <= first <= CALENDAR.due(start, one + more, TimeUnit.WORKING_HOURS)


@pytest.mark.parametrize("name", ROSTERS)
def test_somebody_is_on_duty_at_every_hour(name):
    for hour in range(48):
        assert sum(shift.is_on(hour / 2) for shift in ROSTERS[name]) == 1


def test_a_night_shift_passes_midnight():
    night = Shift("night", 20.0, 12.0)
    assert night.is_on(23.0)
    assert night.is_on(7.9)
    assert not night.is_on(8.0)
    assert night.seconds_to_end(2.0) == 6 * 3600
    assert night.seconds_to_start(8.0) == 12 * 3600


def test_catalogues_name_version_and_source():
    for name in ("event_classes", "time_limits", "skills"):
        content = load_catalogue(name)
        assert content["catalogue"] == name
        assert content["version"]
        assert content["source"]
    with pytest.raises(InputError, match="Catalogue 'recipes' is unknown"):
        load_catalogue("recipes")
    assert "skills" in catalogue_names()


def test_each_time_limit_skill_and_task_names_its_source():
    limits = load_catalogue("time_limits")
    entries = (*limits["limits"], *limits["stages"], *limits["calendars"], limits["extension"])
    for entry in (*entries, *load_catalogue("skills")["tasks"]):
        assert entry["source"]
    vehicles = load_catalogue("vehicles")["classes"]
    for skill in load_catalogue("skills")["skills"]:
        assert skill["source"]
        assert skill["vehicle"] in vehicles


def test_every_task_and_class_is_within_somebodys_skill():
    catalogue = read_catalogue()
    assert set(catalogue.tasks) == set(TaskKind)
    for spec in catalogue.tasks.values():
        assert spec.skill in ("", *catalogue.skills)
        assert all(a <= b <= c for a, b, c in (spec.setup_min, spec.each_min, spec.pack_min))
    for entry in catalogue.events.classes.values():
        assert entry.skill in catalogue.skills
    assert sum(entry.background_weight for entry in catalogue.events.classes.values()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("depth_m", "road_class", "underpass", "level"),
    [
        (None, "residential", False, 3),
        (0.10, "residential", False, 4),
        (0.15, "residential", False, 3),
        (0.30, "residential", False, 2),
        (0.30, "trunk", False, 1),
        (0.30, "residential", True, 1),
        (0.90, "primary", True, 1),
    ],
)
def test_levels_of_a_waterlogged_street(depth_m, road_class, underpass, level):
    events = read_catalogue().events
    assert events.level(events.waterlogging, depth_m, road_class, underpass) == level


def test_waterlogging_has_four_working_hours_and_urgent_cases_four_hours_by_the_clock():
    limits, start = read_time_limits(), datetime(2026, 6, 17, 17, 0, tzinfo=UTC)
    clock = limits.clock(start)
    due_s = {urgency: clock.due_s(0.0, *astuple(limits.of_case("04-06", urgency))) for urgency in Urgency}
    assert due_s[Urgency.ORDINARY] == 19 * 3600.0  # half an hour that day, the rest from half past eight
    assert due_s[Urgency.URGENT] == due_s[Urgency.TOP_URGENT] == 4 * 3600.0


def test_every_stage_has_a_limit_at_every_urgency():
    stages = read_time_limits().stages
    assert set(stages) == {(stage, urgency) for stage in Stage for urgency in Urgency}
    for stage in Stage:
        assert stages[stage, Urgency.TOP_URGENT].unit is TimeUnit.CALENDAR_HOURS


# --- the calendar of China, and the clock on which limits run ----------------------------------------


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-06-18T17:00", "2026-06-22T12:00"),  # over the Dragon Boat holiday
        ("2026-05-08T17:00", "2026-05-09T12:00"),  # the Saturday is a make-up workday (调休)
        ("2026-09-30T17:00", "2026-10-08T12:00"),  # over the National Day holiday
        ("2026-10-10T17:00", "2026-10-12T12:00"),  # and an ordinary Sunday after a make-up Saturday
    ],
)
def test_four_working_hours_in_china(start, due):
    begin = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    clock = read_time_limits().clock(begin)
    end = datetime.fromisoformat(due).replace(tzinfo=begin.tzinfo)
    assert clock.due_s(0.0, 4.0, TimeUnit.WORKING_HOURS) == (end - begin).total_seconds()


def test_an_unknown_calendar_is_named():
    with pytest.raises(ScenarioError, match=r"'cases.calendar' is unknown: got mars; expected one of china"):
        read_time_limits().clock(datetime(2026, 6, 17, tzinfo=UTC), "mars")


@given(st.integers(0, 40 * 86_400), st.floats(0, 120), st.sampled_from(TimeUnit))
def test_the_clock_says_what_the_calendar_says(start_s, amount, unit):
    start = datetime(2026, 6, 10, 13, 20, tzinfo=UTC)
    expected = CALENDAR.due(start + timedelta(seconds=start_s), amount, unit) - start
    assert WorkClock(CALENDAR, start).due_s(float(start_s), amount, unit) == pytest.approx(
        expected.total_seconds(), abs=1e-3
    )


@given(st.lists(st.tuples(st.floats(0.0, 3 * 86_400.0), st.floats(0.0, 30.0)), min_size=2, max_size=20))
def test_a_clock_that_was_asked_before_says_the_same_to_the_bit(limits):
    start = datetime(2026, 6, 10, 13, 20, tzinfo=UTC)
    clock, unit = WorkClock(CALENDAR, start), TimeUnit.WORKING_HOURS
    for start_s, amount in limits:
        assert clock.due_s(start_s, amount, unit) == WorkClock(CALENDAR, start).due_s(start_s, amount, unit)


def test_summer_time_moves_the_working_day_with_the_clock_on_the_wall():
    start = datetime(2026, 3, 27, 17, 0, tzinfo=ZoneInfo("Europe/Madrid"))  # clocks go forward on the 29th
    due_s = WorkClock(CALENDAR, start).due_s(0.0, 1.0, TimeUnit.WORKING_HOURS)
    assert due_s == (64 - 1) * 3600.0  # Monday 09:00


@given(
    st.integers(0, 10 * 86_400),
    st.floats(0.1, 60),
    st.floats(0, 1),
    st.integers(0, 5 * 86_400),
    st.sampled_from(TimeUnit),
)
def test_a_pause_leaves_as_much_time_as_there_was(start_s, amount, share, pause_s, unit):
    clock = WorkClock(CALENDAR, datetime(2026, 6, 10, tzinfo=UTC))
    due_s = clock.due_s(start_s, amount, unit)
    from_s = start_s + share * (due_s - start_s)
    resumed_s = clock.resumed_s(due_s, unit, from_s, from_s + pause_s)
    assert resumed_s >= due_s - 1e-3
    if unit is TimeUnit.CALENDAR_HOURS and share < 1.0:
        assert resumed_s == pytest.approx(due_s + pause_s)
    assert clock.resumed_s(due_s, unit, due_s, due_s + pause_s) == due_s


def test_a_pause_over_night_costs_no_working_time():
    start = datetime(2026, 6, 17, 17, 0, tzinfo=UTC)
    clock = WorkClock(CALENDAR, start)
    due_s = clock.due_s(0.0, 1.0, TimeUnit.WORKING_HOURS)  # 09:00 next day
    assert clock.resumed_s(due_s, TimeUnit.WORKING_HOURS, 2 * 3600.0, 10 * 3600.0) == due_s
    assert clock.resumed_s(due_s, TimeUnit.WORKING_HOURS, 0.0, 3600.0) == due_s + 1800.0


def test_a_calendar_without_work_never_falls_due():
    clock = WorkClock(WorkCalendar((), frozenset(range(5))), datetime(2026, 6, 17, tzinfo=UTC))
    assert clock.due_s(0.0, 1.0, TimeUnit.WORKING_HOURS) > 3000 * 86_400.0
