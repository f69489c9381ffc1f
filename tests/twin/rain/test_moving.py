from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad

from cim_models.city import Terrain
from cim_models.errors import InputError
from twin.rain import Motion, RainSeries, StormCell, constant_rain, design_storm, moving_storm, rain_field
from twin.rain.moving import travelling_storm

CELL = StormCell(
    x=-1500.0,
    y=300.0,
    peak_mm_h=90.0,
    length_m=2000.0,
    width_m=1000.0,
    motion=Motion(5.0, 80.0),
    growth_s=200.0,
    mature_s=300.0,
    decay_s=400.0,
    axis_deg=30.0,
)
FLAT = Terrain(np.zeros((50, 60), np.float32), 0.0, 1000.0, 20.0)


def life(cell, t):
    knots = np.cumsum([0.0, cell.growth_s, cell.mature_s, cell.decay_s])
    return np.interp(t, knots, [0.0, 1.0, 1.0, 0.0])


def footprint(cell, x, y, t):
    course, axis = (np.radians(angle) for angle in (cell.motion.towards_deg, cell.axis_deg))
    east = x - cell.x - cell.motion.speed_m_s * t * np.sin(course)
    north = y - cell.y - cell.motion.speed_m_s * t * np.cos(course)
    along = 2.0 * (east * np.sin(axis) + north * np.cos(axis)) / cell.length_m
    across = 2.0 * (east * np.cos(axis) - north * np.sin(axis)) / cell.width_m
    square = along**2 + across**2
    return 0.5**square if cell.footprint == "gaussian" else float(square <= 1.0)


@pytest.mark.parametrize("shape", ["gaussian", "ellipse"])
@pytest.mark.parametrize("speed_m_s", [0.0, 0.01, 5.0, 40.0])
def test_depth_is_the_integral_of_the_intensity(shape, speed_m_s):
    cell = replace(CELL, footprint=shape, motion=Motion(speed_m_s, 80.0))
    x, y = np.array([-1500.0, -1200.0, 0.0, 1800.0]), np.array([300.0, 500.0, 420.0, 600.0])
    times = np.array([0.0, 150.0, 420.0, 900.0, 5000.0])
    depth = cell.depth_mm(x, y, times)
    for place in range(x.size):
        for k, until in enumerate(times):
            seconds = np.linspace(0.0, min(until, 900.0), 1201)
            middle = 0.5 * (seconds[1:] + seconds[:-1])
            rates = [life(cell, t) * footprint(cell, x[place], y[place], t) for t in middle]
            expected = sum(rates) * (seconds[1] - seconds[0]) * 90.0 / 3600.0
            assert depth[k, place] == pytest.approx(expected, abs=0.01)


def test_gaussian_depth_to_the_last_digits():
    place = np.array([-700.0]), np.array([400.0])
    expected = quad(lambda t: life(CELL, t) * footprint(CELL, -700.0, 400.0, t), 0, 900, points=[200, 500])[0]
    assert CELL.depth_mm(*place, np.array([900.0]))[0, 0] == pytest.approx(expected * 0.025, rel=1e-10)


def test_series_holds_the_formulas_depth_at_each_block():
    rain = moving_storm(FLAT, replace(CELL, begin_s=120.0))
    x, y = FLAT.centre(*np.mgrid[0:50, 0:60])
    expected = CELL.depth_mm(x.ravel(), y.ravel(), np.array([900.0]))[0]
    np.testing.assert_allclose(rain.depth_mm[rain.field.zones.ravel()], expected, rtol=1e-9, atol=1e-12)
    assert rain.edges_s[0] == 120.0
    assert rain.edges_s[-1] == 1020.0
    assert rain_field(FLAT, rain) is rain.field


def test_large_city_is_cut_into_blocks():
    wide = Terrain(np.zeros((300, 310), np.float32), 0.0, 1000.0, 5.0)
    rain = moving_storm(wide, CELL)
    assert len(rain.gauges) <= 4096
    assert rain.field.zones.max() == len(rain.gauges) - 1


def test_travelling_storm_comes_later_downwind_and_loses_nothing():
    still = design_storm("chongqing_jiangbei", 5, 3600.0)
    rain = travelling_storm(FLAT, still, Motion(2.0, 90.0))
    np.testing.assert_allclose(rain.depth_mm, still.depth_mm[0], rtol=1e-12)
    x, _ = FLAT.centre(0, np.arange(60))
    when = [rain.edges_s[rain.rates_mm_h[:, rain.field.zones[0, col]].argmax()] for col in (0, 59)]
    assert when[1] - when[0] == pytest.approx((x[59] - x[0]) / 2.0, abs=60.0)
    half = rain.depth_until_mm(2000.0)[rain.field.zones[0]]
    np.testing.assert_allclose(half, [still.depth_until_mm(2000.0 - at / 2.0)[0] for at in x], atol=0.4)
    assert (np.diff(half) < 0.0).all()


def test_origin_of_a_travelling_storm_is_on_time():
    still = constant_rain(36.0, 600.0, 300.0)
    rain = travelling_storm(FLAT, still, Motion(10.0, -90.0), (1190.0, 0.0))
    zone = rain.field.zones[3, 59]
    np.testing.assert_allclose(rain.depth_until_mm(300.0)[zone], 0.0, atol=1e-12)
    np.testing.assert_allclose(rain.depth_until_mm(900.0)[zone], 6.0)
    assert rain.depth_until_mm(900.0)[rain.field.zones[3, 0]] == pytest.approx(6.0 - 1.18, abs=0.1)


@pytest.mark.parametrize(
    "change",
    [{"length_m": 0.0}, {"width_m": np.nan}, {"peak_mm_h": -1.0}, {"growth_s": -1.0}],
)
def test_cells_that_make_no_sense(change):
    with pytest.raises(InputError, match=next(iter(change))):
        replace(CELL, **change)


def test_motions_that_make_no_sense():
    with pytest.raises(InputError, match="-3 m/s"):
        Motion(-3, 0.0)
    with pytest.raises(InputError, match="above 0"):
        travelling_storm(FLAT, RainSeries(np.array([0.0, 1.0]), np.ones((1, 1))), Motion(0.0, 0.0))
