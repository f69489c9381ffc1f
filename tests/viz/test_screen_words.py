"""Figures, ages and labels of the screen, run in node."""

from typing import Any

import pytest

from tests.viz.node import run_node

_FIGURES = """
import {Series} from "./series.js"
import {Story} from "./story.js"
import {figures} from "./figures.js"
import {KEYS, LANGUAGES} from "./words.js"
const series = new Series(), story = new Story()
series.merge(value.readings); story.append(value.events)
const shown = value.times.map((t) => figures({series, story, timeS: t, state: story.at(t)}))
const all = shown.flat()
const units = all.map((figure) => figure.unit).filter((unit) => unit.includes("_"))
const keys = [...all.map((figure) => figure.key), ...units]
result = {shown: shown.map((each) => each.map((figure) => [figure.key, figure.value])),
  unnamed: LANGUAGES.flatMap((language) => keys.filter((key) => !KEYS[language].includes(key)))}
"""
OF_WATER = {"rain_now", "spots", "cut_roads", "flooded_road", "max_depth"}


def _row(number: int, t_s: float, event: str, subject: str, **data: Any) -> list[Any]:
    return [number, t_s, event, subject, None, "simulated", data]


def _gas(site: str, values: list[float]) -> dict[str, Any]:
    times = [60.0 * step for step in range(len(values))]
    line = {"unit": "%LEL", "value_kind": "simulated", "t_s": times, "values": values}
    return {f"gas:{site}": {"methane": line}}


def _figures(events: list[Any], readings: dict[str, Any], *times: float) -> list[dict[str, str]]:
    found = run_node(_FIGURES, {"events": events, "readings": readings, "times": times})
    assert found["unnamed"] == []
    return [dict(shown) for shown in found["shown"]]


def test_a_run_with_gas_and_without_rain_shows_gas_in_place_of_water() -> None:
    events = [
        _row(1, 60.0, "gas.alarm", "H1", level=1),
        _row(2, 90.0, "order.issued", "O1", order="CloseRoad", target="R1"),
        _row(3, 5000.0, "gas.alarm_over", "H1"),
    ]
    readings = _gas("H1", [0.0, 40.0, 25.0]) | _gas("H2", [0.0, 5.0, 30.0])
    alarmed, later, over = _figures(events, readings, 60.0, 120.0, 6000.0)
    assert (alarmed["gas_highest"], alarmed["gas_sites"], alarmed["closed_roads"]) == ("40", "1", "0")
    assert (later["gas_highest"], later["gas_sites"], later["closed_roads"]) == ("30", "1", "1")
    assert (over["gas_highest"], over["gas_sites"]) == ("0", "0")  # silent for longer than a reading holds
    for shown in (alarmed, later, over):
        assert not OF_WATER & set(shown)
        assert "open_cases" in shown


def test_rain_brings_the_figures_of_water_back_and_no_more_than_there_is_room_for() -> None:
    watched = {"kind": "bridge", "gauges": ["G1"], "road": "R", "lon_lat": [1.0, 2.0]}
    events = [
        _row(1, 0.0, "structure.watched", "BR-1", **watched),
        _row(2, 30.0, "gauge.deviates", "G1", structure="BR-1"),
        _row(3, 60.0, "alarm.published", "AL-1", rule="methane_alarm", level=2, sensor="H1"),
        _row(4, 100.0, "rain.started", "run", intensity_mm_h=20.0),
    ]
    dry, wet = _figures(events, _gas("H1", [0.0, 40.0, 25.0]), 60.0, 120.0)
    assert dry["gauges_out"] == "1"
    assert not OF_WATER & set(dry)
    assert {"rain_now", "spots", "cut_roads"} <= set(wet)
    assert len(wet) == 8


def test_a_run_with_nothing_special_shows_water_though_dry() -> None:
    (shown,) = _figures([_row(1, 0.0, "run.started", "run")], {}, 10.0)
    assert set(shown) >= OF_WATER


def test_the_age_of_a_reading_is_no_time_of_day() -> None:
    script = """
    import {ageText} from "./words.js"
    result = ["zh", "en"].map((language) => value.map((age) => ageText(language, age)))
    """
    zh, en = run_node(script, [0.0, 45.0, 119.0, 3700.0, 9000.0, 200_000.0])
    assert en == ["just now", "45 s ago", "1 min ago", "61 min ago", "2 h ago", "2 d ago"]
    assert zh == ["刚刚", "45 秒前", "1 分钟前", "61 分钟前", "2 小时前", "2 天前"]
    assert not any(":" in text for text in zh + en)


@pytest.mark.parametrize(
    ("language", "words"), [("zh", ["用时", "剩余", "超期"]), ("en", ["took", "left", "overdue"])]
)
def test_times_of_cases_say_what_they_are(language: str, words: list[str]) -> None:
    script = """
    import {timer} from "./cards/timer.js"
    const store = {language: value.language}
    const show = (item, named) => timer(store, {stage: "on_site", due: Infinity, ...item}, 1000, named)
    const items = [{stage: "closed", registered: 0, closed: 11177}, {due: 2000}, {due: 900}]
    result = {named: items.map((item) => show(item, true)), bare: items.map((item) => show(item))}
    """
    found = run_node(script, {"language": language})
    for text, word, time in zip(found["named"], words, ("3:06:17", "16:40", "+01:40"), strict=True):
        assert f"<i>{word}</i>{time}</b>" in text
    assert not any("<i>" in text for text in found["bare"])


def test_charts_have_round_times_below() -> None:
    script = """
    import {timeAxis} from "./cards/chart.js"
    const store = {status: {start: "2026-06-18T17:10:00+08:00"}, durationS: () => value}
    const {customValues, formatter} = timeAxis(1, store).axisLabel
    result = customValues.map((t) => [t, formatter(t)])
    """
    short = run_node(script, 2400.0)
    assert short == [[0, "17:10"], [600, "17:20"], [1200, "17:30"], [1800, "17:40"], [2400, "17:50"]]
    assert [text for _, text in run_node(script, 10_800.0)] == ["18:00", "19:00", "20:00"]


def test_an_alarm_of_a_structure_names_it_when_published_and_when_escalated() -> None:
    script = """
    import {Story} from "./story.js"
    import {alarmText} from "./parts/alarmtext.js"
    const story = new Story()
    story.append(value)
    const manifest = {alarm_rules: {off: {en: "Structure deviates"}, far: {en: "Structure deviates far"}}}
    const store = {language: "en", manifest, state: story.at(100), roadName: () => "Underpass"}
    result = value.filter((row) => row[2].startsWith("alarm.")).map((row) => alarmText(store, row))
    """
    watched = {"kind": "bridge", "gauges": ["G1"], "road": "R", "lon_lat": [1.0, 2.0]}
    raised = {"rule": "off", "level": 3, "sensor": "G1", "road": "R"}
    events = [
        _row(1, 0.0, "structure.watched", "BR-1", **watched),
        _row(2, 10.0, "alarm.published", "AL-1", source="BR-1", **raised),
        _row(3, 20.0, "alarm.published", "AL-2", source="H1", **raised),
        _row(4, 30.0, "alarm.escalated", "AL-1", rule="far", level=2, was_level=3),
    ]
    assert run_node(script, events) == [
        "AL-1 Structure deviates BR-1 Underpass",
        "AL-2 Structure deviates Underpass",
        "AL-1 Structure deviates far BR-1 Underpass",
    ]
