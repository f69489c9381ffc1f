"""The scenarios that come with citytwin, cut short."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cim_models.importers import import_city
from scenarios.runfolder import RunFolder
from scenarios.schema import load_scenario
from scenarios.simulation import run_scenario
from scenarios.summary.text import summary_lines

MASS_ERROR = 1e-3


def run_library(name: str, out: Path, *overrides: str) -> RunFolder:
    return run_scenario(load_scenario(name, overrides), out)


def check_story(run: RunFolder) -> None:
    """Water on streets, reports, cases, crews, and volumes that add up."""
    summary = run.summary
    assert summary is not None
    assert abs(summary["water"]["relative_error"]["whole"]) < MASS_ERROR
    assert summary["water"]["relative_error"]["surface"] == 0.0
    assert summary["flooding"]["road_m"]["015"]["max"] >= 100
    counts = summary["cases"]["counts"]
    assert counts["registered"] >= counts["dispatched"] >= counts["arrived"] >= 1
    assert summary["crews"]["distance_km"] > 0.1
    assert summary["crews"]["lost_to_water_min"] > 0
    kinds = {event.kind for event in run.events()}
    assert {"rain.started", "road.flooded", "report.made", "report.merged", "case.registered"} <= kinds


def test_jiangbei_storm_on_a_small_district(tmp_path: Path) -> None:
    city = "city=builtin:district?size_m=600&cell_size_m=4"
    run = run_library(
        "jiangbei_storm", tmp_path / "run", city, "duration=80min", "reporting.citizens.per_day=200"
    )
    check_story(run)
    assert run.summary is not None
    assert run.summary["water"]["rain_m3"] > 35_000
    assert run.summary["orders"]["issued"] > 0
    assert run.events(kinds=["gully.blocked"])


def test_lifeline_year_in_a_small_city_and_ten_days(tmp_path: Path) -> None:
    city = "city=builtin:lifelines?area_km2=6"
    draw = "failures=[{draw: {factor: 100}}]"
    run = run_library("lifeline_year", tmp_path / "run", city, draw, "duration=10d")
    assert run.summary is not None
    lifelines, alarms, counts = (run.summary[part] for part in ("lifelines", "alarms", "cases"))
    assert lifelines["mended_by_crews"] >= 10
    assert alarms["published"] >= 10
    assert counts["counts"]["closed"] >= 10
    kinds = {event.kind for event in run.events()}
    assert {"alarm.responded", "alarm.fed_back", "alarm.archived", "lifeline.recovered"} <= kinds


def test_bridge_watch_finds_secures_and_reports(tmp_path: Path) -> None:
    steps = ("numerics.exchange=1min", "duration=23h")
    run = run_library("bridge_watch", tmp_path / "run", "city=builtin:district?size_m=600", *steps)
    assert run.summary is not None
    found = run.summary["structures"]
    by_id = {each["id"]: each for each in found["structures"]}
    assert by_id["BR-1"]["damaged_s"] < by_id["BR-1"]["first_deviation_s"] < by_id["BR-1"]["secured_s"]
    assert by_id["SLOPE-1"]["worst_grade"] in ("C", "D")
    assert sum(each["missing"] for each in found["structures"]) == 12
    kinds = {event.kind for event in run.events()}
    assert {"structure.creeping", "gauge.silent", "gauge.heard", "structure.secured"} <= kinds
    assert any(line.startswith("Health    3 structures watched") for line in summary_lines(run.summary))


@pytest.mark.slow
@pytest.mark.shared_data
def test_santboi_storm_on_the_imported_district(shared_data: Callable[[str], Path], tmp_path: Path) -> None:
    bundle = tmp_path / "santboi"
    import_city(shared_data("santboi"), "santboi", bundle)
    check_story(run_library("santboi_storm", tmp_path / "run", f"city={bundle}", "duration=40min"))
