"""Barriers and culverts in the scheme with momentum advection."""

import numpy as np
import pytest

from cim_models.city import Terrain
from cim_models.structures import Barrier
from twin.surface import SurfaceSettings, SurfaceSolver, place_barrier

SIZE = 2.0
GROUND = np.full((16, 40), 3.0, np.float32)
FLAT = Terrain(GROUND, 0.0, 32.0, SIZE)
OPEN = np.ones(GROUND.shape, bool)
WALL = Barrier(((40.0, 0.0), (40.0, 32.0)), height_m=0.5)


def behind_a_wall(depth_m: float, scheme: str) -> SurfaceSolver:
    """Return a solver with water in the western half, and a wall half a metre high at its edge."""
    solver = SurfaceSolver(GROUND, SIZE, settings=SurfaceSettings(scheme=scheme))
    solver.place("W", place_barrier(WALL, FLAT, OPEN))
    depth = np.zeros(GROUND.shape)
    depth[:, :20] = depth_m
    solver.set_water_depth(depth)
    return solver


def test_nothing_moves_below_the_crest():
    solver = behind_a_wall(0.4, "advective")
    before = solver.water_depth
    solver.advance_to(60.0)
    np.testing.assert_array_equal(solver.water_depth, before)
    assert not any(q.any() for q in solver.unit_discharge)


def test_what_overflows_is_what_the_weir_lets_pass_in_the_other_scheme():
    passed = {}
    for scheme in ("advective", "inertial"):
        solver = behind_a_wall(0.8, scheme)
        solver.advance_to(20.0)
        passed[scheme] = solver.water_depth[:, 20:].sum() * SIZE**2
        assert solver.account.error_units == 0
    assert passed["advective"] > 50.0
    assert passed["advective"] == pytest.approx(passed["inertial"], rel=0.1)


def test_a_stream_against_a_wall_is_thrown_back():
    solver = behind_a_wall(0.3, "advective")
    state = solver.state()
    state["u"][:, :20] = 0.5
    solver.restore(state)
    solver.advance_to(6.0)
    east, _ = solver.velocity()
    assert solver.water_depth[:, 19].min() > 0.36
    assert np.abs(east[:, 18:20]).max() < 0.1
    assert solver.account.error_units == 0
