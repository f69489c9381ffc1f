"""Values in time: what is read, and what is refused in which words."""

import numpy as np
import pytest

from cim_models.errors import InputError
from cim_models.timeseries import TimeSeries, constant_series, read_series


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "series.csv"
        path.write_text(text)
        return path

    return write


def test_seconds_and_date_times_are_read_alike(written):
    plain = read_series(written("time_s,level\n0,1.5\n3600,2.5\n"))
    dated = read_series(
        written("time,level\n2026-06-18T17:00:00+08:00,1.5\n2026-06-18T18:00:00+08:00,2.5\n"),
        start="2026-06-18T17:00:00+08:00",
    )
    for series in (plain, dated):
        np.testing.assert_array_equal(series.times_s, [0.0, 3600.0])
        np.testing.assert_array_equal(series.values, [1.5, 2.5])


def test_one_column_of_several(written):
    series = read_series(written("t,a,b\n0,1,2\n60,3,4\n"), column="b", after="hold")
    np.testing.assert_array_equal(series.values, [2.0, 4.0])
    assert series.end_s == np.inf


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("t,v\n0,1\n60,\n", None, "row 3, column 'v': got no value"),
        ("t,v\n0,1\n60,high\n", None, "row 3, column 'v': got high"),
        ("t,v\n0,1\n60,inf\n", None, "row 3, column 'v': got inf"),
        ("t,v\n0,1\n60,2\n30,3\n", None, "row 4: got time 30 after 60"),
        ("t,v\n0,1\n,2\n", None, "row 3: got time nan after 0"),
        ("t,v\nnoon,1\n", None, "column 't'"),
        ("t,v\n", None, "no rows"),
        ("t\n0\n", None, "a time and a value"),
        ("t,a,b\n0,1,2\n", None, "no column chosen; expected one of a, b"),
        ("t,a,b\n0,1,2\n", "c", "got 'c'; expected one of a, b"),
        ("", None, "cannot be read"),
    ],
)
def test_bad_files_are_refused(written, text, column, message):
    with pytest.raises(InputError, match=message):
        read_series(written(text), column=column)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.csv cannot be read"):
        read_series(tmp_path / "nowhere.csv")


def test_a_file_without_zone_is_refused_where_the_start_has_one(written):
    path = written("t,v\n2026-06-18T17:00:00,1\n2026-06-18T18:00:00,1\n")
    with pytest.raises(InputError, match=r"got 2026-06-18T17:00:00 with no time zone; expected .* the start"):
        read_series(path, start="2026-06-18T17:00:00+08:00")


def test_a_file_with_a_zone_is_refused_where_the_start_has_none(written):
    path = written("t,v\n2026-06-18T17:00:00+08:00,1\n")
    with pytest.raises(InputError, match="with a time zone; expected date-times with no time zone"):
        read_series(path, start="2026-06-18T17:00:00")


@pytest.mark.parametrize(
    ("times", "values", "message"),
    [
        ([0.0, 0.0], [1.0, 2.0], "entry 2: got 0 s after 0 s"),
        ([0.0, 1.0], [1.0, np.nan], "entry 2: got time 1 s, value nan"),
        ([0.0], [1.0, 2.0], "1 times and 2 values"),
        ([], [], "at least one"),
    ],
)
def test_bad_values_are_refused(times, values, message):
    with pytest.raises(InputError, match=message):
        TimeSeries(np.array(times, dtype=float), np.array(values, dtype=float))


def test_a_series_must_cover_the_time():
    series = TimeSeries(np.array([0.0, 60.0]), np.ones(2), name="Level at sea")
    series.check_covers(0.0, 60.0)
    with pytest.raises(InputError, match="Level at sea ends early: got 60 s"):
        series.check_covers(0.0, 60.5)
    with pytest.raises(InputError, match="Level at sea begins late: got 0 s"):
        series.check_covers(-1.0, 60.0)
    constant_series(3.0).check_covers(0.0, 1e9)


def test_what_holds_afterwards():
    times, values = np.array([0.0, 60.0]), np.array([1.0, 2.0])
    held = np.interp(61.0, *TimeSeries(times, values, "hold").knots())
    dropped = np.interp(61.0, *TimeSeries(times, values, "zero").knots())
    assert (held, dropped) == (2.0, 0.0)
