import numpy as np
import pytest

from twin.surface.constants import UNITS_PER_M
from twin.surface.subgrid import CoarseSolver
from twin.surface.subgrid.smoothing import FALSE_BOTTOM_M, Smoother

SHAPE = (24, 24)


def smoother(bed: np.ndarray) -> Smoother:
    """Make a smoother of closed ground on cells of 2 m."""
    return Smoother(bed, 2.0, 0.03, None, "closed", 8.0, 1)


def test_deep_water_at_rest_stays_at_rest_on_a_false_bottom() -> None:
    bed = np.random.default_rng(3).random(SHAPE)
    lake = np.maximum(0.9 + 2.0 * FALSE_BOTTOM_M - bed, 0.0).astype(np.float32)
    lake[:, :4] = 0.0
    bed[:, 3] = 5.0  # a dam, and dry ground behind it
    for settled in (
        smoother(bed).smooth(lake),
        smoother(bed).follow(lake, np.zeros(SHAPE, np.int64), 100.0),
    ):
        np.testing.assert_allclose(settled, lake, atol=2e-6)


def test_water_that_a_map_laid_on_a_slope_settles_at_its_foot() -> None:
    bed = 0.1 * np.abs(np.arange(SHAPE[1]) - 11.0) * np.ones(SHAPE)
    settled = smoother(bed).smooth(np.full(SHAPE, 0.05, np.float32))
    assert settled[:, 11].min() > 0.2
    assert settled[:, :4].max() < 0.02
    assert settled.sum() <= 1.0001 * 0.05 * bed.size


@pytest.mark.parametrize("given_m", [0.05, -0.05])
def test_what_is_given_meanwhile_raises_or_lowers_the_water(given_m: float) -> None:
    depth = np.full(SHAPE, 0.1, np.float32)
    inflow = np.full(SHAPE, round(given_m * UNITS_PER_M))
    followed = smoother(np.zeros(SHAPE)).follow(depth, inflow, 100.0)
    # of the second half the largest depth: at its end, or at its first look
    expected = 0.15 if given_m > 0.0 else 0.1 - 0.75 * 0.05
    np.testing.assert_allclose(followed, expected, atol=1e-6)


def take_a_hundredth(depth: np.ndarray) -> int:
    """Take a hundredth of the water of each cell."""
    taken = depth // 100
    depth -= taken
    return int(taken.sum(dtype=np.int64))


def test_the_rise_of_a_run_gets_all_that_rain_and_exchange_gave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Smoother, "smooth", lambda _, depth: np.zeros_like(depth))  # leaves the rise alone
    solver = CoarseSolver(np.zeros(SHAPE), 2.0, 4, rain_weight=np.full(SHAPE, 1.5))
    every, depths = np.arange(SHAPE[0] * SHAPE[1]), {}
    solver.set_rain(7e-5)
    for second in range(0, 450, 15):
        if second == 195:  # the counts of rain begin anew with its zones
            solver.set_rain(np.array([7e-5, 7e-5]), (every % 2).reshape(SHAPE))
        solver.exchange(every, np.full(every.size, 0.005))
        solver.exchange(every[:9], np.full(9, -0.003))
        solver.withdraw(take_a_hundredth)
        solver.advance_to(second + 15.0)
        depths[second + 15.0] = solver.water_depth
    state = solver.state()
    at_end = depths[float(state["high_end_s"])]
    assert state["high_start_time_s"] < 195.0 < state["high_end_s"] < 450.0
    assert at_end.sum(dtype=np.float64) * UNITS_PER_M == pytest.approx(state["high_given"].sum(), rel=1e-6)
    np.testing.assert_allclose(solver.max_depth, at_end, atol=0.003)
