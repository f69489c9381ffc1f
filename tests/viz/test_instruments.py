"""Gauges and detectors: the same readings on the screen and in the report, in both languages."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cim_models.city import City
from scenarios.runfolder import RunFolder
from tests.viz.node import run_node
from tests.viz.tiny_run import write_tiny_run
from viz.report.instruments import _BINS, _extremes, _first_anew, read_instruments
from viz.report.maps import Label, thin_out
from viz.report.record import Series, read_record
from viz.report.writing import Stills, render_page
from viz.server.feed import RunFeed
from viz.server.vocabulary import vocabulary

_NOW = """
import {instrumentsNow, instrumentHtml, ownQuantity} from "./parts/instruments.js"
import {Series} from "./series.js"
import {Story} from "./story.js"
const series = new Series(), story = new Story()
series.merge(value.readings)
story.append(value.events)
result = value.times.map((timeS) => {
  const store = {series, timeS, state: story.at(timeS), language: "zh", manifest: value.manifest}
  return {
    now: instrumentsNow(store, 1).map((row) => [row.id, row.kind, ownQuantity(store, row.id), row.value]),
    curve: instrumentHtml(store, "gauge:GA-1"),
    broken: instrumentHtml(store, "gauge:GA-2"),
  }
})
"""


@pytest.fixture(scope="module")
def run(tiny_city: City, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return RunFolder(write_tiny_run(tiny_city, tmp_path_factory.mktemp("instruments"), secured_s=2130.0))


def test_the_report_has_the_worst_gauges_and_detectors_with_what_was_expected(run: RunFolder) -> None:
    found = read_instruments(run)
    assert [each.id for each in found] == ["GA-1", "GA-2", "HS-1"]
    worst, other, gas = found
    gap = np.flatnonzero(np.isnan(other.value.value))
    assert other.value.time_s[gap - 1].tolist() == [1980.0]
    assert other.value.time_s[gap + 1].tolist() == [3000.0]
    assert worst.expected is not None
    assert (worst.value.value[0], worst.expected.value[0], worst.unit) == (-120.0, -120.0, "10⁻⁶")
    assert np.nanmax(worst.value.value) == -90.0
    assert np.isnan(worst.value.value).sum() == 1
    assert (worst.observed, gas.observed, gas.expected) == (True, False, None)
    assert gas.value.peak == 32.0


@pytest.mark.parametrize(
    ("language", "titles"),
    [("zh", ("GA-1 应变", "HS-1 甲烷浓度", "实测")), ("en", ("GA-1 strain", "HS-1 methane", "observed"))],
)
def test_their_curves_stand_in_the_page(run: RunFolder, language: str, titles: tuple[str, ...]) -> None:
    page = render_page(read_record(run, language), "", Stills({}, "not drawn"), read_instruments(run))
    for title in titles:
        assert title in page
    drawing = re.search(rf'aria-label="{titles[0]}"><svg(.+?)</svg>', page, re.DOTALL)
    assert drawing is not None
    # matplotlib writes a minus sign; the axis does not begin at 0
    assert re.search(r">\u22121[0-2]\d<", drawing[1])


def test_what_is_expected_begins_anew_where_the_structure_was_secured(run: RunFolder) -> None:
    gauge = next(each for each in read_instruments(run) if each.id == "GA-1")
    assert gauge.secured_s == (2130.0,)
    assert gauge.expected is not None
    gap = np.flatnonzero(np.isnan(gauge.expected.value))
    assert gauge.expected.time_s[gap - 1].tolist() == [2100.0]
    assert gauge.expected.time_s[gap + 1].tolist() == [2160.0]
    assert np.isnan(gauge.value.value).sum() == 1  # only where a reading is missing
    for language, told in (("zh", "17:35 结构加固，预期值重新确立"), ("en", "structure secured 17:35")):
        page = render_page(read_record(run, language), "", Stills({}, "not drawn"), (gauge,))
        assert page.count(told) == 1


@pytest.mark.parametrize(("deviation", "first_s"), [(0.0, 120.0), (3.0, 180.0)])
def test_a_reading_that_is_taken_when_a_structure_is_secured_is_the_first_anew(
    deviation: float, first_s: float
) -> None:
    times = [0.0, 60.0, 120.0, 180.0]
    values = [4.0, 5.0, deviation, 1.0]
    part = pd.DataFrame({"t_s": times, "value": values})
    assert _first_anew({"structure_deviation": part}, (175.0,)) == (first_s,)
    assert _first_anew({"structure_deviation": part}, (190.0,)) == ()
    line = {"unit": "-", "value_kind": "simulated", "t_s": times, "values": values}
    script = """
    import {Series} from "./series.js"
    import {instrumentHtml} from "./parts/instruments.js"
    const series = new Series()
    series.merge({"gauge:G": {strain: value, expected: value, structure_deviation: value}})
    const structures = new Map([["B", {gauges: ["G"], secured: [175]}]])
    result = instrumentHtml({series, timeS: 1000, state: {structures}, language: "en"}, "gauge:G")
    """
    lines = re.findall(r'<polyline class="expected" points="([^"]*)"', run_node(script, line))
    assert [len(set(points.split())) for points in lines] == [times.index(first_s), 4 - times.index(first_s)]


def test_the_scale_of_a_chart_knows_readings_beside_a_missing_one() -> None:
    assert Series(np.arange(3.0), np.array([1.0, np.nan, 7.0]), "m").peak == 7.0
    assert Series(np.zeros(0), np.zeros(0), "m").peak == 0.0


def test_a_thinned_curve_keeps_its_peaks_and_gaps() -> None:
    value = np.sin(np.arange(20_000) / 50.0)
    value[7_777], value[12_345], value[500] = 9.0, -9.0, np.nan
    kept = _extremes(value)
    assert {7_777, 12_345, 500, 0, len(value) - 1} <= set(kept.tolist())
    assert len(kept) <= 2 * _BINS + 3
    assert (np.diff(kept) > 0).all()


def test_the_screen_lists_what_reads_now_and_draws_it(run: RunFolder) -> None:
    update = RunFeed(run.path).updates(0, 0, 0.0)
    given = {"readings": update["readings"], "events": update["events"], "manifest": vocabulary()}
    early, middle, late = run_node(_NOW, {**given, "times": [240.0, 900.0, 3600.0]})
    assert early["now"] == [["gauge:GA-2", "gauge", "strain", -119.0]]
    assert middle["now"] == [
        ["gas:HS-1", "gas_detector", "methane", 29.0],
        ["gauge:GA-1", "gauge", "strain", -90.0],
    ]
    assert [row[0] for row in late["now"]] == ["gauge:GA-1"]  # the detector has long been silent
    assert late["curve"].count('<polyline class="read"') == 2  # cut at the missing reading
    assert late["curve"].count('<polyline class="expected"') == 2  # begins anew
    assert late["broken"].count('<polyline class="read"') == 2
    assert "应变" in late["curve"]


def test_names_of_a_report_that_would_overlap_an_earlier_one_are_bare() -> None:
    labels = [
        Label("中山路", 50.0, 50.0, "spot"),
        Label("人民路", 52.0, 50.5, "spot"),
        Label("x", 60.0, 50.0, ""),
    ]
    assert [label.is_shown for label in thin_out(labels, 1.0)] == [True, False, True]
    assert [label.is_shown for label in thin_out(labels[::-1], 1.0)] == [True, True, False]


def test_reports_show_every_name_that_has_room(run: RunFolder, tmp_path: Path) -> None:
    page = render_page(read_record(run, "en"), "", Stills({}, "not drawn"))
    assert "label bare" not in page
