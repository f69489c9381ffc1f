"""What experiments may say, and what is refused in one line."""

from pathlib import Path

import pytest

from cim_models.errors import ScenarioError
from scenarios.experiments import experiment_names, load_experiment, vary_scenario
from scenarios.experiments.definition import is_experiment


@pytest.mark.parametrize("name", experiment_names())
def test_the_library_s_experiments_hold_what_an_issue_asks(name: str) -> None:
    loaded = load_experiment(name)
    assert loaded.experiment.replications == 20
    assert loaded.experiment.inputs
    assert loaded.experiment.measures
    assert len(loaded.scenarios) == len(loaded.experiment.variants) >= 2
    assert is_experiment(name)


def test_every_combination_is_a_variant() -> None:
    loaded = vary_scenario(
        "ordinary_day", ["reporting.patrols.per_grid=1,2", "staffing.crews={traffic: 1, road: 2},{}"], 3
    )
    crews = [scenario.scenario.staffing.crews for scenario in loaded.scenarios]
    assert crews == [{"traffic": 1, "road": 2}, {}] * 2
    assert [variant.set[0] for variant in loaded.experiment.variants] == [
        "reporting.patrols.per_grid=1",
        "reporting.patrols.per_grid=1",
        "reporting.patrols.per_grid=2",
        "reporting.patrols.per_grid=2",
    ]


@pytest.mark.parametrize("text", ["seed", "seed=", "=1,2", "seed=1,,2"])
def test_a_broken_axis_is_refused(text: str) -> None:
    with pytest.raises(ScenarioError, match="--vary"):
        vary_scenario("ordinary_day", [text], 2)


def test_faults_of_a_file_are_named(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("name: x\ntitle: {zh: a, en: a}\nquestion: {zh: a, en: a}\nscenario: ordinary_day\n")
    with pytest.raises(ScenarioError, match="variants"):
        load_experiment(str(path))
    path.write_text(path.read_text() + "variants: [{name: a, set: [seeds=3]}]\n")
    with pytest.raises(ScenarioError, match="seeds"):
        load_experiment(str(path))
    with pytest.raises(ScenarioError, match="Perhaps 'dispatch_modes'"):
        load_experiment("dispatch_mode")
