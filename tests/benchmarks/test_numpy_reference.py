"""The compiled solver against the plain NumPy one, which shares no code with it."""

import numpy as np
import pytest

from benchmarks.numpy_reference import run_reference
from benchmarks.surface_cases import CELL_M, COURANT, MANNING_N, make_case
from twin.surface import SurfaceSettings, SurfaceSolver
from twin.surface.constants import RAIN_TICK_M

EVERY_STEP_S = 1e-6


def run_solver(case):
    settings = SurfaceSettings(courant=COURANT, threads=1, record_interval_s=EVERY_STEP_S)
    solver = SurfaceSolver(case.bed, CELL_M, manning_n=MANNING_N, settings=settings)
    if case.water_depth is not None:
        solver.set_water_depth(case.water_depth)
    while solver.time_s < case.end_s:
        until = case.end_s
        if case.rain is not None:
            solver.set_rain(case.rain.rate_m_s(solver.time_s))
            until = min(until, case.rain.next_change_s(solver.time_s))
        solver.advance_to(until)
    return solver


def rms(values):
    return np.sqrt(np.square(values, dtype=float).mean())


def visible(max_depth):
    """The solver counts depths up to 1 mm as none."""
    return np.where(max_depth > 1e-3, max_depth, 0.0)


def test_a_falling_column_of_water_falls_alike():
    """Half a metre of water on streets and roofs: 20 s, in which it runs off walls of 4 to 12 m."""
    case = make_case("c", end_s=20.0, cells=96)
    solver, reference = (
        run_solver(case),
        run_reference(case, dtype=np.float64, record_interval_s=EVERY_STEP_S),
    )
    assert solver.steps == reference.steps > 40
    assert solver.max_depth.max() > 0.5
    assert rms(solver.water_depth - reference.water_depth) < 5e-6
    assert rms(solver.max_depth - visible(reference.max_depth)) < 5e-6


def test_rain_gathers_in_the_same_places():
    """The solver lays rain down an eighth of a millimetre at a time, the reference at every step."""
    case = make_case("a", end_s=300.0, cells=96)
    solver, reference = (
        run_solver(case),
        run_reference(case, dtype=np.float64, record_interval_s=EVERY_STEP_S),
    )
    assert solver.max_depth.max() == pytest.approx(reference.max_depth.max(), abs=0.005)
    assert rms(solver.max_depth - visible(reference.max_depth)) < 1e-3
    on_its_way_m = reference.water_depth.mean() - solver.water_depth.mean(dtype=float)
    assert -1e-6 < on_its_way_m < RAIN_TICK_M


def test_the_reference_keeps_its_volume_and_stops_at_its_limit():
    case = make_case("c", end_s=20.0, cells=96)
    whole = run_reference(case, dtype=np.float64)
    assert whole.time_s == case.end_s
    assert whole.water_depth.sum() == pytest.approx(case.water_depth.sum(), rel=1e-9)
    assert run_reference(case, limit_s=0.0).steps == 1


def test_the_reference_finds_a_wrong_solver():
    """Twice the roughness must show."""
    case = make_case("c", end_s=20.0, cells=96)
    rough = SurfaceSolver(
        case.bed, CELL_M, manning_n=2 * MANNING_N, settings=SurfaceSettings(courant=COURANT, threads=1)
    )
    rough.set_water_depth(case.water_depth)
    rough.advance_to(case.end_s)
    assert rms(rough.water_depth - run_reference(case).water_depth) > 1e-3
