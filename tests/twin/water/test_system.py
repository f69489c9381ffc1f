"""The coupled water system on the tiny city."""

from dataclasses import replace

import numpy as np
import pytest

from cim_models.errors import InputError, NetworkError, ScenarioError
from cim_models.orders import ClearGullies, CloseRoad, StartPump, StopPump
from tests.tiny_city import X0, Y0
from twin.exchange import ExchangeSettings
from twin.ground import ground_settings
from twin.rain import RainSeries, constant_rain
from twin.sewer import SewerSettings
from twin.water import GullyBlockage, WaterSettings, WaterSystem

STORM = constant_rain(120.0, 900.0)
BETWEEN = ("nearest", "inverse_distance")
DIP = (X0 + 60.0, Y0 + 40.0)
HIGH = (X0 + 20.0, Y0 + 40.0)


@pytest.fixture
def run(tiny_city, tmp_path):
    """Make a system on the tiny city, or a variant, and close it after the test."""
    made = []

    def make(city=tiny_city, rain=STORM, until_s=0.0, seed=1, **settings):
        for earlier in made:
            earlier.close()
        folder = tmp_path / f"run{len(made)}"
        system = WaterSystem(city, rain, WaterSettings(**{"edges": "closed", **settings}), folder, seed)
        made.append(system)
        system.advance_to(until_s)
        return system

    yield make
    for system in made:
        system.close()


def without(city, *layers):
    return replace(city, layers={name: frame for name, frame in city.layers.items() if name not in layers})


def test_no_water_is_lost_or_made(run):
    """Street, sewer and outfall together: the street to the last unit, the whole within 0.1 %."""
    system = run(until_s=3600.0)
    balance = system.balance()
    fallen = 0.030 * system.open_cells.size * 4.0
    assert balance.rain_m3 == pytest.approx(fallen, rel=1e-2)
    assert balance.outfalls_m3 > 0.5 * fallen
    assert balance.surface_error_m3 == 0.0
    assert abs(balance.whole_error) < 1e-3
    assert balance.whole_error_m3 == pytest.approx(balance.sewer_error_m3, abs=1e-6)


def test_the_whole_account_closes_to_the_unit(run):
    """Rain, street, ground, gullies, manholes, pumps, edges and what SWMM received."""
    system = run(
        rain=constant_rain(400.0, 900.0),
        until_s=601.0,
        edges="open",
        sewer_step_s=4.0,
        ground=ground_settings("green_ampt", interval_s=60.0),
    )
    assert system.apply(StartPump("P", *DIP, "outside", 90.0)).done
    assert system.apply(StartPump("Q", *DIP, "O1", 90.0)).done
    assert system.apply(StartPump("G", *DIP, "ground", 90.0, outlet=HIGH)).done
    system.advance_to(662.0)
    units = system.balance().units
    assert min(units.rain, units.to_sewer, units.to_surface, units.infiltrated, units.edge_outflow) > 0
    assert min(units.pumped_outside, units.pumped_to_ground) > 0
    assert units.pumped_outside + units.pumped_to_ground < units.pumped
    assert (units.surface_error, units.handover_error, units.coupled_error) == (0, 0, 0)
    assert system.balance().sewer_inflow_m3 == pytest.approx(0.0, abs=1e-9)


def test_the_whole_account_closes_on_coarse_cells_too(run):
    system = run(until_s=601.0, coarse_factor=2, ground=ground_settings("green_ampt", interval_s=60.0))
    units = system.balance().units
    assert min(units.rain, units.to_sewer, units.infiltrated) > 0
    assert (units.surface_error, units.handover_error, units.coupled_error) == (0, 0, 0)
    assert system.road_depth().max() > 0.0


def test_the_sewer_may_step_slower_than_the_exchange(run):
    """What passes into the sewer hardly changes, for the street's side keeps its own step."""
    fine = run(until_s=900.0).balance().to_sewer_m3
    slow = run(until_s=900.0, sewer_step_s=4.0).balance().to_sewer_m3
    assert slow == pytest.approx(fine, rel=0.01)


def test_no_water_is_lost_while_the_sewer_overflows(run):
    system = run(rain=constant_rain(400.0, 900.0), until_s=900.0)
    balance = system.balance()
    assert system.surcharged.any()
    assert balance.sewer_losses_m3 == 0.0
    assert balance.surface_error_m3 == 0.0
    # what SWMM hides in its shafts while they fill is small against the rain
    assert abs(balance.whole_error) < 1e-2
    system.advance_to(7200.0)
    assert abs(system.balance().whole_error) < 1e-3
    assert not system.surcharged.any()


def test_same_seed_gives_the_same_water(run):
    settings = {"blockages": (GullyBlockage(fraction=0.5),)}
    depths = [run(until_s=300.0, seed=5, **settings).water_depth for _ in range(2)]
    np.testing.assert_array_equal(depths[0], depths[1])


def test_times_between_exchange_steps_change_nothing(run):
    whole = run(until_s=120.0)
    heads = whole.node_heads
    pieces = run()
    for time_s in (0.4, 1.0, 7.3, 33.333, 90.0, 120.0):
        pieces.advance_to(time_s)
        assert pieces.time_s == time_s
    np.testing.assert_allclose(pieces.node_heads, heads, atol=0.01)
    assert pieces.balance().rain_m3 == pytest.approx(whole.balance().rain_m3, rel=1e-2)


def test_rain_that_changes_between_steps_falls_in_full(run):
    edges = np.array([0.0, 10.5, 61.25, 200.0])
    rain = RainSeries(edges, np.array([[200.0], [0.0], [77.0]]))
    system = run(rain=rain, until_s=400.0)
    expected = rain.depth_mm[0] / 1000.0 * system.open_cells.size * 4.0
    assert system.balance().rain_m3 == pytest.approx(expected, rel=1e-3)


def test_city_without_sewer_fills_like_a_basin(run, tiny_city):
    system = run(replace(tiny_city, sewer=None), until_s=900.0)
    balance = system.balance()
    assert balance.surface_stored_m3 == balance.rain_m3
    assert balance.whole_error_m3 == 0.0
    assert system.node_ids == ()
    assert np.isnan(system.sensor_depth()[1])
    assert system.depth_near(*DIP, 4.0) > 0.3


def test_city_without_gullies_drains_only_by_open_manholes(run, tiny_city):
    city = without(tiny_city, "gullies")
    assert run(city, until_s=600.0).balance().to_sewer_m3 == 0.0
    opened = run(city, until_s=600.0, exchange=ExchangeSettings(manholes="open"))
    assert opened.balance().to_sewer_m3 > 1.0


def test_city_of_terrain_alone_runs(run, tiny_city):
    system = run(replace(tiny_city, sewer=None, layers={}), until_s=60.0)
    assert system.road_depth().shape == (0,)
    assert system.sensor_depth().shape == (0,)
    assert system.balance().rain_m3 > 0.0


def test_blocked_gullies_leave_more_water_in_the_dip_and_clearing_takes_it_away(run):
    everything = (GullyBlockage(fraction=1.0),)
    clean = run(until_s=600.0).depth_near(*DIP, 4.0)
    system = run(until_s=600.0, blockages=everything)
    assert system.balance().to_sewer_m3 == 0.0
    assert system.depth_near(*DIP, 4.0) > clean + 0.1
    outcome = system.apply(ClearGullies("O1", ("G1", "G2", "G3", "G4")))
    assert outcome.done
    assert (system.gully_blockage == 0.0).all()
    system.advance_to(660.0)
    assert system.balance().to_sewer_m3 > 1.0


def test_larger_fraction_blocks_the_same_gullies_and_more(run):
    few = run(blockages=(GullyBlockage(fraction=0.3),), seed=3).gully_blockage
    many = run(blockages=(GullyBlockage(fraction=0.8),), seed=3).gully_blockage
    assert (many >= few).all()
    named = run(blockages=(GullyBlockage(gullies=("G2",), blocked=0.5),)).gully_blockage
    np.testing.assert_array_equal(named, [0.0, 0.5, 0.0, 0.0])


def test_pump_truck_moves_water_out_of_the_dip(run, tiny_city):
    city = replace(tiny_city, sewer=None)
    system = run(city, until_s=2400.0)
    before = system.depth_near(*DIP, 2.0)
    assert system.apply(StartPump("P", *DIP, "outside", 360.0)).done
    system.advance_to(2460.0)
    balance = system.balance()
    assert balance.pumped_m3 == pytest.approx(6.0, rel=1e-3)
    assert balance.pumped_outside_m3 == balance.pumped_m3
    assert system.pumps[0].flow_m3_s == pytest.approx(0.1, rel=1e-3)
    assert system.depth_near(*DIP, 2.0) < before
    assert balance.whole_error_m3 == pytest.approx(0.0, abs=1e-9)
    outcome = system.apply(StopPump("S", "P"))
    assert outcome.pumped_m3 == pytest.approx(6.0, rel=1e-3)
    system.advance_to(2500.0)
    assert system.balance().pumped_m3 == balance.pumped_m3


def test_pump_truck_stops_at_the_residual_depth(run, tiny_city):
    system = run(replace(tiny_city, sewer=None), rain=constant_rain(60.0, 120.0), until_s=600.0)
    assert system.apply(StartPump("P", *DIP, "outside", 3600.0)).done
    system.advance_to(1200.0)
    assert 0.0 < system.depth_near(*DIP, 4.0) < 0.03
    assert 0.0 < system.pumps[0].pumped_m3 < 60.0


def test_pump_truck_into_the_sewer_reaches_the_outfall(run):
    blocked = (GullyBlockage(fraction=1.0),)
    system = run(until_s=600.0, blockages=blocked)
    assert system.apply(StartPump("P", *DIP, "O1", 180.0)).done
    system.advance_to(1200.0)
    balance = system.balance()
    assert balance.pumped_m3 > 20.0
    assert balance.pumped_outside_m3 == 0.0
    assert balance.outfalls_m3 == pytest.approx(balance.pumped_m3, rel=0.02)


def test_pump_truck_moves_water_from_one_place_to_another(run, tiny_city):
    """What leaves the dip stands higher up the street: nothing is lost, and the far place gets wet."""
    system = run(replace(tiny_city, sewer=None), rain=constant_rain(120.0, 60.0), until_s=900.0)
    stored_m3, there_m = system.balance().surface_stored_m3, system.depth_near(*HIGH, 4.0)
    assert system.apply(StartPump("P", *DIP, "ground", 36.0, outlet=HIGH, hose_m=40.0)).done
    system.advance_to(960.0)
    balance = system.balance()
    assert balance.pumped_m3 == balance.pumped_to_ground_m3 == pytest.approx(0.6, rel=1e-3)
    assert balance.surface_stored_m3 == stored_m3
    assert system.depth_near(*HIGH, 4.0) > there_m + 0.005
    assert (balance.units.surface_error, balance.units.handover_error) == (0, 0)


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (StartPump("P", *DIP, "nowhere", 100.0), "no sewer node 'nowhere'"),
        (StartPump("P", *DIP, "outside", 0.0), "not above 0"),
        (StartPump("P", 0.0, 0.0, "outside", 100.0), "no open ground"),
        (StartPump("P", *DIP, "ground", 100.0), "needs an outlet"),
        (StartPump("P", *DIP, "O1", 100.0, outlet=HIGH), "needs an outlet"),
        (StartPump("P", *DIP, "ground", 100.0, outlet=(0.0, 0.0)), "no open ground at the outlet"),
        (StartPump("P", *DIP, "ground", 100.0, outlet=DIP), "within reach of the suction"),
        (StartPump("P", *DIP, "O1", 100.0, hose_m=17.0), "18 m to 'O1' and a hose of 17 m"),
        (StartPump("P", *DIP, "outside", 100.0, hose_m=19.0), "20 m to 'outside' and a hose of 19 m"),
        (StopPump("S", "P9"), "no pump 'P9'"),
        (ClearGullies("C", ("G1", "G99")), "no gully 'G99'"),
        (CloseRoad("R", "R1"), "no order for water"),
    ],
)
def test_orders_that_cannot_be_carried_out_say_why(run, order, reason):
    outcome = run().apply(order)
    assert not outcome.done
    assert reason in outcome.reason


def test_pump_is_started_once(run):
    system = run()
    assert system.apply(StartPump("P", *DIP, "outside", 100.0)).done
    assert "running already" in system.apply(StartPump("P", *DIP, "outside", 100.0)).reason


def test_sensors_read_street_and_sewer(run):
    system = run(until_s=600.0)
    road, sewer, rain, camera = system.sensor_depth()
    row, col = system.terrain.row_col(X0 + 60.0, Y0 + 41.0)
    assert road == pytest.approx(system.water_depth[row, col])
    assert sewer > 0.1
    assert np.isnan([rain, camera]).all()


def test_road_depth_is_that_of_the_dip(run):
    system = run(until_s=600.0, blockages=(GullyBlockage(fraction=1.0),))
    depth = system.road_depth()
    assert depth.argmax() == 1
    assert 0.05 < depth[1] <= system.depth_near(*DIP, 8.0)


def test_depth_near_is_nothing_outside_the_domain(run):
    assert run(until_s=60.0).depth_near(0.0, 0.0, 50.0) == 0.0


def test_sewer_files_stay_in_the_working_folder(run, tmp_path):
    run(until_s=10.0)
    assert {path.name for path in (tmp_path / "run0").iterdir()} == {"sewer.inp", "sewer.rpt", "sewer.out"}


def test_broken_sewer_leaves_swmm_free(run, tiny_city):
    broken = replace(tiny_city.sewer, inp=tiny_city.sewer.inp.replace("J1 2", "J1 x2"))
    with pytest.raises(NetworkError, match="x2"):
        run(replace(tiny_city, sewer=broken))
    run(until_s=1.0)


def test_wrong_settings_are_named():
    with pytest.raises(InputError, match="exchange_step_s"):
        WaterSettings(exchange_step_s=0.0)
    with pytest.raises(InputError, match=r"sewer_step_s.*got 2.5 s.*exchange step of 1.0 s"):
        WaterSettings(sewer_step_s=2.5)
    with pytest.raises(InputError, match="exactly one"):
        GullyBlockage()
    with pytest.raises(InputError, match="fraction"):
        GullyBlockage(fraction=1.5)
    with pytest.raises(InputError, match="riser_area_m2"):
        SewerSettings(riser_area_m2=0.0)


def test_unknown_blocked_gully_is_named(run):
    with pytest.raises(ScenarioError, match="G77"):
        run(blockages=(GullyBlockage(gullies=("G77",)),))


def test_gauges_by_inverse_distance_rain_between_the_extremes(run):
    """The whole grid's rain is the mean over the cells of the weighted gauges, to the account's tick."""
    places = np.array([[X0 + 10.0, Y0 + 40.0], [X0 + 70.0, Y0 + 40.0]])
    rain = RainSeries(
        np.array([0.0, 600.0]), np.array([[36.0, 108.0]]), ("a", "b"), places, between="inverse_distance"
    )
    system = run(rain=rain, until_s=900.0)
    cells = system.open_cells.size
    low, high = (rate / 6000.0 * cells * 4.0 for rate in (36.0, 108.0))
    assert system.balance().rain_m3 == pytest.approx(0.5 * (low + high), rel=0.02)
    depths = {name: run(rain=replace(rain, between=name), until_s=300.0).water_depth for name in BETWEEN}
    assert depths["nearest"][20, 19] != depths["inverse_distance"][20, 19]


def test_who_watches_a_street_sees_no_puddle_beside_it(run):
    system = run(until_s=60.0)
    street = np.zeros(system.terrain.shape, dtype=bool)
    street.ravel()[system._roads.distinct_cells] = True
    rows, cols = np.nonzero(system.open_cells & ~street)
    x, y = system.terrain.centre(rows[0], cols[0])
    before = system.depth_near(float(x), float(y), 30.0)
    cell = np.array([rows[0] * system.terrain.shape[1] + cols[0]])
    system.surface.exchange(cell, np.array([8.0]))
    assert system.surface.depth_of(cell)[0] > 1.0
    assert system.depth_near(float(x), float(y), 30.0) == before
