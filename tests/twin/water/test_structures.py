"""Barriers, culverts and buildings of a city, and the orders that change them."""

from dataclasses import replace

import numpy as np
import pytest

from cim_models.errors import InputError
from cim_models.orders import (
    LayBarrier,
    LayCulvert,
    OpenCulvert,
    RemoveBarrier,
    RemoveCulvert,
    ShutCulvert,
)
from cim_models.structures import Barrier, Culvert
from tests.tiny_city import X0, Y0
from twin.rain import constant_rain
from twin.water import WaterSettings, WaterSystem

STORM = constant_rain(120.0, 900.0)
DRY = constant_rain(0.0, 60.0)
ROW = Barrier(((X0 + 50.0, Y0), (X0 + 50.0, Y0 + 80.0)), height_m=0.6)
"""Sandbags across the street, uphill of its dip at x = 60."""
PIPE = Culvert(((X0 + 46.0, Y0 + 40.0), (X0 + 56.0, Y0 + 40.0)), diameter_m=0.5)


@pytest.fixture
def run(tiny_city, tmp_path):
    """Make a system on the tiny city without its sewer, and close it after the test."""
    made = []

    def make(rain=STORM, until_s=0.0, **settings):
        city = replace(tiny_city, sewer=None)
        folder = tmp_path / f"run{len(made)}"
        system = WaterSystem(city, rain, WaterSettings(**{"edges": "closed", **settings}), folder, 1)
        made.append(system)
        system.advance_to(until_s)
        return system

    yield make
    for system in made:
        system.close()


def behind(system):
    """Water east of the sandbags, m3."""
    return float(system.water_depth[:, 25:].sum(dtype=float)) * 4.0


def test_a_row_of_sandbags_protects_the_dip(run):
    open_street, protected = run(until_s=900.0), run(until_s=900.0, structures=(("S", ROW),))
    assert behind(protected) < 0.8 * behind(open_street)
    assert protected.balance().whole_error_m3 == 0.0
    through = run(until_s=900.0, structures=(("S", ROW), ("P", PIPE)))
    assert behind(protected) < behind(through) < behind(open_street)


def test_orders_place_and_take_away(run):
    system = run(until_s=120.0)
    assert system.apply(LayBarrier("O1", ROW)).done
    assert list(system.structures) == ["O1"]
    assert not system.apply(LayBarrier("O1", ROW)).done
    assert not system.apply(RemoveCulvert("O2", "O1")).done
    system.advance_to(240.0)
    assert system.apply(LayCulvert("O3", PIPE)).done
    assert system.apply(ShutCulvert("O4", "O3")).done
    system.advance_to(300.0)
    assert system.surface.culvert_discharge("O3") == 0.0
    assert system.apply(OpenCulvert("O5", "O3")).done
    system.advance_to(360.0)
    assert system.surface.culvert_discharge("O3") > 0.0
    assert system.apply(RemoveCulvert("O6", "O3")).done
    assert system.apply(RemoveBarrier("O7", "O1")).done
    system.advance_to(600.0)
    assert system.structures == {}
    assert system.balance().whole_error_m3 == 0.0
    refused = system.apply(RemoveBarrier("O8", "O1"))
    assert not refused.done
    assert "'O1', which does not stand" in refused.reason


def test_an_order_that_does_not_fit_the_ground_is_refused(run):
    system = run()
    off = Barrier(((X0, Y0), (X0 - 50.0, Y0)), height_m=0.5)
    assert "off the terrain" in system.apply(LayBarrier("O1", off)).reason
    in_house = Culvert(((X0 + 12.0, Y0 + 58.0), (X0 + 40.0, Y0 + 58.0)), diameter_m=0.5)
    assert "a building" in system.apply(LayCulvert("O2", in_house)).reason
    assert system.structures == {}


def test_a_permanent_structure_that_does_not_fit_is_an_error(run):
    with pytest.raises(InputError, match="off the terrain"):
        run(structures=(("S", Barrier(((X0, Y0), (X0 - 50.0, Y0)), height_m=0.5)),))


def test_raised_buildings_take_the_rain_of_their_roofs_and_shed_it(run):
    walls, raised, none = (run(until_s=900.0, buildings=name) for name in ("walls", "raised", "none"))
    houses = walls.walls
    assert not walls.water_depth[houses].any()
    assert 0.0 < raised.water_depth[houses].mean() < 0.02
    assert none.water_depth[houses].mean() > raised.water_depth[houses].mean()
    for system in (walls, raised, none):
        assert system.balance().rain_m3 == pytest.approx(0.030 * 6400.0, rel=1e-2)
        assert system.balance().whole_error_m3 == 0.0
    street = ~houses & (walls.water_depth > 0.05)
    np.testing.assert_allclose(raised.water_depth[street], walls.water_depth[street], atol=0.05)


def test_deep_water_goes_over_low_blocks(run):
    low = run(rain=DRY, until_s=1.0, buildings="raised", building_height_m=0.2)
    low.surface.set_water_depth(np.full(low.terrain.shape, 0.0))
    pond = np.flatnonzero(~low.walls.ravel())
    low.surface.exchange(pond, np.full(pond.size, 6.0))
    low.advance_to(60.0)
    assert low.water_depth[low.walls].max() > 0.3
    assert low.surface.account.error_units == 0
