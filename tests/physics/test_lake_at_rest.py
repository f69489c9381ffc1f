"""A lake at rest stays at rest exactly, over any terrain."""

import numpy as np
import pytest

from twin.surface import SurfaceSettings, SurfaceSolver


@pytest.mark.parametrize(("base_m", "relief_m"), [(0.0, 8.0), (57.3, 8.0), (-4.0, 1500.0)])
def test_lake_over_random_terrain_with_islands_and_walls(base_m, relief_m):
    rng = np.random.default_rng(4)
    bed = base_m + relief_m * rng.random((75, 90))
    walls = rng.random(bed.shape) < 0.1
    bed[10:14, 20:30] = np.nan
    level = base_m + 6.0123456
    solver = SurfaceSolver(bed, 2.0, walls=walls)
    depth = np.where(walls, 0.0, np.nan_to_num(np.maximum(level - bed.astype(np.float64), 0.0)))
    solver.set_water_depth(depth)
    before = solver.water_depth
    solver.advance_to(300.0)
    assert solver.steps > 300
    for discharge in solver.unit_discharge:
        assert not discharge.any()
    np.testing.assert_array_equal(solver.water_depth, before)
    np.testing.assert_allclose(before, depth, atol=1e-4 if relief_m > 1000.0 else 1e-6)


def test_disturbed_lake_comes_to_rest_level():
    bed = np.fromfunction(lambda row, col: 0.02 * ((row - 10) ** 2 + (col - 10) ** 2), (21, 21))
    depth = np.zeros(bed.shape)
    depth[10, 10] = 5.0
    solver = SurfaceSolver(bed, 2.0, settings=SurfaceSettings(courant=0.3))
    solver.set_water_depth(depth)
    solver.advance_to(1800.0)
    wet = solver.water_depth > 0.01
    surface = (solver.water_depth + bed)[wet]
    assert wet.sum() > 20
    assert np.ptp(surface) < 1e-3
