"""Policies by name, by module and by file."""

import pickle

import pytest

from agents.policies import load_policy
from agents.policies.horizon import RollingHorizon
from cim_models.errors import ScenarioError

MINE = """
class Mine:
    def __init__(self, patience_s=60.0):
        self.patience_s = patience_s

    def decide(self, situation):
        return []
"""


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cleverest", "Policy 'cleverest' is unknown: got cleverest; expected assignment, flow, horizon, "),
        ("no.such.module:Policy", "cannot be loaded: got ModuleNotFoundError: No module named 'no'"),
        ("agents.policies:NoSuchClass", "cannot be loaded: got AttributeError"),
        ("agents.machine:next_state", "cannot be loaded: got TypeError"),
        ("builtins:dict", "cannot decide: got dict"),
        ("nowhere.py:Mine", "cannot be loaded: got FileNotFoundError"),
    ],
)
def test_a_policy_that_is_none_is_refused(name, message):
    with pytest.raises(ScenarioError, match=message):
        load_policy(name)


def test_options_are_arguments_of_the_class():
    policy = load_policy("horizon", {"horizon_s": 600.0})
    assert isinstance(policy, RollingHorizon)
    assert policy.horizon_s == 600.0
    with pytest.raises(ScenarioError, match=r"cannot be loaded: got TypeError.*made with speed"):
        load_policy("nearest", {"speed": 1.0})
    with pytest.raises(ScenarioError, match=r"horizon_s: got 0\.0 s; expected > 0 s"):
        load_policy("horizon", {"horizon_s": 0.0})


def test_a_policy_in_a_module_is_loaded_by_name(tmp_path, monkeypatch):
    (tmp_path / "their_policies.py").write_text(MINE)
    monkeypatch.syspath_prepend(tmp_path)
    assert load_policy("their_policies:Mine", {"patience_s": 5.0}).patience_s == 5.0


def test_a_policy_in_a_file_is_found_beside_the_scenario_and_survives_saving(tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    policy = load_policy("mine.py:Mine", {"patience_s": 7.0}, tmp_path)
    assert pickle.loads(pickle.dumps(policy)).patience_s == 7.0
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine.py").write_text(MINE.replace("60.0", "90.0"))
    assert load_policy("mine.py:Mine", folder=elsewhere).patience_s == 90.0
    assert load_policy("mine.py:Mine", folder=tmp_path).patience_s == 60.0


def test_a_file_that_fails_is_told_and_may_be_mended(tmp_path):
    (tmp_path / "mine.py").write_text("1 / 0\n")
    with pytest.raises(ScenarioError, match="got ZeroDivisionError: division by zero"):
        load_policy("mine.py:Mine", folder=tmp_path)
    (tmp_path / "mine.py").write_text(MINE)
    assert load_policy("mine.py:Mine", folder=tmp_path).decide(None) == []
