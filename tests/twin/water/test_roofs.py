"""Roof water that runs into the sewer."""

from dataclasses import replace

import numpy as np
import pytest

from cim_models.errors import InputError
from twin.rain import Motion, constant_rain, travelling_storm
from twin.surface.grid import building_cells, rain_weights
from twin.water import RoofSettings, WaterSettings, WaterSystem
from twin.water.roofs import RoofDrains

STORM = constant_rain(60.0, 600.0)


def drains(city, **settings):
    return RoofDrains(city, building_cells(city), None, RoofSettings(**settings))


def test_each_share_of_the_roofs_lands_once(tiny_city):
    roofs = building_cells(tiny_city)
    for to_sewer in (0.0, 0.25, 0.7, 1.0):
        made = drains(tiny_city, to_sewer=to_sewer)
        made.collect(np.array([1e-5]), 100.0)
        units = made.hand_over()
        to_ground = float(rain_weights(tiny_city.terrain, roofs, made.to_street).sum())
        into_sewer = units.sum() / 2.0**24 / 1e-3
        assert to_ground + into_sewer == pytest.approx(tiny_city.terrain.elevation.size, abs=0.01)
        assert into_sewer == pytest.approx(to_sewer * roofs.sum(), rel=0.01)


def test_outfalls_take_nothing_and_far_roofs_shed_to_the_ground(tiny_city):
    near = drains(tiny_city, to_sewer=1.0, reach_m=1.0)
    assert (near.to_street == 1.0).all()
    made = drains(tiny_city, to_sewer=1.0)
    made.collect(np.array([1e-5]), 100.0)
    nodes = tiny_city.sewer.nodes
    assert made.hand_over()[(nodes["kind"] == "outfall").to_numpy()].sum() == 0


def test_nodes_that_hold_pressure_take_nothing(tiny_city):
    def received(city):
        made = drains(city, to_sewer=1.0)
        made.collect(np.array([1e-5]), 100.0)
        return made.hand_over()

    sewer, free = tiny_city.sewer, received(tiny_city)
    name = str(sewer.nodes["id"].iloc[free.argmax()])
    _, junctions = sewer.inp.split("[JUNCTIONS]")
    row = next(line for line in junctions.splitlines() if line.split()[:1] == [name])
    pressed = " ".join([*row.split()[:3], "0", "5"])
    sealed = received(replace(tiny_city, sewer=replace(sewer, inp=sewer.inp.replace(row, pressed))))
    assert free.max() > 0
    assert sealed[free.argmax()] == 0
    assert sealed.sum() == pytest.approx(free.sum(), abs=4)


@pytest.mark.parametrize(("travels", "buildings"), [(False, "walls"), (True, "walls"), (False, "raised")])
def test_roof_water_is_in_the_whole_account(tiny_city, tmp_path, travels, buildings):
    rain = travelling_storm(tiny_city.terrain, STORM, Motion(1.0, 90.0)) if travels else STORM
    settings = WaterSettings(edges="closed", roofs=RoofSettings(to_sewer=1.0), buildings=buildings)
    with WaterSystem(tiny_city, rain, settings, tmp_path, 1) as system:
        system.advance_to(900.0)
        balance = system.balance()
    roof_m3 = building_cells(tiny_city).sum() * 4.0 * 0.010
    assert balance.roofs_to_sewer_m3 == pytest.approx(roof_m3, rel=0.01)
    assert balance.rain_m3 == pytest.approx(tiny_city.terrain.elevation.size * 4.0 * 0.010, rel=0.01)
    assert balance.units.coupled_error == 0
    assert balance.whole_error_m3 == pytest.approx(balance.sewer_error_m3, abs=1e-6)
    assert abs(balance.whole_error) < 1e-2


def test_shares_that_make_no_sense():
    with pytest.raises(InputError, match="0 to 1"):
        RoofSettings(to_sewer=1.5)
    with pytest.raises(InputError, match="-1"):
        RoofSettings(reach_m=-1.0)
