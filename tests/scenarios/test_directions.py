"""Taking something away changes the summary in the direction that anyone would expect."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.small_runs import run_small

Summary = dict[str, Any]


@pytest.fixture(scope="module")
def summary_of(cloudburst: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Summary]:
    """Return a function from overrides to the summary of the cloudburst with them, run once each."""
    known: dict[tuple[str, ...], Summary] = {}

    def find(*overrides: str) -> Summary:
        if overrides not in known:
            run = run_small(cloudburst, tmp_path_factory.mktemp("directions") / "run", *overrides)
            assert run.summary is not None
            known[overrides] = run.summary
        return known[overrides]

    return find


def road_hours(summary: Summary) -> float:
    return float(summary["flooding"]["road_hours"]["0.15"])


def test_without_crews_nothing_is_closed_and_the_street_stays_under_water(
    summary_of: Callable[..., Summary],
) -> None:
    with_crews, without = summary_of(), summary_of("staffing.crews={}")
    assert with_crews["cases"]["counts"]["closed"] > without["cases"]["counts"]["closed"] == 0
    assert with_crews["orders"]["issued"] > without["orders"]["issued"] == 0
    assert road_hours(without) > road_hours(with_crews) + 0.5


def test_without_pump_trucks_water_stays_longer(summary_of: Callable[..., Summary]) -> None:
    pumps = summary_of("staffing.crews={traffic: 2, pump: 4}")
    none = summary_of("staffing.crews={traffic: 2}")
    assert pumps["water"]["pumped_m3"] > 50 > none["water"]["pumped_m3"] == 0
    assert road_hours(none) > road_hours(pumps) + 0.2
    assert none["water"]["surface_stored_m3"] > pumps["water"]["surface_stored_m3"] + 20


def test_with_gullies_cleared_before_the_storm_there_is_less_flooding(
    summary_of: Callable[..., Summary],
) -> None:
    blocked = summary_of("staffing.crews={}")
    cleared = summary_of("staffing.crews={}", "measures=[{clear_gullies: {gullies: all, at: '17:00'}}]")
    never = summary_of("staffing.crews={}", "failures=[]")
    for clean in (cleared, never):
        assert clean["flooding"]["max_depth_m"] < blocked["flooding"]["max_depth_m"] - 0.1
        assert road_hours(clean) < road_hours(blocked) - 0.5
        assert clean["water"]["to_sewer_m3"] > blocked["water"]["to_sewer_m3"] + 100
    assert cleared["flooding"]["max_depth_m"] == pytest.approx(never["flooding"]["max_depth_m"], abs=0.02)


def test_more_rain_floods_more(summary_of: Callable[..., Summary]) -> None:
    less = summary_of("staffing.crews={}", "weather.rain.constant.intensity_mm_h=30")
    more = summary_of("staffing.crews={}")
    assert less["water"]["rain_m3"] == pytest.approx(more["water"]["rain_m3"] / 3, rel=0.01)
    assert less["flooding"]["area_ever_m2"]["0.15"] < more["flooding"]["area_ever_m2"]["0.15"]
