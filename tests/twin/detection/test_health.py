"""What of the readings can be used, and what is said of the rest."""

import numpy as np
import pytest

from cim_models.errors import InputError
from tests.twin.detection.grid import grid_network
from tests.twin.detection.tree import tree_network
from twin.detection.health import check_readings
from twin.detection.readings import Readings, sewer_sensors, supply_sensors

QUARTERS = 3 * 96
TIMES = np.datetime64("2024-01-01T00:00:00") + np.arange(QUARTERS) * np.timedelta64(900, "s")
MOVING = 30.0 + np.sin(np.arange(QUARTERS) / 9.0)


def check(columns: dict[str, np.ndarray], *, sewer: bool = False):
    kinds = sewer_sensors(tree_network()) if sewer else supply_sensors(grid_network())
    table = Readings(TIMES, tuple(columns), np.column_stack(list(columns.values())))
    return check_readings(table, kinds, "r.csv", frozen=not sewer)


def test_good_readings_pass_unchanged() -> None:
    checked = check({"p_n00": MOVING, "q_main": MOVING})
    assert checked.notes == ()
    np.testing.assert_array_equal(checked.readings.values, np.column_stack([MOVING, MOVING]))


def test_missing_cells_are_counted() -> None:
    gappy = MOVING.copy()
    gappy[[3, 4, 90]] = np.nan
    notes = check({"p_n00": gappy, "q_main": MOVING}).notes
    assert notes == ("3 of 576 cells hold nothing and are ignored, in 3 of 288 rows",)


def test_a_sensor_out_of_its_range_is_left_out_and_said() -> None:
    broken = MOVING.copy()
    broken[100:172] = -5.0
    checked = check({"p_n00": broken, "p_n01": MOVING})
    assert np.isnan(checked.readings.values[100:172, 0]).all()
    assert np.isfinite(checked.readings.values[:100, 0]).all()
    assert checked.notes == (
        "Degraded: 2 of 2 sensors can be used",
        "p_n00 left out where it is outside -1 to 500 (-5) in 25% of the rows",
    )


def test_a_sensor_that_stands_still_is_left_out_and_said() -> None:
    still = MOVING.copy()
    still[50:160] = 31.25
    checked = check({"p_n00": still, "p_n01": MOVING})
    assert np.isnan(checked.readings.values[50:160, 0]).all()
    assert "p_n00 left out where it is the same for a day (31.25) in 38% of the rows" in checked.notes


def test_a_day_of_no_flow_may_be_right_but_not_of_no_pressure() -> None:
    checked = check({"p_n00": np.zeros(QUARTERS), "q_main": np.zeros(QUARTERS)})
    assert checked.readings.columns == ("q_main",)
    assert (checked.readings.values == 0.0).all()


@pytest.mark.parametrize("value", [-5.0, np.nan, 9999.0, 0.0])
def test_no_sensor_left_is_an_error_that_says_why(value: float) -> None:
    with pytest.raises(
        InputError, match=r"Readings r\.csv: none of 2 sensors can be used: got p_n00"
    ) as caught:
        check({"p_n00": np.full(QUARTERS, value), "p_n01": np.full(QUARTERS, value)})
    assert "\n" not in str(caught.value)


def test_a_level_of_a_sewer_may_stand_still_but_not_stand_above_the_ground() -> None:
    steady, high = np.full(QUARTERS, 0.02), np.full(QUARTERS, 40.0)
    checked = check({"level_A3": steady, "level_T1": high}, sewer=True)
    assert checked.readings.columns == ("level_A3",)
    assert (checked.readings.values == 0.02).all()
    assert (
        "level_T1 left out where it is in another unit, it seems: its median is 40, outside -0.2 to 2.7"
        in (checked.notes)
    )


def test_a_flood_above_the_ground_is_no_other_unit() -> None:
    flood, high = np.full(QUARTERS, 0.3), np.full(QUARTERS, 0.3)
    flood[:96], high[:96] = 4.0, 40.0
    checked = check({"level_A3": flood, "level_T1": high}, sewer=True)
    np.testing.assert_array_equal(checked.readings.values[:, 0], flood)
    assert checked.notes == (
        "Degraded: 2 of 2 sensors can be used",
        "level_T1 left out where it is outside -0.2 to 12.5 (40) in 33% of the rows",
    )


def test_levels_in_cm_are_an_error_that_names_the_unit() -> None:
    levels = {"level_A3": 4.0 + MOVING / 30.0, "level_T1": 5.0 + MOVING / 30.0}
    with pytest.raises(
        InputError, match=r"none of 2 sensors can be used: got level_A3 in another unit, it seems"
    ):
        check(levels, sewer=True)


def test_an_outfall_has_no_ground_to_be_above() -> None:
    assert check({"level_O": np.full(QUARTERS, 4.0)}, sewer=True).notes == ()
