"""Rule files: what is refused, in one line."""

from pathlib import Path

import pytest

from cim_models.alarm_rules import read_alarm_rules
from cim_models.errors import InputError
from cim_models.response_levels import LEVELS, read_response_plan

RULE = "{{id: r, zh: 规, en: r, kind: gas, level: {level}, when: {when}}}"
GOOD = "{quantity: methane, at_least: 20, ends_below: 15, for_s: 60}"


def write(folder: Path, when: str = GOOD, level: str = "2", more: str = "") -> Path:
    path = folder / "rules.yaml"
    rule = RULE.format(level=level, when=when)
    path.write_text(f"rules:\n  - {rule[:-1]}{more}}}\n", encoding="utf-8")
    return path


def test_a_file_takes_the_place_of_the_catalogue(tmp_path: Path) -> None:
    rules = read_alarm_rules(write(tmp_path))
    assert [rule.id for rule in rules.rules] == ["r"]
    assert rules.units["methane"] == "%LEL"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"when": "{quantity: metane, at_least: 20}"}, ["rule 'r'", "'metane'", "methane"]),
        ({"when": "{quantity: methane}"}, ["rule 'r'", "at_least, at_most"]),
        ({"when": "{quantity: methane, at_least: 20, at_most: 3}"}, ["exactly one of at_least, at_most"]),
        ({"when": "{quantity: methane, at_least: 20, ends_below: 25}"}, ["ends_below", "20"]),
        ({"when": "{quantity: methane, at_most: 20, ends_above: 15}"}, ["ends_above", "20"]),
        ({"when": "{quantity: methane, at_least: high}"}, ["when.at_least", "'high'", "number"]),
        ({"when": "{quantity: methane, at_least: 20, for_s: -1}"}, ["when.for_s", "-1"]),
        ({"when": "{quantity: methane, above: 20}"}, ["when.above", "unknown key"]),
        ({"when": "{all: []}"}, ["when.all"]),
        ({"level": "5"}, ["level", "5"]),
        ({"more": ", class: '99-99'"}, ["class", "'99-99'", "04-03"]),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    tmp_path: Path, changes: dict[str, str], words: list[str]
) -> None:
    path = write(tmp_path, **changes)
    with pytest.raises(InputError) as caught:
        read_alarm_rules(path)
    text = str(caught.value)
    assert "\n" not in text
    assert caught.value.exit_status == 2
    for word in ["rules.yaml", *words]:
        assert word in text


def test_two_rules_of_one_id_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_text(path.read_text("utf-8") * 1 + path.read_text("utf-8").removeprefix("rules:\n"), "utf-8")
    with pytest.raises(InputError, match="rule 'r': got given twice"):
        read_alarm_rules(path)


def test_a_file_that_is_no_rule_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("rules: [", encoding="utf-8")
    with pytest.raises(InputError, match="line"):
        read_alarm_rules(path)
    with pytest.raises(InputError, match="YAML file"):
        read_alarm_rules(tmp_path / "none.yaml")


def test_more_urgent_levels_give_less_time() -> None:
    plan = read_response_plan()
    assert set(plan.levels) == set(LEVELS)
    respond = [plan.levels[level].respond_s for level in LEVELS]
    feed_back = [plan.levels[level].feed_back_s for level in LEVELS]
    assert respond == sorted(respond)
    assert feed_back == sorted(feed_back)
    assert plan.levels[1].respond_s == 600.0
