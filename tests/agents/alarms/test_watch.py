"""Rules at one sensor: durations, hysteresis, combinations, silence."""

import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.alarms.watch import RuleWatch, watch_groups
from cim_models.alarm_rules import AlarmRule, Combination, Condition, Silence, Threshold, read_alarm_rules

HIGH = Threshold("methane", 20.0, True, 15.0, 60.0)


def rule(condition: Condition, level: int = 2, group: str = "g", name: str = "r") -> AlarmRule:
    return AlarmRule(name, "规则", "rule", "gas", level, condition, group)


def held(condition: Condition, *readings: tuple[float, dict[str, float]]) -> list[bool]:
    watch = RuleWatch(rule(condition))
    return [watch.evaluate(values, t_s) for t_s, values in readings]


def methane(*pairs: tuple[float, float]) -> list[tuple[float, dict[str, float]]]:
    return [(t_s, {"methane": value}) for t_s, value in pairs]


def test_a_threshold_must_be_passed_for_its_duration() -> None:
    assert held(HIGH, *methane((0, 25), (30, 25), (60, 25))) == [False, False, True]


def test_a_dip_within_the_duration_begins_it_anew() -> None:
    assert held(HIGH, *methane((0, 25), (30, 19), (60, 25), (119, 25), (120, 25))) == [
        False, False, False, False, True,
    ]  # fmt: skip


def test_a_condition_ends_below_its_lower_limit_only() -> None:
    assert held(HIGH, *methane((0, 25), (60, 25), (120, 16), (180, 15), (240, 14.9), (300, 16))) == [
        False, True, True, True, False, False,
    ]  # fmt: skip


def test_falling_values_pass_from_above() -> None:
    low = Threshold("water_pressure", 0.15, False, 0.18)
    readings = [(float(t), {"water_pressure": p}) for t, p in enumerate((0.2, 0.15, 0.17, 0.18, 0.19, 0.16))]
    assert held(low, *readings) == [False, True, True, True, False, False]


def test_a_missing_value_changes_nothing() -> None:
    readings = [
        (0.0, {"methane": 25.0}),
        (30.0, {"methane": math.nan}),
        (45.0, {}),
        (60.0, {"methane": 25.0}),
    ]
    assert held(HIGH, *readings) == [False, False, False, True]


def test_parts_of_a_combination_keep_their_own_time() -> None:
    both = Combination((HIGH, Threshold("hydrogen_sulphide", 10.0, True, 7.0, 0.0)), True)
    any_of = Combination(both.parts, False)
    readings = [
        (0.0, {"methane": 25.0, "hydrogen_sulphide": 0.0}),
        (60.0, {"methane": 25.0, "hydrogen_sulphide": 0.0}),
        (90.0, {"methane": 25.0, "hydrogen_sulphide": 12.0}),
        (120.0, {"methane": 10.0, "hydrogen_sulphide": 12.0}),
    ]
    assert held(both, *readings) == [False, False, True, False]
    assert held(any_of, *readings) == [False, True, True, True]


def test_silence_counts_from_the_last_value() -> None:
    readings = [
        (0.0, {"methane": 1.0}),
        (59.0, {}),
        (60.0, {}),
        (61.0, {"methane": math.nan}),
        (62.0, {"x": 1.0}),
    ]
    assert held(Silence(60.0), *readings) == [False, False, True, True, False]


def test_a_group_is_as_urgent_as_its_most_urgent_rule() -> None:
    rules = read_alarm_rules().rules
    group = watch_groups(rules, frozenset({"methane"}))["methane"]
    found = [
        group.evaluate({"methane": value}, 60.0 * t)
        for t, value in enumerate((6, 6, 25, 25, 36, 32, 20, 10, 1))
    ]
    assert [None if r is None else r.id for r in found] == [
        None, "methane_raised", "methane_raised", "methane_alarm", "methane_cut_off", "methane_cut_off",
        "methane_alarm", "methane_raised", None,
    ]  # fmt: skip


def test_a_sensor_has_only_the_rules_that_it_can_say_all_about() -> None:
    rules = read_alarm_rules().rules
    assert "marsh_gas" not in watch_groups(rules, frozenset({"methane"}))
    assert "marsh_gas" in watch_groups(rules, frozenset({"methane", "hydrogen_sulphide"}))


@given(
    st.lists(st.tuples(st.floats(0.1, 50.0), st.floats(0.0, 40.0)), min_size=1, max_size=40),
    st.floats(0.0, 100.0),
)
def test_a_threshold_agrees_with_its_definition(steps: list[tuple[float, float]], for_s: float) -> None:
    """It begins only after an unbroken stretch at or above it, and ends only below its end."""
    threshold = Threshold("methane", 20.0, True, 15.0, for_s)
    watch, t_s, past, before = RuleWatch(rule(threshold)), 0.0, [], False
    for step_s, value in steps:
        t_s += step_s
        past.append((t_s, value))
        now = watch.evaluate({"methane": value}, t_s)
        if before:
            assert now == (value >= 15.0)
        else:
            below = [time_s for time_s, old in past if old < 20.0]
            since = [time_s for time_s, _ in past if not below or time_s > below[-1]]
            assert now == (bool(since) and t_s - since[0] >= for_s)
        before = now


def test_a_watch_goes_on_from_a_saved_state() -> None:
    watch = RuleWatch(rule(HIGH))
    watch.evaluate({"methane": 25.0}, 0.0)
    again = pickle.loads(pickle.dumps(watch))
    assert again.evaluate({"methane": 25.0}, 60.0) is True


def test_the_catalogue_holds_what_the_facts_say() -> None:
    rules = {entry.id: entry for entry in read_alarm_rules().rules}
    assert rules["water_pressure_low"].condition == Threshold("water_pressure", 0.15, False, 0.18, 300.0)
    assert rules["methane_cut_off"].level == 1
    assert rules["sensor_silent"].condition == Silence(3600.0)


@pytest.mark.parametrize("for_s", [0.0, 60.0])
def test_a_threshold_without_an_end_of_its_own_ends_where_it_began(for_s: float) -> None:
    flat = Threshold("methane", 20.0, True, 20.0, for_s)
    assert held(flat, *methane((0, 20), (60, 20), (120, 19.99)))[1:] == [True, False]
