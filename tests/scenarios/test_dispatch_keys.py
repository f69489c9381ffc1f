"""What a scenario says about dispatch: somebody's own policy, its options, zones."""

import hashlib

import pytest

from agents.policies.loading import load_policy
from cim_models.errors import ScenarioError
from scenarios.composition import prepare, run_meta
from scenarios.schema import load_scenario
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
