"""Two runs pair by pair: a flood with and without a barrier of pumps, and a run with itself."""

import re
from pathlib import Path

import numpy as np
import pytest
import rasterio

from scenarios.branching import branch_stored
from scenarios.comparison import compare_runs
from scenarios.pair_words import lengths_note, pair_lines, pair_note
from scenarios.pairing import Pairing, depth_change, pair_runs, write_depth_change
from scenarios.runfolder import RunFolder
from viz.report.comparison import write_comparison
from viz.report.figure_words import figure_words
from viz.report.record import read_record
from viz.report.writing import Stills, render_page

PUMP = "measures+={pump_truck: {at: SP1, to: outside, capacity_m3_h: 900, from: +5min}}"


@pytest.fixture(scope="module")
def pumped(small_run: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A branch of the cloudburst at five minutes with a strong pump in the dip."""
    return branch_stored(small_run, 300.0, [PUMP], tmp_path_factory.mktemp("pairs") / "pumped")


@pytest.fixture(scope="module")
def shorter(small_run: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A branch that ends while it still rains, with nothing else changed; no frame falls on its end."""
    return branch_stored(small_run, 300.0, ["duration=11min"], tmp_path_factory.mktemp("pairs") / "shorter")


@pytest.fixture(scope="module")
def pair(small_run: RunFolder, pumped: RunFolder) -> Pairing:
    return pair_runs(small_run, pumped)


def test_a_pump_makes_streets_shallower_and_none_deeper(pair: Pairing) -> None:
    assert pair.from_s == 300.0
    assert pair.roads_shallower >= 1
    assert pair.roads_deeper == 0
    assert pair.best[0].change_m <= pair.best[-1].change_m < 0.0
    assert pair.worst == ()
    assert pair.cells_shallower_m2 > 0.0
    volume = next(series for series in pair.series if series.quantity == "surface_volume")
    assert volume.mean < 0.0


def test_differences_are_those_of_the_rasters(
    pair: Pairing, small_run: RunFolder, pumped: RunFolder, tmp_path: Path
) -> None:
    change = depth_change(small_run, pumped)
    assert np.count_nonzero(change <= -0.0099) * 4.0 == pair.cells_shallower_m2
    path = write_depth_change(small_run, pumped, tmp_path / "change.tif")
    with rasterio.open(path) as raster:
        assert np.array_equal(raster.read(1), change)
        assert raster.transform.a == 2.0
        assert raster.descriptions == ("Largest depth, pumped less small, m",)


def test_a_run_does_not_differ_from_itself(small_run: RunFolder) -> None:
    pair = pair_runs(small_run, small_run)
    assert (pair.roads_deeper, pair.roads_shallower, pair.mean_road_change_m) == (0, 0, 0.0)
    assert pair.cells_deeper_m2 == pair.cells_shallower_m2 == 0.0
    assert not any(series.differs for series in pair.series)
    assert pair_lines(pair)[-1].endswith("no difference")


def test_runs_of_different_length_are_compared_until_the_shorter_one_ends(
    small_run: RunFolder, shorter: RunFolder
) -> None:
    whole = [run.frames().max_depth.astype(int) for run in (small_run, shorter)]
    assert (whole[0] - whole[1]).max() >= 10  # mm: of the whole runs they differ
    for one, other in ((small_run, shorter), (shorter, small_run)):
        found = pair_runs(one, other)
        assert found.until_s == 660.0
        assert (found.roads_deeper, found.roads_shallower, found.mean_road_change_m) == (0, 0, 0.0)
        assert found.cells_deeper_m2 == found.cells_shallower_m2 == 0.0
        assert len(found.series) == 5
        assert not any(series.differs for series in found.series)


def test_a_map_says_until_when_runs_of_different_length_are_compared(
    small_run: RunFolder, shorter: RunFolder, tmp_path: Path
) -> None:
    with rasterio.open(write_depth_change(small_run, shorter, tmp_path / "change.tif")) as raster:
        assert raster.descriptions == ("Largest depth, shorter less small, m, by their frames until 660 s",)


def test_what_a_pump_does_is_seen_in_a_shorter_branch_too(
    small_run: RunFolder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    out = tmp_path_factory.mktemp("pairs") / "both"
    found = pair_runs(small_run, branch_stored(small_run, 300.0, [PUMP, "duration=30min"], out))
    assert found.until_s == 1800.0
    assert found.roads_shallower >= 1
    assert found.roads_deeper == 0
    assert found.cells_shallower_m2 > 0.0
    assert next(series.peak for series in found.series if series.quantity == "surface_volume") < 0.0


@pytest.mark.parametrize(
    ("language", "until", "lengths"),
    [
        ("zh", "比较到 17:11:00", "各次运行长短不同（small 至 19:00:00，shorter 至 17:11:00）"),
        ("en", "Compared until 17:11:00", "different length (small until 19:00:00, shorter until 17:11:00)"),
    ],
)
def test_until_when_runs_are_compared_is_said_beside_what_is_not_of_that_time(
    small_run: RunFolder, shorter: RunFolder, tmp_path: Path, language: str, until: str, lengths: str
) -> None:
    page = write_comparison([small_run, shorter], tmp_path / "page.html", language).read_text("utf-8")
    assert until in pair_note(pair_runs(small_run, shorter), language)
    assert page.count(pair_note(pair_runs(small_run, shorter), language)) == 1
    assert lengths in page
    assert "7\u202f200" in page  # simulated_s
    told = pair_lines(pair_runs(small_run, shorter), language)
    assert until in told[0]
    assert told[-1].endswith(("无差异", "no difference"))


def test_nothing_is_said_of_lengths_where_they_are_equal(
    small_run: RunFolder, pumped: RunFolder, pair: Pairing
) -> None:
    assert pair.until_s is None
    assert pair_note(pair, "en") == lengths_note([small_run, pumped], "en") == ""


def test_the_terminal_says_it_in_lines(pair: Pairing) -> None:
    lines = pair_lines(pair)
    assert lines[0].startswith("  roads    ")
    assert any("surface_volume    mean -" in line for line in lines)
    assert pair.as_json()["best"][0]["road"]


def test_the_report_of_a_branch_names_its_parent(small_run: RunFolder, pumped: RunFolder) -> None:
    page = render_page(read_record(pumped, "en"), pumped.event_log_hash(), Stills({}, "none"))
    assert f"{small_run.path.resolve()} · 17:05" in page
    assert "Branch of" in page
    assert "Branch of" not in render_page(read_record(small_run, "en"), "", Stills({}, "none"))


def test_every_figure_of_a_run_has_a_chinese_name(small_run: RunFolder) -> None:
    names = [figure.name for figure in compare_runs([small_run, small_run]) if figure.is_result]
    words = {word for name in names for word in figure_words(name).split(" · ")}
    assert len(names) > 100
    assert {word for word in words if re.fullmatch("[a-z_0-9]*[a-z]{2}[a-z_0-9]*", word)} == set()


@pytest.mark.parametrize(("language", "word"), [("zh", "方案对比"), ("en", "Runs compared")])
def test_the_page_shows_map_streets_and_figures(
    small_run: RunFolder, pumped: RunFolder, tmp_path: Path, language: str, word: str
) -> None:
    page = write_comparison([small_run, pumped], tmp_path / "page.html", language).read_text("utf-8")
    assert word in page
    assert "data:image/png;base64," in page
    assert "17:05:00" in page
    assert ("措施：无 → 泵车（位置 SP1，能力 900 m³/h，开始 +5min）" in page) == (language == "zh")
    assert ("measures: none → [{pump_truck: {at: SP1," in page) == (language == "en")
    assert "water.pumped_m3" in page
    assert ("水量 · 泵车抽排（m³）" in page) == (language == "zh")
    assert "water.units." not in page
    assert "performance.wall_s" not in page
    assert "http://" not in page
    assert "https://" not in page
