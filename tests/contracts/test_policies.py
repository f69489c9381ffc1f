"""The contract on every built-in policy, and that it catches policies that break it."""

import itertools
import json
import re
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from agents.policies import BUILT_IN, Assignment, load_policy
from agents.policies.contract import RULES, SITUATIONS, broken_rules
from agents.policies.nearest import NearestCrew
from citytwin import app

WORK_CONSERVING = ("assignment", "flow", "nearest", "priority")


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_built_in_policies_keep_the_contract(name, rule):
    RULES[rule](lambda: load_policy(name))


@pytest.mark.parametrize("situation", SITUATIONS.values(), ids=SITUATIONS.keys())
@pytest.mark.parametrize("name", WORK_CONSERVING)
def test_no_crew_stays_idle_that_could_take_a_task_left_over(name, situation):
    decisions = load_policy(name).decide(situation)
    busy, taken = {d.crew for d in decisions}, {d.task for d in decisions}
    idle = [crew for crew in situation.crews if crew.id not in busy]
    left = [task for task in situation.tasks if task.id not in taken]
    assert decisions or not np.isfinite(situation.travel_times(situation.crews, situation.tasks)).any()
    assert not np.isfinite(situation.travel_times(idle, left)).any()


class Twice(NearestCrew):
    def decide(self, situation):
        return [d for d in super().decide(situation) for _ in range(2)]


class Blind:
    def decide(self, situation):
        return [Assignment(c.id, t.id) for c, t in zip(situation.crews, situation.tasks, strict=False)]


class Moody(NearestCrew):
    made = 0

    def __init__(self):
        type(self).made += 1
        self.mood = self.made

    def decide(self, situation):
        return super().decide(situation)[:: 1 if self.mood % 2 else -1]


class FirstComeFirstServed:
    def decide(self, situation):
        times = situation.travel_times(situation.crews, situation.tasks)
        possible = np.argwhere(np.isfinite(times))
        return [Assignment(situation.crews[r].id, situation.tasks[c].id) for r, c in possible[:1]]


class Busybody:
    def decide(self, situation):
        return [Assignment("somebody", "something")]


class Trusting:
    """Takes a time that is no number for a short one."""

    def decide(self, situation):
        times = situation.travel_times(situation.crews, situation.tasks)
        if not times.size:
            return []
        row, column = np.unravel_index(int(np.argmin(times)), times.shape)
        if times[row, column] == np.inf:
            return []
        return [Assignment(situation.crews[row].id, situation.tasks[column].id)]


class Meddler(NearestCrew):
    def decide(self, situation):
        situation.travel_times.table[:] = 0.0
        return []


class Unsavable(NearestCrew):
    def __init__(self):
        self.key = lambda crew: crew.id


class Forgetful(NearestCrew):
    def __init__(self):
        self.rounds = 0

    def __getstate__(self):
        return {"rounds": 0}

    def decide(self, situation):
        self.rounds += 1
        return super().decide(situation) if self.rounds == 1 else []


class Slow(NearestCrew):
    def decide(self, situation):
        end = time.process_time() + 1.1 * (len(situation.crews) > 400)
        while time.process_time() < end:
            pass
        return super().decide(situation)


class Endless:
    def decide(self, situation):
        return itertools.repeat(Assignment("nobody", "nothing"))


class Exits:
    def decide(self, situation):
        sys.exit(3)


@pytest.mark.parametrize(
    ("policy", "rule"),
    [
        (Twice, "only_decisions_that_can_be_carried_out"),
        (Blind, "only_decisions_that_can_be_carried_out"),
        (Moody, "the_same_again"),
        (FirstComeFirstServed, "whatever_the_order"),
        (Busybody, "nothing_to_do"),
        (Trusting, "nobody_where_there_is_no_way"),
        (Unsavable, "saved_between_two_rounds"),
        (Forgetful, "saved_between_two_rounds"),
        (Slow, "a_whole_city_in_time"),
    ],
)
def test_the_contract_catches_who_breaks_it(policy, rule):
    assert rule in broken_rules(policy)


def test_decisions_without_end_break_every_rule_and_the_check_ends():
    broken = broken_rules(Endless)
    assert set(broken) == set(RULES)
    assert broken["the_same_again"] == (
        "a few of each: got more than 29 decisions, perhaps without end; "
        "expected one for each crew and task at most"
    )


def test_a_policy_that_exits_breaks_rules_and_ends_nothing():
    assert broken_rules(Exits) == dict.fromkeys(RULES, "SystemExit: 3")


def test_the_keyboard_stops_a_check():
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_rules(interrupted)


def test_a_file_that_exits_when_it_is_loaded_is_no_policy(tmp_path, monkeypatch):
    (tmp_path / "exits.py").write_text("import sys\nsys.exit(3)\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["policy", "check", "exits.py:Policy"])
    assert result.exit_code == 2
    assert "Policy 'exits.py:Policy' cannot be loaded: got SystemExit: 3; expected" in result.stderr


def test_a_policy_that_meddles_is_caught():
    """Apart from the others, because it spoils the situations for them."""
    tables = [situation.travel_times.table.copy() for situation in SITUATIONS.values()]
    try:
        with pytest.raises(AssertionError, match="expected the situation unchanged"):
            RULES["the_situation_stays_as_it_is"](Meddler)
    finally:
        for situation, table in zip(SITUATIONS.values(), tables, strict=True):
            situation.travel_times.table[:] = table


def test_every_rule_is_broken_by_somebody_and_by_no_good_policy():
    assert broken_rules(NearestCrew) == {}
    assert set(broken_rules(lambda: 1 / 0)) == set(RULES)


def test_the_policy_in_the_documents_keeps_the_contract_and_is_checked_by_the_command(tmp_path, monkeypatch):
    document = Path(__file__).parents[2] / "docs" / "policies.md"
    (code,) = re.findall(r"```python\n(.*?)```", document.read_text("utf-8"), re.DOTALL)
    (tmp_path / "lazy.py").write_text(code, "utf-8")
    monkeypatch.chdir(tmp_path)
    good = CliRunner().invoke(app, ["policy", "check", "lazy.py:Lazy", "--json"])
    assert json.loads(good.stdout) == {"policy": "lazy.py:Lazy", "rules": list(RULES), "broken": {}}
    assert good.exit_code == 0
    spoilt = code.replace("min(near)[1:]", "near[0][1:]")
    (tmp_path / "hasty.py").write_text(spoilt, "utf-8")
    bad = CliRunner().invoke(app, ["policy", "check", "hasty.py:Lazy"])
    assert bad.exit_code == 1
    assert "broken  whatever_the_order" in bad.stdout
    missing = CliRunner().invoke(app, ["policy", "check", "nowhere.py:Lazy"])
    assert missing.exit_code == 2


def test_the_documents_name_every_policy_and_its_options():
    text = (Path(__file__).parents[2] / "docs" / "policies.md").read_text("utf-8")
    for name in BUILT_IN:
        (row,) = re.findall(rf"^\| `{name}` \|.*$", text, re.MULTILINE)
        for option in vars(load_policy(name)):
            assert f"`{option}`" in row.rsplit("|", 2)[1]
