"""What the faces do to the cells: limiter, new depth, new velocity; and the fastest wave."""

from typing import Any

import numpy as np
from numba import njit

from twin.compilation import INNER
from twin.surface.advective.kernel_faces import DRY, Step
from twin.surface.advective.motion import Motion
from twin.surface.constants import GRAVITY_M_S2, UNIT_M
from twin.surface.intrinsics import bits_float, float_bits, inverse_cbrt
from twin.surface.state import Grid

ZERO, ONE = np.float32(0.0), np.float32(1.0)
SAFE = np.float32(1.0 - 2.0e-6)  # keeps float32 rounding of a full outflow below the depth
TINY = np.float32(1.0e-20)
WAVE = np.float32(GRAVITY_M_S2 * UNIT_M)


@njit(error_model="numpy", **INNER)
def fastest_in_row(grid: Grid, motion: Motion, row: int, first: int, end: int) -> Any:
    """Return the largest velocity along an axis plus celerity in the wet cells of a row, m/s, float32."""
    h, u, v = grid.depth[row, first:end], motion.u[row, first:end], motion.v[row, first:end]
    fastest = np.int32(0)  # bits: those of floats >= 0 are ordered as they are, and a NaN is above all
    for col in range(h.size):
        speed = max(abs(u[col]), abs(v[col])) + np.sqrt(WAVE * np.float32(max(h[col], DRY)))
        fastest = max(fastest, float_bits(speed if h[col] > DRY else ZERO))
    return bits_float(np.int32(fastest))


@njit(error_model="numpy", **INNER)
def share_row(grid: Grid, motion: Motion, row: int, first: int, end: int, step: Step) -> Any:
    """Compute which share of its outflow each cell can afford; return how many cannot afford all of it."""
    h, share = grid.depth[row, first:end], motion.share[row, first:end]
    west, east = grid.qx[row, first:end], grid.qx[row, first + 1 : end + 1]
    north, south = grid.qy[row, first:end], grid.qy[row + 1, first:end]
    short = np.int32(0)
    for col in range(h.size):
        along_x = max(east[col], ZERO) - min(west[col], ZERO)
        along_y = max(south[col], ZERO) - min(north[col], ZERO)
        wanted, held = step.volume * (along_x + along_y), SAFE * np.float32(h[col])
        share[col] = min(ONE, held / (wanted + TINY))
        short += np.int32(held < wanted)  # a dry cell from which nothing flows is not short
    return short


@njit(error_model="numpy", **INNER)
def limit_row(share_left: Any, share_right: Any, discharge: Any, left: Any, right: Any, along: Any) -> None:
    """Scale all that faces pass by the share of the cell that gives; all rows are sliced to the faces."""
    for col in range(discharge.size):
        share = share_left[col] if discharge[col] > ZERO else share_right[col]
        share = share if discharge[col] != ZERO else ONE
        discharge[col] *= share
        left[col] *= share
        right[col] *= share
        along[col] *= share


@njit(error_model="numpy", **INNER)
def update_row(grid: Grid, motion: Motion, row: int, first: int, end: int, rain: Any, step: Step) -> Any:
    """Give a row its new depths and velocities; friction acts implicitly on the new velocity.

    Of the velocity u* without friction remains u = 2 u* / (1 + sqrt(1 + 4 k |u*|)), the root of
    u + k |u| u = u* with k = dt g n² / h^(4/3): no step is too long for it, and a uniform flow keeps the
    velocity of Manning's formula. ``rain`` holds whole units to add, at rest.

    Returns
    -------
    Largest new depth in units as uint32: a negative one, which must not be, shows as a huge one.
    """
    here, east = slice(first, end), slice(first + 1, end + 1)
    h, u, v, rained = grid.depth[row, here], motion.u[row, here], motion.v[row, here], rain[here]
    q_w, q_e, q_n, q_s = grid.qx[row, here], grid.qx[row, east], grid.qy[row, here], grid.qy[row + 1, here]
    p_w, p_e = motion.to_east[row, here], motion.to_west[row, east]
    p_n, p_s = motion.to_south[row, here], motion.to_north[row + 1, here]
    t_w, t_e = motion.along_x[row, here], motion.along_x[row, east]
    t_n, t_s = motion.along_y[row, here], motion.along_y[row + 1, here]
    friction = grid.friction[min(row, grid.friction.shape[0] - 1), here]
    deepest = np.uint32(0)
    for col in range(h.size):
        old = h[col]
        along_x = np.int32(step.volume * q_w[col]) - np.int32(step.volume * q_e[col])
        along_y = np.int32(step.volume * q_n[col]) - np.int32(step.volume * q_s[col])
        new = np.int32(old + np.int32(np.int32(along_x + along_y) + rained[col]))
        held = np.float64(old) * UNIT_M if old > DRY else 0.0
        across_x = (np.float64(p_e[col]) - p_w[col]) + (np.float64(t_s[col]) - t_n[col])
        across_y = (np.float64(p_s[col]) - p_n[col]) + (np.float64(t_e[col]) - t_w[col])
        depth = np.float64(max(new, DRY)) * UNIT_M
        u_free = (held * u[col] - step.ratio * across_x) / depth
        v_free = (held * v[col] - step.ratio * across_y) / depth
        y = np.float64(inverse_cbrt(np.float32(max(new, DRY))))
        drag = step.dt_s * friction[col] * depth * ((y * y) * (y * y) * (y * y) * y)
        slowed = 2.0 / (1.0 + np.sqrt(1.0 + 4.0 * drag * np.sqrt(u_free * u_free + v_free * v_free)))
        h[col] = new
        u[col] = u_free * slowed if new > DRY else 0.0
        v[col] = v_free * slowed if new > DRY else 0.0
        deepest = max(deepest, np.uint32(new))
    return deepest
