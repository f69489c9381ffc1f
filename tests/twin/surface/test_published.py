import numpy as np

from twin.surface import SurfaceSettings, SurfaceSolver
from twin.surface.published import Published, without_films


def hill() -> np.ndarray:
    """Make a hill in the middle of flat ground."""
    row, col = np.indices((20, 24))
    return 2.0 * np.exp(-((row - 10) ** 2 + (col - 12) ** 2) / 20.0)


def test_a_map_between_two_looks_of_the_record_counts() -> None:
    solver = SurfaceSolver(hill(), 2.0, settings=SurfaceSettings(record_interval_s=60.0))
    solver.set_water_depth(np.where(hill() > 1.0, 0.5, 0.0))
    shown = solver.publish_depth()
    solver.advance_to(120.0)
    assert solver.record.max_depth.max() < shown.max()
    assert (solver.max_depth >= shown).all()
    assert solver.time_of_max_s[10, 12] == 0.0
    fields = solver.flood_fields(np.array([10 * 24 + 12]))
    assert fields["max_depth"][0] == solver.max_depth[10, 12]
    assert fields["time_of_max_s"][0] == 0.0


def test_published_depths_go_with_the_state() -> None:
    first, second = (SurfaceSolver(hill(), 2.0) for _ in range(2))
    first.set_water_depth(np.where(hill() > 1.0, 0.5, 0.0))
    first.publish_depth()
    first.advance_to(30.0)
    second.restore(first.state())
    np.testing.assert_array_equal(second.max_depth, first.max_depth)
    second.restore(SurfaceSolver(hill(), 2.0).state())
    assert second.max_depth.max() == 0.0


def test_what_is_published_of_single_cells_counts_for_these() -> None:
    published = Published((2, 3))
    published.note_at(np.array([4, 4, 1]), np.array([0.2, 0.1, 0.3]), 50.0)
    record, times = np.full((2, 3), 0.25, np.float32), np.full((2, 3), 10.0, np.float32)
    depth, time_s = published.raised(record, times)
    np.testing.assert_array_equal(depth, np.float32([[0.25, 0.3, 0.25], [0.25, 0.25, 0.25]]))
    np.testing.assert_array_equal(time_s, [[10.0, 50.0, 10.0], [10.0, 10.0, 10.0]])
    at = published.raised(record.ravel()[[1, 4]], times.ravel()[[1, 4]], np.array([1, 4]))
    assert at[0].tolist() == [np.float32(0.3), 0.25]


def test_films_count_as_dry() -> None:
    depth = np.float32([0.0, 0.0009, 0.001, 0.0011, 2.0])
    np.testing.assert_array_equal(without_films(depth) > 0.0, [False, False, False, True, True])
    assert without_films(depth).dtype == np.float32
