import numpy as np
import pytest

from cim_models.errors import InputError, UnstableStepError
from twin.surface import Edges, SurfaceSettings, SurfaceSolver

FLAT = np.zeros((12, 20))


def test_walls_and_cells_outside_stay_dry(scheme):
    bed = FLAT.copy()
    bed[:, 15:] = np.nan
    walls = np.zeros(bed.shape, bool)
    walls[:, 8] = True
    solver = SurfaceSolver(bed, 2.0, walls=walls, settings=SurfaceSettings(scheme=scheme))
    solver.exchange(np.array([5 * 20 + 3]), np.array([40.0]))
    solver.advance_to(120.0)
    depth = solver.water_depth
    assert depth[:, :8].min() > 0.05
    assert not depth[:, 8:].any()


def test_exchange_gives_what_is_there_and_nothing_to_walls(scheme):
    walls = np.zeros(FLAT.shape, bool)
    walls[0, 0] = True
    solver = SurfaceSolver(FLAT, 2.0, walls=walls, settings=SurfaceSettings(scheme=scheme))
    moved = solver.exchange(np.array([0, 5, 5, 6]), np.array([1.0, 2.0, -5.0, -1.0]))
    np.testing.assert_array_equal(moved, [0.0, 2.0, -2.0, 0.0])
    assert solver.account.exchanged_in_m3 == 2.0
    assert solver.account.exchanged_out_m3 == 2.0


def test_exchange_moves_whole_units(scheme):
    solver = SurfaceSolver(FLAT, 3.0, settings=SurfaceSettings(scheme=scheme))
    unit = solver.account.unit_m3
    moved = solver.exchange(np.array([7]), np.array([1.0 / 3.0]))
    assert moved[0] == pytest.approx(1.0 / 3.0, abs=unit)
    assert solver.volume_m3() == moved[0] == round(moved[0] / unit) * unit


def test_exchange_wakes_a_dry_tile(scheme):
    solver = SurfaceSolver(np.zeros((200, 200)), 2.0, settings=SurfaceSettings(scheme=scheme))
    solver.advance_to(50.0)
    cell = np.array([150 * 200 + 150])
    solver.exchange(cell, np.array([4.0]))
    solver.advance_to(60.0)
    assert solver.depth_of(cell)[0] < 0.5
    assert (solver.water_depth > 0.001).sum() > 20


def test_depth_of_agrees_with_water_depth():
    solver = SurfaceSolver(FLAT, 2.0)
    solver.set_water_depth(np.arange(240.0).reshape(12, 20) / 100.0)
    cells = np.array([0, 19, 20, 239])
    np.testing.assert_allclose(solver.depth_of(cells), solver.water_depth.ravel()[cells], rtol=1e-6)


def test_open_edge_empties_a_slope_and_closed_one_does_not(scheme):
    bed = 0.01 * np.arange(20)[None, :] * np.ones((12, 1))
    drained, kept = (
        SurfaceSolver(bed, 2.0, edges=Edges(west=west), settings=SurfaceSettings(scheme=scheme))
        for west in (True, False)
    )
    for solver in (drained, kept):
        solver.set_water_depth(np.full(bed.shape, 0.2))
        solver.advance_to(600.0)
    assert kept.account.edge_outflow_m3 == 0.0
    assert drained.volume_m3() < 0.1 * kept.volume_m3()
    assert drained.account.error_units == 0


def test_critical_outflow_of_a_pond(scheme):
    """A lake of depth h over a sill spills sqrt(g) (2/3 h)^1.5 per metre in the first instant."""
    solver = SurfaceSolver(
        np.zeros((1, 50)), 2.0, edges=Edges(east=True), settings=SurfaceSettings(scheme=scheme)
    )
    solver.set_water_depth(np.full((1, 50), 0.5))
    solver.advance_to(0.01)
    per_metre = solver.account.edge_outflow_m3 / 0.01 / 2.0
    assert per_metre == pytest.approx(9.81**0.5 * (2 / 3 * 0.5) ** 1.5, rel=0.01)


def test_hole_in_the_terrain_is_a_sink_only_when_open(scheme):
    bed = FLAT.copy()
    bed[5, 10] = np.nan
    for edges, drains in (("closed", False), (Edges(outside=True), True)):
        solver = SurfaceSolver(bed, 2.0, edges=edges, settings=SurfaceSettings(scheme=scheme))
        solver.set_water_depth(np.full(bed.shape, 0.1))
        solver.advance_to(60.0)
        assert (solver.account.edge_outflow_m3 > 0.0) == drains


def test_zones_get_their_own_rain(scheme):
    zones = np.zeros(FLAT.shape, np.int64)
    zones[:, 10:] = 1
    walls = np.zeros(FLAT.shape, bool)
    walls[:, 9] = True
    solver = SurfaceSolver(FLAT, 2.0, walls=walls, settings=SurfaceSettings(scheme=scheme))
    solver.set_rain(np.array([1e-5, 3e-5]), zones)
    solver.advance_to(600.0)
    np.testing.assert_allclose(solver.water_depth[:, :9], 0.006, atol=1.3e-4)
    np.testing.assert_allclose(solver.water_depth[:, 10:], 0.018, atol=1.3e-4)


def test_maximum_and_its_time(scheme):
    solver = SurfaceSolver(
        np.zeros((1, 30)), 2.0, settings=SurfaceSettings(scheme=scheme, record_interval_s=1.0)
    )
    depth = np.zeros((1, 30))
    depth[0, 0] = 2.0
    solver.set_water_depth(depth)
    solver.advance_to(30.0)
    assert solver.max_depth[0, 20] > 0.01
    assert (solver.max_depth >= solver.water_depth - 0.01).all()
    arrival = solver.time_of_max_s[0, [5, 15]]
    assert 0.0 < arrival[0] < arrival[1]
    dry = SurfaceSolver(FLAT, 2.0, settings=SurfaceSettings(scheme=scheme))
    dry.advance_to(30.0)
    assert not dry.max_depth.any()
    assert np.isnan(dry.time_of_max_s).all()


def test_velocity_points_north_up_the_rows(scheme):
    bed = 0.02 * np.arange(30.0)[:, None] * np.ones((1, 3))
    solver = SurfaceSolver(bed, 2.0, settings=SurfaceSettings(scheme=scheme))
    solver.set_water_depth(np.full(bed.shape, 0.2))
    solver.advance_to(5.0)
    east, north = solver.velocity()
    assert north[10:20].min() > 0.1
    np.testing.assert_allclose(east, 0.0, atol=1e-6)


def with_cell(value):
    bed = FLAT.copy()
    bed[3, 4] = value
    return bed


@pytest.mark.parametrize(
    ("bed", "arguments", "message"),
    [
        (with_cell(1e38), {}, "row 3, col 4: got 1e\\+38 m above"),
        (with_cell(np.inf), {}, "row 3, col 4: got inf"),
        (np.full((3, 3), np.nan), {}, "no open cell"),
        (np.zeros(5), {}, "a grid"),
        (FLAT, {"manning_n": 0.0}, "Manning's n: got 0.0"),
        (FLAT, {"manning_n": np.full((2, 2), 0.03)}, "Manning's n: got shape"),
        (FLAT, {"walls": np.zeros((2, 2), bool)}, "Walls: got shape"),
        (FLAT, {"edges": "ajar"}, "got 'ajar'"),
        (FLAT, {"rain_weight": with_cell(-1.0)}, "Rain weight at row 3, col 4: got -1.0"),
        (FLAT, {"rain_weight": with_cell(np.nan)}, "Rain weight at row 3, col 4: got nan"),
    ],
)
def test_bad_input_is_refused(bed, arguments, message):
    with pytest.raises(InputError, match=message):
        SurfaceSolver(bed, 2.0, **arguments)


@pytest.mark.parametrize("cell_size_m", [0.0, -2.0, np.nan])
def test_bad_cell_size(cell_size_m):
    with pytest.raises(InputError, match="Cell size"):
        SurfaceSolver(FLAT, cell_size_m)


@pytest.mark.parametrize(
    "arguments",
    [
        {"courant": 0.6},
        {"courant": 0.0},
        {"courant": 0.46, "scheme": "advective"},
        {"max_step_s": 0.0},
        {"threads": 0},
        {"record_interval_s": -1.0},
        {"scheme": "kinematic"},
    ],
)
def test_bad_settings(arguments):
    with pytest.raises(InputError, match=next(iter(arguments))):
        SurfaceSettings(**arguments)


def test_bad_calls():
    solver = SurfaceSolver(FLAT, 2.0)
    solver.advance_to(10.0)
    with pytest.raises(InputError, match="Time to advance to"):
        solver.advance_to(5.0)
    with pytest.raises(InputError, match="Time to advance to"):
        solver.advance_to(np.nan)
    with pytest.raises(InputError, match="index -1"):
        solver.exchange(np.array([-1]), np.array([1.0]))
    with pytest.raises(InputError, match="index 240"):
        solver.depth_of(np.array([240]))
    with pytest.raises(InputError, match="finite"):
        solver.exchange(np.array([1]), np.array([np.nan]))
    with pytest.raises(InputError, match="Rain rate"):
        solver.set_rain(np.nan)
    with pytest.raises(InputError, match="one per zone"):
        solver.set_rain(np.array([0.0, 1e-5]), zones=np.full(FLAT.shape, 2))
    with pytest.raises(InputError, match="Water depth at row 3, col 4"):
        solver.set_water_depth(with_cell(-0.1))


def test_a_depth_that_leaves_its_range_stops_the_run():
    solver = SurfaceSolver(FLAT, 2.0)
    solver._grid.qx[5, 20] = np.nan
    solver.set_rain(1e-4)
    solver._grid.depth[4:8, 18:24] = 1 << 24
    with pytest.raises(UnstableStepError, match="Water depth at row"):
        solver.advance_to(10.0)
