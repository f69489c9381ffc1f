from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.catalogue import TaskKind, read_catalogue
from agents.worktime import ROSTERS, Shift, TimeUnit, WorkCalendar
from cim_models.catalogues import catalogue_names, load_catalogue
from cim_models.errors import InputError

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
    for entry in (*load_catalogue("time_limits")["limits"], *load_catalogue("skills")["tasks"]):
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
    catalogue = read_catalogue()
    start = datetime(2026, 6, 18, 17, 0, tzinfo=UTC)
    code = catalogue.events.waterlogging
    assert catalogue.limits.due(start, code, 3) == datetime(2026, 6, 19, 12, 0, tzinfo=UTC)
    assert catalogue.limits.due(start, code, 1) == datetime(2026, 6, 18, 21, 0, tzinfo=UTC)
