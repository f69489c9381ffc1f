"""What a scenario says, in words and units."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from agents.policies import BUILT_IN
from scenarios.scenario_terms import KEYS, UNITS, VALUES
from scenarios.scenario_words import key_words, value_words
from scenarios.schema.model import Scenario


def sections(annotation: Any) -> Iterator[type[BaseModel]]:
    """All sections that a scenario is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from sections(field.annotation)
    for part in get_args(annotation):
        yield from sections(part)


def test_every_key_of_a_scenario_has_a_chinese_name_and_no_name_is_left_over() -> None:
    found = {section.__name__: set(section.model_fields) for section in sections(Scenario)}
    keys = set().union(*found.values())
    assert {name for name in KEYS if "." not in name} == keys
    for name in KEYS:
        if "." in name:
            section, key = name.split(".")
            assert key in found[section]


def test_every_built_in_policy_has_a_chinese_name() -> None:
    assert set(BUILT_IN) <= set(VALUES)


def test_units_are_looked_up_by_their_longest_end() -> None:
    ends = list(UNITS)
    for index, end in enumerate(ends):
        assert not any(end.endswith(earlier) for earlier in ends[:index])


DESIGN = {
    "formula": "chongqing_jiangbei",
    "return_period": 50.0,
    "duration": 7200.0,
    "peak": None,
    "begin": 0.0,
}
RAIN = {"design": DESIGN, "constant": None}
CONSTANT = {"constant": {"intensity_mm_h": 20.0, "duration": 1800.0, "begin": 600.0}}
TRUCK = {"pump_truck": {"at": "SP1", "to": "outside", "capacity_m3_h": 900.0, "hose": 30.0, "from": "+5min"}}


@pytest.mark.parametrize(
    ("key", "value", "chinese", "english"),
    [
        ("duration", 2400.0, "40 分钟", "40min"),
        ("duration", 2430.5, "2430.5 秒", "2430.5s"),
        ("dispatch.delay", [60.0, 120.0], "1 分钟、2 分钟", "[1min, 2min]"),
        ("dispatch.policy", "nearest", "就近空闲", "nearest"),
        ("dispatch.policy", "my.module:Best", "my.module:Best", "my.module:Best"),
        ("weather.rain", None, "无", "none"),
        ("measures", [], "无", "none"),
        ("reporting.sensors", False, "否", "false"),
        ("staffing.crews.pump", 6, "6", "6"),
        ("staffing.breaks.length", 1800.0, "30 分钟", "30min"),
        ("cases.merge_distance", 100.0, "100 m", "100m"),
        ("numerics.building_height_m", 3.0, "3 m", "3"),
        (
            "weather.rain",
            RAIN,
            "设计雨（暴雨强度公式 chongqing_jiangbei，重现期 50 年）",
            "{design: {formula: chongqing_jiangbei, return_period: 50}}",
        ),
        (
            "weather.rain",
            CONSTANT,
            "恒定雨（雨强 20 mm/h，时长 30 分钟，开始 10 分钟）",
            "{constant: {intensity_mm_h: 20, duration: 30min, begin: 10min}}",
        ),
        (
            "measures",
            [TRUCK],
            "泵车（位置 SP1，能力 900 m³/h，水带长 30 m，开始 +5min）",
            "[{pump_truck: {at: SP1, capacity_m3_h: 900, hose: 30m, from: +5min}}]",
        ),
    ],
)
def test_a_value_in_words(key: str, value: Any, chinese: str, english: str) -> None:
    assert value_words(key, value, "zh") == chinese
    assert value_words(key, value, "en") == english


@pytest.mark.parametrize(
    ("key", "chinese"),
    [
        ("duration", "时长"),
        ("weather.rain", "天气 · 降雨"),
        ("weather.rain.gauges", "天气 · 降雨 · 雨量站实测"),
        ("staffing.crews.drainage", "人员配置 · 队伍 · 排水"),
        ("staffing.breaks.length", "人员配置 · 休息 · 时长"),
        ("ground.soils.loam.porosity", "下垫面 · 土壤 · loam · 孔隙率"),
    ],
)
def test_a_key_in_words(key: str, chinese: str) -> None:
    assert key_words(key, "zh") == chinese
    assert key_words(key, "en") == key
