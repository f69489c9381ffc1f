import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cim_models.errors import InputError
from cim_models.values import ValueKind
from twin.rain import (
    GaugeFile,
    RainSeries,
    constant_rain,
    design_storm,
    gauge_rain,
    intensity_formula,
    inverse_distance_field,
    nearest_gauge_zones,
    rain_field,
)


@given(
    years=st.sampled_from([1, 2, 3.3, 10, 50]),
    minutes=st.integers(10, 360),
    peak=st.floats(0.0, 1.0),
    step_s=st.sampled_from([60.0, 300.0, 37.0]),
)
def test_chicago_storm_holds_the_depth_of_the_formula(years, minutes, peak, step_s):
    storm = design_storm("guangzhou_central", years, minutes * 60.0, peak, step_s)
    expected = intensity_formula("guangzhou_central", years).depth_mm(minutes)
    np.testing.assert_allclose(storm.depth_mm, expected, rtol=1e-12)
    assert storm.edges_s[-1] == minutes * 60.0


def test_chicago_storm_peaks_where_it_should_and_its_worst_minutes_are_the_formula():
    storm = design_storm("shenzhen_central", 20, 7200.0, 0.4)
    assert storm.rates_mm_h.argmax() in (47, 48)
    worst = np.sort(storm.rates_mm_h[:, 0])[::-1][:30].sum() / 60.0
    formula = intensity_formula("shenzhen_central", 20)
    assert worst == pytest.approx(float(formula.depth_mm(30.0)), rel=0.002)


def test_series_in_time():
    series = RainSeries(np.array([600.0, 1200.0, 1800.0]), np.array([[10.0], [30.0]]))
    assert [series.intensity_mm_h(t)[0] for t in (0.0, 600.0, 1199.0, 1200.0, 1800.0)] == [0, 10, 10, 30, 0]
    assert [series.next_change_s(t) for t in (0.0, 600.0, 1500.0, 1800.0)] == [600.0, 1200.0, 1800.0, np.inf]
    assert series.depth_mm == pytest.approx([10 / 6 + 5.0])
    assert series.depth_until_mm(900.0) == pytest.approx([10 / 12])
    assert series.depth_until_mm(0.0) == pytest.approx([0.0])
    assert series.rate_m_s(600.0) == pytest.approx([10 / 3.6e6])


def test_constant_rain():
    rain = constant_rain(100.0, 3600.0)
    assert rain.depth_mm == pytest.approx([100.0])
    assert rain.intensity_mm_h(3600.0) == [0.0]
    with pytest.raises(InputError, match="got -5"):
        constant_rain(-5.0, 60.0)
    with pytest.raises(InputError, match="Duration"):
        constant_rain(5.0, 0.0)


@pytest.mark.parametrize("arguments", [{"duration_s": 0.0}, {"peak": 1.5}, {"step_s": 0.0}])
def test_bad_storms(arguments):
    good = {"duration_s": 3600.0, "peak": 0.4, "step_s": 60.0}
    with pytest.raises(InputError):
        design_storm("guangzhou_central", 5, **(good | arguments))


def write(tmp_path, text):
    path = tmp_path / "rain.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_gauges_with_dates_and_positions(tmp_path):
    path = write(tmp_path, "time,a,b\n2024-06-01T10:00,0,6\n2024-06-01T10:05,12,0\n2024-06-01T10:10,0,0\n")
    places = {"a": (0.0, 0.0), "b": (100.0, 0.0)}
    rain = gauge_rain(GaugeFile(path, positions=places), start="2024-06-01T09:55")
    np.testing.assert_array_equal(rain.edges_s, [300, 600, 900, 1200])
    np.testing.assert_allclose(rain.depth_mm, [1.0, 0.5])
    assert rain.gauges == ("a", "b")
    assert rain.kind is ValueKind.OBSERVED
    by_depth = gauge_rain(GaugeFile(path, "depth_mm", places))
    np.testing.assert_allclose(by_depth.depth_mm, [12.0, 6.0])


def test_gaps_are_refused_or_noted(tmp_path):
    path = write(tmp_path, "t,a\n0,5\n300,\n600,5\n1500,5\n1800,0\n")
    with pytest.raises(InputError, match="row 3, gauge 'a': got no value"):
        gauge_rain(GaugeFile(path))
    rain = gauge_rain(GaugeFile(path, gaps="dry"))
    np.testing.assert_array_equal(rain.rates_mm_h[:, 0], [5, 0, 5, 0, 5, 0])
    np.testing.assert_array_equal(rain.edges_s, [0, 300, 600, 900, 1500, 1800, 2100])
    assert len(rain.notes) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("t,a\n0,5\n300,x\n600,1\n", "row 3, gauge 'a': got x"),
        ("t,a\n0,5\n300,-1\n600,1\n", "row 3, gauge 'a': got -1"),
        ("t,a\n0,5\n600,1\n600,1\n", "row 4: got a time not after"),
        ("t,a\n0,5\n300,5\n600,1\n1800,1\n", "after row 4: got no row for 1200 s"),
        ("t,a\nnoon,5\nlate,5\n", "column 't'"),
        ("t,a\n0,5\n", "1 rows and 2 columns"),
        ("t,a,b\n0,5,5\n60,5,5\n", "no position for gauge 'a', 'b'"),
    ],
)
def test_bad_gauge_files(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        gauge_rain(GaugeFile(write(tmp_path, text)))


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match=r"absent.csv cannot be read"):
        gauge_rain(GaugeFile(tmp_path / "absent.csv"))


def test_each_cell_hears_its_nearest_gauge(tiny_city):
    terrain = tiny_city.terrain
    x_min, _, x_max, y_max = terrain.bounds
    zones = nearest_gauge_zones(terrain, np.array([[x_min, y_max], [x_max, y_max]]))
    half = terrain.shape[1] // 2
    assert not zones[:, :half].any()
    assert zones[:, half:].all()


def two_gauges(terrain, between):
    x_min, y_min, x_max, y_max = terrain.bounds
    middle = 0.5 * (y_min + y_max)
    places = np.array([[x_min + 11.0, middle + 1.0], [x_max - 11.0, middle + 1.0]])
    rates = np.array([[30.0, 60.0]])
    return RainSeries(np.array([0.0, 600.0]), rates, ("a", "b"), places, between=between)


def test_inverse_distance_lies_between_the_gauges_and_meets_them(tiny_city):
    terrain = tiny_city.terrain
    rain = two_gauges(terrain, "inverse_distance")
    field = rain_field(terrain, rain)
    np.testing.assert_allclose(field.weights.sum(axis=1), 1.0)
    here = (field.weights @ rain.rates_mm_h[0])[field.zones]
    for place, rate in zip(rain.positions, (30.0, 60.0), strict=True):
        assert here[terrain.row_col(*place)] == pytest.approx(rate, abs=1e-6)
    row, col = terrain.row_col(*rain.positions[0])
    west, east = terrain.centre(row, np.array([col + 4, col + 10]))[0] - rain.positions[0, 0]
    apart = rain.positions[1, 0] - rain.positions[0, 0]
    for offset, distance in ((4, west), (10, east)):
        near, far = distance**-2.0, (apart - distance) ** -2.0
        expected = (30.0 * near + 60.0 * far) / (near + far)
        assert here[row, col + offset] == pytest.approx(expected, rel=1e-9)
    assert here.min() >= 30.0 - 1e-6
    assert here.max() <= 60.0 + 1e-6


def test_coarse_blocks_stay_near_the_fine_field(tiny_city):
    terrain = tiny_city.terrain
    places = two_gauges(terrain, "inverse_distance").positions + np.array([0.0, 9.0])
    fine, coarse = (inverse_distance_field(terrain, places, most_zones=count) for count in (4096, 120))
    assert len(fine.weights) == terrain.elevation.size
    assert len(coarse.weights) == 100
    gap = np.abs(fine.weights[fine.zones, 0] - coarse.weights[coarse.zones, 0])
    assert gap.mean() < 0.03
    assert gap.max() < 0.25


def test_uniform_rain_has_no_field_and_nearest_is_all_or_nothing(tiny_city):
    assert rain_field(tiny_city.terrain, constant_rain(5.0, 60.0)) is None
    field = rain_field(tiny_city.terrain, two_gauges(tiny_city.terrain, "nearest"))
    np.testing.assert_array_equal(field.spread(np.array([30.0, 60.0])), [30.0, 60.0])
    np.testing.assert_allclose(field.gauge_shares(np.isfinite(tiny_city.terrain.elevation), 2), 0.5)
    assert set(np.unique(field.zones)) == {0, 1}
