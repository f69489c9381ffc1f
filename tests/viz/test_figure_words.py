"""Names of figures in Chinese."""

import pytest

from cim_models.catalogues import load_catalogue
from scenarios.scenario_words import key_words
from viz.report.figure_words import figure_words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("water.pumped_m3", "水量 · 泵车抽排（m³）"),
        ("flooding.area_m2.015.max", "积水 · 积水面积（m²） · 0.15 m · 最大"),
        ("flooding.area_ever_m2.0.30", "积水 · 曾积水面积（m²） · 0.30 m"),
        ("cases.response_time_s.p90", "案件 · 到场用时（s） · 九成"),
        ("cases.by_unit.ORG-U1.closed", "案件 · 按责任单位 · ORG-U1 · 结案"),
        ("crews.by_skill.pump.tasks_open", "队伍 · 按专业 · 泵车 · 未完成任务"),
        ("cases.indicators.coverage_8_min.value", "案件 · 指标 · 8分钟到场率 · 数值"),
        ("cases.platform_counts.handled_in_stage", "案件 · 评价数量 · 处置环节时限内处置"),
        ("alarms.by_rule.structure_deviates", "告警 · 按规则 · 结构响应异常"),
        ("orders.by_kind.CloseRoad", "指令 · 按种类 · 封路"),
        ("hazard.max_speed_m_s", "危险 · 最大流速（m/s）"),
        ("hazard.aidr_area_m2.H6", "危险 · AIDR 等级面积（m²） · H6"),
        ("flooding.road_hours.0.15", "积水 · 道路积水时长（段·h） · 0.15 m"),
    ],
)
def test_a_figure_is_named_part_by_part(name: str, words: str) -> None:
    assert figure_words(name) == words


def test_skills_and_kinds_of_failures_have_their_own_names() -> None:
    for skill in load_catalogue("skills")["skills"]:
        if skill["name"] != "pump":  # pump trucks of all sizes
            assert figure_words(f"crews.by_skill.{skill['name']}.tasks_open").split(" · ")[2] == skill["zh"]
            assert key_words(f"staffing.crews.{skill['name']}", "zh").endswith(f" · {skill['zh']}")
    for kind in load_catalogue("failure_rates")["kinds"]:
        assert figure_words(f"lifelines.by_kind.{kind['kind']}").endswith(f" · {kind['zh']}")
