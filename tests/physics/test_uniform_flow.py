"""Uniform flow with a roughness for each cell; `benchmarks.validation.uniform_flow` has the plain one."""

import numpy as np

from twin.surface import Edges, SurfaceSolver

CELL_M = 5.0


def run_to_steady(slope: float, manning_n, discharge_m2_s: float, cols: int = 240) -> SurfaceSolver:
    """Feed one end of a channel of one row until the flow is steady; the other end is open."""
    bed = 10.0 - slope * CELL_M * np.arange(cols, dtype=np.float64)[None, :]
    solver = SurfaceSolver(bed, CELL_M, manning_n=manning_n, edges=Edges(east=True))
    for second in range(0, 4000, 2):
        solver.exchange(np.array([0]), np.array([2.0 * discharge_m2_s * CELL_M]))
        solver.advance_to(second + 2.0)
    return solver


def test_roughness_per_cell_equals_uniform_roughness():
    uniform = run_to_steady(0.005, 0.04, 0.3, cols=60)
    per_cell = run_to_steady(0.005, np.full((1, 60), 0.04), 0.3, cols=60)
    np.testing.assert_array_equal(uniform.water_depth, per_cell.water_depth)


def test_rough_reach_is_deeper_than_smooth_reach():
    manning_n = np.full((1, 240), 0.03)
    manning_n[0, :120] = 0.06
    solver = run_to_steady(0.005, manning_n, 0.3)
    rough, smooth = ((0.3 * n / np.sqrt(0.005)) ** 0.6 for n in (0.06, 0.03))
    np.testing.assert_allclose(solver.water_depth[0, 40:80], rough, rtol=0.01)
    np.testing.assert_allclose(solver.water_depth[0, 160:220], smooth, rtol=0.01)
