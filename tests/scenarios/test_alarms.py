"""Alarms and the level of response under a cloudburst on the tiny city."""

import pytest

from scenarios.runfolder import RunFolder
from tests.scenarios.small_runs import run_small, write_bundle, write_scenario


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = tmp_path_factory.mktemp("alarms")
    changes = {"alarms": {}, "reporting": {"citizens": False, "video": False, "patrols": False}}
    path = write_scenario(folder / "alarms.yaml", write_bundle(folder / "city"), changes)
    return run_small(path, folder / "run")


def test_level_sensors_report_through_their_alarms(run: RunFolder) -> None:
    assert run.summary is not None
    events = run.events()
    by_id = {event.id: event for event in events}
    reports = [event for event in events if event.kind == "report.made"]
    assert reports
    assert all(by_id[event.cause or 0].kind.startswith("alarm.") for event in reports)
    street = next(e for e in events if e.kind == "alarm.published" and e.data["about"] == "waterlogging")
    assert by_id[street.cause or 0].kind == "road.flooded"
    assert run.summary["alarms"]["by_kind"]["waterlogging"] >= 1
    assert {entry["id"] for entry in run.summary["alarms"]["indicators"]} >= {"alarm_response_in_time"}


def test_sixty_millimetres_in_forty_minutes_raise_the_response_to_level_three(run: RunFolder) -> None:
    events = run.events()
    raised = [event for event in events if event.kind == "response.raised"]
    levels = [event.data["level"] for event in raised]
    assert levels[0] == 4
    assert min(levels) <= 3
    rain = next(event for event in events if event.kind == "rain.started")
    four = raised[0]
    assert abs(four.t_s - 1200.0) <= 10.0 or "roads" in four.data["reason"]  # 30 mm at 90 mm/h
    assert four.cause == rain.id or "roads" in four.data["reason"]
    assert run.summary is not None
    response = run.summary["response"]
    assert response["most_urgent"] == min(levels)
    assert sum(response["in_force_s"].values()) > 0
