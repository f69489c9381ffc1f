"""The local inertial scheme in plain NumPy: what the compiled solver is measured and checked against.

The same equations and the same rule for the step as `twin.surface`, written the way one would at first:
floating-point depths, whole arrays, no tiles, no fusion, no compilation. It shares no code with the
solver. Closed edges, uniform roughness, uniform rain; every cell has an elevation.

Source: de Almeida et al. (2012), eq. 15; adaptive theta after Sridharan and Gourbesville.
"""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.surface_cases import CELL_M, COURANT, MANNING_N, SurfaceCase

GRAVITY_M_S2 = 9.81
DRY_DEPTH_M = 1.0e-3
THETA_MIN = 0.7
MAX_STEP_S = 10.0
RECORD_INTERVAL_S = 10.0

Grid = NDArray[Any]


@dataclass(frozen=True, slots=True)
class ReferenceResult:
    """What a run came to.

    Parameters
    ----------
    time_s
        Simulated time reached.
    steps, wall_s
        Steps, and what they took.
    water_depth, max_depth
        Depth at the end, and the largest at the times looked at; shape (rows, cols), m.
    """

    time_s: float
    steps: int
    wall_s: float
    water_depth: Grid
    max_depth: Grid


def run_reference(
    case: SurfaceCase,
    limit_s: float = np.inf,
    dtype: Any = np.float32,
    record_interval_s: float = RECORD_INTERVAL_S,
) -> ReferenceResult:
    """Run a case to its end, or until the wall time ``limit_s`` is used up, at least one step."""
    bed = (case.bed - np.floor(case.bed.min())).astype(dtype)
    rows, cols = bed.shape
    depth = np.zeros_like(bed) if case.water_depth is None else case.water_depth.astype(dtype)
    qx, qy = np.zeros((rows, cols + 1), dtype), np.zeros((rows + 1, cols), dtype)
    max_depth = np.zeros_like(bed)
    time_s, steps, next_record_s = 0.0, 0, record_interval_s
    started = time.perf_counter()
    while time_s < case.end_s and (steps == 0 or time.perf_counter() - started < limit_s):
        rain_m_s, until_s = _rain(case, time_s)
        dt_s = step_length(float(depth.max()), until_s - time_s)
        depth = take_step(bed, depth, qx, qy, dtype(dt_s))
        depth += dtype(rain_m_s * dt_s)
        time_s = until_s if dt_s >= until_s - time_s else time_s + dt_s
        steps += 1
        if time_s >= next_record_s:
            np.maximum(max_depth, depth, out=max_depth)
            next_record_s = (np.floor(time_s / record_interval_s) + 1.0) * record_interval_s
    return ReferenceResult(time_s, steps, time.perf_counter() - started, depth, max_depth)


def _rain(case: SurfaceCase, time_s: float) -> tuple[float, float]:
    """Return the rain rate now, m/s, and until when it holds, s."""
    if case.rain is None:
        return 0.0, case.end_s
    return float(case.rain.rate_m_s(time_s)[0]), min(case.end_s, case.rain.next_change_s(time_s))


def step_length(deepest_m: float, remaining_s: float) -> float:
    """Return the longest stable step that divides the remaining time."""
    celerity_m_s = np.sqrt(GRAVITY_M_S2 * max(deepest_m, DRY_DEPTH_M))
    longest_s = min(MAX_STEP_S, COURANT * CELL_M / celerity_m_s)
    return float(remaining_s / np.ceil(remaining_s / longest_s))


def take_step(bed: Grid, depth: Grid, qx: Grid, qy: Grid, dt_s: Any) -> Grid:
    """Return the depth after a step without rain; the discharges change in place.

    Parameters
    ----------
    bed, depth
        Shape (rows, cols), m.
    qx, qy
        Unit discharge through west faces, shape (rows, cols + 1), and north faces, (rows + 1, cols),
        m²/s, positive to larger columns and rows. Those on the edge stay 0.
    """
    ratio = dt_s / bed.dtype.type(CELL_M)
    new_x = face_discharge(bed, depth, qx, qy, dt_s)
    new_y = face_discharge(bed.T, depth.T, qy.T, qx.T, dt_s).T
    qx[:, 1:-1], qy[1:-1] = new_x, new_y
    share = affordable_share(depth, qx, qy, ratio)
    qx[:, 1:-1] *= np.where(qx[:, 1:-1] > 0, share[:, :-1], share[:, 1:])
    qy[1:-1] *= np.where(qy[1:-1] > 0, share[:-1], share[1:])
    change = ratio * (qx[:, :-1] - qx[:, 1:] + qy[:-1] - qy[1:])
    return np.maximum(depth + change, 0)


def face_discharge(bed: Grid, depth: Grid, along: Grid, across: Grid, dt_s: Any) -> Grid:
    """Return the new unit discharge through the inner faces between columns, m²/s."""
    real = bed.dtype.type
    gravity, dry, theta_min = real(GRAVITY_M_S2), real(DRY_DEPTH_M), real(THETA_MIN)
    rise = bed[:, 1:] - bed[:, :-1]
    flow_depth = np.maximum(depth[:, :-1] - np.maximum(rise, 0), depth[:, 1:] + np.minimum(rise, 0))
    safe_depth = np.maximum(flow_depth, dry)
    surface_rise = depth[:, 1:] - depth[:, :-1] + rise
    old = along[:, 1:-1]
    beside = real(0.5) * (along[:, :-2] + along[:, 2:])
    transverse = real(0.25) * (across[:-1, :-1] + across[1:, :-1] + across[:-1, 1:] + across[1:, 1:])
    norm = np.sqrt(old * old + transverse * transverse)
    theta = np.maximum(theta_min, 1 - norm / safe_depth * (dt_s / real(CELL_M)))
    pressure = gravity * (dt_s / real(CELL_M)) * safe_depth * surface_rise
    friction = gravity * dt_s * real(MANNING_N**2) * norm * safe_depth ** real(-7.0 / 3.0)
    driven = theta * old + (1 - theta) * beside - pressure
    new = (driven + friction * old) / (1 + 2 * friction)
    critical = real(GRAVITY_M_S2**0.5) * safe_depth * np.sqrt(safe_depth)
    return np.where(flow_depth > dry, np.clip(new, -critical, critical), real(0.0))


def affordable_share(depth: Grid, qx: Grid, qy: Grid, ratio: Any) -> Grid:
    """Return for each cell the share of its outflow that its water covers, 0 to 1."""
    out = np.maximum(qx[:, 1:], 0) - np.minimum(qx[:, :-1], 0)
    out += np.maximum(qy[1:], 0) - np.minimum(qy[:-1], 0)
    return np.minimum(1, depth / (ratio * out + depth.dtype.type(1.0e-20)))
