"""The scenario's ground: what a run makes of it, and what is refused before it begins."""

from pathlib import Path

import pytest

from cim_models.errors import ScenarioError
from scenarios.composition import prepare
from scenarios.runfolder import RunFolder
from scenarios.schema import load_scenario
from tests.scenarios.small_runs import run_small

BRIEF = ("duration=1h", "staffing.crews={}", "reporting.citizens=false", "reporting.patrols=false")


def test_without_ground_there_is_none_in_the_figures(small_run: RunFolder) -> None:
    assert small_run.summary is not None
    assert small_run.summary["water"]["infiltrated_m3"] == 0.0
    assert "infiltrated_volume" not in set(small_run.readings("city")["quantity"])


def test_ground_takes_water_and_the_summary_says_how_much(cloudburst: Path, tmp_path: Path) -> None:
    run = run_small(cloudburst, tmp_path / "run", *BRIEF, "ground.model=green_ampt")
    assert run.summary is not None
    water = run.summary["water"]
    assert water["infiltrated_m3"] > 20.0
    assert water["depression_m3"] > 1.0
    assert abs(water["relative_error"]["whole"]) < 5e-3
    assert water["surface_error_m3"] == 0.0
    for quantity, key in (("infiltrated_volume", "infiltrated_m3"), ("depression_volume", "depression_m3")):
        assert run.readings("city", quantity)["value"].iloc[-1] == pytest.approx(water[key])
    assert run.meta["scenario"]["ground"]["model"] == "green_ampt"


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("ground={model: horton, classes: {street: {soil: silt_loam}}}", ["'ground'", "no initial_mm_h"]),
        ("ground={model: horton, classes: {street: {soil: peat}}}", ["'ground'", "'peat'", "loam"]),
        ("ground={model: horton, classes: {steet: {pervious: 0.1}}}", ["ground.classes.steet", "street"]),
        ("ground={model: horton, soils: {loam: {final_mm_h: 90}}}", ["'ground'", "'loam'", "at least 90"]),
    ],
)
def test_ground_that_does_not_fit_is_refused(cloudburst: Path, override: str, words: list[str]) -> None:
    with pytest.raises(ScenarioError) as caught:
        prepare(load_scenario(str(cloudburst), [override]))
    for word in words:
        assert word in str(caught.value)
