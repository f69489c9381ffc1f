"""The scenario's numerics: what reaches the surface solver, and what is refused before a run begins."""

from pathlib import Path

import pytest

from cim_models.errors import ScenarioError
from scenarios.composition import prepare
from scenarios.schema import load_scenario


def test_scheme_and_courant_reach_the_surface(cloudburst: Path) -> None:
    overrides = ["numerics.scheme=advective", "numerics.courant=0.3"]
    chosen = prepare(load_scenario(str(cloudburst), overrides)).water.surface
    assert (chosen.scheme, chosen.courant_number) == ("advective", 0.3)
    usual = prepare(load_scenario(str(cloudburst), [])).water.surface
    assert (usual.scheme, usual.courant_number, usual.wave_depth_m) == ("inertial", 0.5, None)
    slowed = prepare(load_scenario(str(cloudburst), ["numerics.wave_depth=0.25m"])).water.surface
    assert slowed.wave_depth_m == 0.25


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["numerics.courant=0.7"], ["'numerics'", "0.7", "0.5916"]),
        (["numerics.courant=0.5", "numerics.scheme=advective"], ["0.5", "0.4500", "advective"]),
        (["numerics.scheme=advective", "numerics.cell=8m"], ["coarse_factor", "advective"]),
        (["numerics.wave_depth=0.25m", "numerics.cell=8m"], ["coarse_factor", "wave_depth_m"]),
        (["numerics.wave_depth=0.25m", "numerics.scheme=advective"], ["wave_depth_m", "advective"]),
        (["numerics.wave_depth=0.01m"], ["wave_depth_m", "0.01 m", "0.1 to 60 m"]),
        (["numerics.scheme=diffusive"], ["numerics.scheme", "diffusive"]),
    ],
)
def test_an_unstable_step_is_refused(cloudburst: Path, overrides: list[str], words: list[str]) -> None:
    with pytest.raises(ScenarioError) as caught:
        prepare(load_scenario(str(cloudburst), overrides))
    for word in words:
        assert word in str(caught.value)


def test_when_water_counts_as_gone_is_a_setting(cloudburst: Path) -> None:
    setup = prepare(load_scenario(str(cloudburst), ["flood_events={relief_m: 0.2, settle: 2min}"]))
    assert setup.water.relief_m == 0.2
    assert setup.scenario.flood_events.settle == 120.0
    with pytest.raises(ScenarioError, match=r"flood_events\.drained_share.*1\.2"):
        prepare(load_scenario(str(cloudburst), ["flood_events.drained_share=1.2"]))
