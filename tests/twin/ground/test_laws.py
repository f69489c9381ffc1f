"""Infiltration against the closed solutions of its laws."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from twin.ground import GroundClass, GroundLoss, GroundSettings, Soil, ground_settings
from twin.surface.constants import UNIT_M, UNITS_PER_M
from twin.surface.state import inner, padded

SHAPE = (3, 40)
DEFICIT = 0.3


def bare(soil, model="green_ampt", pervious=1.0, depression_mm=0.0, interval_s=60.0, saturation=0.0):
    """Ground of one class all over."""
    kinds = {"bare": GroundClass(soil, pervious, depression_mm)}
    settings = GroundSettings(model, kinds, interval_s, saturation)
    return GroundLoss(np.zeros(SHAPE, np.uint8), ("bare",), settings, 2.0)


def catalogue_soil(name):
    return ground_settings("green_ampt", classes={"here": {"soil": name}}).classes["here"].soil


def rain_on(ground, rate_mm_h, duration_s, *, runs_off=True):
    """Let rain fall in steps of an interval, what is not taken run off; return mm taken after each."""
    depth = padded(ground.shape, np.int32)
    units = rate_mm_h / 1000.0 / 3600.0 * ground.interval_s * UNITS_PER_M
    fallen, taken = 0.0, []
    for _ in range(round(duration_s / ground.interval_s)):
        before, fallen = int(fallen), fallen + units
        cells = inner(depth, ground.shape)
        cells += int(fallen) - before
        ground.take(depth)
        if runs_off:
            cells[...] = 0
        taken.append(1000.0 * float(ground.infiltrated_depth[1, 20]))
    return np.array(taken)


def green_ampt_mm(soil, rate_mm_h, time_h):
    """Mein and Larson (1973): all rain until ponding, then Green-Ampt's implicit law."""
    k, s = soil.conductivity_mm_h, soil.suction_mm * DEFICIT
    at_ponding = k * s / (rate_mm_h - k)
    begun_h = at_ponding / rate_mm_h
    if time_h <= begun_h:
        return rate_mm_h * time_h

    def law(f):
        return f - at_ponding - s * np.log((f + s) / (at_ponding + s)) - k * (time_h - begun_h)

    return brentq(law, at_ponding, rate_mm_h * time_h)


@pytest.mark.parametrize("name", ["loam", "sandy_loam", "clay"])
@pytest.mark.parametrize("rate_mm_h", [30.0, 90.0])
def test_green_ampt_under_steady_rain(name, rate_mm_h):
    """Cumulative infiltration within 1 % of the implicit solution at every ten minutes of three hours."""
    soil = catalogue_soil(name)
    ground = bare(soil, saturation=1.0 - DEFICIT / soil.porosity)
    taken = rain_on(ground, rate_mm_h, 10_800.0)
    for minutes in range(10, 181, 10):
        expected = green_ampt_mm(soil, rate_mm_h, minutes / 60.0)
        assert taken[minutes - 1] == pytest.approx(expected, rel=0.01), minutes


def test_all_rain_soaks_in_below_the_conductivity():
    soil = catalogue_soil("sandy_loam")
    taken = rain_on(bare(soil), 10.0, 3600.0)
    assert taken[-1] == pytest.approx(10.0, abs=1e-4)


def test_standing_water_pushes():
    """Half a metre of water on loam: the head adds to the suction."""
    soil = catalogue_soil("loam")
    ground = bare(soil, saturation=1.0 - DEFICIT / soil.porosity)
    depth = padded(SHAPE, np.int32)
    inner(depth, SHAPE)[...] = int(0.5 * UNITS_PER_M)
    for _ in range(120):
        ground.take(depth)

    def rate(_t, f):
        return soil.conductivity_mm_h * (1.0 + (soil.suction_mm + 500.0 - f) * DEFICIT / f)

    expected = solve_ivp(rate, (0.0, 2.0), [1e-3], rtol=1e-8).y[0, -1]
    assert 1000.0 * ground.infiltrated_depth[0, 0] == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("name", ["clay", "loam", "sand"])
def test_horton_under_water(name):
    """A flooded soil takes what the integral of Horton's law says."""
    soil = catalogue_soil(name)
    taken = rain_on(bare(soil, "horton"), 500.0, 7200.0)
    hours = np.arange(1, 121) / 60.0
    extra = (soil.initial_mm_h - soil.final_mm_h) / soil.decay_1_h
    expected = soil.final_mm_h * hours + extra * (1.0 - np.exp(-soil.decay_1_h * hours))
    np.testing.assert_allclose(taken, expected, rtol=1e-4)


def test_horton_goes_on_where_it_stopped():
    """After light rain the capacity is that of the depth taken, not that of the clock."""
    soil = catalogue_soil("loam")
    ground = bare(soil, "horton")
    light = rain_on(ground, 10.0, 3600.0)[-1]
    assert light == pytest.approx(10.0, abs=1e-3)
    extra = (soil.initial_mm_h - soil.final_mm_h) / soil.decay_1_h

    def flooded_mm(hours):
        return soil.final_mm_h * hours + extra * (1.0 - np.exp(-soil.decay_1_h * hours))

    equal_h = brentq(lambda hours: flooded_mm(hours) - light, 0.0, 1.0)
    heavy = rain_on(ground, 500.0, 1800.0)[-1]
    assert heavy == pytest.approx(flooded_mm(equal_h + 0.5), rel=1e-3)


def test_horton_beyond_its_table_takes_the_final_rate():
    soil = Soil(initial_mm_h=20.0, final_mm_h=10.0, decay_1_h=6.0)
    taken = rain_on(bare(soil, "horton", interval_s=600.0), 500.0, 40 * 3600.0)
    np.testing.assert_allclose(np.diff(taken)[-30:], 10.0 / 6.0, rtol=1e-4)


@pytest.mark.parametrize("model", ["green_ampt", "horton"])
def test_a_half_paved_cell_takes_half(model):
    soil = catalogue_soil("loam")
    whole = rain_on(bare(soil, model), 300.0, 3600.0)
    half = rain_on(bare(soil, model, pervious=0.5), 300.0, 3600.0)
    assert half[-1] == pytest.approx(0.5 * whole[-1], rel=0.01)


def test_tiny_rates_are_right_in_the_mean():
    """Units are whole, rates are not: what is less than a unit an interval is not lost."""
    soil = Soil(conductivity_mm_h=1e-3, suction_mm=1e-6, porosity=0.5)
    ground = bare(soil, interval_s=1.0, saturation=0.99999)
    per_interval = 1e-6 / 3600.0 * UNITS_PER_M
    assert per_interval < 5e-3
    taken = rain_on(ground, 100.0, 20_000.0)
    assert taken[-1] == pytest.approx(1e-3 * 20_000 / 3600.0, rel=0.03)


def test_the_result_hardly_depends_on_the_interval():
    soil = catalogue_soil("sandy_loam")
    fine = rain_on(bare(soil, interval_s=5.0), 60.0, 3600.0)[-1]
    for interval_s in (30.0, 60.0, 120.0):
        assert rain_on(bare(soil, interval_s=interval_s), 60.0, 3600.0)[-1] == pytest.approx(fine, rel=0.01)


def test_hollows_fill_with_what_does_not_soak_in_and_then_drain_into_the_soil():
    soil = catalogue_soil("loam")
    ground = bare(soil, depression_mm=4.0)
    depth = padded(SHAPE, np.int32)
    cells = inner(depth, SHAPE)
    cells += int(0.050 * UNITS_PER_M)
    before = int(cells.sum())
    taken = ground.take(depth)
    np.testing.assert_allclose(ground.depression_depth, 0.004, atol=1e-6)
    assert before - int(cells.sum()) == taken
    cells[...] = 0
    soaked = ground.infiltrated_depth.copy()
    ground.take(depth)
    gained = ground.infiltrated_depth - soaked
    assert (gained > 0.0).all()
    np.testing.assert_allclose(ground.depression_depth, 0.004 - gained, atol=2 * UNIT_M)
    for _ in range(2000):
        assert ground.take(depth) == 0
    assert not ground.depression_depth.any()


def test_paved_hollows_hold_their_water():
    ground = bare(Soil(), "horton", pervious=0.0, depression_mm=2.5)
    taken = rain_on(ground, 60.0, 600.0)
    assert not taken.any()
    np.testing.assert_allclose(ground.depression_depth, 0.0025, atol=1e-6)
