"""A flood wave that advances over a horizontal plane, against its analytical solution."""

import numpy as np
import pytest

from twin.surface import SurfaceSolver

SPEED_M_S, MANNING_N = 0.29, 0.03


def analytic_depth(x_m, time_s):
    """Return the depth of the non-breaking wave of Hunter et al. (2005), m."""
    behind_front = np.maximum(SPEED_M_S * time_s - x_m, 0.0)
    return (7.0 / 3.0 * MANNING_N**2 * SPEED_M_S**2 * behind_front) ** (3.0 / 7.0)


@pytest.mark.parametrize(("cell_m", "limit_m"), [(50.0, 0.016), (25.0, 0.010), (10.0, 0.006)])
def test_hunter_wave(cell_m, limit_m):
    """The wave's own discharge u h(0, t) enters at x = 0; the rest is up to the solver."""
    cols = int(1400 / cell_m)
    solver = SurfaceSolver(np.zeros((1, cols)), cell_m, manning_n=MANNING_N)
    for second in range(3600):
        inflow_m3 = SPEED_M_S * analytic_depth(0.0, second + 0.5) * cell_m
        solver.exchange(np.array([0]), np.array([inflow_m3]))
        solver.advance_to(second + 1.0)
    x = (np.arange(cols) + 0.5) * cell_m
    error = solver.water_depth[0] - analytic_depth(x, 3600.0)
    assert np.sqrt((error**2).mean()) <= limit_m
