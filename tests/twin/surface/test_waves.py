"""Slowed gravity waves: what they leave as it is, and what they change."""

import numpy as np
import pytest

from cim_models.errors import InputError
from cim_models.timeseries import constant_series
from twin.surface import BarrierFaces, Edges, Inflow, LevelEdge, OutflowEdge, SurfaceSettings, SurfaceSolver
from twin.surface.barriers import Faces
from twin.surface.constants import GRAVITY_M_S2, KINEMATIC_SPEED, MAX_COURANT, RECHECK_STEPS
from twin.surface.edges import outer_faces

WAVE_DEPTH_M = 0.3


def slowed(wave_depth_m: float | None = WAVE_DEPTH_M, **also) -> SurfaceSettings:
    return SurfaceSettings(wave_depth_m=wave_depth_m, **also)


def basin(settings: SurfaceSettings) -> SurfaceSolver:
    """Return a rough basin, larger than a few tiles, with a barrier, and water 2 m deep in one half."""
    rng = np.random.default_rng(3)
    row, col = np.mgrid[0:70, 0:90]
    bed = 3.0 + 1.5 * np.sin(row / 9.0) * np.cos(col / 11.0) + 0.05 * rng.random((70, 90))
    solver = SurfaceSolver(bed, 2.0, settings=settings)
    solver.set_water_depth(np.where(col < 45, np.maximum(4.0 - bed, 0.0), 0.0))
    rows = np.arange(70)
    faces = Faces(rows, np.full(70, 60), np.zeros(70, bool), np.ones(70))
    solver.place("dam", BarrierFaces(faces, np.full(70, 3.2)))
    return solver


def storm(solver: SurfaceSolver, until_s: float) -> SurfaceSolver:
    while solver.time_s < until_s:
        solver.set_rain(3e-5 if 40.0 <= solver.time_s < 70.0 else 0.0)
        solver.advance_to(solver.time_s + 5.0)
    return solver


def same(one: SurfaceSolver, other: SurfaceSolver) -> None:
    np.testing.assert_array_equal(one.water_depth, other.water_depth)
    for mine, theirs in zip(one.unit_discharge, other.unit_discharge, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert (one.steps, one.account) == (other.steps, other.account)
    assert one.account.error_units == 0


@pytest.fixture(scope="module")
def reference() -> SurfaceSolver:
    return storm(basin(slowed(threads=1)), 120.0)


@pytest.mark.parametrize(("threads", "tiled"), [(2, True), (1, False)])
def test_threads_and_tiles_change_no_bit(reference, threads, tiled):
    same(reference, storm(basin(slowed(threads=threads, tiled=tiled)), 120.0))


def test_a_restored_solver_goes_on_alike(reference):
    stopped, revived = storm(basin(slowed(threads=1)), 45.0), basin(slowed(threads=1))
    revived.restore(stopped.state())
    same(reference, storm(revived, 120.0))


def test_a_solver_restored_before_a_look_at_the_flow_goes_on_alike():
    """The flow is looked at every 24 steps, before the restored solver has swept a tile."""

    def steps(solver: SurfaceSolver, count: int) -> SurfaceSolver:
        for _ in range(count):
            solver.advance_to(solver.time_s + 0.1)
        return solver

    stopped, revived = steps(basin(slowed(threads=1)), 2 * RECHECK_STEPS), basin(slowed(threads=1))
    assert stopped.steps == 2 * RECHECK_STEPS
    revived.restore(stopped.state())
    for solver in (stopped, revived):
        solver.advance_to(60.0)
    same(stopped, revived)


def test_it_takes_fewer_steps_and_ends_alike():
    """Waves come later, the water that stands in the end is the same."""
    solvers = [storm(basin(slowed(depth_m, threads=1)), 120.0) for depth_m in (None, WAVE_DEPTH_M)]
    before = [solver.steps for solver in solvers]
    for solver in solvers:
        solver.advance_to(3600.0)
    free, late = solvers
    assert late.steps - before[1] < 0.5 * (free.steps - before[0])
    deep = free.water_depth > 0.05
    assert deep.mean() > 0.3
    np.testing.assert_allclose(late.water_depth[deep], free.water_depth[deep], atol=0.004)


def test_a_deep_lake_stays_at_rest():
    bed = 3.0 * np.random.default_rng(5).random((40, 50))
    solver = SurfaceSolver(bed, 2.0, settings=slowed())
    solver.set_water_depth(5.0 - bed)
    solver.advance_to(60.0)
    assert not any(field.any() for field in solver.unit_discharge)


@pytest.mark.parametrize(("wave_depth_m", "ran_in"), [(None, 2.0), (0.5, 0.5)])
def test_a_wave_runs_as_in_the_wave_depth(wave_depth_m, ran_in):
    """A hump of 5 mm on 2 m of water travels with sqrt(g h) of the depth in which waves run."""
    col = np.arange(600)
    solver = SurfaceSolver(np.zeros((1, 600)), 2.0, manning_n=1e-4, settings=slowed(wave_depth_m))
    solver.set_water_depth((2.0 + 0.005 * np.exp(-(((col - 50) / 8.0) ** 2)))[None, :])
    crests, times_s = [], (80.0, 180.0)
    for time_s in times_s:
        solver.advance_to(time_s)
        crests.append(2.0 * float(solver.water_depth[0, 70:].argmax()))
    speed = (crests[1] - crests[0]) / (times_s[1] - times_s[0])
    assert speed == pytest.approx(np.sqrt(GRAVITY_M_S2 * ran_in), rel=0.03)


def channel(velocity_m_s: float, settings: SurfaceSettings) -> SurfaceSolver:
    """Return a channel with uniform flow 1.5 m deep, after an hour and a half."""
    depth_m, n, size_m = 1.5, 0.03, 5.0
    slope = n * n * velocity_m_s**2 / depth_m ** (4.0 / 3.0)
    bed = (slope * size_m * np.arange(200)[::-1])[None, :]
    inside, outside = ~np.isnan(bed), np.isnan(bed)
    inflow = Inflow(np.array([0]), np.array([1.0]), constant_series(velocity_m_s * depth_m * size_m))
    leave = OutflowEdge(outer_faces(inside, outside, Edges(east=True)), slope)
    solver = SurfaceSolver(
        bed, size_m, manning_n=n, edges=Edges(inflows=(inflow,), outflows=(leave,)), settings=settings
    )
    solver.set_water_depth(np.full(bed.shape, depth_m))
    solver.advance_to(5400.0)
    return solver


@pytest.mark.parametrize("velocity_m_s", [1.5, 2.0])
def test_steady_flow_stays_and_fast_flow_keeps_its_waves(velocity_m_s):
    """Waves are never slower than the floods of the flow, which would break up into roll waves."""
    solver = channel(velocity_m_s, slowed(0.1))
    np.testing.assert_allclose(solver.water_depth[0, 40:160], 1.5, rtol=0.005)
    before = solver.steps
    solver.advance_to(6400.0)
    celerity = 0.5 * solver.cell_size_m * (solver.steps - before) / 1000.0
    assert celerity == pytest.approx(KINEMATIC_SPEED * velocity_m_s, rel=0.05)


def test_swings_behind_a_deep_level_die_down():
    """A basin filled from a level of 4 m: slowed waves swing for longer, but nothing feeds them."""
    bed = 0.6 * np.random.default_rng(3).random((40, 40))
    edge = LevelEdge(outer_faces(~np.isnan(bed), np.isnan(bed), Edges(west=True)), constant_series(4.0))
    settings = slowed(courant=MAX_COURANT)
    solver = SurfaceSolver(bed, 2.0, manning_n=0.1, edges=Edges(levels=(edge,)), settings=settings)
    swings = []
    for hour in (0.5, 2.0, 8.0):
        heights = []
        for time_s in 3600.0 * hour + np.arange(0.0, 300.0, 10.0):
            solver.advance_to(time_s)
            heights.append(float(np.abs(solver.water_depth + bed - 4.0).max()))
        swings.append(max(heights))
    assert swings[0] < 1.6
    assert swings[1] < 0.6 * swings[0]
    assert swings[2] < 0.6 * swings[1]
    assert solver.account.error_units == 0


@pytest.mark.parametrize(
    ("wave_depth_m", "scheme"), [(0.05, "inertial"), (61.0, "inertial"), (0.5, "advective")]
)
def test_what_is_refused(wave_depth_m, scheme):
    with pytest.raises(InputError, match="wave_depth_m"):
        SurfaceSettings(wave_depth_m=wave_depth_m, scheme=scheme)
