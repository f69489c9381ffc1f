"""Given levels, given slopes and inflow hydrographs at the border of the domain."""

import numpy as np
import pytest

from cim_models.errors import InputError
from cim_models.timeseries import TimeSeries, constant_series
from twin.surface import Edges, Inflow, LevelEdge, OutflowEdge, SurfaceSettings, SurfaceSolver
from twin.surface.constants import MAX_COURANT
from twin.surface.edges import outer_faces


def faces_of(bed, *sides, outside=False):
    openings = Edges(**dict.fromkeys(sides, True), outside=outside)
    return outer_faces(~np.isnan(bed), np.isnan(bed), openings)


def level_at(bed, level, *sides, **also):
    series = level if isinstance(level, TimeSeries) else constant_series(level)
    return Edges(levels=(LevelEdge(faces_of(bed, *sides), series),), **also)


def rough(shape, seed=3):
    return np.random.default_rng(seed).uniform(0.0, 0.6, shape).astype(np.float32).astype(np.float64)


def test_a_lake_at_the_outer_level_is_at_rest():
    bed = rough((20, 30))
    solver = SurfaceSolver(bed, 2.0, edges=level_at(bed, 0.5, "north", "east", "south", "west"))
    solver.set_water_depth(np.maximum(0.5 - bed, 0.0))
    solver.advance_to(300.0)
    account = solver.account
    assert account.edge_inflow_m3 == account.edge_outflow_m3 == 0.0
    assert not any(field.any() for field in solver.unit_discharge)


@pytest.mark.parametrize("level_m", [1.5, 0.3])
def test_a_basin_takes_the_outer_level(level_m):
    """Filled or emptied over one side, it ends at the level, and every unit is accounted for."""
    bed = np.zeros((20, 40))
    solver = SurfaceSolver(bed, 2.0, manning_n=0.1, edges=level_at(bed, level_m, "west"))
    solver.set_water_depth(np.full(bed.shape, 0.9))
    solver.advance_to(3600.0)
    np.testing.assert_allclose(solver.water_depth, level_m, atol=0.015)
    account = solver.account
    assert account.error_units == 0
    gain = account.edge_inflow_m3 - account.edge_outflow_m3
    assert gain == pytest.approx((level_m - 0.9) * bed.size * 4.0, rel=0.02)


@pytest.mark.parametrize("courant", [0.25, MAX_COURANT])
def test_a_wave_behind_a_level_dies_down(courant):
    """The edge reflects it, but must not feed it: only friction and time decide, not the step."""
    bed = np.zeros((1, 40))
    settings = SurfaceSettings(courant=courant)
    solver = SurfaceSolver(bed, 2.0, edges=level_at(bed, 1.5, "west"), settings=settings)
    solver.set_water_depth(np.full(bed.shape, 0.9))
    swings = []
    for end in (60.0, 600.0, 1200.0):
        heights = []
        for moment in np.arange(end, end + 60.0, 2.0):
            solver.advance_to(moment)
            heights.append(abs(float(solver.water_depth[0, -1]) - 1.5))
        swings.append(max(heights))
    assert swings[0] < 0.7
    assert swings[1] < 0.6 * swings[0]
    assert swings[2] < 0.8 * swings[1]


@pytest.mark.parametrize("side", ["north", "east", "south", "west"])
def test_sides_are_alike(side):
    bed = 0.02 * np.hypot(*np.mgrid[-8:9, -8:9])
    filled = SurfaceSolver(bed, 2.0, edges=level_at(bed, 0.4, side))
    filled.advance_to(60.0)
    turns = {"west": 0, "south": 1, "east": 2, "north": 3}[side]
    western = SurfaceSolver(bed, 2.0, edges=level_at(bed, 0.4, "west"))
    western.advance_to(60.0)
    assert western.volume_m3() > 50.0
    np.testing.assert_allclose(np.rot90(western.water_depth, turns), filled.water_depth, atol=1e-6)


@pytest.mark.parametrize("courant", [0.2, MAX_COURANT])
def test_a_level_is_stable_at_every_courant_number(courant):
    """A dry rough basin behind a level of 6 m: no step may overshoot, nothing may go on swinging."""
    bed = rough((40, 40))
    settings = SurfaceSettings(courant=courant)
    edges = level_at(bed, 6.0, "north", "west")
    solver = SurfaceSolver(bed, 2.0, manning_n=0.1, edges=edges, settings=settings)
    highest = 0.0
    for minute in range(1, 21):
        solver.advance_to(60.0 * minute)
        highest = max(highest, float((solver.water_depth + bed).max()))
    assert highest < 6.0 * 1.6  # a wave that runs up a wall is higher than the level behind it
    np.testing.assert_allclose(solver.water_depth + bed, 6.0, atol=0.1)
    assert solver.account.error_units == 0


def test_water_follows_a_tide():
    bed = np.zeros((1, 50))
    hours = np.arange(0.0, 25.0)
    tide = TimeSeries(hours * 3600.0, 1.0 + 0.5 * np.sin(2.0 * np.pi * hours / 12.0))
    solver = SurfaceSolver(bed, 10.0, edges=level_at(bed, tide, "east"))
    solver.set_water_depth(np.full(bed.shape, 1.0))
    for hour in (3, 9, 15, 21, 24):
        solver.advance_to(hour * 3600.0)
        np.testing.assert_allclose(solver.water_depth, tide.values[hour], atol=0.01)
    account = solver.account
    assert min(account.edge_inflow_m3, account.edge_outflow_m3) > 400.0
    assert account.error_units == 0


def test_backwater_curve_behind_a_level():
    """Uniform flow towards a level held at normal depth stays uniform; at a higher one it backs up."""
    slope, n, normal_m = 0.001, 0.03, 1.0
    bed = slope * 10.0 * np.arange(199, -1, -1.0)[None, :]
    unit_discharge = normal_m ** (5 / 3) * slope**0.5 / n
    inflow = Inflow(np.array([0]), np.ones(1), constant_series(unit_discharge * 10.0))
    beyond = bed[0, -1] - slope * 10.0
    for level, upstream in ((beyond + normal_m, normal_m), (beyond + 2.0, None)):
        edges = level_at(bed, level, "east", inflows=(inflow,))
        solver = SurfaceSolver(bed, 10.0, manning_n=n, edges=edges)
        solver.set_water_depth(np.full(bed.shape, normal_m))
        solver.advance_to(4 * 3600.0)
        depth = solver.water_depth[0]
        if upstream is not None:
            np.testing.assert_allclose(depth[5:], normal_m, rtol=0.01)
        else:
            assert depth[-1] == pytest.approx(2.0, abs=0.02)
            assert (np.diff(depth[5:]) > 0.0).all()


def test_normal_outflow_of_a_given_slope():
    slope, n, normal_m = 0.0006, 0.055, 2.0
    bed = slope * 20.0 * np.arange(99, -1, -1.0)[None, :]
    inflow_m3_s = normal_m ** (5 / 3) * slope**0.5 / n * 20.0
    edges = Edges(
        outflows=(OutflowEdge(faces_of(bed, "east"), slope),),
        inflows=(Inflow(np.array([0]), np.ones(1), constant_series(inflow_m3_s)),),
    )
    solver = SurfaceSolver(bed, 20.0, manning_n=n, edges=edges)
    solver.advance_to(6 * 3600.0)
    np.testing.assert_allclose(solver.water_depth[0, 10:], normal_m, rtol=0.01)
    before = solver.account
    solver.advance_to(6 * 3600.0 + 600.0)
    assert solver.account.edge_outflow_m3 - before.edge_outflow_m3 == pytest.approx(
        600.0 * inflow_m3_s, rel=1e-3
    )


def test_a_free_part_of_a_side_is_like_a_free_side():
    bed = 0.01 * np.arange(30.0)[::-1][None, :] * np.ones((8, 1))
    eastern = faces_of(bed, "east")
    runs = [Edges(east=True), Edges(outflows=(OutflowEdge(eastern),))]
    solvers = [SurfaceSolver(bed, 2.0, edges=edges) for edges in runs]
    for solver in solvers:
        solver.set_water_depth(np.full(bed.shape, 0.3))
        solver.advance_to(60.0)
    np.testing.assert_array_equal(solvers[0].water_depth, solvers[1].water_depth)
    assert solvers[0].account.edge_outflow_m3 > 10.0


def test_an_inflow_meets_its_volume_to_a_unit_whatever_the_steps():
    series = TimeSeries(np.array([0.0, 10.0, 40.0, 100.0]), np.array([0.0, 3.0, 1.0, 0.7]), "zero")
    inflow = Inflow(np.array([3, 17, 40]), np.array([0.2, 0.5, 0.3]), series)
    volume = 15.0 + 60.0 + 51.0
    for stops in ([200.0], [1.0, 3.3, 77.7, 100.0, 150.0, 200.0]):
        solver = SurfaceSolver(np.zeros((10, 10)), 3.0, edges=Edges(inflows=(inflow,)))
        for stop in stops:
            solver.advance_to(stop)
        account = solver.account
        assert account.inflow_m3 == np.floor(volume / account.unit_m3) * account.unit_m3
        assert account.stored_m3 == account.inflow_m3
        assert account.error_units == 0


def test_an_inflow_is_shared_as_told():
    inflow = Inflow(np.array([0, 2, 4]), np.array([0.2, 0.5, 0.3]), constant_series(2.0))
    walls = np.array([[False, True, False, True, False]])
    solver = SurfaceSolver(np.zeros((1, 5)), 2.0, walls=walls, edges=Edges(inflows=(inflow,)))
    solver.advance_to(10.0)
    np.testing.assert_allclose(solver.water_depth[0], [1.0, 0.0, 2.5, 0.0, 1.5], atol=1e-5)


def test_a_strong_inflow_on_dry_ground_keeps_the_courant_number():
    inflow = Inflow(np.array([50 * 101 + 50]), np.ones(1), constant_series(40.0))
    solver = SurfaceSolver(np.zeros((101, 101)), 2.0, edges=Edges(inflows=(inflow,)))
    solver.advance_to(20.0)
    assert solver.max_depth.max() < 4.0
    assert solver.steps > 50
    depth = solver.water_depth
    np.testing.assert_allclose(depth, depth[::-1], atol=0.02)


@pytest.fixture
def everything():
    """A rough domain with a hole and all kinds of openings at once."""
    bed = rough((70, 90)) + 0.004 * np.arange(90)
    bed[30:34, 40:45] = np.nan
    tide = TimeSeries(np.array([0.0, 200.0, 400.0]), np.array([0.3, 1.2, 0.1]), "hold")
    edges = Edges(
        north=True,
        outside=True,
        outflows=(OutflowEdge(faces_of(bed, "south"), 0.002),),
        levels=(LevelEdge(faces_of(bed, "west"), tide),),
        inflows=(
            Inflow(np.arange(60, 80), np.full(20, 0.05), constant_series(3.0)),
            Inflow(np.array([5000, 5001]), np.array([0.5, 0.5]), TimeSeries(np.zeros(1), np.ones(1), "hold")),
        ),
    )

    def make(threads=2, tiled=True):
        return SurfaceSolver(bed, 2.0, edges=edges, settings=SurfaceSettings(threads=threads, tiled=tiled))

    return make


def test_threads_and_tiles_change_no_bit(everything):
    runs = [everything(threads, tiled) for threads, tiled in ((1, True), (2, True), (2, False))]
    for solver in runs:
        solver.advance_to(500.0)
        assert solver.account.error_units == 0
        assert min(solver.account.edge_inflow_m3, solver.account.edge_outflow_m3) > 10.0
    for other in runs[1:]:
        np.testing.assert_array_equal(runs[0].water_depth, other.water_depth)
        assert runs[0].account == other.account


def test_a_restored_state_goes_on_bit_for_bit(everything):
    whole, first, second = everything(), everything(), everything()
    whole.advance_to(150.0)
    first.advance_to(150.0)
    second.restore(first.state())
    for solver in (whole, second):
        solver.advance_to(400.0)
    np.testing.assert_array_equal(whole.water_depth, second.water_depth)
    assert whole.account == second.account


def test_a_hole_may_have_a_level():
    bed = np.zeros((21, 21))
    bed[10, 10] = np.nan
    faces = faces_of(bed, outside=True)
    assert faces.row.size == 4
    solver = SurfaceSolver(bed, 2.0, edges=Edges(levels=(LevelEdge(faces, constant_series(0.5)),)))
    solver.advance_to(1800.0)
    np.testing.assert_allclose(solver.water_depth[~np.isnan(bed)], 0.5, atol=0.01)
    assert solver.account.error_units == 0


FLAT = np.zeros((6, 8))


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        (level_at(FLAT, 61.0, "west"), "got 61 m over a bed of 0 m"),
        (
            Edges(levels=(LevelEdge(faces_of(np.zeros((9, 9)), "east"), constant_series(1.0)),)),
            "Faces of an edge",
        ),
        (Edges(outflows=(OutflowEdge(faces_of(FLAT, "west"), 0.0),)), "Slope of outflow edge 1: got 0"),
        (Edges(inflows=(Inflow(np.array([48]), np.ones(1), constant_series(1.0)),)), "a wall or outside"),
        (Edges(inflows=(Inflow(np.array([4]), np.full(1, 0.5), constant_series(1.0)),)), "a sum of 0.5"),
        (Edges(inflows=(Inflow(np.array([4]), np.ones(1), constant_series(-1.0)),)), "got -1 m3/s"),
    ],
)
def test_bad_openings_are_refused(edges, message):
    with pytest.raises(InputError, match=message):
        SurfaceSolver(FLAT, 2.0, edges=edges)


def test_nobody_simulates_beyond_a_series():
    series = TimeSeries(np.array([0.0, 60.0]), np.array([0.5, 0.6]))
    solver = SurfaceSolver(FLAT, 2.0, edges=level_at(FLAT, series, "west"))
    solver.advance_to(60.0)
    with pytest.raises(InputError, match="ends early: got 60 s; expected values until 61 s"):
        solver.advance_to(61.0)
