"""Tuples that kernels read by their place."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from numba import njit
from numba.core.errors import TypingError

from twin.surface.lending import Lent


class Pair(NamedTuple):
    heights: Any
    flags: Any


class Bundle(NamedTuple):
    first: Any
    count: int
    pair: Pair
    last: Any


@njit
def weigh(lent):
    """Read every part, so that one that lay elsewhere would be seen; write into the last."""
    total = lent.count * 1000.0 + lent.first.sum() + lent.pair.flags.sum()
    for row in range(lent.pair.heights.shape[0]):
        for col in range(lent.pair.heights.shape[1]):
            total += lent.pair.heights[row, col] * (row + 10 * col)
    lent.last[1] = total
    return total


@njit
def hand_on(lent):
    return weigh(lent)


@njit
def misread(lent):
    return lent.lost


def bundle() -> Bundle:
    heights = np.arange(24, dtype=np.float32).reshape(4, 6)[::2, 1:4]  # neither contiguous nor small
    pair = Pair(heights, np.array([3, 4], np.uint8))
    return Bundle(np.arange(5, dtype=np.int32), 7, pair, np.zeros(3))


@pytest.mark.parametrize("kernel", [weigh, hand_on])
def test_a_kernel_reads_and_writes_what_was_lent(kernel):
    lent = bundle()
    rows, cols = np.mgrid[0:2, 0:3]
    expected = 7000.0 + 10.0 + 7.0 + float((lent.pair.heights * (rows + 10 * cols)).sum())
    assert kernel(Lent(lent)) == pytest.approx(expected, rel=1e-6)
    assert lent.last.tolist() == pytest.approx([0.0, expected, 0.0], rel=1e-6)


def test_other_types_are_another_kernel():
    whole = bundle()._replace(last=np.zeros(3, np.float32), first=np.array([1.5, 2.0]))
    assert weigh(Lent(whole)) == pytest.approx(weigh(Lent(bundle())) - 10.0 + 3.5, rel=1e-6)


def test_what_is_not_in_it_is_an_error_of_the_kernel():
    with pytest.raises(TypingError, match="lost"):
        misread(Lent(bundle()))
