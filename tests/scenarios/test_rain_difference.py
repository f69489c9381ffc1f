"""The rain of two runs is held side by side by what both recorded of it."""

from pathlib import Path

import pytest

from scenarios.branching import branch_stored
from scenarios.rain_difference import rain_difference_s
from scenarios.relations import relate_runs
from scenarios.runfolder import RunFolder

MINUTE_S = 60.0
RAIN = "weather.rain={{constant: {{intensity_mm_h: {rate}, duration: 40min}}}}"
PUMP = "measures+={pump_truck: {at: SP1, to: outside, capacity_m3_h: 900, from: +5min}}"


def branch(run: RunFolder, folder: Path, *changes: str) -> RunFolder:
    """A branch at five minutes that ends after 20."""
    return branch_stored(run, 5 * MINUTE_S, [*changes, "duration=20min"], folder / "branch")


@pytest.mark.parametrize("rate", [89, 300])
def test_other_rain_is_another_world_though_no_event_tells(
    small_run: RunFolder, tmp_path: Path, rate: int
) -> None:
    other = branch(small_run, tmp_path, RAIN.format(rate=rate))
    found = relate_runs(small_run, other)
    assert found.worlds.rain_s == 6 * MINUTE_S  # readings come every two minutes
    assert not found.worlds.is_same
    assert found.as_json()["rain_differs_from_s"] == 6 * MINUTE_S
    assert not found.as_json()["same_world"]


def test_a_shower_between_two_readings_is_seen_by_its_volume(small_run: RunFolder, tmp_path: Path) -> None:
    with_gap = tmp_path / "gap.csv"
    rows = [f"{t_s},{0 if t_s in (630, 660) else 90}" for t_s in range(0, 2400, 30)]
    with_gap.write_text("\n".join(("time,rain", *rows, "2400,0", "")))
    other = branch(small_run, tmp_path, f"weather.rain={{gauges: {{file: {with_gap}}}}}")
    intensities = [run.readings("city", "rain_intensity") for run in (small_run, other)]
    assert (intensities[0]["value"][:10] == intensities[1]["value"][:10]).all()
    assert rain_difference_s(small_run, other) == 12 * MINUTE_S


def test_pumps_and_an_earlier_end_change_no_rain(small_run: RunFolder, tmp_path: Path) -> None:
    other = branch(small_run, tmp_path, PUMP)
    found = relate_runs(small_run, other)
    assert found.ended_s == 20 * MINUTE_S
    assert found.worlds.rain_s is None
    assert found.worlds.is_same
    assert rain_difference_s(other, small_run, 20 * MINUTE_S) is None


def test_rain_that_differs_only_after_the_end_of_the_comparison_does_not_count(
    small_run: RunFolder, tmp_path: Path
) -> None:
    other = branch(small_run, tmp_path, RAIN.format(rate=120))
    assert rain_difference_s(small_run, other, 5 * MINUTE_S) is None
    assert rain_difference_s(small_run, other, 6 * MINUTE_S) == 6 * MINUTE_S  # what fell until then
