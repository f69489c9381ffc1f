"""Two runs in words: branch or not, one world or another, the same acts or not, in both languages."""

import itertools
import math
import re
from datetime import datetime

import pytest

from cim_models.events import Event
from cim_models.values import ValueKind
from scenarios.relation_words import relation_lines, relation_words
from scenarios.relations import Changed, Relation
from scenarios.worlds import ComparedWorlds, Difference

START = datetime.fromisoformat("2026-06-18T17:00:00+08:00")


def difference(t_s: float, kind: str) -> Difference:
    """A first difference of which only the first run has an event."""
    return Difference(t_s, Event(1, t_s, kind, "X", None, ValueKind.SIMULATED, {}), None)


RAIN, ORDER, SENT = (
    difference(600.0, "rain.started"),
    difference(1200.0, "order.issued"),
    difference(900.0, "case.dispatched"),
)
LATE_RAIN = difference(1800.0, "rain.started")
WORLDS = {
    "equal": ComparedWorlds(None, None, None, 280),
    "only_logs": ComparedWorlds(None, None, SENT, 280),
    "only_acts": ComparedWorlds(None, ORDER, SENT, 280),
    "acts_first": ComparedWorlds(LATE_RAIN, ORDER, SENT, 120),
    "world_first": ComparedWorlds(RAIN, ORDER, RAIN, 20),
    "only_world": ComparedWorlds(RAIN, None, RAIN, 20),
    "only_rain": ComparedWorlds(None, None, None, 280, rain_s=660.0),
    "rain_and_logs": ComparedWorlds(None, None, SENT, 280, rain_s=660.0),
    "rain_after_acts": ComparedWorlds(LATE_RAIN, ORDER, SENT, 120, rain_s=1860.0),
}
HISTORIES = {
    "separate": (None, ""),
    "child_other": (1200.0, "other"),
    "child_base": (1200.0, "base"),
    "siblings": (1200.0, ""),
    "itself": (math.inf, ""),
}


def relation(history: str = "separate", world: str = "equal", **changes: object) -> Relation:
    """A relation of two runs of Jiangbei's storm."""
    parted_s, child = HISTORIES[history]
    values = {
        "base": "a",
        "other": "b",
        "start": START,
        "parted_s": parted_s,
        "child": child,
        "same_city": True,
        "same_start": True,
        "seeds": (7, 7),
        "changed": (),
        "ended_s": None,
        "worlds": WORLDS[world],
    }
    return Relation(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(("history", "world"), [*itertools.product(HISTORIES, WORLDS)])
def test_a_branch_is_said_only_of_branches_and_both_languages_say_the_same(history: str, world: str) -> None:
    chinese, english = (relation_words(relation(history, world), language) for language in ("zh", "en"))
    for words, not_one, branched in ((chinese, "不是分支", "分支"), (english, "not a branch", "branched")):
        is_branch = history in ("child_other", "child_base")
        assert (not_one in words.history) == (history == "separate")
        assert (branched in words.history.replace(not_one, "")) == is_branch
        assert "{" not in words.history + words.world
    figures = re.compile(r"\d\d:\d\d:\d\d|\d+(?= 条| event)")
    for one, other in ((chinese.history, english.history), (chinese.world, english.world)):
        assert sorted(figures.findall(one)) == sorted(figures.findall(other))


@pytest.mark.parametrize(
    ("world", "chinese", "english"),
    [
        ("equal", "事件日志完全相同", "The event logs are equal."),
        (
            "only_logs",
            "共 280 条事件；现场处置也相同。日志自 17:15:00 起有别",
            "and the same acts in it",
        ),
        ("only_acts", "现场处置自 17:20:00 起不同", "what was done in it differs from 17:20:00 on"),
        ("acts_first", "由此引起的差别自 17:30:00 起", "up to the first different act at 17:20:00"),
        ("world_first", "此前现场处置相同", "Another world from 17:10:00 on"),
        (
            "only_rain",
            "记录的降雨自 17:11:00 起不同，外部情况由此不同。两份事件日志完全相同。",
            "Another world: the recorded rain differs from 17:11:00 on. The event logs are equal.",
        ),
        ("rain_and_logs", "日志自 17:15:00 起有别", "The logs differ from 17:15:00 on"),
        (
            "rain_after_acts",
            "现场处置自 17:20:00 起不同",
            "the recorded rain differs from 17:31:00 on",
        ),
        ("only_world", "现场处置全程相同", "the same was done in it throughout"),
    ],
)
def test_worlds_and_acts_in_words(world: str, chinese: str, english: str) -> None:
    assert chinese in relation_words(relation(world=world), "zh").world
    assert english in relation_words(relation(world=world), "en").world


def test_what_makes_runs_incomparable_is_said_by_name() -> None:
    words = relation_words(relation(seeds=(7, 8), same_start=False, world="only_world"), "en")
    assert words.history.endswith("another seed (7, 8), another start")
    assert words.warning.startswith("Seed, start or city differ")
    assert relation_words(relation(), "en").warning == ""
    assert relation_lines(relation(same_city=False))[-1].startswith("  WARNING")


def test_changes_name_both_values_and_leave_out_what_is_not_set() -> None:
    measures = [{"pump_truck": {"at": "SP1"}, "barrier": None}]
    changed = (Changed("dispatch.policy", "assignment", "nearest"), Changed("measures", [], measures))
    assert relation_words(relation(changed=changed), "en").changes == (
        "dispatch.policy: assignment → nearest",
        "measures: none → [{pump_truck: {at: SP1}}]",
    )
    assert relation_words(relation(changed=changed), "zh").changes == (
        "派遣 · 策略：线性指派 → 就近空闲",
        "措施：无 → 泵车（位置 SP1）",
    )


def test_the_terminal_speaks_chinese_where_it_is_asked_to() -> None:
    changed = (Changed("duration", 2400.0, 2100.0),)
    assert relation_lines(relation(changed=changed, same_city=False), "zh") == [
        "b 对比 a：独立运行，不是分支；城市不同",
        "  改动     时长：40 分钟 → 35 分钟",
        "  外部情况 两份事件日志完全相同。",
        "  注意     种子、起始时间或城市不同：差异不全由改动引起。",
    ]


def test_a_shorter_run_is_compared_until_its_end() -> None:
    assert "比较到 06-19 17:00:00，" in relation_words(relation(ended_s=86400.0), "zh").world
    assert relation(ended_s=86400.0).as_json()["compared_until_s"] == 86400.0
    assert relation("itself").as_json()["parted_s"] is None
