"""Dam breaks: symmetric in all directions, never out of bounds, no worse than local inertia is by nature."""

import numpy as np
import pytest
from scipy.optimize import brentq

from twin.surface import SurfaceSettings, SurfaceSolver

GRAVITY = 9.81


def stoker_depth(x, time_s, left_m, right_m):
    """Return the depth of a dam break over a wet bed, m. Source: Stoker (1957)."""
    celerity = np.sqrt(GRAVITY * left_m)

    def mismatch(middle):
        behind = 2.0 * (celerity - np.sqrt(GRAVITY * middle))
        return behind - (middle - right_m) * np.sqrt(0.5 * GRAVITY * (1.0 / middle + 1.0 / right_m))

    middle = brentq(mismatch, right_m * 1.0001, left_m * 0.9999)
    speed = 2.0 * (celerity - np.sqrt(GRAVITY * middle))
    shock = speed * middle / (middle - right_m)
    xi = x / time_s
    fan = (2.0 * celerity - xi) ** 2 / (9.0 * GRAVITY)
    conditions = [xi < -celerity, xi < speed - np.sqrt(GRAVITY * middle), xi < shock]
    return np.select(conditions, [left_m, fan, middle], right_m)


def test_stoker():
    x = np.arange(400) - 199.5
    start = np.where(x < 0, 2.0, 0.5)
    solver = SurfaceSolver(np.zeros((1, 400)), 1.0, manning_n=1e-4)
    solver.set_water_depth(start[None, :])
    solver.advance_to(25.0)
    error = solver.water_depth[0] - stoker_depth(x, 25.0, 2.0, 0.5)
    assert np.sqrt((error**2).mean()) < 0.25
    assert solver.account.error_units == 0


@pytest.mark.parametrize("size", [41, 80])
def test_column_of_water_collapses_symmetrically(size):
    middle = (size - 1) / 2
    row, col = np.mgrid[0:size, 0:size]
    depth = np.where((row - middle) ** 2 + (col - middle) ** 2 < (size / 5) ** 2, 1.5, 0.1)
    solver = SurfaceSolver(np.zeros((size, size)), 2.0, settings=SurfaceSettings(threads=2))
    solver.set_water_depth(depth)
    solver.advance_to(20.0)
    result = solver.water_depth
    assert np.ptp(result) > 0.1
    for turned in (result[::-1], result[:, ::-1], result.T):
        np.testing.assert_array_equal(result, turned)
