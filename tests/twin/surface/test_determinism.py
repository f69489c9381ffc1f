"""Threads, tiles and restarts change no bit of the result."""

import os

import numpy as np
import pytest

from twin.surface import SurfaceSettings, SurfaceSolver
from twin.surface.barriers import BarrierFaces, Faces

RESULTS = ("water_depth", "max_depth", "time_of_max_s")


def make_solver(scheme: str = "inertial", threads: int = 1, tiled: bool = True) -> SurfaceSolver:
    """Return a solver over hilly ground with a pond, larger than a few tiles."""
    rng = np.random.default_rng(5)
    row, col = np.mgrid[0:270, 0:300]
    bed = 5.0 + 2.0 * np.sin(row / 37.0) * np.cos(col / 29.0) + 0.05 * rng.random((270, 300))
    walls = (row % 40 < 12) & (col % 30 < 11)
    solver = SurfaceSolver(
        bed.astype(np.float32),
        2.0,
        walls=walls,
        edges="open",
        settings=SurfaceSettings(scheme=scheme, threads=threads, tiled=tiled, record_interval_s=5.0),
    )
    depth = np.where((row - 60) ** 2 + (col - 215) ** 2 < 400, 1.2, 0.0)
    solver.set_water_depth(depth)
    return solver


def storm(solver: SurfaceSolver, until_s: float = 120.0) -> SurfaceSolver:
    """Let a burst flow, then a shower fall."""
    source = np.array([200 * 300 + 61, 201 * 300 + 64])
    while solver.time_s < until_s:
        solver.exchange(source, np.array([0.8, -0.1]))
        solver.set_rain(3e-5 if 40.0 <= solver.time_s < 70.0 else 0.0)
        solver.advance_to(solver.time_s + 4.0)
    return solver


def same(one: SurfaceSolver, other: SurfaceSolver) -> None:
    for name in RESULTS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    for mine, theirs in zip(one.unit_discharge, other.unit_discharge, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert one.account == other.account


@pytest.fixture(scope="module")
def reference(scheme) -> SurfaceSolver:
    return storm(make_solver(scheme))


@pytest.mark.parametrize("threads", [2, 1])
@pytest.mark.parametrize("tiled", [True, False])
def test_threads_and_tiles(reference, scheme, threads, tiled):
    solver = make_solver(scheme, threads, tiled)
    assert solver.threads == threads
    same(reference, storm(solver))


def _hook(col: int) -> BarrierFaces:
    """Return a barrier along a column, with an arm to both sides."""
    down, along = np.arange(20, 50), np.arange(col - 20, col + 20)
    row = np.concatenate([down, np.full(along.size, 35)])
    north = np.arange(row.size) >= down.size
    faces = Faces(row, np.concatenate([np.full(down.size, col), along]), north, np.ones(row.size))
    return BarrierFaces(faces, np.full(row.size, 2.2))


def test_blocks_of_columns(scheme):
    """Fast, shallow water on rough ground, moved by columns that are outside: block edges lie elsewhere."""
    rng = np.random.default_rng(9)
    rows, cols = 60, 1200
    bed = 4.0 - 0.002 * np.arange(cols) + 0.2 * rng.random((rows, cols))
    deep = np.where((np.arange(cols) % 90 < 50) & (rng.random((rows, cols)) < 0.7), 0.02, 0.0)
    placed = {}
    for outside in (0, 37):
        ground = np.pad(bed, ((0, 0), (outside, 0)), constant_values=np.nan)
        solver = SurfaceSolver(ground, 2.0, settings=SurfaceSettings(scheme=scheme))
        solver.set_water_depth(np.pad(deep, ((0, 0), (outside, 0))))
        solver.place("B", _hook(outside + 1024))
        solver.set_rain(2e-5)
        solver.advance_to(60.0)
        assert solver.account.error_units == 0
        placed[outside] = [
            grid[:, outside:] for grid in (solver.water_depth, *solver.unit_discharge, solver.max_depth)
        ]
    for mine, theirs in zip(placed[0], placed[37], strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_tiles_save_work(reference, scheme):
    untiled = storm(make_solver(scheme, tiled=False))
    assert reference.cell_steps < 0.85 * untiled.cell_steps
    assert reference.steps == untiled.steps


def test_restart(reference, scheme):
    half = storm(make_solver(scheme), until_s=60.0)
    fresh = make_solver(scheme, threads=2)
    fresh.restore({name: array.copy() for name, array in half.state().items()})
    same(reference, storm(fresh))


def test_advancing_in_any_case_ends_exactly_there():
    solver = make_solver()
    solver.advance_to(0.1)
    solver.advance_to(0.3)
    assert solver.time_s == 0.3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_goes_on_as_its_parent(tmp_path):
    solver = storm(make_solver(threads=2), until_s=20.0)
    child = os.fork()
    if child == 0:
        solver.advance_to(40.0)
        np.save(tmp_path / "child.npy", solver.water_depth)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0
    solver.advance_to(40.0)
    np.testing.assert_array_equal(np.load(tmp_path / "child.npy"), solver.water_depth)


@pytest.mark.parametrize("threads", [1, 2])
def test_rain_falls_on_tiles_at_rest_too(threads):
    """One tile alone, the narrow last one, is not swept in the step that brings rain."""
    weights = np.random.default_rng(4).random((160, 70))
    wet = np.zeros((160, 70), bool)
    wet[:96, 32:64] = wet[96:128, :32] = True
    fallen = {}
    for tiled in (True, False):
        settings = SurfaceSettings(threads=threads, tiled=tiled, max_step_s=1.0)
        solver = SurfaceSolver(np.zeros((160, 70)), 2.0, rain_weight=weights, settings=settings)
        solver.set_water_depth(np.where(wet, 0.05, 0.0))
        solver.set_rain(5e-4)
        solver.advance_to(1.0)
        assert solver.steps == 1
        assert solver.account.error_units == 0
        fallen[tiled] = solver
    assert fallen[True].cell_steps < fallen[False].cell_steps
    assert fallen[True].water_depth[150, 66] > 0.0
    same(fallen[True], fallen[False])
