"""A story is told in words and units, in both languages."""

from datetime import UTC, datetime

import pytest

from cim_models import orders
from cim_models.errors import InputError
from cim_models.events import EVENT_KINDS, Event
from scenarios.story import story_lines, tell
from scenarios.story_terms import ORDERS, SPECIAL, TERMS, WORDS
from scenarios.story_words import FORMS, UNTOLD, Teller, tell_facts

START = datetime(2026, 6, 18, 17, tzinfo=UTC)
UNITS = {"m", "mm", "m²", "m³", "m³/h", "mm/h", "kPa", "ppm"}


def test_every_fact_of_every_event_has_a_term_and_no_term_is_left_over() -> None:
    declared = {key for kind in EVENT_KINDS.values() for key in kind.data}
    assert declared - UNTOLD == set(TERMS)
    assert {(kind, key) for kind, key in SPECIAL if key in EVENT_KINDS[kind].data} == set(SPECIAL)
    for term in (*TERMS.values(), *SPECIAL.values()):
        assert term.form in FORMS or term.form in UNITS
        assert bool(term.zh) == bool(term.en)


def test_every_order_has_words() -> None:
    kinds = {name for name in vars(orders) if name[0].isupper() and hasattr(vars(orders)[name], "id")}
    assert kinds == set(ORDERS)


@pytest.mark.parametrize(
    ("event", "zh", "en"),
    [
        (
            Event(1, 0.0, "road.flooded", "R1", data={"depth_m": 0.155, "threshold_m": 0.15}),
            "水深 0.15 m，阈值 0.15 m",
            "depth 0.15 m, threshold 0.15 m",
        ),
        (
            Event(1, 0.0, "supply.customers_out", "N", data={"persons": 1200.0, "since_s": 90061.0}),
            "涉及人数 1,200，自 06-19 18:01:01",
            "people there 1,200, since 06-19 18:01:01",
        ),
        (
            Event(1, 0.0, "case.checked", "C", data={"passed": False, "depth_m": None}),
            "未通过",
            "not passed",
        ),
        (
            Event(1, 0.0, "alarm.responded", "A", data={"unit": "", "after_s": 4000.0, "in_time": True}),
            "历时 1 小时 7 分钟，按时",
            "after 1 h 7 min, in time",
        ),
        (
            Event(
                1, 0.0, "order.issued", "O", data={"order": "ShutValve", "x": 1.0, "y": 2.0, "target": "V"}
            ),
            "关闭阀门，对象 V",
            "shut a valve, at V",
        ),
        (
            Event(1, 0.0, "gas.alarm", "H", data={"level": 1, "lel": 0.4, "kind": "manhole"}),
            "报警级 1，甲烷 40 % 爆炸下限，检查井",
            "alarm level 1, methane 40 % of the lower explosive limit, manhole",
        ),
        (
            Event(1, 0.0, "alarm.published", "A", data={"level": 2, "values": {"methane": 11.74}}),
            "二级，甲烷浓度 11.74 %LEL",
            "level II, methane 11.74 %LEL",
        ),
        (
            Event(1, 0.0, "supply.isolated", "P", data={"escaped_m3": 0.004, "valves": list("abcdefgh")}),
            "漏出 0.004 m³，阀门 a, b, c, d, e, f 等 8 个",
            "escaped 0.004 m³, valves a, b, c, d, e, f and 2 more",
        ),
        (
            Event(
                1, 0.0, "structure.graded", "B", data={"grade": "C", "was": "A", "gauges": 3, "in_alarm": []}
            ),
            "等级 C (明显异常)，原为 A (完好)，仪器数 3",
            "grade C (clear deviation), was A (good), gauges 3",
        ),
        (
            Event(1, 0.0, "gauge.failed", "G", data={"step": 0.0, "per_day": 0.0, "silent": True}),
            "无读数",
            "says nothing",
        ),
        (
            Event(1, 0.0, "report.made", "R", data={"channel": "video", "genuine": False, "reporter": "V1"}),
            "来源 视频，上报者 V1，误报",
            "by video, reporter V1, a false alarm",
        ),
    ],
)
def test_facts_are_told_in_words_and_units(event: Event, zh: str, en: str) -> None:
    assert tell_facts(event, Teller("zh", START)) == zh
    assert tell_facts(event, Teller("en", START)) == en


def test_words_of_values_are_in_both_languages() -> None:
    assert all(zh and en and zh != en for zh, en in WORDS.values())


def test_a_story_is_told_in_the_language_that_is_asked_for() -> None:
    rain = Event(1, 0.0, "rain.started", "run", data={"intensity_mm_h": 30.0})
    road = Event(2, 600.0, "road.flooded", "R1", cause=1, data={"depth_m": 0.2, "threshold_m": 0.15})
    later = Event(3, 900.0, "road.flooded", "R1", cause=2, data={"depth_m": 0.3, "threshold_m": 0.30})
    story = tell([rain, road, later], 1)
    assert story_lines(story, START, most=1, language="zh") == [
        ">     1 17:00:00 降雨开始 [run] 雨强 30 mm/h",
        "      2 17:10:00   道路积水 [R1] 水深 0.2 m，阈值 0.15 m",
        "… 另有 1 个事件，用 --most 2 显示",
    ]
    assert (
        story_lines(story, START)[2] == "      3 17:15:00     Road flooded [R1] depth 0.3 m, threshold 0.3 m"
    )
    with pytest.raises(InputError, match="fr"):
        story_lines(story, START, language="fr")
