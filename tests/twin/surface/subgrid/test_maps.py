import numpy as np
import pytest

from twin.surface import SurfaceSettings
from twin.surface.subgrid import CoarseSolver
from twin.surface.subgrid.maps import MOVED_SHARE

CELL_M = 2.0
LIMITS_M = (0.05, 0.15, 0.3)


def sloping_hollows() -> np.ndarray:
    """Make a slope with hollows far smaller than a node, in which spread water lies deeper than it can."""
    row, col = np.indices((40, 48))
    hollows = 0.4 * ((row % 4 == 1) & (col % 8 == 3))
    return 0.05 * CELL_M * (48 - col) + 0.02 * row - hollows + 2.0


def rained_on(threads: int = 1) -> CoarseSolver:
    """Make a solver under rain that lasts."""
    solver = CoarseSolver(
        sloping_hollows(), CELL_M, 4, edges="open", settings=SurfaceSettings(threads=threads)
    )
    solver.set_rain(1e-4)
    return solver


def storm_frames(solver: CoarseSolver) -> list[np.ndarray]:
    """Publish a map a minute of a storm of five minutes and of what follows."""
    frames = []
    for minute in range(1, 9):
        if minute == 6:
            solver.set_rain(0.0)
        solver.advance_to(60.0 * minute)
        frames.append(solver.publish_depth())
    return frames


def test_no_published_depth_exceeds_the_largest_depth_nor_an_area_that_ever_flooded() -> None:
    solver = rained_on()
    frames = storm_frames(solver)
    largest = solver.max_depth
    for frame in frames:
        assert (frame <= largest).all()
        for limit_m in LIMITS_M:
            assert np.count_nonzero(frame >= limit_m) <= np.count_nonzero(largest >= limit_m)
    assert max(frame.max() for frame in frames) > 0.1


def test_spread_water_alone_would_exceed_the_largest_depths() -> None:
    solver, spread = rained_on(), []
    for minute in range(1, 6):
        solver.advance_to(60.0 * minute)
        spread.append(solver.water_depth)
    assert (np.max(spread, axis=0) - solver.max_depth).max() > 0.02


def test_published_points_lie_on_the_published_map_and_below_the_largest_depth() -> None:
    solver = rained_on()
    solver.advance_to(240.0)
    cells = np.arange(0, sloping_hollows().size, 5)
    at_points, on_map = solver.publish_depth_of(cells), solver.publish_depth().ravel()[cells]
    np.testing.assert_array_equal(at_points, on_map)
    assert (at_points <= solver.max_depth.ravel()[cells]).all()
    assert at_points.max() > 0.1


def test_the_time_of_the_largest_depth_is_that_of_the_map_that_showed_it() -> None:
    solver = CoarseSolver(np.zeros((16, 16)), CELL_M, 4)
    solver.set_water_depth(np.full(solver.shape, 0.2))
    solver.publish_depth()
    solver.set_water_depth(np.zeros(solver.shape))
    solver.advance_to(60.0)
    np.testing.assert_allclose(solver.max_depth, 0.2, atol=1e-6)
    assert (solver.time_of_max_s == 0.0).all()
    solver.set_water_depth(np.full(solver.shape, 0.3))
    solver.publish_depth_of(np.array([7]))
    assert solver.max_depth.ravel()[[6, 7]] == pytest.approx([0.2, 0.3], abs=1e-6)
    assert solver.time_of_max_s.ravel()[[6, 7]].tolist() == [0.0, 60.0]


def test_maps_are_settled_again_only_when_water_has_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    solver, settled = rained_on(), []
    smooth = type(solver._maps._smoother).smooth

    def counted(smoother: object, depth_m: np.ndarray) -> np.ndarray:
        settled.append(depth_m)
        return smooth(smoother, depth_m)

    monkeypatch.setattr(type(solver._maps._smoother), "smooth", counted)
    solver.publish_depth()
    assert len(settled) == 0
    solver.advance_to(240.0)
    solver.publish_depth()
    solver.publish_depth()
    assert len(settled) == 1
    volume = solver.volume_m3()
    cells = np.array([3 * 48 + 3])
    before = solver.publish_depth_of(cells)[0]
    solver.exchange(cells, np.array([0.4 * MOVED_SHARE * volume]))
    assert solver.publish_depth_of(cells)[0] > before
    assert len(settled) == 1
    solver.exchange(cells, np.array([0.8 * MOVED_SHARE * volume]))
    solver.publish_depth()
    assert len(settled) == 2


def test_a_restored_solver_publishes_the_same_maps() -> None:
    whole, again = rained_on(), rained_on()
    whole.advance_to(120.0)
    whole.publish_depth()
    whole.advance_to(125.0)
    again.restore(whole.state())
    for minute in (3, 4):
        for solver in (whole, again):
            solver.advance_to(60.0 * minute)
        np.testing.assert_array_equal(whole.publish_depth(), again.publish_depth())
    np.testing.assert_array_equal(whole.max_depth, again.max_depth)
    np.testing.assert_array_equal(whole.time_of_max_s, again.time_of_max_s)


def test_where_it_is_dry_nothing_is_published_and_nothing_moves() -> None:
    solver = rained_on()
    solver.set_rain(0.0)
    solver.advance_to(30.0)
    east, north = solver.velocity()
    assert solver.publish_depth().max() == solver.max_depth.max() == 0.0
    assert np.isnan(solver.time_of_max_s).all()
    assert np.abs(east).max() == np.abs(north).max() == 0.0
