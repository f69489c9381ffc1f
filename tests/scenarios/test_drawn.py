"""Bursts drawn for a supply with a hydraulic model."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cim_models.errors import ScenarioError
from cim_models.networks import read_supply
from scenarios.composition import prepare
from scenarios.schema import load_scenario
from tests.scenarios.small_runs import write_bundle, write_scenario
from tests.scenarios.test_supply import DRY, SUPPLY
from tests.tiny_city import make_tiny_city
from tests.twin.supply.towns import needs_epanet
from twin.supply.failures import PipeBurst


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    city = replace(make_tiny_city(), supply=read_supply(SUPPLY))
    return write_bundle(tmp_path_factory.mktemp("drawn") / "city", city)


def drawn(
    bundle: Path, folder: Path, *, seed: int = 3, duration: str = "365d", **draw: Any
) -> list[PipeBurst]:
    changes = {**DRY, "duration": duration, "failures": [{"draw": draw}], "seed": seed}
    path = write_scenario(folder / "drawn.yaml", bundle, changes)
    plan = prepare(load_scenario(str(path))).supply
    assert plan is not None
    return [failure for failure in plan.failures if isinstance(failure, PipeBurst)]


@needs_epanet
def test_mains_burst_as_often_as_the_rates_say(bundle: Path, tmp_path: Path) -> None:
    """The rate follows length, diameter and material; here 100 breaks a km and year on 114 m of pipe."""
    rates = {"water_break": {"ductile_iron": 1000.0}}
    found = drawn(bundle, tmp_path, rates=rates)
    expected = 1000.0 * (0.05 + 0.03 + 0.034 * 2**0.5)
    assert abs(len(found) - expected) < 4.0 * expected**0.5
    assert {burst.pipe for burst in found} == {"RA", "AB", "BC"}
    assert [burst.t_s for burst in found] == sorted(burst.t_s for burst in found)
    assert all(0.01 <= burst.area_fraction <= 0.4 and 0.0 < burst.position < 1.0 for burst in found)


@needs_epanet
def test_the_seed_decides_and_the_age_counts(bundle: Path, tmp_path: Path) -> None:
    rates = {"water_break": {"ductile_iron": 300.0}}
    first = drawn(bundle, tmp_path, rates=rates)
    assert first == drawn(bundle, tmp_path, rates=rates)
    assert first != drawn(bundle, tmp_path, rates=rates, seed=4)
    assert len(drawn(bundle, tmp_path, rates=rates, age=50)) > 1.5 * len(first)


@needs_epanet
def test_other_kinds_need_an_inventory_of_pipes(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"draw\.kinds': got 'gas_leak'.*no layer lifelines"):
        drawn(bundle, tmp_path, kinds=["gas_leak"])


def test_a_city_with_nothing_that_can_be_drawn_is_refused(tmp_path: Path) -> None:
    city = write_bundle(tmp_path / "city", make_tiny_city())
    path = write_scenario(tmp_path / "none.yaml", city, {**DRY, "failures": [{"draw": {}}]})
    with pytest.raises(ScenarioError, match=r"failures\.0\.draw.*no water supply"):
        prepare(load_scenario(str(path)))
