"""What a scenario says about cases, and what becomes of it."""

import pytest

from cim_models.errors import ScenarioError
from scenarios.composition import operations_settings
from scenarios.schema.loading import load_scenario
from tests.agents.toy_town import make_toy_city


def cases_of(*overrides: str):
    loaded = load_scenario("jiangbei_storm", ["staffing.crews={drainage: 1}", *overrides])
    return operations_settings(loaded.scenario, make_toy_city(), "test").cases


def test_the_keys_of_cases_reach_the_settings() -> None:
    cases = cases_of(
        "cases={merge_distance: 40m, merge_time: 1h, reopen_within: 2h, calendar: weekdays, "
        "desk: {mode: manual, acceptors: 3, registrars: 1, misassigned: 0.2, found_false: 0.5}}"
    )
    assert (cases.merge_distance_m, cases.merge_time_s, cases.reopen_within_s) == (40.0, 3600.0, 7200.0)
    assert cases.calendar == "weekdays"
    desk = cases.desk
    assert (desk.by_hand, desk.acceptors, desk.registrars) == (True, 3, 1)
    assert desk.misassigned[desk.by_hand] == 0.2
    assert desk.found_false[desk.by_hand] == 0.5


def test_what_a_scenario_leaves_out_is_that_of_the_mode() -> None:
    desk = cases_of("cases.desk.mode=manual").desk
    assert desk.misassigned[True] == 0.05
    assert cases_of().desk.misassigned[False] == 0.0


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("cases.calendar=mars", ["cases.calendar", "'mars'", "weekdays, china"]),
        ("cases.desk.mode=magic", ["cases.desk.mode", "'magic'", "'automatic' or 'manual'"]),
        ("cases.denominators.rework_rate=all", ["denominators.rework_rate", "'all'", "'handled' or 'owed'"]),
        ("cases.desk.acceptors=0", ["cases.desk.acceptors", "0"]),
    ],
)
def test_a_wrong_key_is_named(override: str, words: list[str]) -> None:
    with pytest.raises(ScenarioError) as caught:
        cases_of(override)
    for word in words:
        assert word in str(caught.value)
