"""Time the surface solver on a workload: ``python -m benchmarks.surface --case a --threads 2 --json``."""

import argparse
import json
import resource
import sys
import time
from typing import Any

import numba
import numpy as np
from numba import njit, prange

from benchmarks.surface_cases import CELL_M, COURANT, MANNING_N, SurfaceCase, make_case
from twin.surface import SurfaceSettings, SurfaceSolver

BYTES_PER_CELL = 28
"""Least traffic of a sweep in place: depth, two discharges read and written, bed read."""


def run_case(case: SurfaceCase, threads: int, tiled: bool = True) -> dict[str, Any]:
    """Run a case once, after a warm-up that compiles; return its figures."""
    settings = SurfaceSettings(courant=COURANT, threads=threads, tiled=tiled)

    def fresh() -> SurfaceSolver:
        solver = SurfaceSolver(case.bed, CELL_M, manning_n=MANNING_N, settings=settings)
        if case.water_depth is not None:
            solver.set_water_depth(case.water_depth)
        return solver

    started = time.perf_counter()
    advance(fresh(), case, 1e-3)
    compile_s = time.perf_counter() - started
    solver = fresh()
    started, cpu = time.perf_counter(), time.process_time()
    advance(solver, case, case.end_s)
    wall_s, cpu_s = time.perf_counter() - started, time.process_time() - cpu
    mcs_per_s = case.bed.size * solver.steps / wall_s / 1e6
    return {
        "case": case.name,
        "threads": threads,
        "steps": solver.steps,
        "wall_s": wall_s,
        "cpu_s": cpu_s,
        "mcs_per_s": mcs_per_s,
        "active_share": solver.cell_steps / (solver.steps * case.bed.size),
        "bound_fraction": mcs_per_s * 1e6 * BYTES_PER_CELL / bandwidth(threads),
        "mass_error": solver.account.error_m3,
        "compile_s": compile_s,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def advance(solver: SurfaceSolver, case: SurfaceCase, end_s: float) -> None:
    """Run to the end, changing the rain where it changes."""
    while solver.time_s < end_s:
        until = end_s
        if case.rain is not None:
            solver.set_rain(case.rain.rate_m_s(solver.time_s))
            until = min(end_s, case.rain.next_change_s(solver.time_s))
        solver.advance_to(until)


@njit(cache=True)
def _mix(a: Any, b: Any, c: Any, d: Any) -> None:
    for i in range(a.size):
        a[i] = a[i] + d[i] * (b[i] + c[i])
    for i in range(a.size):
        b[i] = b[i] * np.float32(0.5)
    for i in range(a.size):
        c[i] = c[i] * np.float32(0.5)


@njit(parallel=True, cache=True)
def _mix_rows(a: Any, b: Any, c: Any, d: Any) -> None:
    for row in prange(a.shape[0]):
        _mix(a[row], b[row], c[row], d[row])


def bandwidth(threads: int, rows: int = 16_000, cols: int = 1000) -> float:
    """Return the memory traffic of reading four and writing three arrays, bytes/s; best of five."""
    numba.set_num_threads(threads)
    arrays = [np.zeros((rows, cols), np.float32) for _ in range(4)]
    _mix_rows(*(array[:2] for array in arrays))
    best = np.inf
    for _ in range(5):
        started = time.perf_counter()
        _mix_rows(*arrays)
        best = min(best, time.perf_counter() - started)
    return BYTES_PER_CELL * rows * cols / best


def main(arguments: list[str]) -> None:
    """Parse the command line, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=("a", "b", "c"), default="a")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--end-s", type=float)
    parser.add_argument("--cells", type=int, help="edge of the domain")
    parser.add_argument("--no-tiles", action="store_true")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    case = make_case(chosen.case, chosen.end_s, chosen.cells)
    figures = run_case(case, chosen.threads, tiled=not chosen.no_tiles)
    if chosen.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:16s} {value:.4g}" if isinstance(value, float) else f"{name:16s} {value}")


if __name__ == "__main__":
    main(sys.argv[1:])
