"""From lines and sides to cells and faces of the terrain."""

import numpy as np
import pytest

from cim_models.city import Terrain
from cim_models.errors import InputError
from cim_models.timeseries import constant_series
from twin.water.boundaries import InflowBoundary, LevelBoundary, OutflowBoundary, surface_edges

TERRAIN = Terrain(np.zeros((10, 20), np.float32), x_min=100.0, y_max=220.0, cell_size_m=2.0)
OPEN = np.ones(TERRAIN.shape, bool)
ONE = constant_series(1.0)


def edges_with(*boundaries, terrain=TERRAIN, open_cells=OPEN):
    return surface_edges(terrain, open_cells, "closed", boundaries)


def test_an_inflow_is_spread_by_the_length_of_line_in_each_cell():
    line = ((103.0, 211.0), (109.0, 211.0))
    inflow = edges_with(InflowBoundary(line, ONE)).inflows[0]
    np.testing.assert_array_equal(inflow.cells, 4 * 20 + np.array([1, 2, 3, 4]))
    np.testing.assert_allclose(inflow.shares, np.array([1.0, 2.0, 2.0, 1.0]) / 6.0)


def test_an_inflow_leaves_out_walls():
    open_cells = OPEN.copy()
    open_cells[4, 2] = False
    inflow = edges_with(InflowBoundary(((103.0, 211.0), (109.0, 211.0)), ONE), open_cells=open_cells).inflows[
        0
    ]
    np.testing.assert_array_equal(inflow.cells, 4 * 20 + np.array([1, 3, 4]))
    assert inflow.shares.sum() == pytest.approx(1.0)


def test_sides_and_lines_choose_faces():
    edges = edges_with(LevelBoundary("east", ONE), OutflowBoundary(((104.0, 200.0), (110.0, 200.0)), 0.01))
    east, south = edges.levels[0].faces, edges.outflows[0].faces
    assert set(east.col) == {19}
    assert set(east.side) == {1}
    assert set(south.row) == {9}
    np.testing.assert_array_equal(np.sort(south.col), [1, 2, 3, 4, 5])


def test_the_edge_of_an_irregular_terrain():
    elevation = np.zeros((10, 20), np.float32)
    elevation[:, :5] = np.nan
    terrain = Terrain(elevation, 100.0, 220.0, 2.0)
    edges = edges_with(LevelBoundary("outside", ONE), terrain=terrain, open_cells=~np.isnan(elevation))
    assert set(edges.levels[0].faces.col) == {5}
    assert set(edges.levels[0].faces.side) == {3}


@pytest.mark.parametrize(
    ("boundary", "message"),
    [
        (InflowBoundary(((0.0, 0.0), (1.0, 1.0)), ONE), r"Line \(0, 0\) - \(1, 1\) lies off the terrain"),
        (InflowBoundary(((103.0, 211.0), (103.0, 211.0)), ONE), "has no length"),
        (InflowBoundary(((103.0, 211.0),), ONE), "is no line"),
        (LevelBoundary(((110.0, 210.0), (120.0, 210.0)), ONE), "meets no open edge"),
        (LevelBoundary("outside", ONE), "Edge 'outside' of the terrain: got no open cell"),
    ],
)
def test_bad_places_are_refused(boundary, message):
    with pytest.raises(InputError, match=message):
        edges_with(boundary)


def test_a_line_on_walls_alone_is_refused():
    line = ((103.0, 211.0), (109.0, 211.0))
    with pytest.raises(InputError, match="crosses no open cell"):
        edges_with(InflowBoundary(line, ONE), open_cells=np.zeros(TERRAIN.shape, bool))
