"""The equations on one row of cells: discharge through faces, limiter, new depth.

Each cell owns its west and its north face. Rows run south, so a positive ``qy`` flows to larger rows.
All depths and beds are in depth units U = 2⁻²⁴ m, discharges in m²/s.

**Momentum** (de Almeida et al. 2012, eq. 15, with the friction norm of de Almeida & Bates 2013)::

                 θ q + (1 - θ)/2 (q₋ + q₊) - g dt hf ∂η/∂x
    q_new  =  -----------------------------------------------
                     1 + g dt n² |q| / hf^(7/3)

with q₋, q₊ the neighbours in the direction of flow, |q| the norm with the mean transverse discharge, hf
the depth of flow over the higher of the two beds, and θ = max(θ_min, 1 - |u| dt/dx) after
Sridharan & Gourbesville: as little smearing as the local velocity allows.

**Limiter**: a cell that would lose more than it holds scales all its outflows by one share ≤ 1.

**Continuity**: h_new = h + (dt/dx) (q_west - q_east + q_north - q_south), each face's volume truncated
to whole units once and used on both sides.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from twin.surface.constants import DRY_UNITS, GRAVITY_M_S2, THETA_MIN, UNIT_BITS, UNIT_M, UNITS_PER_M
from twin.surface.intrinsics import EXACT, FAST, inverse_cbrt

ZERO = np.float32(0.0)
SIXTEENTH = np.float32(1.0 / 16.0)  # the mean of four discharges, squared
HALF = np.float32(0.5)
ONE = np.float32(1.0)
DRY = np.float32(DRY_UNITS)
TINY = np.float32(1.0e-20)
SAFE = np.float32(1.0 - 2.0e-6)  # keeps float32 rounding of a full outflow below the depth
THETA_FLOOR = np.float32(THETA_MIN)

FRICTION_SCALE = 2.0 ** (UNIT_BITS * 7 / 3)
"""hf^(-7/3) in metres is this times hf^(-7/3) in units."""


class StepFactors(NamedTuple):
    """Constants of one step, float32.

    Parameters
    ----------
    theta_slope
        dt/dx in 1/U: times |q| / hf it is the local Courant number of the velocity.
    pressure
        g dt/dx U²: times hf and the drop of the water surface it is a discharge, m²/s.
    friction
        dt/2: times the sum of two cells' friction it is g n² dt.
    volume
        dt/dx in 1/U: times a discharge it is a change of depth in units.
    """

    theta_slope: Any
    pressure: Any
    friction: Any
    volume: Any


@njit(inline="always")
def step_factors(dt_s: float, cell_size_m: float) -> StepFactors:
    """Return the constants of a step of ``dt_s``."""
    ratio = dt_s / cell_size_m
    return StepFactors(
        np.float32(ratio * UNITS_PER_M),
        np.float32(GRAVITY_M_S2 * ratio * UNIT_M * UNIT_M),
        np.float32(0.5 * dt_s),
        np.float32(ratio * UNITS_PER_M),
    )


@njit(inline="always", fastmath=FAST)
def _momentum(
    drop: Any, flow_depth: Any, q: Any, q_beside: Any, q_across: Any, friction: Any, step: StepFactors
) -> Any:
    """Return the new discharge through one face, m²/s.

    ``drop`` is the rise of the water surface across the face, ``q_beside`` the sum of the discharges
    before and after in the direction of flow, ``q_across`` the sum of the four transverse ones.
    """
    norm = np.sqrt(q * q + SIXTEENTH * (q_across * q_across))
    depth = max(flow_depth, DRY)
    y = inverse_cbrt(depth)
    y2 = y * y
    speed = norm * (y2 * y)  # 1 / depth = y³
    theta = max(THETA_FLOOR, ONE - step.theta_slope * speed)
    mean = HALF * q_beside
    driven = mean + theta * (q - mean) - (step.pressure * depth) * drop
    new = driven / (ONE + (step.friction * friction) * (speed * (y2 * y2)))
    return new if flow_depth > DRY else ZERO


@njit(fastmath=FAST, error_model="numpy", cache=True)
def face_discharges(
    depth_0: Any,
    depth_1: Any,
    bed_0: Any,
    bed_1: Any,
    friction_0: Any,
    friction_1: Any,
    qx_0: Any,
    qx_1: Any,
    qy_0: Any,
    qy_1: Any,
    qy_2: Any,
    first: int,
    end: int,
    step: StepFactors,
    out_x: Any,
    out_y: Any,
) -> None:
    """Compute the west faces of row 0 and the north faces of row 1 in columns ``first`` to ``end``.

    The suffix counts rows southwards. The two directions share one loop, so that every value is loaded
    once. All slices are made before the loop: an index that might be negative would become a gather.
    """
    h_w, h_c, h_s = depth_0[first - 1 : end - 1], depth_0[first:end], depth_1[first:end]
    z_w, z_c, z_s = bed_0[first - 1 : end - 1], bed_0[first:end], bed_1[first:end]
    n_w, n_c, n_s = friction_0[first - 1 : end - 1], friction_0[first:end], friction_1[first:end]
    x_w, x_c, x_e = qx_0[first - 1 : end - 1], qx_0[first:end], qx_0[first + 1 : end + 1]
    x_s, x_se = qx_1[first:end], qx_1[first + 1 : end + 1]
    y_w, y_c = qy_0[first - 1 : end - 1], qy_0[first:end]
    y_sw, y_s, y_ss = qy_1[first - 1 : end - 1], qy_1[first:end], qy_2[first:end]
    new_x, new_y = out_x[first:end], out_y[first:end]
    for col in range(new_x.size):
        h, z, n = h_c[col], z_c[col], n_c[col]
        qx, qx_east, qy, qy_south = x_c[col], x_e[col], y_c[col], y_s[col]

        rise = z - z_w[col]
        flow_depth = max(np.float32(h_w[col]) - max(rise, ZERO), np.float32(h) + min(rise, ZERO))
        new_x[col] = _momentum(
            np.float32(h - h_w[col]) + rise,
            flow_depth,
            qx,
            x_w[col] + qx_east,
            (y_w[col] + qy_south) + (qy + y_sw[col]),
            n + n_w[col],
            step,
        )
        rise = z_s[col] - z
        flow_depth = max(np.float32(h) - max(rise, ZERO), np.float32(h_s[col]) + min(rise, ZERO))
        new_y[col] = _momentum(
            np.float32(h_s[col] - h) + rise,
            flow_depth,
            qy_south,
            qy + y_ss[col],
            (qx + x_se[col]) + (qx_east + x_s[col]),
            n + n_s[col],
            step,
        )


@njit(inline="always", fastmath=FAST)
def _wanted_outflow(west: Any, east: Any, top: Any, bottom: Any, step: StepFactors) -> Any:
    """Return the outflow that a cell's faces want in this step, units."""
    along_x = max(east, ZERO) - min(west, ZERO)
    along_y = max(bottom, ZERO) - min(top, ZERO)
    return step.volume * (along_x + along_y) + TINY


@njit(fastmath=FAST, error_model="numpy", cache=True)
def count_short(
    depth: Any, flux_x: Any, north: Any, south: Any, first: int, end: int, step: StepFactors
) -> Any:
    """Count the cells that cannot afford the outflow that their faces want; usually none."""
    h, west, east = depth[first:end], flux_x[first:end], flux_x[first + 1 : end + 1]
    top, bottom = north[first:end], south[first:end]
    short = np.int32(0)
    for col in range(h.size):
        wanted = _wanted_outflow(west[col], east[col], top[col], bottom[col], step)
        short += np.int32(SAFE * np.float32(h[col]) < wanted)
    return short


@njit(fastmath=FAST, error_model="numpy", cache=True)
def outflow_shares(
    depth: Any, flux_x: Any, north: Any, south: Any, first: int, end: int, step: StepFactors, share: Any
) -> None:
    """Compute for each cell the share of its wanted outflow that it can afford, 0 to 1."""
    h, west, east = depth[first:end], flux_x[first:end], flux_x[first + 1 : end + 1]
    top, bottom, out = north[first:end], south[first:end], share[first:end]
    for col in range(out.size):
        wanted = _wanted_outflow(west[col], east[col], top[col], bottom[col], step)
        out[col] = min(ONE, SAFE * np.float32(h[col]) / wanted)


@njit(fastmath=EXACT, error_model="numpy", cache=True)
def limit_faces(wanted: Any, share_above: Any, share_below: Any, first: int, end: int, out: Any) -> None:
    """Scale north faces by the share of the cell that gives."""
    flux, above, below, qy = wanted[first:end], share_above[first:end], share_below[first:end], out[first:end]
    for col in range(qy.size):
        a, b = above[col], below[col]  # load both: a conditional load would become a gather
        qy[col] = flux[col] * (a if flux[col] > ZERO else b)


@njit(inline="always", fastmath=EXACT)
def _moved(step: StepFactors, west: Any, east: Any, top: Any, bottom: Any) -> Any:
    """Return the gain of a cell in units: each face's volume is truncated once, alike on both sides."""
    along_x = np.int32(step.volume * west) - np.int32(step.volume * east)
    return np.int32(along_x + np.int32(step.volume * top) - np.int32(step.volume * bottom))


@njit(fastmath=EXACT, error_model="numpy", cache=True)
def new_depths(
    depth: Any,
    flux_x: Any,
    flux_south: Any,
    share: Any,
    share_south: Any,
    rain: Any,
    first: int,
    end: int,
    step: StepFactors,
    north: Any,
    qx: Any,
    south: Any,
    limited: bool,
) -> Any:
    """Limit the west and south faces of a row and update its depth in place.

    ``north`` holds the final discharge of the north faces, ``qx`` and ``south`` receive those of the west
    and south faces, ``rain`` holds whole units to add. Unless ``limited``, all shares are 1 and are not
    looked at.

    Returns
    -------
    Largest new depth in units as uint32: a negative one, which must not be, shows as a huge one.
    """
    h, x_west, x_east = depth[first:end], flux_x[first:end], flux_x[first + 1 : end + 1]
    y_south, y_north, rained = flux_south[first:end], north[first:end], rain[first:end]
    s_w, s_c, s_e = share[first - 1 : end - 1], share[first:end], share[first + 1 : end + 1]
    s_s, out_x, out_y = share_south[first:end], qx[first:end], south[first:end]
    deepest = np.uint32(0)
    if limited:
        for col in range(h.size):
            west, east, bottom = x_west[col], x_east[col], y_south[col]
            mine, of_west, of_east, of_south = s_c[col], s_w[col], s_e[col], s_s[col]
            west = west * (of_west if west > ZERO else mine)
            east = east * (mine if east > ZERO else of_east)
            bottom = bottom * (mine if bottom > ZERO else of_south)
            out_x[col] = west
            out_y[col] = bottom
            new = np.int32(h[col] + _moved(step, west, east, y_north[col], bottom) + rained[col])
            h[col] = new
            deepest = max(deepest, np.uint32(new))
    else:
        for col in range(h.size):
            west, bottom = x_west[col], y_south[col]
            out_x[col] = west
            out_y[col] = bottom
            new = np.int32(h[col] + _moved(step, west, x_east[col], y_north[col], bottom) + rained[col])
            h[col] = new
            deepest = max(deepest, np.uint32(new))
    return deepest
