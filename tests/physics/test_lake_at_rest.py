"""A disturbed lake comes to rest; that one at rest stays so is `benchmarks.validation.lake_at_rest`."""

import numpy as np
import pytest

from twin.surface import SurfaceSettings, SurfaceSolver


@pytest.mark.parametrize("scheme", ["inertial", "advective"])
def test_disturbed_lake_comes_to_rest_level(scheme):
    bed = np.fromfunction(lambda row, col: 0.02 * ((row - 10) ** 2 + (col - 10) ** 2), (21, 21))
    depth = np.zeros(bed.shape)
    depth[10, 10] = 5.0
    solver = SurfaceSolver(bed, 2.0, settings=SurfaceSettings(scheme=scheme, courant=0.3))
    solver.set_water_depth(depth)
    solver.advance_to(1800.0)
    wet = solver.water_depth > 0.01
    surface = (solver.water_depth + bed)[wet]
    assert wet.sum() > 20
    assert np.ptp(surface) < 1e-3
