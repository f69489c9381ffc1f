import numpy as np
import pytest

from cim_models.errors import InputError
from twin.rain import GaugeFile, check_coverage, constant_rain, gauge_rain


def test_a_table_without_heading_in_mm_per_second(tmp_path):
    path = tmp_path / "rain.asc"
    path.write_text("0\t0.01\n300\t0\n600\t0.002\n")
    rain = gauge_rain(GaugeFile(path, "intensity_mm_s"))
    np.testing.assert_allclose(rain.rates_mm_h[:, 0], [36.0, 0.0, 7.2])
    np.testing.assert_array_equal(rain.edges_s, [0, 300, 600, 900])
    assert rain.gauges == ("1",)
    path.write_text("0\t0.01\n300\t-0.1\n600\t0.002\n")
    with pytest.raises(InputError, match=r"row 2, gauge '1': got -0.1"):
        gauge_rain(GaugeFile(path))


@pytest.mark.parametrize("separator", [",", ";", "\t", "  "])
def test_separators(tmp_path, separator):
    path = tmp_path / "rain.txt"
    path.write_text("\n".join(separator.join(row) for row in (("t", "a"), ("0", "5"), ("60", "7"))))
    np.testing.assert_array_equal(gauge_rain(GaugeFile(path)).rates_mm_h[:, 0], [5, 7])


def test_a_record_that_covers_a_part_of_the_simulation_is_noted():
    rain = constant_rain(5.0, 600.0, 300.0)
    assert check_coverage(rain, "Rain file x", 900.0).notes == (
        "the rain record begins 300 s after the simulation; before it no rain falls",
    )
    late = check_coverage(constant_rain(5.0, 600.0), "Rain file x", 900.0)
    assert late.notes == ("the rain record ends 300 s before the simulation; after it no rain falls",)
    assert late.intensity_mm_h(700.0) == 0.0


@pytest.mark.parametrize("begin_s", [-600.0, 900.0])
def test_a_record_of_another_time_is_refused(begin_s):
    with pytest.raises(InputError, match=r"Rain file x: got times from .* expected some between 0 and 900 s"):
        check_coverage(constant_rain(5.0, 600.0, begin_s), "Rain file x", 900.0)


def test_the_storm_of_merewether_2007(shared_data):
    """246 mm in 13 hours, at most 137 mm/h over five minutes."""
    path = shared_data("merewether") / "rain_model/Model/Rain/Rainfall/rain_burst.asc"
    rain = gauge_rain(GaugeFile(path, "intensity_mm_s"))
    assert rain.depth_mm[0] == pytest.approx(246.2, abs=0.01)
    assert rain.rates_mm_h.max() == pytest.approx(137.2, abs=0.01)
    assert rain.edges_s[-1] == 46_800.0
