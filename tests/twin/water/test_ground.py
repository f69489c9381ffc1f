"""The ground in the coupled water system."""

import numpy as np
import pytest

from twin.ground import ground_settings
from twin.rain import constant_rain
from twin.water import WaterSettings, WaterSystem

STORM = constant_rain(60.0, 1800.0)


@pytest.fixture
def run(tiny_city, tmp_path):
    """Run the tiny city, with or without ground, in pieces of some length, and close it after the test."""
    made = []

    def make(ground=None, piece_s=3600.0, until_s=3600.0):
        for earlier in made:
            earlier.close()
        settings = WaterSettings(edges="closed", ground=ground)
        system = WaterSystem(tiny_city, STORM, settings, tmp_path / f"run{len(made)}", 1)
        made.append(system)
        while system.time_s < until_s:
            system.advance_to(min(system.time_s + piece_s, until_s))
        return system

    yield make
    for system in made:
        system.close()


def test_without_ground_nothing_soaks_in(run):
    system = run()
    assert system.ground is None
    assert system.balance().infiltrated_m3 == system.balance().depression_m3 == 0.0


@pytest.mark.parametrize("model", ["green_ampt", "horton"])
def test_what_soaks_in_is_in_the_balance(run, model):
    dry, system = run().balance(), run(ground_settings(model))
    balance = system.balance()
    assert balance.rain_m3 == dry.rain_m3
    assert balance.surface_error_m3 == 0.0
    assert abs(balance.whole_error) < 1e-3
    assert balance.whole_error_m3 == pytest.approx(balance.sewer_error_m3, abs=1e-6)
    assert 0.1 * balance.rain_m3 < balance.infiltrated_m3 < 0.7 * balance.rain_m3
    assert balance.depression_m3 > 1.0
    assert balance.to_sewer_m3 < dry.to_sewer_m3
    assert balance.infiltrated_m3 == system.ground.infiltrated_m3
    walls = system.walls
    assert not system.ground.infiltrated_depth[walls].any()


def test_how_often_one_looks_does_not_change_when_the_ground_takes(run):
    """Updates come at whole intervals; what a piece of the run takes does not depend on its length."""
    settings = ground_settings("green_ampt", interval_s=45.0)
    whole, pieces = run(settings, until_s=900.0), None
    state = whole.ground.state()
    pieces = run(settings, piece_s=20.0, until_s=900.0)
    assert int(pieces.ground.state()["updates"]) == int(state["updates"]) == 20
    np.testing.assert_array_equal(pieces.ground.state()["infiltrated"], state["infiltrated"])
