"""Dam breaks in all directions; those along a line are `benchmarks.validation.dam_breaks`."""

import numpy as np
import pytest

from twin.surface import SurfaceSettings, SurfaceSolver

GRAVITY_M_S2 = 9.81


@pytest.mark.parametrize("scheme", ["inertial", "advective"])
@pytest.mark.parametrize("size", [41, 80])
def test_column_of_water_collapses_symmetrically(size, scheme):
    middle = (size - 1) / 2
    row, col = np.mgrid[0:size, 0:size]
    depth = np.where((row - middle) ** 2 + (col - middle) ** 2 < (size / 5) ** 2, 1.5, 0.1)
    solver = SurfaceSolver(np.zeros((size, size)), 2.0, settings=SurfaceSettings(scheme=scheme, threads=2))
    solver.set_water_depth(depth)
    solver.advance_to(20.0)
    result = solver.water_depth
    assert np.ptp(result) > 0.1
    for turned in (result[::-1], result[:, ::-1], result.T):
        np.testing.assert_array_equal(result, turned)


def test_water_on_a_rough_slope_runs_no_faster_than_its_fall_allows():
    """Fronts over dry, steep and rough ground make no spikes: v² stays below 2 g times the head."""
    rng = np.random.default_rng(3)
    bed = np.fromfunction(lambda row, col: 0.05 * col, (60, 120)) + 0.3 * rng.random((60, 120))
    walls = rng.random(bed.shape) < 0.1
    depth = np.where(walls, 0.0, np.where(np.arange(120) > 90, 1.5, 0.0))
    head_m = (bed + depth)[~walls].max() - bed[~walls].min()
    settings = SurfaceSettings(scheme="advective", threads=1)
    solver = SurfaceSolver(bed, 2.0, walls=walls, edges="open", settings=settings)
    solver.set_water_depth(depth)
    solver.set_rain(5e-5)
    for time_s in range(2, 61, 2):
        solver.advance_to(float(time_s))
        assert np.hypot(*solver.velocity()).max() < (2.0 * GRAVITY_M_S2 * head_m) ** 0.5
    assert solver.account.error_units == 0
    assert np.hypot(*solver.velocity()).max() > 0.2


def test_water_thrown_against_a_wall_comes_back():
    """A stream of 1 m/s, 0.5 m deep, that hits a wall rises to the bore of the exact solution."""
    cols, depth_m, speed_m_s = 200, 0.5, 1.0
    settings = SurfaceSettings(scheme="advective", threads=1)
    solver = SurfaceSolver(np.zeros((1, cols)), 1.0, manning_n=1e-4, settings=settings)
    solver.set_water_depth(np.full((1, cols), depth_m))
    state = solver.state()
    state["u"][...] = speed_m_s
    solver.restore(state)
    solver.advance_to(15.0)
    bore_m = 0.75  # start of the iteration of (h - h0) sqrt(g / 2 (1 / h + 1 / h0)) = u
    for _ in range(60):
        bore_m = depth_m + speed_m_s / np.sqrt(0.5 * GRAVITY_M_S2 * (1.0 / bore_m + 1.0 / depth_m))
    np.testing.assert_allclose(solver.water_depth[0, -15:], bore_m, rtol=0.02)
    assert abs(solver.velocity()[0][0, -15:]).max() < 0.03
