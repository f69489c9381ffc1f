from typing import Any

import numpy as np
import pytest
from numba import njit

from cim_models.errors import InputError
from twin.surface import Edges, SurfaceSettings, SurfaceSolver
from twin.surface.constants import UNITS_PER_M
from twin.surface.culverts import BARREL, CulvertBarrels
from twin.surface.subgrid import CoarseSolver
from twin.surface.subgrid.kernel_mapping import lean_of_nodes, raise_peaks

CELL_M = 2.0


def rough(rng: np.random.Generator, shape: tuple[int, int] = (30, 43)) -> np.ndarray:
    """Make hummocky ground that falls to the west."""
    return rng.random(shape) + np.linspace(0.0, 2.0, shape[1])


def stormed(threads: int = 1) -> CoarseSolver:
    """Run a storm over rough ground with walls, exchange and open edges."""
    rng = np.random.default_rng(5)
    bed = rough(rng)
    walls = rng.random(bed.shape) < 0.15
    solver = CoarseSolver(
        bed,
        CELL_M,
        4,
        walls=walls,
        edges="open",
        rain_weight=2.0 * rng.random(bed.shape),
        settings=SurfaceSettings(threads=threads),
    )
    solver.set_water_depth(np.where(bed < 0.4, 0.3, 0.0))
    solver.set_rain(np.array([4e-5, 1e-5]), np.arange(bed.size).reshape(bed.shape) % 2)
    for second in range(0, 200, 20):
        solver.exchange(np.array([5, 200, 700]), np.array([2.0, -50.0, -0.1]))
        solver.advance_to(second + 20.0)
    return solver


@njit
def raised_peaks(water: Any, falls: Any, span: Any, time_s: Any, peak: Any) -> None:
    """Make the kernel callable from here."""
    raise_peaks(water, falls, span, time_s, peak)


def take_all(depth: np.ndarray) -> int:
    """Take all units."""
    taken = int(depth.sum(dtype=np.int64))
    depth[...] = 0
    return taken


@pytest.fixture(scope="module")
def storm() -> CoarseSolver:
    """Return a solver after a storm, one thread."""
    return stormed()


def test_every_unit_is_accounted_for_and_lies_on_the_fine_grid(storm: CoarseSolver) -> None:
    account = storm.account
    assert account.error_units == 0
    assert min(account.rain_m3, account.edge_outflow_m3, account.exchanged_out_m3) > 0.0
    depth = storm.water_depth
    assert depth.min() >= 0.0
    on_cells = round(float(depth.sum(dtype=np.float64)) * UNITS_PER_M)
    assert on_cells == pytest.approx(account.stored_m3 / account.unit_m3, rel=1e-6)
    assert storm.max_depth.max() > 0.0
    assert 0.0 < np.nanmax(storm.time_of_max_s) <= storm.time_s


def test_two_threads_give_the_same_bits(storm: CoarseSolver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twin.surface.subgrid.solver.WORTH_SHARING", 1)
    other = stormed(threads=2)
    for name, array in storm.state().items():
        np.testing.assert_array_equal(array, other.state()[name], err_msg=name)
    np.testing.assert_array_equal(storm.publish_depth(), other.publish_depth())
    np.testing.assert_array_equal(storm.max_depth, other.max_depth)


def test_a_restored_state_goes_on_alike(storm: CoarseSolver) -> None:
    kept = storm.state()
    storm.advance_to(storm.time_s + 30.0)
    after = storm.state()
    storm.restore(kept)
    storm.advance_to(storm.time_s + 30.0)
    for name, array in after.items():
        np.testing.assert_array_equal(array, storm.state()[name], err_msg=name)


def test_a_restored_state_has_the_same_largest_depths() -> None:
    first, second = (CoarseSolver(rough(np.random.default_rng(5)), CELL_M, 4) for _ in range(2))
    first.set_rain(3e-4)
    first.advance_to(240.0)
    assert "high_given" in first.state()  # the water rises, so a rise is kept
    second.set_water_depth(np.full(second.shape, 0.3))
    second.advance_to(400.0)
    second.restore(first.state())
    np.testing.assert_array_equal(second.max_depth, first.max_depth)


def test_the_lean_of_a_peak_is_that_of_its_node(storm: CoarseSolver) -> None:
    grid, shape = storm._grid, storm._grid.volume.shape
    peak = (np.full(grid.volume.size, -1), np.zeros(grid.volume.size, np.float32))
    peak = (*peak, np.full(grid.volume.size, -1.0, np.float32))
    water = tuple(array.ravel() for array in (grid.volume, grid.level, grid.qx, grid.qy))
    falls = (grid.section_x[2].ravel(), grid.section_y[2].ravel())
    raised_peaks(water, falls, (shape[1], shape[1] * (shape[0] - 2)), np.float32(7.0), peak)
    rows, cols = shape[0] - 3, shape[1] - 3
    lean = np.empty(rows * cols, np.float32)
    lean_of_nodes(grid, np.arange(lean.size), cols, lean)
    assert lean.max() > 0.03
    inside = np.s_[1 : 1 + rows, 1 : 1 + cols]
    np.testing.assert_allclose(peak[2].reshape(shape)[inside].ravel(), lean, atol=1e-6)
    np.testing.assert_array_equal(peak[0].reshape(shape)[inside], grid.volume[inside])
    assert (peak[1].reshape(shape)[inside] == 7.0).all()


def test_steps_are_longer_while_the_water_is_shallow() -> None:
    steps = []
    for depth_m in (0.02, 0.5):
        solver = CoarseSolver(np.zeros((16, 16)), CELL_M, 4)
        solver.set_water_depth(np.full(solver.shape, depth_m))
        solver.advance_to(60.0)
        steps.append(solver.steps)
    assert steps[0] < 0.75 * steps[1]


def test_depths_of_cells_are_those_of_the_map(storm: CoarseSolver) -> None:
    cells = np.arange(0, storm.water_depth.size, 7)
    np.testing.assert_allclose(storm.depth_of(cells), storm.water_depth.ravel()[cells], atol=2e-6)


def test_depths_of_known_cells_follow_every_change_of_the_water() -> None:
    solver = CoarseSolver(rough(np.random.default_rng(5)), CELL_M, 4)
    known = np.arange(0, solver.water_depth.size, 3)
    known.setflags(write=False)

    def changed() -> None:
        of_map = solver.water_depth.ravel()[known]
        np.testing.assert_allclose(solver.depth_of(known), of_map, atol=2e-6)
        np.testing.assert_array_equal(solver.depth_of(known), solver.depth_of(known.copy()))

    assert solver.depth_of(known).max() == 0.0
    solver.set_water_depth(np.full(solver.shape, 0.2))
    changed()
    kept = solver.state()
    solver.exchange(known[5:9], np.array([1.0, -0.1, 2.0, -5.0]))
    changed()
    solver.advance_to(30.0)
    changed()
    solver.restore(kept)
    changed()
    taken = solver.withdraw(take_all)
    assert taken == pytest.approx(0.2 * solver.water_depth.size * CELL_M**2, rel=1e-5)
    assert solver.depth_of(known).max() == 0.0


def test_cells_of_a_node_share_its_water() -> None:
    solver = CoarseSolver(np.zeros((8, 8)), CELL_M, 4)
    solver.set_water_depth(np.where(np.arange(8) < 4, 0.1, 0.0) * np.ones((8, 1)))
    cells = np.array([0, 9, 27, 5])  # three in a wet node, one in a dry one
    available = solver.available_units(cells)
    node_units = 16 * round(0.1 * UNITS_PER_M)
    assert available.tolist() == [node_units // 3] * 3 + [0]
    assert solver.exchange_units(cells, -available).tolist() == (-available).tolist()
    assert solver.available_units(cells[:1])[0] == node_units - 3 * (node_units // 3)


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_a_lake_at_rest_stays_at_rest_on_any_ground(factor: int) -> None:
    bed = rough(np.random.default_rng(3))
    solver = CoarseSolver(bed, CELL_M, factor)
    lake = np.maximum(1.37 - bed, 0.0)
    solver.set_water_depth(lake)
    solver.advance_to(120.0)
    east, north = solver.velocity()
    assert np.abs(east).max() == np.abs(north).max() == 0.0
    np.testing.assert_allclose(solver.water_depth, lake, atol=1e-6)


@pytest.mark.parametrize("diagonal", [False, True])
def test_a_wall_of_one_cell_lets_nothing_through(diagonal: bool) -> None:
    shape = (32, 32)
    row, col = np.indices(shape)
    walls = (col - row == 1) | (col == row) if diagonal else col == 13
    solver = CoarseSolver(np.zeros(shape), CELL_M, 4, walls=walls)
    left = (col < row) if diagonal else col < 13
    solver.set_water_depth(np.where(left, 1.0, 0.0))
    solver.advance_to(60.0)
    assert solver.water_depth[~left].max() == 0.0
    assert solver.water_depth[left & ~walls].min() == pytest.approx(1.0, abs=1e-5)


def test_a_kerb_within_a_coarse_cell_holds_water_back_until_it_is_overtopped() -> None:
    bed = np.zeros((4, 40))
    bed[:, 21] = 0.2
    solver = CoarseSolver(bed, CELL_M, 4)
    solver.set_water_depth(np.where(np.arange(40) < 20, 0.15, 0.0) * np.ones((4, 1)))
    solver.advance_to(120.0)
    assert solver.water_depth[:, 24:].max() == 0.0
    solver.set_water_depth(np.where(np.arange(40) < 20, 0.6, 0.0) * np.ones((4, 1)))
    solver.advance_to(240.0)
    assert solver.water_depth[:, 24:].min() > 0.1


def test_with_one_cell_per_node_it_is_close_to_the_fine_solver() -> None:
    row, col = np.indices((30, 40))
    bed = 0.01 * col + 0.2 * np.sin(row / 5.0) * np.cos(col / 6.0) + 0.3
    fine, coarse = (
        SurfaceSolver(bed, 10.0, edges=Edges(west=True)),
        CoarseSolver(bed, 10.0, 1, edges=Edges(west=True)),
    )
    for solver in (fine, coarse):
        solver.set_rain(3e-5)
        solver.advance_to(1200.0)
    difference = fine.water_depth - coarse.water_depth
    assert np.sqrt(np.mean(difference**2)) < 2e-3
    assert coarse.volume_m3() == pytest.approx(fine.volume_m3(), rel=0.01)


def test_uniform_flow_down_a_plane_has_mannings_depth() -> None:
    cols, slope, manning_n, inflow_m2_s = 240, 0.01, 0.03, 0.05
    bed = slope * CELL_M * np.arange(cols)[::-1] * np.ones((4, 1))
    solver = CoarseSolver(bed, CELL_M, 4, manning_n=manning_n, edges=Edges(east=True))
    source = np.arange(4) * cols
    for second in range(0, 1200, 4):
        solver.exchange(source, np.full(4, inflow_m2_s * CELL_M * 4.0))
        solver.advance_to(second + 4.0)
    normal_m = (inflow_m2_s * manning_n / slope**0.5) ** 0.6
    assert solver.water_depth[:, 80:160].mean() == pytest.approx(normal_m, rel=0.03)


def kerbed_street() -> np.ndarray:
    """Make a street that falls along a kerb; the ground behind the kerb falls towards it."""
    row, col = np.indices((24, 80))
    return 0.02 * (80 - col) + np.where(row < 14, 0.03 * (14 - row), 0.15 + 0.02 * (row - 14))


def test_largest_depths_lie_in_the_gutter_as_on_the_fine_grid() -> None:
    bed = kerbed_street()
    fine, coarse = (
        SurfaceSolver(bed, CELL_M, manning_n=0.02, edges=Edges(east=True)),
        CoarseSolver(bed, CELL_M, 4, manning_n=0.02, edges=Edges(east=True)),
    )
    for solver in (fine, coarse):
        solver.set_rain(5e-5)
        solver.advance_to(600.0)
    difference = (coarse.max_depth - fine.max_depth)[:, 8:72]
    deep = fine.max_depth[:, 8:72] > 0.05
    assert np.sqrt(np.mean(difference[deep] ** 2)) < 0.012
    assert np.abs(difference[20:]).max() < 0.01


def test_settling_neither_makes_water_nor_loses_much_in_a_closed_domain() -> None:
    solver = CoarseSolver(kerbed_street(), CELL_M, 4)
    solver.set_rain(5e-5)
    solver.advance_to(120.0)
    settled = solver.max_depth.sum(dtype=np.float64) * CELL_M**2
    assert 0.9 < settled / solver.account.rain_m3 < 1.001


def test_a_withdrawal_takes_from_fine_cells() -> None:
    solver = CoarseSolver(rough(np.random.default_rng(1)), CELL_M, 4)
    solver.set_water_depth(np.full(solver.shape, 0.1))

    def halve(depth: np.ndarray) -> int:
        taken = depth // 2
        depth -= taken
        return int(taken.sum(dtype=np.int64))

    before = solver.volume_m3()
    taken = solver.withdraw(halve)
    assert solver.volume_m3() == before - taken
    assert taken == pytest.approx(before / 2.0, rel=1e-6)
    assert solver.account.error_units == 0


@pytest.mark.parametrize("factor", [0, 9])
def test_a_factor_out_of_range_is_refused(factor: int) -> None:
    with pytest.raises(InputError, match="Factor of the coarse grid"):
        CoarseSolver(np.zeros((8, 8)), CELL_M, factor)


def test_structures_are_refused_in_one_line() -> None:
    solver = CoarseSolver(np.zeros((8, 8)), CELL_M, 4)
    barrel = CulvertBarrels(np.zeros(0, BARREL))
    with pytest.raises(InputError, match=r"Structure 'C1'.*8 m.*2 m.*numerics.cell"):
        solver.place("C1", barrel)
    with pytest.raises(InputError, match="Structure 'C1'"):
        solver.shut_culvert("C1", shut=True)
