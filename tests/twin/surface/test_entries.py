"""Compiled versions of kernels are remembered for the arrays they were found for."""

import numpy as np
from numba import njit

from twin.surface.entries import Remembered, entry_of


@njit
def total(numbers, factor):
    """Return the sum of an array times a factor."""
    return numbers.sum() * factor


def found_for(array, factor):
    return (array,), factor


def test_what_was_made_is_kept_for_the_same_arrays_and_other_numbers():
    made = []
    remembered = Remembered(lambda bundle: made.append(bundle) or len(made))
    array = np.zeros(3)
    assert remembered.of(found_for(array, 1.0)) == 1
    assert remembered.of(found_for(array, 2.5)) == 1


def test_another_array_another_kind_of_number_or_another_length_is_made_anew():
    remembered = Remembered(lambda bundle: object())
    array = np.zeros(3)
    first = remembered.of(found_for(array, 1.0))
    assert remembered.of(found_for(array.copy(), 1.0)) is not first
    second = remembered.of(found_for(array, 1.0))
    assert remembered.of(found_for(array, 1)) is not second
    third = remembered.of(found_for(array, 1.0))
    assert remembered.of((*found_for(array, 1.0), 2)) is not third


def test_an_entry_computes_what_the_kernel_does():
    for array in (np.arange(5.0), np.arange(5, dtype=np.int32)):
        assert entry_of(total, (array, 2.0))(array, 2.0) == total(array, 2.0) == 20.0
