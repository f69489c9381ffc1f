"""Intervals against SciPy's own, and pairs against hand-made ones."""

import numpy as np
import pytest
from scipy import stats

from scenarios.experiments.statistics import estimate, paired


def test_interval_is_that_of_scipy() -> None:
    values = np.random.default_rng(4).normal(3.0, 2.0, 20)
    found = estimate(list(values))
    low, high = stats.t.interval(0.95, 19, loc=values.mean(), scale=stats.sem(values))
    assert found.low == pytest.approx(low, rel=1e-12)
    assert found.high == pytest.approx(high, rel=1e-12)
    assert found.count == 20


def test_interval_covers_the_truth_as_often_as_it_says() -> None:
    draws = np.random.default_rng(5).exponential(1.0, (400, 30))
    found = [estimate(list(row)) for row in draws]
    hits = sum(entry.low <= 1.0 <= entry.high for entry in found if entry.low is not None)
    assert 0.88 <= hits / 400 <= 0.98


def test_pairs_cancel_what_both_owe_to_the_world() -> None:
    world = np.random.default_rng(6).normal(0.0, 100.0, 10)
    base, other = list(world), list(world + 1.0)
    found = paired(other, base)
    assert found.mean == pytest.approx(1.0)
    assert found.half_width == pytest.approx(0.0, abs=1e-9)
    assert (estimate(other).half_width or 0.0) > 10.0


def test_values_that_are_missing_take_their_pair_with_them() -> None:
    found = paired([1.0, None, 5.0], [0.0, 1.0, None])
    assert (found.mean, found.half_width, found.count) == (1.0, None, 1)
    assert estimate([None, None]).mean is None
