"""A whole run: what it writes, that it repeats, and how it ends when somebody stops it."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from cim_models.errors import ScenarioError
from scenarios.runfolder import RunFolder
from scenarios.story import story_lines, tell
from tests.scenarios.small_runs import run_small, write_scenario

ROOT = Path(__file__).parents[2]
STORY = ("rain.started", "road.flooded", "report.made", "case.registered", "case.dispatched", "order.issued")


def start_run(scenario: Path, out: Path, *options: str, hash_seed: str = "0") -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "citytwin",
            "run",
            str(scenario),
            "--out",
            str(out),
            "--quiet",
            "--json",
            *options,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
    )


def wait_for_frames(out: Path, process: "subprocess.Popen[str]", count: int) -> RunFolder:
    """Wait until a run in another process has written some frames."""
    for _ in range(2400):
        if (out / "run.json").exists() and (out / "depth.zarr").exists():
            run = RunFolder(out)
            if run.meta["progress"]["frames"] >= count:
                return run
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    pytest.fail("the run wrote no frames within two minutes")


def test_the_story_is_told_from_rain_to_closure(small_run: RunFolder) -> None:
    events = {event.id: event for event in small_run.events()}
    closed = next(event for event in events.values() if event.kind == "case.closed")
    story = tell(list(events.values()), closed.id)
    kinds = [event.kind for event in story.causes]
    assert kinds[0] == "run.started"
    assert "rain.started" in kinds
    assert "road.flooded" in kinds
    assert "report.made" in kinds
    assert {"crew.departed", "crew.arrived", "case.handled", "case.checked"} <= set(kinds)
    counts = {kind: sum(event.kind == kind for event in events.values()) for kind in STORY}
    assert min(counts.values()) >= 1, counts
    assert any(
        "Case closed" in line and line.startswith(">") for line in story_lines(story, _start(small_run))
    )


def test_orders_of_crews_change_the_water(small_run: RunFolder) -> None:
    drained = small_run.events(kinds=["road.drained"])
    orders = {event.id for event in small_run.events(kinds=["order.issued"])}
    assert orders
    assert any(event.cause in orders for event in drained)


def test_times_never_go_back_and_causes_come_first(small_run: RunFolder) -> None:
    events = small_run.events()
    times = [event.t_s for event in events]
    assert times == sorted(times)
    assert all(event.cause is None or event.cause < event.id for event in events)


def test_summary_agrees_with_frames_events_and_balance(small_run: RunFolder) -> None:
    summary = small_run.summary
    assert summary is not None
    assert abs(summary["water"]["relative_error"]["whole"]) < 5e-3
    assert summary["water"]["rain_m3"] == pytest.approx(384.0, abs=0.1)
    frames = small_run.frames()
    assert len(frames) == 61
    assert frames.times_s[-1] == 7200
    assert summary["flooding"]["max_depth_m"] == pytest.approx(frames.max_depth.max() / 1000)
    assert frames.max_depth.max() >= max(int(frames.depth(index).max()) for index in range(0, 61, 5))
    area = [np.count_nonzero(frames.depth(index) >= 150) * 4.0 for index in range(len(frames))]
    assert summary["flooding"]["area_m2"]["015"]["max"] == pytest.approx(max(area), rel=0.03)
    counts = summary["cases"]["counts"]
    assert counts["registered"] == len(small_run.events(kinds=["case.registered"]))
    assert counts["closed"] >= 1
    for indicator in summary["cases"]["indicators"]:
        assert {"numerator", "denominator", "formula", "value", "zh", "en"} <= set(indicator)


def test_run_json_says_where_everything_comes_from(small_run: RunFolder) -> None:
    meta = small_run.meta
    assert meta["status"] == "finished"
    assert meta["seed"] == 3
    assert meta["duration_s"] == 7200
    assert {item["what"] for item in meta["inputs"]} == {"scenario", "city"}
    assert all(len(item["sha256"]) == 64 for item in meta["inputs"])
    assert meta["versions"]["python"].startswith("3.")
    assert small_run.city().name == "tiny"
    assert (small_run.path / "log.txt").read_text("utf-8")


def test_readings_cover_sensors_and_city(small_run: RunFolder) -> None:
    city = set(small_run.readings("city")["quantity"])
    assert {
        "rain_intensity",
        "surface_volume",
        "pumped_volume",
        "flooded_area_015",
        "flooded_road_030",
    } <= city
    assert small_run.readings("S-road", "water_depth")["value"].max() > 0.15
    assert small_run.readings("S-rain", "rain_intensity")["value"].max() == 90


def test_same_command_same_hash_in_another_process_and_another_seed_another(
    small_run: RunFolder, cloudburst: Path, tmp_path: Path
) -> None:
    out, errors = start_run(cloudburst, tmp_path / "again", hash_seed="123").communicate(timeout=280)
    again = json.loads(out)
    assert not errors
    assert again["status"] == "finished"
    assert again["event_log_hash"] == small_run.meta["event_log_hash"] == small_run.event_log_hash()
    other = run_small(cloudburst, tmp_path / "other", "duration=40min", seed=4)
    same = run_small(cloudburst, tmp_path / "same", "duration=40min", seed=3)
    assert other.event_log_hash() != same.event_log_hash()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_run_is_readable_and_says_so(
    cloudburst: Path, tmp_path: Path, number: signal.Signals
) -> None:
    out = tmp_path / "run"
    process = start_run(cloudburst, out, "--set", "duration=200h")
    run = wait_for_frames(out, process, 3)
    assert run.status == "running"
    process.send_signal(number)
    printed, errors = process.communicate(timeout=60)
    assert run.status == "interrupted"
    assert len(run.frames()) >= 3
    assert run.events()[0].kind == "run.started"
    assert not run.readings("city").empty
    if number is not signal.SIGKILL:
        assert process.returncode == 1
        assert "interrupted" in errors
        assert errors.count("\n") == 1
        assert json.loads(printed)["status"] == "interrupted"
        assert run.summary is not None
        assert run.events()[-1].data == {"status": "interrupted"}


def test_planned_measures_are_carried_out_at_their_times(cloudburst: Path, tmp_path: Path) -> None:
    measures = [
        {
            "pump_truck": {
                "at": "SP1",
                "to": "outside",
                "capacity_m3_h": 360,
                "from": "17:10",
                "until": "17:30",
            }
        },
        {"close_road": {"road": "R2", "from": "+5min", "until": "+35min"}},
    ]
    scenario = write_scenario(
        tmp_path / "planned.yaml", cloudburst.parent / "city", {"measures": measures, "duration": "40min"}
    )
    run = run_small(scenario, tmp_path / "run", "staffing.crews={}")
    issued = [(event.t_s, event.data["order"]) for event in run.events(kinds=["order.issued"])]
    assert issued == [(300, "CloseRoad"), (600, "StartPump"), (1800, "StopPump"), (2100, "OpenRoad")]
    ended = run.events(kinds=["order.ended"])
    assert ended[0].data["pumped_m3"] == pytest.approx(run.readings("city", "pumped_volume")["value"].max())
    assert ended[0].data["pumped_m3"] > 10


def test_nothing_is_left_when_the_input_is_wrong(cloudburst: Path, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="return_period"):
        run_small(
            cloudburst,
            tmp_path / "run",
            "weather.rain={design: {formula: guangzhou, return_period: 0.2, duration: 1h}}",
            "weather.rain.design.return_period=-1",
        )
    assert not (tmp_path / "run").exists()


def _start(run: RunFolder) -> datetime:
    return datetime.fromisoformat(run.meta["start"])
