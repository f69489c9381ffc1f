"""A run compiles what serves its openings and culverts, and nothing of the kind where it has none."""

import numpy as np
import pytest

from cim_models.city import Terrain
from cim_models.structures import Barrier, Culvert
from cim_models.timeseries import constant_series
from twin.surface import (
    Edges,
    Inflow,
    SurfaceSettings,
    SurfaceSolver,
    kernel_sides,
    place_barrier,
    place_culvert,
)
from twin.surface.kernel_sides import serve_conduits, serve_nothing, serve_openings
from twin.surface.lending import Lent

GROUND = np.full((20, 40), 3.0, np.float32)
FLAT = Terrain(GROUND, 0.0, 40.0, 2.0)
OPEN = np.ones(GROUND.shape, bool)
CULVERT = Culvert(((30.0, 20.0), (50.0, 20.0)), diameter_m=1.0)
WALL = Barrier(((40.0, 0.0), (40.0, 40.0)), height_m=5.0)
INFLOW = Edges(inflows=(Inflow(np.array([0]), np.ones(1), constant_series(1.0)),))


def solver_with(edges="closed"):
    """Return a dry solver on level ground."""
    return SurfaceSolver(GROUND, 2.0, edges=edges, settings=SurfaceSettings(threads=1))


@pytest.mark.parametrize(
    ("edges", "culvert", "chosen"),
    [
        ("closed", False, (serve_nothing, serve_nothing)),
        ("open", False, (serve_openings, serve_nothing)),
        (INFLOW, False, (serve_openings, serve_nothing)),
        ("closed", True, (serve_nothing, serve_conduits)),
    ],
)
def test_kernels_are_chosen_by_what_there_is(monkeypatch, edges, culvert, chosen):
    monkeypatch.setattr(kernel_sides, "by_address", lambda kernel, *_kinds: kernel)
    solver = solver_with(edges)
    if culvert:
        solver.place("C", place_culvert(CULVERT, FLAT, OPEN))
    conduits = Lent(solver._standing.arrays().conduits)
    assert kernel_sides.sides(conduits, Lent(solver._openings), conduits) == chosen


def test_a_culvert_placed_in_a_run_carries_water_and_its_removal_ends_that():
    solver = solver_with()
    solver.place("W", place_barrier(WALL, FLAT, OPEN))
    depth = np.zeros(GROUND.shape)
    depth[:, :20] = 1.0
    solver.set_water_depth(depth)
    solver.advance_to(20.0)
    assert not solver.water_depth[:, 20:].any()
    solver.place("C", place_culvert(CULVERT, FLAT, OPEN))
    solver.advance_to(40.0)
    carried = solver.water_depth[:, 20:].sum(dtype=float)
    assert carried > 0.0
    solver.remove("C")
    solver.advance_to(60.0)
    assert solver.water_depth[:, 20:].sum(dtype=float) == pytest.approx(carried)
    assert solver.account.error_units == 0
