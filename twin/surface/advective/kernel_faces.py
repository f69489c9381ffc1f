"""What passes through the faces: reconstruction, prediction and Riemann solver on rows of cells.

**Reconstruction.** Depth, water level and velocities vary linearly in a cell, with slopes limited by the
monotonised central rule; the bed is level minus depth. Where a cell or its neighbour in that direction is
dry the cell is flat. A level that is constant gives slopes of exactly 0: all sums here are exact in
float64, depths and beds being whole units.

**Prediction** (Hancock). The values at the faces are taken half a step ahead with the equations in
primitive form, friction included, so that a uniform flow is its own prediction.

**Bed steps** (Chen & Noelle 2017). At a face with levels η, beds z and depths h on its two sides::

    z* = min(max(z_left, z_right), min(η_left, η_right))       h* = min(η - z*, h)

**Riemann solver.** HLL for volume and normal momentum with the wave speeds of two rarefactions, transverse
momentum carried with the volume: together HLLC. What a cell feels is the flux beyond the pressure of its own
h*, plus the weight of its water on a step down; at rest each term is exactly 0. A face whose flow depth is
not above the dry depth is a wall: it throws back the water that runs against it with the pressure of a
reflected wave.

Source: Toro (2001), Shock-capturing methods for free-surface shallow flows; Chen & Noelle (2017), A new
hydrostatic reconstruction scheme based on subcell reconstructions; Audusse et al. (2004).
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from twin.compilation import INNER
from twin.surface.advective.motion import Motion
from twin.surface.constants import DRY_UNITS, GRAVITY_M_S2, UNIT_M
from twin.surface.intrinsics import inverse_cbrt
from twin.surface.state import Grid

DRY = np.int32(DRY_UNITS)
DRY_M = DRY_UNITS * UNIT_M
TINY = 1.0e-30
STEEPEST = 2.0
"""Largest slope that is accepted, in units of the smaller of the two differences to the neighbours."""

EAST, SOUTH, ALONG_X, ALONG_Y = 2, 3, 4, 9
"""Fields of a predicted row: velocities, after depth and level; first of the half slopes along x, along y."""


class Step(NamedTuple):
    """Constants of one step.

    Parameters
    ----------
    dt_s
        Length, s.
    ratio
        dt/dx, s/m.
    volume
        dt/dx in 1/U, float32: times a discharge it is a change of depth in units.
    """

    dt_s: float
    ratio: float
    volume: Any


@njit(inline="always")
def _half_slope(back: Any, ahead: Any) -> Any:
    """Return half the limited slope of a cell between the differences to its two neighbours."""
    smaller = min(abs(back), abs(ahead))
    steep = min(0.25 * abs(back + ahead), 0.5 * STEEPEST * smaller)
    same_way = back * ahead > 0.0
    return (steep if back > 0.0 else -steep) if same_way else 0.0


@njit(error_model="numpy", **INNER)
def _slopes_row(grid: Grid, motion: Motion, cells: Any, back: Any, ahead: Any, out: Any) -> None:
    """Fill half slopes of depth, level and velocities along one axis, and whether the cells have any.

    ``cells``, ``back`` and ``ahead`` are (row, columns) of the cells and their neighbours, ``out`` a block of
    a predicted row, shape (5, pitch). Few arrays are written in one loop, or it would not be vectorised.
    """
    row, here = cells
    h_b, h_c, h_a = grid.depth[back[0], back[1]], grid.depth[row, here], grid.depth[ahead[0], ahead[1]]
    z_b, z_c, z_a = grid.bed[back[0], back[1]], grid.bed[row, here], grid.bed[ahead[0], ahead[1]]
    u_b, u_c, u_a = motion.u[back[0], back[1]], motion.u[row, here], motion.u[ahead[0], ahead[1]]
    v_b, v_c, v_a = motion.v[back[0], back[1]], motion.v[row, here], motion.v[ahead[0], ahead[1]]
    dh, de, du, dv, sloped = out[0, here], out[1, here], out[2, here], out[3, here], out[4, here]
    for col in range(dh.size):
        shallowest = min(h_b[col], min(h_c[col], h_a[col]))
        keep = 1.0 if shallowest > DRY else 0.0
        h, u, v = np.float64(h_c[col]), np.float64(u_c[col]), np.float64(v_c[col])
        behind, before = np.float64(h_b[col]), np.float64(h_a[col])
        z = np.float64(z_c[col])
        sloped[col] = keep
        dh[col] = keep * UNIT_M * _half_slope(h - behind, before - h)
        de[col] = keep * UNIT_M * _half_slope((h - behind) + (z - z_b[col]), (before - h) + (z_a[col] - z))
        du[col] = keep * _half_slope(u - u_b[col], u_a[col] - u)
        dv[col] = keep * _half_slope(v - v_b[col], v_a[col] - v)


@njit(error_model="numpy", **INNER)
def predict_row(grid: Grid, motion: Motion, row: int, first: int, end: int, step: Step, out: Any) -> None:
    """Fill the columns ``first`` to ``end`` of a predicted row, shape (FIELDS, pitch)."""
    here = slice(first, end)
    west, east = slice(first - 1, end - 1), slice(first + 1, end + 1)
    _slopes_row(grid, motion, (row, here), (row, west), (row, east), out[ALONG_X : ALONG_X + 5])
    _slopes_row(grid, motion, (row, here), (row - 1, here), (row + 1, here), out[ALONG_Y : ALONG_Y + 5])
    h_c, z_c, u_c, v_c = grid.depth[row, here], grid.bed[row, here], motion.u[row, here], motion.v[row, here]
    friction = grid.friction[min(row, grid.friction.shape[0] - 1), here]
    depth, level, u_out, v_out = out[0, here], out[1, here], out[2, here], out[3, here]
    dh_x, de_x, du_x, dv_x, sloped_x = out[4, here], out[5, here], out[6, here], out[7, here], out[8, here]
    dh_y, de_y, du_y, dv_y, sloped_y = (
        out[9, here],
        out[10, here],
        out[11, here],
        out[12, here],
        out[13, here],
    )
    for col in range(depth.size):
        wet = 1.0 if h_c[col] > DRY else 0.0
        h, u, v = np.float64(h_c[col]) * UNIT_M, wet * u_c[col], wet * v_c[col]
        hx, hy, ux, uy, vx, vy = dh_x[col], dh_y[col], du_x[col], du_y[col], dv_x[col], dv_y[col]
        # Depths at the faces stay above the dry depth, as the slopes alone would leave them.
        lowest = min((max(abs(hx), abs(hy)) + DRY_M) - h, 0.0)
        rise = max(-step.ratio * ((h * ux + u * hx) + (h * vy + v * hy)), lowest)
        y = np.float64(inverse_cbrt(np.float32(max(h_c[col], DRY))))
        drag = (0.5 * step.dt_s) * friction[col] * h * ((y * y) * (y * y) * (y * y) * y)
        damping = drag * np.sqrt(u * u + v * v)
        depth[col] = h + rise
        level[col] = h + np.float64(z_c[col]) * UNIT_M + rise
        # Where the cell is flat the push of the bed acts at the faces, and friction must wait for it.
        pull_x = step.ratio * ((u * ux + v * uy) + GRAVITY_M_S2 * de_x[col])
        pull_y = step.ratio * ((v * vy + u * vx) + GRAVITY_M_S2 * de_y[col])
        u_out[col] = (u - sloped_x[col] * pull_x) / (1.0 + sloped_x[col] * damping)
        v_out[col] = (v - sloped_y[col] * pull_y) / (1.0 + sloped_y[col] * damping)


@njit(inline="always")
def reflection(depth: Any, speed: Any) -> Any:
    """Return the pressure beyond the hydrostatic one on a wall that water runs against, m³/s².

    A wave is thrown back. Water that leaves the wall sends a rarefaction: its celerity at the wall is
    c + u/2. Water that runs against it sends a shock: h u (c + u) is its pressure where it is weak and where
    it is strong, and about a tenth above it between.
    """
    celerity = np.sqrt(GRAVITY_M_S2 * depth)
    away = min(max(speed, -2.0 * celerity), 0.0)
    fall = away * (celerity + 0.25 * away) / GRAVITY_M_S2
    suction = 0.5 * GRAVITY_M_S2 * fall * (2.0 * depth + fall)
    return suction + depth * max(speed, 0.0) * (celerity + speed)


@njit(inline="always")
def _riemann(
    h_l: Any, level_l: Any, u_l: Any, v_l: Any, h_r: Any, level_r: Any, u_r: Any, v_r: Any
) -> tuple[Any, Any, Any, Any]:
    """Return discharge, momentum flux felt on the left and on the right, and transverse momentum flux.

    u is the velocity through the face, v the one along it; mirrored states give mirrored results, bit for
    bit.
    """
    z_l, z_r = level_l - h_l, level_r - h_r
    z = min(max(z_l, z_r), min(level_l, level_r))
    d_l, d_r = max(min(level_l - z, h_l), 0.0), max(min(level_r - z, h_r), 0.0)
    closed = max(d_l, d_r) <= DRY_M
    c_l, c_r = np.sqrt(GRAVITY_M_S2 * d_l), np.sqrt(GRAVITY_M_S2 * d_r)
    middle_u = 0.5 * (u_l + u_r) + (c_l - c_r)
    middle_c = max(0.5 * (c_l + c_r) + 0.25 * (u_l - u_r), 0.0)
    s_l = u_r - 2.0 * c_r if d_l <= DRY_M else min(u_l - c_l, middle_u - middle_c)
    s_r = u_l + 2.0 * c_l if d_r <= DRY_M else max(u_r + c_r, middle_u + middle_c)
    s_l, s_r = min(s_l, 0.0), max(s_r, 0.0)
    over = 1.0 / (s_r - s_l + TINY)
    q_l, q_r, both = d_l * u_l, d_r * u_r, s_l * s_r
    q = ((s_r * q_l - s_l * q_r) + both * (d_r - d_l)) * over
    advected = (s_r * (q_l * u_l) - s_l * (q_r * u_r)) + both * (q_r - q_l)
    pressure = (0.5 * GRAVITY_M_S2) * (d_r * d_r - d_l * d_l)
    felt_l = (advected - s_l * pressure) * over + GRAVITY_M_S2 * d_l * min(z - z_l, 0.0)
    felt_r = (advected - s_r * pressure) * over + GRAVITY_M_S2 * d_r * min(z - z_r, 0.0)
    back_l, back_r = reflection(h_l, u_l), reflection(h_r, -u_r)
    q = 0.0 if closed else q
    return q, back_l if closed else felt_l, back_r if closed else felt_r, q * (v_l if q > 0.0 else v_r)


@njit(error_model="numpy", **INNER)
def face_row(
    left: Any,
    right: Any,
    first: int,
    end: int,
    back: int,
    slopes: int,
    discharge: Any,
    felt_left: Any,
    felt_right: Any,
    along: Any,
) -> None:
    """Compute the faces between two predicted rows, or within one.

    Parameters
    ----------
    left, right
        Predicted rows of the cells west and east of the faces, or north and south, shape (FIELDS, pitch).
    first, end
        Columns of the faces, which are those of the cells on the right.
    back
        Columns from a cell on the right to the one on the left: 1 within a row, 0 between rows.
    slopes
        Row of the half slopes in the direction across the face: `ALONG_X` or `ALONG_Y`.
    discharge, felt_left, felt_right, along
        Rows that receive discharge (m²/s) and momentum fluxes (m³/s²), see `Motion`.
    """
    through, beside = (EAST, SOUTH) if slopes == ALONG_X else (SOUTH, EAST)
    there, here = slice(first - back, end - back), slice(first, end)
    h_l, e_l, u_l, v_l = left[0, there], left[1, there], left[through, there], left[beside, there]
    h_r, e_r, u_r, v_r = right[0, here], right[1, here], right[through, here], right[beside, here]
    dh_l, de_l = left[slopes, there], left[slopes + 1, there]
    du_l, dv_l = left[slopes + through, there], left[slopes + beside, there]
    dh_r, de_r = right[slopes, here], right[slopes + 1, here]
    du_r, dv_r = right[slopes + through, here], right[slopes + beside, here]
    q_out, l_out, r_out, t_out = discharge[here], felt_left[here], felt_right[here], along[here]
    for col in range(q_out.size):
        q, felt_l, felt_r, across = _riemann(
            h_l[col] + dh_l[col],
            e_l[col] + de_l[col],
            u_l[col] + du_l[col],
            v_l[col] + dv_l[col],
            h_r[col] - dh_r[col],
            e_r[col] - de_r[col],
            u_r[col] - du_r[col],
            v_r[col] - dv_r[col],
        )
        # Half of the push by the slope of the level within the cell counts at each of its two faces.
        q_out[col] = q
        l_out[col] = felt_l + GRAVITY_M_S2 * h_l[col] * de_l[col]
        r_out[col] = felt_r - GRAVITY_M_S2 * h_r[col] * de_r[col]
        t_out[col] = across
