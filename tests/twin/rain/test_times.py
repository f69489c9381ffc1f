import numpy as np
import pytest

from cim_models.errors import InputError
from twin.rain.times import cf_seconds, seconds_since

START = "2007-06-08T15:00:00+10:00"


@pytest.mark.parametrize(
    ("units", "seconds"),
    [
        ("s", [0.0, 30.0]),
        ("minutes", [0.0, 1800.0]),
        ("hours since 2007-06-08 05:00:00", [0.0, 108000.0]),
        ("seconds since 2007-06-08 05:00 UTC", [0.0, 30.0]),
        ("days since 2007-06-08", [-18000.0, 30 * 86400.0 - 18000.0]),
        ("min since 2007-06-08T15:00+10:00", [0.0, 1800.0]),
    ],
)
def test_units_of_the_cf_conventions(units, seconds):
    np.testing.assert_array_equal(cf_seconds([0, 30], units, START, "x"), seconds)


@pytest.mark.parametrize("units", ["months since 2000-01-01", "seconds since then", ""])
def test_units_that_are_not_understood(units):
    with pytest.raises(InputError, match="x, units of the time"):
        cf_seconds([0], units, START, "x")


def test_dates_across_a_change_of_the_clock_and_without_a_start():
    dates = ["2026-10-25T02:30:00+02:00", "2026-10-25T02:00:00+01:00"]
    np.testing.assert_array_equal(seconds_since(dates, None, "x"), [0.0, 1800.0])
    with pytest.raises(InputError, match="time zone"):
        seconds_since(["2007-06-08T15:00"], START, "x")
