"""What a scenario says about dispatch: somebody's own policy, its options, zones."""

import hashlib

import pytest
import yaml

from agents.policies.loading import load_policy, policy_label
from cim_models.errors import ScenarioError
from scenarios.composition import prepare, run_meta
from scenarios.experiments import load_experiment, vary_scenario
from scenarios.schema import load_scenario
from scenarios.schema.loading import override
from tests.scenarios.small_runs import write_bundle, write_scenario

MINE = """
class Mine:
    def __init__(self, patience_s=60.0):
        self.patience_s = patience_s

    def decide(self, situation):
        return []
"""


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dispatch")
    (folder / "mine.py").write_text(MINE)
    return write_scenario(folder / "storm.yaml", write_bundle(folder / "city"))


def test_a_policy_beside_the_scenario_is_an_input_of_the_run(scenario):
    said = ("dispatch.policy=mine.py:Mine", "dispatch.options={patience_s: 5.0}", "dispatch.reach=20min")
    setup = prepare(load_scenario(str(scenario), said))
    dispatch = setup.operations.dispatch
    assert load_policy(dispatch.policy, dispatch.options, dispatch.folder).patience_s == 5.0
    assert dispatch.reach_s == 1200.0
    (policy,) = [entry for entry in run_meta(setup)["inputs"] if entry["what"] == "policy"]
    assert policy["sha256"] == hashlib.sha256(MINE.encode()).hexdigest()
    plain = run_meta(prepare(load_scenario(str(scenario))))
    assert "policy" not in {entry["what"] for entry in plain["inputs"]}


def test_a_policy_that_set_names_is_looked_for_here_before_beside_the_scenario(
    scenario, tmp_path, monkeypatch
):
    said = ("dispatch.policy=mine.py:Mine",)
    beside = load_scenario(str(scenario), said)
    assert beside.scenario.dispatch.policy == "mine.py:Mine"
    (tmp_path / "mine.py").write_text(f"{MINE}\n")
    monkeypatch.chdir(tmp_path)
    here = f"{tmp_path / 'mine.py'}:Mine"
    assert load_scenario(str(scenario), said).scenario.dispatch.policy == here
    assert override(beside, said).scenario.dispatch.policy == here
    (tried,) = vary_scenario(str(scenario), ["dispatch.policy=mine.py:Mine"], 2).scenarios
    assert tried.scenario.dispatch.policy == here
    again = scenario.with_name("own.yaml")
    again.write_text(scenario.read_text() + "dispatch: {policy: 'mine.py:Mine'}\n")
    setup = prepare(load_scenario(str(again)))
    (policy,) = [entry for entry in run_meta(setup)["inputs"] if entry["what"] == "policy"]
    assert policy["path"] == str(scenario.parent / "mine.py")


def test_an_experiment_names_a_policy_beside_itself(scenario, tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(MINE)
    trial = tmp_path / "trial.yaml"
    words = {"zh": "试验", "en": "trial"}
    variant = {"name": "mine", "set": ["dispatch.policy=mine.py:Mine"]}
    values = {"name": "trial", "title": words, "question": words, "scenario": str(scenario)}
    trial.write_text(yaml.safe_dump({**values, "variants": [variant]}, allow_unicode=True), "utf-8")
    (loaded,) = load_experiment(str(trial)).scenarios
    assert loaded.scenario.dispatch.policy == f"{tmp_path / 'mine.py'}:Mine"


def test_the_log_names_a_policy_without_the_folder_of_its_file():
    assert policy_label("/home/somebody/mine.py:Mine") == "mine.py:Mine"
    assert policy_label("nearest") == "nearest"
    assert policy_label("package.module:Class") == "package.module:Class"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("dispatch.policy=cleverest", r"key 'dispatch.policy': Policy 'cleverest' is unknown"),
        (
            "dispatch.policy=yours.py:Mine",
            r"key 'dispatch.policy': .*cannot be loaded: got FileNotFoundError",
        ),
        ("dispatch.options={speed: 1.0}", r"key 'dispatch.policy': .*expected a class .* made with speed"),
        ("dispatch.zones=roads", r"key 'dispatch.zones': .*names no division of the city: got roads"),
    ],
)
def test_what_does_not_fit_is_named_with_its_key(scenario, said, message):
    with pytest.raises(ScenarioError, match=message):
        prepare(load_scenario(str(scenario), (said,)))
