"""Depth of road segments from the grid."""

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import LineString

from cim_models.city import Terrain
from twin.roads import RoadSampler

TERRAIN = Terrain(np.zeros((20, 30), np.float32), x_min=1000.0, y_max=2040.0, cell_size_m=2.0)


def make_roads(*lines, width_m=6.0, underpass=None):
    return gpd.GeoDataFrame(
        {
            "id": [f"R{k}" for k in range(len(lines))],
            "width_m": width_m,
            "underpass": [False] * len(lines) if underpass is None else underpass,
        },
        geometry=[LineString(line) for line in lines],
    )


def flat(depth_m=0.0):
    return np.full(TERRAIN.shape, depth_m, np.float32)


EAST = [(1001.0, 2021.0), (1059.0, 2021.0)]
NORTH = [(1031.0, 2001.0), (1031.0, 2039.0)]


def test_uniform_water_is_read_as_it_is():
    sampler = RoadSampler(TERRAIN, make_roads(EAST, NORTH))
    np.testing.assert_allclose(sampler.depth(flat(0.25)), 0.25, rtol=1e-6)


def test_driver_meets_the_deepest_cross_section():
    water = flat(0.05)
    water[:, 12] = 0.40
    depth = RoadSampler(TERRAIN, make_roads(EAST)).depth(water)
    assert depth[0] == pytest.approx(0.40)


def test_a_wet_gutter_counts_by_its_share_of_the_width():
    water = flat()
    water[10, 12] = 0.30
    depth = RoadSampler(TERRAIN, make_roads(EAST)).depth(water)
    assert depth[0] == pytest.approx(0.10)


def test_water_beside_the_road_does_not_count():
    water = flat()
    water[:5] = 1.0
    assert RoadSampler(TERRAIN, make_roads(EAST)).depth(water)[0] == 0.0


def test_walls_and_ground_outside_do_not_count():
    walls = np.zeros(TERRAIN.shape, bool)
    walls[8, :] = True
    water = flat(0.3)
    water[8, :] = 0.0
    assert RoadSampler(TERRAIN, make_roads(EAST), walls).depth(water)[0] == pytest.approx(0.3)
    off_grid = make_roads([(0.0, 0.0), (10.0, 0.0)])
    assert RoadSampler(TERRAIN, off_grid).depth(water)[0] == 0.0


def test_deck_does_not_see_the_underpass_below_it():
    water = flat()
    water[:, 14:17] = 0.8
    roads = make_roads(EAST, NORTH, underpass=[False, True])
    deck, below = RoadSampler(TERRAIN, roads).depth(water)
    assert below == pytest.approx(0.8)
    assert deck == 0.0


def test_short_segment_is_read_in_its_middle():
    water = flat()
    row, col = TERRAIN.row_col(1020.2, 2021.0)
    water[row, col] = 0.5
    roads = make_roads([(1020.0, 2021.0), (1020.4, 2021.0)], width_m=2.0)
    assert RoadSampler(TERRAIN, roads).depth(water)[0] == pytest.approx(0.5)


def test_depths_of_the_distinct_cells_are_enough():
    rng = np.random.default_rng(3)
    water = rng.random(TERRAIN.shape, dtype=np.float32)
    sampler = RoadSampler(TERRAIN, make_roads(EAST, NORTH))
    from_cells = sampler.depth_of(water.ravel()[sampler.distinct_cells].astype(float))
    np.testing.assert_array_equal(from_cells, sampler.depth(water))
    assert set(sampler.cells(0)) <= set(sampler.distinct_cells)
