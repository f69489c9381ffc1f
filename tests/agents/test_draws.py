"""Random numbers by key: the same for the same key, and of the distribution that is asked for."""

import numpy as np
import pytest

from agents.draws import Draws


def many(draw, number=4000):
    return np.array([draw(index) for index in range(number)])


def test_a_key_has_its_numbers_whatever_else_is_drawn():
    draws = Draws(7, "test")
    first = draws.uniform("a", 1)
    draws.uniform("b")
    assert draws.uniform("a", 1) == first == Draws(7, "test").uniform("a", 1)
    assert draws.uniform("a", 2) != first
    assert Draws(8, "test").uniform("a", 1) != first
    assert Draws(7, "other").uniform("a", 1) != first
    assert draws.of("a", 1).random() == draws.of("a", 1).random()


def test_uniform_numbers_fill_the_unit_interval_evenly():
    draws = Draws(1, "test")
    values = many(draws.uniform)
    assert values.min() >= 0.0
    assert values.max() < 1.0
    counts = np.histogram(values, bins=20, range=(0, 1))[0]
    assert ((counts - 200) ** 2 / 200).sum() < 43.8  # chi-square, 19 degrees of freedom, 0.1 %
    assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < 0.05  # of neighbouring keys


def test_a_triangular_number_has_the_mean_and_the_bounds_of_its_triangle():
    values = many(lambda index: Draws(1, "test").triangular(15.0, 30.0, 90.0, index))
    assert 15.0 <= values.min() < 17.0
    assert 85.0 < values.max() <= 90.0
    assert values.mean() == pytest.approx(45.0, abs=1.0)
    below = np.mean(values <= 30.0)
    assert below == pytest.approx((30 - 15) / (90 - 15), abs=0.03)
    assert Draws(1, "test").triangular(2.0, 2.0, 2.0, 1) == 2.0


def test_an_exponential_number_has_its_mean_and_median():
    values = many(lambda index: Draws(1, "test").exponential(1800.0, index))
    assert values.mean() == pytest.approx(1800.0, rel=0.05)
    assert np.median(values) == pytest.approx(1800.0 * np.log(2.0), rel=0.06)
