"""What the kernels have instead of Numba's functions does the same."""

import numpy as np
import pytest
from numba import njit

from twin.surface.intrinsics import larger, smaller
from twin.surface.kernel_levels import knots_until


@njit
def both(first, second):
    """Return the larger and the smaller of two numbers, by the kernels' functions."""
    return larger(first, second), smaller(first, second)


@pytest.mark.parametrize("kinds", [(np.int64, np.int64), (np.float32, np.float32), (np.int32, np.float64)])
@pytest.mark.parametrize("pair", [(1, 2), (2, 1), (-3, -3), (-1, 0)])
def test_the_larger_and_the_smaller_of_two_numbers(kinds, pair):
    first, second = (kind(number) for kind, number in zip(kinds, pair, strict=True))
    assert both(first, second) == (max(first, second), min(first, second))


def test_a_number_beside_nan_is_chosen_as_by_python():
    for pair in ((np.nan, 1.0), (1.0, np.nan)):
        np.testing.assert_array_equal(both(*pair), (max(*pair), min(*pair)))


@njit
def counted(times, time_s):
    """Return the knots until a time."""
    return knots_until(times, time_s)


def test_knots_are_counted_as_numpy_does():
    times = np.array([0.0, 1.0, 1.0, 4.0, 9.0])
    for time_s in (-1.0, 0.0, 0.5, 1.0, 3.0, 4.0, 8.9, 9.0, 20.0):
        assert counted(times, time_s) == np.searchsorted(times, time_s, side="right")
