"""Volume is conserved to the last unit, whatever happens to the water."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.surface import SurfaceSettings, SurfaceSolver


def rough_solver(rng: np.random.Generator, shape=(70, 85), **arguments) -> SurfaceSolver:
    """Return a solver over random ground with walls, holes and random rain weights."""
    bed = (20.0 + 3.0 * rng.random(shape)).astype(np.float32)
    bed[rng.random(shape) < 0.02] = np.nan
    walls = rng.random(shape) < 0.1
    return SurfaceSolver(bed, 2.0, walls=walls, rain_weight=4.0 * rng.random(shape), **arguments)


@pytest.mark.parametrize("scheme", ["inertial", "advective"])
def test_rain_edges_and_exchange_close_exactly(scheme):
    rng = np.random.default_rng(11)
    solver = rough_solver(rng, edges="open", settings=SurfaceSettings(scheme=scheme))
    solver.set_rain(np.array([1e-5, 4e-5, 0.0]), zones=rng.integers(0, 3, solver.shape))
    for time_s in range(10, 400, 10):
        cells = rng.integers(0, solver.shape[0] * solver.shape[1], 40)
        solver.exchange(cells, rng.normal(0.0, 0.5, 40))
        solver.advance_to(float(time_s))
        assert solver.account.error_units == 0
    account = solver.account
    assert (
        min(account.rain_m3, account.edge_outflow_m3, account.exchanged_in_m3, account.exchanged_out_m3) > 1.0
    )
    assert account.stored_m3 == solver.volume_m3()


def test_uniform_rain_reaches_the_ground():
    solver = SurfaceSolver(np.zeros((40, 50)), 2.0)
    solver.set_rain(50.0 / 3.6e6)
    solver.advance_to(3600.0)
    solver.set_rain(0.0)
    solver.advance_to(3700.0)
    np.testing.assert_allclose(solver.water_depth, 0.050, atol=5e-6)
    np.testing.assert_allclose(solver.account.rain_m3, 0.050 * 2000 * 4, rtol=1e-4)


@pytest.mark.parametrize(("scheme", "highest"), [("inertial", 0.5916), ("advective", 0.45)])
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), courant_share=st.floats(0.1, 1.0), scale=st.floats(0.01, 50.0))
def test_depth_is_never_negative(scheme, highest, seed, courant_share, scale):
    rng = np.random.default_rng(seed)
    chosen = SurfaceSettings(scheme=scheme, courant=courant_share * highest)
    solver = rough_solver(rng, (20, 37), edges="open", settings=chosen)
    solver.set_rain(rng.random() * 1e-4)
    for _ in range(12):
        cells = rng.integers(0, 20 * 37, 30)
        wanted = rng.normal(0.0, scale, 30)
        before = solver.volume_m3()
        moved = solver.exchange(cells, wanted)
        assert (np.abs(moved) <= np.abs(wanted)).all()
        np.testing.assert_allclose(solver.volume_m3() - before, moved.sum(), atol=1e-9)
        solver.advance_to(solver.time_s + rng.random() * 5.0)
        assert solver.water_depth.min() >= 0.0
        assert solver.account.error_units == 0
