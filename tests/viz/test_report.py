"""The report says what the run folder holds, in both languages, and needs nothing but itself."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from cim_models.errors import InputError
from cim_models.events import Event
from cim_models.orders import Order
from scenarios.runfolder import RunFolder
from scenarios.summary.cases import summarize_cases
from scenarios.summary.crews import summarize_crews
from tests.viz.tiny_run import write_tiny_run
from viz.frontend import build as frontend
from viz.report import write_report
from viz.report.facts import facts
from viz.report.headlines import headline
from viz.report.maps import time_range
from viz.report.quantities import area_text, duration_text, error_text, length_text, number_text
from viz.report.record import Series, read_record, step_series
from viz.report.tables import balance_rows, indicator_rows, structure_rows
from viz.report.texts import LANGUAGES, TEXTS, Count, translator
from viz.report.timeline import make_journal, make_rows, make_ticks
from viz.report.writing import FILE_NAME, Stills, render_page

LOADS = {"src", "href", "srcset", "data", "action", "poster", "background"}


class Loads(HTMLParser):
    """Everything a page would load, its visible text and its tags."""

    def __init__(self, page):
        super().__init__()
        self.addresses, self.words, self.tags = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in LOADS]

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def run(tiny_city, tmp_path_factory):
    return write_tiny_run(tiny_city, tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def pages(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    frontend.build()  # the page takes its font from there
    written = {"en": write_report(run), "zh": write_report(run, folder / "zh.html", "zh")}
    assert written["en"] == run / FILE_NAME
    return {language: path.read_text("utf-8") for language, path in written.items()}


def page_without_stills(run):
    return render_page(read_record(RunFolder(run), "en"), "", Stills({}, "not drawn"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_loads_nothing_from_outside(pages, language):
    page = Loads(pages[language])
    assert len(page.addresses) > 5
    assert [address for address in page.addresses if not address.startswith("data:")] == []
    assert "script" not in page.tags
    style = re.search(r"<style>(.*?)</style>", pages[language], re.DOTALL)[1]
    assert "url(" not in style
    assert "@import" not in style
    addresses = re.findall(r"url\((.*?)[,)]", pages[language])
    assert addresses
    assert set(addresses) == {"data:font/woff2;base64"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_shows_hazard_and_points(pages, language):
    say = translator(language)
    words = " ".join(Loads(pages[language]).words)
    for key in ("hazard_map", "hazard_legend", "points"):
        assert say(key) in words
    row = re.search(r"<tr><td>P&lt;1&gt;</td>(.*?)</tr>", pages[language])[1]
    cells = [text.replace("\N{NO-BREAK SPACE}", " ") for text in re.findall(r">([^<]+)</td>", row)]
    assert cells == ["0.55 m", "299.35 m", "17:30", "17:05", "–"]
    assert {"en": "Significant", "zh": "极高"}[language] in words


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_tells_the_story_of_the_run(pages, run, language):
    say = translator(language)
    text = " ".join(Loads(pages[language]).words)
    record = read_record(RunFolder(run), language)
    for sentence in [headline(record, say), *facts(record, say)]:
        assert sentence in text
    for section in ("max_depth_map", "picture_sewer", "curves", "cases", "indicators", "balance"):
        assert say(section) in text
    assert text.count(say("simulated")) > 10
    assert {"zh": "河街", "en": "River Street"}[language] in text
    assert RunFolder(run).event_log_hash() in text


def test_figures_are_those_of_the_run(run):
    record = read_record(RunFolder(run), "en")
    assert record.rain_depth_mm == 45.0
    told = " ".join(facts(record, translator("en")))
    assert "It rained 45\u00a0mm between 17:00 and 17:30" in told
    assert "River Street at 17:30" in told
    assert "1 manhole overflowed, the first at 17:15; 4\u00a0m³" in told
    assert "1 report led to 1 case: 1 closed, 0 handed over to others, 0 void, 0 open" in told
    assert "gullies cleared 1 time" in told


def test_deepest_road_comes_first_with_its_duration(run):
    roads = read_record(RunFolder(run), "en").roads
    assert [road.id for road in roads] == ["R2"]
    assert roads[0].time_s == 1800.0
    assert 2400 < roads[0].flooded_s < 2800


def test_indicators_carry_numerator_denominator_and_formula(run):
    record = read_record(RunFolder(run), "en")
    rows = {row.name: row for row in indicator_rows(record, translator("en"))}
    assert rows["Closed on time"].fraction == "1 / 1"
    assert rows["Closed on time"].value == "100.0\u00a0%"
    assert all(row.formula for row in rows.values())
    score = rows["Composite score (Jinniu, Chengdu)"]
    assert score.formula.startswith("30 x handling_rate")


def test_every_indicator_has_a_chinese_formula():
    listed = [*summarize_cases([], 0.0)["indicators"], summarize_crews([], 0.0)["utilisation"]]
    for row in listed:
        assert row["formula_zh"]
        assert row["formula_zh"].count(" / ") == row["formula"].count(" / ") == 1


def test_balance_shows_volumes_and_errors(run):
    rows = {row.name: row for row in balance_rows(read_record(RunFolder(run), "en"), translator("en"))}
    assert rows["Rain on the model area"].volume == "288\u00a0m³"
    assert rows["Left through outfalls"].share == "12.2\u00a0%"
    assert rows["Left through outfalls"].base == "rain"
    assert rows["Error of the whole system"].share == "0.010\u00a0%"
    assert rows["Error of the sewer"].base == "all water in the sewer: inflow and initial water"


def test_the_health_of_structures_is_told_in_both_languages(run):
    record = read_record(RunFolder(run), "en")
    (row,) = structure_rows(record, translator("en"))
    assert (row.name, row.grade, row.worst) == ("bridge BR-1", "C clear deviation", "C clear deviation")
    assert (row.first_outside, row.secured, row.outside_since) == ("17:05", "–", "17:05")
    (chinese,) = structure_rows(read_record(RunFolder(run), "zh"), translator("zh"))
    assert (chinese.name, chinese.grade) == ("桥梁 BR-1", "C 明显异常")
    assert "Health of structures" in page_without_stills(run)


def test_a_secured_structure_is_outside_its_limits_no_more(run):
    """First outside, then secured; out again afterwards is another time, in a column of its own."""
    record = read_record(RunFolder(run), "en")
    last = record.events[-1].id
    settled = [
        Event(last + 1, 900.0, "structure.secured", "BR-1", None, data={"grade": "C"}),
        Event(last + 2, 900.0, "gauge.settled", "GA-1", last + 1, data={"structure": "BR-1"}),
        Event(last + 3, 900.0, "structure.graded", "BR-1", last + 2, data={"grade": "A"}),
    ]
    (row,) = structure_rows(replace(record, events=[*record.events, *settled]), translator("en"))
    assert (row.grade[0], row.first_outside, row.secured, row.outside_since) == ("A", "17:05", "17:15", "–")
    again = Event(last + 4, 1500.0, "gauge.deviates", "GA-1", last, data={"structure": "BR-1"})
    (row,) = structure_rows(replace(record, events=[*record.events, *settled, again]), translator("en"))
    assert (row.first_outside, row.secured, row.outside_since) == ("17:05", "17:15", "17:25")


def test_timeline_cuts_a_case_into_its_stages(run):
    (row,) = make_rows(read_record(RunFolder(run), "zh"))
    assert (row.place, row.level) == ("河街", 2)
    assert [stage.key for stage in row.stages] == ["waiting", "driving", "working", "checking"]
    assert row.stages[0].left == pytest.approx(100 * 660 / 3600)
    assert sum(stage.width for stage in row.stages) == pytest.approx(100 * (2760 - 660) / 3600)


def test_interrupted_run_is_reported_as_such(tiny_city, tmp_path):
    cut_short = write_tiny_run(tiny_city, tmp_path, finish=False)
    assert "The run was cut short at 18:00" in page_without_stills(cut_short)


def test_words_from_a_run_cannot_become_markup(run, tiny_city, tmp_path):
    roads = tiny_city.layers["roads"].copy()
    roads["name_en"] = "<img src=x onerror=alert(1)>"
    page = page_without_stills(write_tiny_run(tiny_city.with_layer("roads", roads), tmp_path))
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_reason_stands_where_a_picture_is_missing(run):
    assert "No 3-D picture could be drawn here: not drawn" in page_without_stills(run)


def test_unknown_language_is_refused(run):
    with pytest.raises(InputError, match=r"zh or en"):
        write_report(run, language="fr")


def test_both_languages_have_the_same_gaps():
    for key, words in TEXTS.items():
        zh, en = ({name.split(":")[0] for name in re.findall(r"{(.*?)}", text)} for text in words)
        assert zh == en, key


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (number_text(1234.5), "1\u202f234"),
        (number_text(12.34), "12.3"),
        (number_text(100.0), "100"),
        (length_text(2345.0), "2.35\u00a0km"),
        (length_text(34.4), "34\u00a0m"),
        (duration_text(3900.0, "en"), "1\u00a0h\u00a05\u00a0min"),
        (duration_text(60.0, "zh"), "1\u00a0分钟"),
        (error_text(2.5e-7), "2e-05\u00a0%"),
        (error_text(0.0), "0\u00a0%"),
        (f"{Count(1):case|cases}, {Count(3):case|cases}, {Count(2)}", "1 case, 3 cases, 2"),
    ],
)
def test_figures_read_well(text, expected):
    assert text == expected


def test_times_of_a_map_span_when_the_water_was_deepest():
    depth = np.full((10, 10), 0.2)
    depth[0, 0] = 0.01
    times = np.full((10, 10), 2000.0)
    times[5:] = 3100.0
    times[0, 0] = 9000.0
    assert time_range(depth, times, 18000.0) == (1800.0, 3600.0)
    assert time_range(np.zeros((2, 2)), np.full((2, 2), np.nan), 60.0) == (0.0, 60.0)


def changed(run, events=(), **changes):
    """The record of the run with more events and other parts."""
    record = read_record(RunFolder(run), changes.pop("language", "en"))
    more = [
        Event(1000 + number, t_s, kind, subject, data=data)
        for number, (t_s, kind, subject, data) in enumerate(events)
    ]
    return replace(record, events=[*record.events, *more], **changes)


def dry(run, events=(), **changes):
    """The same without any water."""
    record = changed(run, events, **changes)
    without = [event for event in record.events if not event.kind.startswith(("rain.", "road.", "sewer."))]
    nothing = {name: Series(part.time_s, 0.0 * part.value, part.unit) for name, part in record.series.items()}
    depth = np.zeros_like(record.max_depth)
    return replace(record, events=without, series=nothing, max_depth=depth, roads=())


def test_the_headline_tells_what_failed_and_not_only_the_rain(run):
    out = {"nodes": ["N"], "persons": 900.0, "persons_out": 1200.0, "since_s": 0.0}
    say = translator("en")
    flooded = headline(changed(run, [(1900, "supply.customers_out", "N", out)]), say)
    assert flooded.startswith(
        "Tiny storm: 45\u00a0mm of rain; 1 main burst; up to 1\u202f200 people without water; "
    )
    assert flooded.endswith("of street under more than 15 cm of water")
    leak = [
        (1200, "gas.leaking", "GL-1", {}),
        (1300, "gas.alarm", "HZ-1", {}),
        (1400, "gas.alarm", "HZ-1", {}),
    ]
    gas = dry(run, leak)
    gas = replace(gas, events=[event for event in gas.events if event.kind != "supply.burst"])
    assert headline(gas, say) == "Tiny storm: 1 gas leak, 1 site in alarm"
    assert headline(replace(gas, language="zh"), translator("zh")).endswith("：燃气泄漏 1 处，1 个点位报警")


def test_numbers_of_a_page_are_written_in_one_way() -> None:
    say = translator("en")
    assert say("failure_persons", count=3429) == "at most 3\u202f429 people without water, "
    assert area_text(4040.2) == "4\u202f040\u00a0m²"
    held = dict.fromkeys(("suppressed", "shelved", "held_back_first", "repeated", "floods"), 0)
    assert "1 alarm was false" in say("fact_alarms_held", **held, false=1)


def test_failed_lifelines_add_up_and_open_alarms_are_told(run) -> None:
    failed = [
        (index, "lifeline.failed", f"LF-{index}", {"kind": "gas_leak", "material": "pe", "network": "gas"})
        for index in (1, 2, 3)
    ]
    ends = [
        (100, "lifeline.repaired", "LF-1", {"kind": "gas_leak", "after_s": 99.0, "how": "crew"}),
        (100, "lifeline.repaired", "LF-2", {"kind": "gas_leak", "after_s": 98.0, "how": "by itself"}),
    ]
    raised = {"rule": "methane_alarm", "about": "gas", "level": 2, "class_code": "04-03"}
    record = dry(run, [*failed, *ends, (120, "alarm.published", "AL-1", raised)])
    text = " ".join(facts(record, translator("en")))
    assert "Crews mended 1, 1 passed by themselves, and 1 was not in order again at the end" in text
    assert "0 of level IV; 1 open at the end" in text


def test_a_run_without_water_has_no_maps_curves_or_balance_of_it(run):
    page = render_page(dry(run), "", Stills({}, "not drawn"))
    words = " ".join(Loads(page).words)
    say = translator("en")
    assert say("no_water", depth="0.03\u00a0m") in words
    for key in (
        "picture_flood",
        "max_depth_map",
        "time_map",
        "hazard_map",
        "balance",
        "chart_rain",
        "tile_rain",
    ):
        assert say(key) not in words, key
    assert say("chart_cases") in words
    assert say("no_water", depth="0.03\u00a0m") not in " ".join(Loads(page_without_stills(run)).words)


def test_water_from_mains_has_its_row_and_its_share(run):
    record = changed(run)
    series = dict(record.series)
    rain = series["rain_volume"]
    series["from_supply"] = Series(rain.time_s, rain.value, "m3")
    rows = {row.name: row for row in balance_rows(replace(record, series=series), translator("en"))}
    assert rows["From broken mains up to the street"].volume == rows["Rain on the model area"].volume
    assert rows["Rain on the model area"].share == "50.0\u00a0%"
    assert rows["Rain on the model area"].base == "rain and water from elsewhere"


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (1, ["17:00", "21:00", "01:00 +1 d", "05:00 +1 d", "09:00 +1 d", "13:00 +1 d", "17:00 +1 d"]),
        (7, ["06-19", "06-20", "06-21", "06-22", "06-23", "06-24", "06-25"]),
        (30, ["06-19", "06-24", "06-29", "07-04", "07-09", "07-14"]),
        (365, ["2026-07", "2026-09", "2026-11", "2027-01", "2027-03", "2027-05"]),
        (3000, ["2026-07", "2028-07", "2030-07", "2032-07", "2034-07"]),
    ],
)
def test_long_runs_have_dates_on_few_ticks(run, days, expected):
    record = changed(run)
    meta = {**record.meta, "progress": {**record.meta["progress"], "t_s": days * 86_400.0}}
    record = replace(record, meta=meta)
    ticks = make_ticks(record)
    assert [tick.text for tick in ticks] == expected
    assert all(0.0 <= tick.left <= 100.0 for tick in ticks)
    page = render_page(record, "", Stills({}, "not drawn"))
    assert ('<div class="timeline">' in page) is (days <= 2)
    if days > 2:  # bars of hours on an axis of months would say nothing
        (entry,) = make_journal(record)
        assert (entry.place, entry.registered, entry.to_site) == ("River Street", "06-18 17:11", "4\u00a0min")
        assert entry.registered in page
    assert record.clock(3600.0) == ("06-18 18:00" if days > 2 else "18:00")
    assert record.clock(250 * 86_400.0).startswith("2027-02-23" if days > 2 else "17:00 +250 d")


def test_staircase_starts_at_zero_and_reaches_the_end():
    series = step_series([(20.0, 1.0), (10.0, 1.0), (30.0, -2.0)], 60.0, "")
    assert series.peak == 2.0
    assert (series.time_s[-1], series.last) == (60.0, 0.0)


@pytest.mark.parametrize("order", [kind.__name__ for kind in get_args(Order)])
def test_every_order_has_its_words_in_the_report_and_on_the_screen(order):
    assert all(TEXTS[f"orders_{order}"])
    ticker = (Path(__file__).parents[2] / "viz/frontend/src/parts/ticker.js").read_text("utf-8")
    assert len(re.findall(rf"\b{order}: \"", ticker)) == len(LANGUAGES)
