"""Barriers: tight below the crest, a weir above it, exact in every unit."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from cim_models.city import Terrain
from cim_models.errors import InputError
from cim_models.structures import Barrier
from twin.surface import SurfaceSettings, SurfaceSolver, place_barrier
from twin.surface.barriers import faces_along
from twin.surface.constants import GRAVITY_M_S2, UNIT_M, UNITS_PER_M
from twin.surface.kernel_barriers import overflow

ROWS, COLS, SIZE = 24, 30, 2.0
FLAT = Terrain(np.full((ROWS, COLS), 7.0, np.float32), 100.0, 100.0 + ROWS * SIZE, SIZE)
OPEN = np.ones(FLAT.shape, bool)
EAST, NORTH = 100.0 + COLS * SIZE, 100.0 + ROWS * SIZE
DIAGONAL = ((100.0, 100.0), (140.0, 123.0), (EAST, NORTH))


def parts(line):
    """Label the cells that are joined without crossing a barrier on the line."""
    faces = faces_along(line, FLAT)
    number = np.arange(ROWS * COLS).reshape(ROWS, COLS)
    closed = set(
        zip(
            number[faces.row, faces.col].tolist(),
            number[faces.other_row, faces.other_col].tolist(),
            strict=True,
        )
    )
    pairs = [(a, b) for a, b in zip(number[:, 1:].ravel(), number[:, :-1].ravel(), strict=True)]
    pairs += [(a, b) for a, b in zip(number[1:].ravel(), number[:-1].ravel(), strict=True)]
    joined = np.array([pair for pair in pairs if pair not in closed])
    links = coo_array((np.ones(len(joined)), joined.T), shape=(number.size, number.size))
    return connected_components(links, directed=False)[1].reshape(ROWS, COLS)


def solver_with(barrier=None, level_m=0.0, threads=1, tiled=True, terrain=FLAT):
    """Return a solver with water up to a level above the ground of 7 m north-west of the diagonal."""
    solver = SurfaceSolver(terrain.elevation, SIZE, settings=SurfaceSettings(threads=threads, tiled=tiled))
    if barrier is not None:
        solver.place("B", place_barrier(barrier, terrain, OPEN))
    upper = parts(DIAGONAL) == parts(DIAGONAL)[0, 0]
    solver.set_water_depth(np.where(upper, np.maximum(7.0 + level_m - terrain.elevation, 0.0), 0.0))
    return solver, upper


@settings(max_examples=60, deadline=None)
@given(
    st.floats(104.0, NORTH - 4.0),
    st.floats(104.0, NORTH - 4.0),
    st.lists(st.tuples(st.floats(104.0, EAST - 4.0), st.floats(104.0, NORTH - 4.0)), max_size=4),
)
def test_a_line_from_rim_to_rim_cuts_the_grid_in_two(y_west, y_east, between):
    labels = parts([(100.0, y_west), *between, (EAST, y_east)])
    assert not set(labels[0].tolist()) & set(labels[-1].tolist())


def test_a_ring_is_tight_whatever_its_orientation():
    ring = [(110.3, 105.2), (150.9, 112.0), (133.0, 141.7), (110.3, 105.2)]
    for line in (ring, ring[::-1]):
        labels = parts(line)
        row, col = FLAT.row_col(130.0, 120.0)
        inside = labels == labels[row, col]
        assert 0 < inside.sum() < 0.5 * labels.size
        assert not inside[0].any()


def test_the_staircase_stays_beside_the_line_and_weighs_as_much():
    faces = faces_along(((104.0, 104.0), (134.0, 134.0)), FLAT)
    assert (faces.share * SIZE).sum() == pytest.approx(math.hypot(30.0, 30.0))
    x, y = FLAT.centre(faces.row, faces.col)
    assert (np.abs((y - x) / math.sqrt(2.0)) < 1.5 * SIZE).all()


def test_below_the_crest_nothing_passes():
    solver, upper = solver_with(Barrier(DIAGONAL, height_m=0.5), level_m=0.49)
    before = solver.water_depth
    solver.advance_to(300.0)
    np.testing.assert_array_equal(solver.water_depth, before)
    assert not solver.water_depth[~upper].any()
    assert not any(discharge.any() for discharge in solver.unit_discharge)


def test_above_the_crest_water_overtops_and_keeps_every_unit():
    solver, upper = solver_with(Barrier(DIAGONAL, height_m=0.5), level_m=0.9)
    solver.advance_to(60.0)
    assert solver.water_depth[~upper].max() > 0.05
    solver.advance_to(7200.0)
    depth = solver.water_depth
    assert depth[upper].min() == pytest.approx(0.5, abs=0.04)
    assert solver.account.error_units == 0


def test_a_level_counts_from_the_datum():
    above, below = Barrier(DIAGONAL, level_m=7.5), Barrier(DIAGONAL, height_m=0.5)
    np.testing.assert_array_equal(
        place_barrier(above, FLAT, OPEN).crest_m, place_barrier(below, FLAT, OPEN).crest_m
    )


def test_where_ground_is_higher_than_the_crest_no_barrier_stands():
    hill = FLAT.elevation.copy()
    hill[:, 10:20] += 2.0
    terrain = Terrain(hill, FLAT.x_min, FLAT.y_max, SIZE)
    placed = place_barrier(Barrier(((100.0, 124.0), (EAST, 124.0)), level_m=8.0), terrain, OPEN)
    assert placed.faces.row.size == 20


@pytest.mark.parametrize(
    ("upper_m", "lower_m"), [(0.3, -0.2), (0.02, 0.0), (0.3, 0.2), (0.3, 0.299), (1.5, 0.7)]
)
@pytest.mark.parametrize("share", [1.0, 0.7])
def test_steady_overflow_is_that_of_the_weir_formula(upper_m, lower_m, share):
    """Both ways round, with the crest 0.4 m above ground."""
    crest, ground = np.float32(0.4 * UNITS_PER_M), np.float32(0.0)
    depths = [np.int32((0.4 + head) * UNITS_PER_M) for head in (upper_m, lower_m)]
    expected = share * 2 / 3 * math.sqrt(2 / 3 * GRAVITY_M_S2) * upper_m**1.5
    expected *= (1.0 - (max(lower_m, 0.0) / upper_m) ** 1.5) ** 0.385
    pressure = np.float32(GRAVITY_M_S2 * 0.1 * UNIT_M**2)
    for sign, (one, other) in ((1.0, depths), (-1.0, depths[::-1])):
        q = np.float32(0.0)
        for _ in range(4000):
            q = overflow(one, other, ground, ground, crest, np.float32(share), np.float32(q), pressure)
        assert sign * q == pytest.approx(expected, rel=2e-4)


def test_overflow_begins_at_nothing_and_ends_at_nothing():
    """The discharge joins that of a dry crest, and vanishes with the difference of the levels."""
    crest, ground, pressure = np.float32(0.4 * UNITS_PER_M), np.float32(0.0), np.float32(1.0)
    one = np.float32(1.0)
    head = np.int32(0.4 * UNITS_PER_M)
    for extra_m, most in ((0.0009, 0.0), (0.0011, 1e-4)):
        depth = head + np.int32(extra_m * UNITS_PER_M)
        assert 0.0 <= overflow(depth, np.int32(0), ground, ground, crest, one, one, pressure) <= most
    level = head + np.int32(0.2 * UNITS_PER_M)
    assert overflow(level, level, ground, ground, crest, one, one, pressure) == 0.0
    nearly = [
        overflow(level, level - np.int32(difference), ground, ground, crest, one, one, pressure)
        for difference in (100000, 10000, 1000)
    ]
    assert nearly[0] > nearly[1] > nearly[2] > 0.0


def test_a_lake_over_a_drowned_barrier_is_at_rest():
    rng = np.random.default_rng(3)
    ground = (7.0 + rng.random((ROWS, COLS))).astype(np.float32)
    terrain = Terrain(ground, FLAT.x_min, FLAT.y_max, SIZE)
    solver = SurfaceSolver(ground, SIZE)
    solver.place("B", place_barrier(Barrier(DIAGONAL, level_m=8.3), terrain, OPEN))
    solver.set_water_depth(9.0 - ground)
    solver.advance_to(60.0)
    assert not any(discharge.any() for discharge in solver.unit_discharge)


def burst(solver, until_s):
    """Let water flow out of the north-west corner and rain for a while."""
    source = np.array([2 * COLS + 2])
    while solver.time_s < until_s:
        solver.exchange(source, np.array([30.0]))
        solver.set_rain(2e-5 if solver.time_s > 20.0 else 0.0)
        solver.advance_to(solver.time_s + 5.0)
    return solver


def same(one, other):
    np.testing.assert_array_equal(one.water_depth, other.water_depth)
    for mine, theirs in zip(one.unit_discharge, other.unit_discharge, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert one.account == other.account


def test_a_barrier_that_stays_dry_changes_no_bit():
    far = Barrier(((EAST - 8.0, 100.0), (EAST - 8.0, 108.0)), height_m=0.3)
    with_it = burst(solver_with(far)[0], 15.0)
    assert with_it.water_depth[:, -8:].max() == 0.0
    same(with_it, burst(solver_with()[0], 15.0))


def test_a_barrier_placed_and_removed_while_dry_changes_no_bit():
    changed = solver_with()[0]
    changed.place("B", place_barrier(Barrier(DIAGONAL, height_m=0.4), FLAT, OPEN))
    changed.remove("B")
    same(burst(changed, 60.0), burst(solver_with()[0], 60.0))


@pytest.mark.parametrize(("threads", "tiled"), [(2, True), (1, False), (2, False)])
def test_threads_and_tiles_change_no_bit(threads, tiled):
    barrier = Barrier(DIAGONAL, height_m=0.1)
    one, upper = solver_with(barrier)
    assert burst(one, 90.0).water_depth[~upper].max() > 0.05
    same(one, burst(solver_with(barrier, threads=threads, tiled=tiled)[0], 90.0))


def test_placing_in_standing_water_and_removing_keeps_every_unit():
    solver = burst(solver_with()[0], 40.0)
    volume = solver.volume_m3()
    solver.place("B", place_barrier(Barrier(DIAGONAL, height_m=0.4), FLAT, OPEN))
    assert solver.volume_m3() == volume
    burst(solver, 80.0)
    solver.remove("B")
    burst(solver, 120.0)
    assert solver.account.error_units == 0
    assert np.isfinite(solver.water_depth).all()
    assert solver.water_depth.min() >= 0.0


def test_a_state_carries_its_barriers():
    whole = burst(solver_with(Barrier(DIAGONAL, height_m=0.1))[0], 90.0)
    half = burst(solver_with(Barrier(DIAGONAL, height_m=0.1))[0], 45.0)
    other = solver_with()[0]
    other.restore({name: array.copy() for name, array in half.state().items()})
    same(whole, burst(other, 90.0))
    other.remove("B")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"line": ((120.0, 120.0),), "height_m": 0.5}, "Barrier: got 1 point"),
        ({"line": DIAGONAL, "height_m": 0.0}, "Barrier height: got 0.0 m"),
        ({"line": DIAGONAL, "height_m": math.nan}, "Barrier height: got nan m"),
        ({"line": DIAGONAL}, "exactly one of height and level"),
        ({"line": DIAGONAL, "height_m": 1.0, "level_m": 9.0}, "exactly one of height and level"),
        ({"line": ((120.0, 120.0), (90.0, 120.0)), "height_m": 0.5}, r"point \[90, 120\] off the terrain"),
        ({"line": ((120.0, 120.0), (120.1, 120.1)), "height_m": 0.5}, "length of 0.141421 m on no face"),
        ({"line": ((100.0, 100.0), (EAST, 100.0)), "height_m": 0.5}, "on no face"),
        ({"line": DIAGONAL, "level_m": 6.0}, "Barrier level: got 6.0 m; expected above the ground"),
    ],
)
def test_bad_lines_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        place_barrier(Barrier(**arguments), FLAT, OPEN)


def test_names_of_what_stands():
    solver = solver_with(Barrier(DIAGONAL, height_m=0.5))[0]
    with pytest.raises(InputError, match="'B', which stands already"):
        solver.place("B", place_barrier(Barrier(DIAGONAL, height_m=0.5), FLAT, OPEN))
    with pytest.raises(InputError, match="'C', which does not stand; expected one of B"):
        solver.remove("C")
    with pytest.raises(InputError, match="a line within buildings"):
        place_barrier(Barrier(DIAGONAL, height_m=0.5), FLAT, ~OPEN)
