"""What a storm loses when gravity waves in deep water are slowed down, and what it gains in steps."""

from typing import Any

import numpy as np

from benchmarks.surface_cases import CELL_M, COURANT, MANNING_N, SurfaceCase, make_case
from benchmarks.validation.outcome import Measure, Outcome, unaccounted
from twin.surface import SurfaceSettings, SurfaceSolver
from twin.surface.constants import MAX_COURANT

QUICK: dict[str, Any] = {"cells": 128, "wave_depths_m": (0.25,)}
LIMITS_M = (0.1, 0.3)
"""Depths at which areas are compared, m."""

ABOUT = """The terrain of the benchmark's case a, cropped, with closed sides: two hours, of which the first
brings 100 mm in a Chicago storm. In the end water stands metres deep in the low places, and there alone the
waves are fast that set the step of all cells. With `wave_depth_m` the inertia of water deeper than that is
multiplied so that its waves run as in water of that depth; rest and steady flow stay as they are. The largest
depths and the depths in the end are compared with a run in which all waves run freely. The free run at the
highest Courant number that the scheme allows tells how much of such differences any choice of step makes. A
dam break is no case for slowed waves: there the wave itself is asked for."""


def validate(cells: int = 256, wave_depths_m: tuple[float, ...] = (1.0, 0.5, 0.25)) -> Outcome:
    """Run the storm freely and with slowed waves."""
    case = make_case("a", 7200.0, cells)
    free = _run(case, SurfaceSettings(courant=COURANT, threads=1))
    longest = _run(case, SurfaceSettings(courant=MAX_COURANT, threads=1))
    measures = _compare("free, highest Courant number", longest, free)
    for depth_m in wave_depths_m:
        solver = _run(case, SurfaceSettings(courant=COURANT, threads=1, wave_depth_m=depth_m))
        measures += _compare(f"wave depth {depth_m:g} m", solver, free)
    return Outcome("Slowed gravity waves against free ones", " ".join(ABOUT.split()), tuple(measures))


def _run(case: SurfaceCase, settings: SurfaceSettings) -> SurfaceSolver:
    solver = SurfaceSolver(case.bed, CELL_M, manning_n=MANNING_N, settings=settings)
    while case.rain is not None and solver.time_s < case.end_s:
        solver.set_rain(case.rain.rate_m_s(solver.time_s))
        solver.advance_to(min(case.end_s, case.rain.next_change_s(solver.time_s)))
    return solver


def _compare(name: str, solver: SurfaceSolver, free: SurfaceSolver) -> list[Measure]:
    """Return the figures of a run against the free one."""
    high, free_high = solver.max_depth.astype(np.float64), free.max_depth.astype(np.float64)
    last = solver.water_depth.astype(np.float64) - free.water_depth
    worst = 1000.0 * float(np.abs(high - free_high).max())
    return [
        Measure(f"{name}: share of the steps", solver.steps / free.steps, ""),
        Measure(f"{name}: RMSE of the largest depth", 1000.0 * _rms(high - free_high), "mm", at_most=1.0),
        Measure(f"{name}: worst largest depth", worst, "mm", at_most=30.0),
        Measure(f"{name}: RMSE of the depth in the end", 1000.0 * _rms(last), "mm", at_most=1.0),
        *(
            Measure(f"{name}: CSI of the largest depth at {limit:g} m", csi, "", at_least=0.99)
            for limit, csi in ((limit, _csi(high, free_high, limit)) for limit in LIMITS_M)
        ),
        unaccounted(solver.account.error_units, run=name),
    ]


def _rms(difference: Any) -> float:
    return float(np.sqrt(np.mean(difference**2)))


def _csi(one: Any, other: Any, limit_m: float) -> float:
    """Return the critical success index: cells above the limit in both over cells above it in either."""
    return float(((one > limit_m) & (other > limit_m)).sum() / ((one > limit_m) | (other > limit_m)).sum())
