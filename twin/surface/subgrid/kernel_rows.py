"""The equations on one row of coarse nodes: discharge of faces, limiter, new volume, new levels.

Each node owns its west and its north face; discharges are those of whole sections, m³/s, positive to the
east and to the south.

**Momentum**, local inertial in discharge, area and conveyance::

               θ Q + (1 - θ)/2 (Q₋ + Q₊) + (g A dt / σ) Δη / dx + k Q
    Q_new  =  --------------------------------------------------------,    k = g A dt |Q| / (σ K²)
                                      1 + 2 k

and |Q_new| ≤ A sqrt(g h), with θ = max(θ_min, 1 - |u| dt / dx) and |Q| the norm with the mean transverse
discharge, as on the fine grid, and h the deepest part of the section. A and K are those of
`twin.surface.subgrid.sections` for level water; the more the water surface falls like the ground, the more
they are those of a film: on a slope of 5 % the same water lies as a pool of 18 cm in the low corner of a
coarse cell or runs as a film of 5 cm.

σ ≥ 1 slows gravity waves down where the step is longer than they allow: in water deeper than the step
was made for, and beside small nodes. It changes neither rest nor steady flow.

**Continuity**: each face's volume is truncated to whole units once and used on both sides.

Source: Neal et al. (2012), eq. 5, and de Almeida et al. (2012), eq. 15; σ and the blend are this
project's.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from twin.surface.constants import DRY_DEPTH_M, GRAVITY_M_S2, THETA_MIN, UNIT_M
from twin.surface.intrinsics import EXACT, FAST, inverse_cbrt
from twin.surface.subgrid.storage import LEVELS_PER_M

ZERO = np.float32(0.0)
ONE = np.float32(1.0)
TWO = np.float32(2.0)
GRAVITY = np.float32(GRAVITY_M_S2)
HALF = np.float32(0.5)
SIXTEENTH = np.float32(1.0 / 16.0)
TINY = np.float32(1.0e-12)
DRY_M = np.float32(DRY_DEPTH_M)
THETA_FLOOR = np.float32(THETA_MIN)
LEVEL_M = np.float32(1.0 / LEVELS_PER_M)
LEVELS = np.float32(LEVELS_PER_M)
UNIT = np.float32(UNIT_M)
SAFE = np.float32(1.0 - 2.0e-6)  # keeps float32 rounding of a full outflow below the volume
STILL_LEVELS = np.int32(4)
"""Levels that differ by no more than this (15 micrometres) are equal: float32 resolves no better."""


class StepFactors(NamedTuple):
    """Constants of one step, float32.

    Parameters
    ----------
    slope
        g dt/dx, m/s per m.
    friction
        dt, s.
    courant
        dt/dx, s/m.
    per_depth
        1 / depth that the step was made for, 1/m.
    volume
        dt over the volume of a unit, units per m³/s.
    """

    slope: Any
    friction: Any
    courant: Any
    per_depth: Any
    volume: Any


@njit(inline="always")
def step_factors(dt_s: float, node_size_m: float, depth_m: float, unit_m3: float) -> StepFactors:
    """Return the constants of a step of ``dt_s``."""
    return StepFactors(
        np.float32(GRAVITY_M_S2 * dt_s / node_size_m),
        np.float32(dt_s),
        np.float32(dt_s / node_size_m),
        np.float32(1.0 / depth_m),
        np.float32(dt_s / unit_m3),
    )


@njit(inline="always", fastmath=FAST)
def _strip_depth(top: Any, sill: Any, film: Any, film_bed: Any, lean: Any, most: Any) -> Any:
    """Return the depth over one strip, between that of level water and that of a film, m."""
    pool = np.float32(top - sill) * LEVEL_M
    return max(pool + lean * (min(film - film_bed, most) - pool), ZERO)


@njit(inline="always", fastmath=FAST)
def _power_5_3(depth: Any) -> Any:
    return depth * depth * inverse_cbrt(max(depth, TINY))


@njit(fastmath=FAST, error_model="numpy", cache=True)
def face_row(
    levels: Any,
    films: Any,
    sills: Any,
    film_beds: Any,
    section: Any,
    flows: Any,
    step: StepFactors,
    wanted: Any,
) -> Any:
    """Compute the discharges that a row of faces wants.

    Parameters
    ----------
    levels, films
        Pairs of rows, of the nodes before and after the faces: level, and film above the plane, m.
    sills, film_beds
        Four rows each.
    section
        Rows of width, roughness, fall and smallness.
    flows
        Rows of Q, Q before, Q after, and the four transverse discharges around the face, m³/s.
    wanted
        Receives the discharges.

    Returns
    -------
    Largest depth that asks for a short step, in level units.
    """
    level_0, level_1 = levels
    film_0, film_1 = films
    sill_0, sill_1, sill_2, sill_3 = sills
    bed_0, bed_1, bed_2, bed_3 = film_beds
    width, roughness, fall, smallness = section
    q, q_before, q_after, t_0, t_1, t_2, t_3 = flows
    deepest = np.int32(0)
    for col in range(wanted.size):
        before, after = level_0[col], level_1[col]
        f_before, f_after = film_0[col], film_1[col]
        rise = np.int32(before - after)
        moving = np.int32(rise - max(min(rise, STILL_LEVELS), -STILL_LEVELS))
        drop = np.float32(moving) * LEVEL_M
        lean = max(min(drop * fall[col], ONE), ZERO)
        top = max(before, after)
        film = f_before if rise > 0 else f_after
        most = np.float32(top - sill_0[col]) * LEVEL_M
        h_0 = _strip_depth(top, sill_0[col], film, bed_0[col], lean, most)
        h_1 = _strip_depth(top, sill_1[col], film, bed_1[col], lean, most)
        h_2 = _strip_depth(top, sill_2[col], film, bed_2[col], lean, most)
        h_3 = _strip_depth(top, sill_3[col], film, bed_3[col], lean, most)
        depths = (h_0 + h_1) + (h_2 + h_3)
        powers = (_power_5_3(h_0) + _power_5_3(h_1)) + (_power_5_3(h_2) + _power_5_3(h_3)) + TINY
        area = width[col] * depths + TINY
        depth = max(h_0, h_3)
        flow, mean = q[col], HALF * (q_before[col] + q_after[col])
        across = (t_0[col] + t_1[col]) + (t_2[col] + t_3[col])
        norm = np.sqrt(flow * flow + SIXTEENTH * (across * across))
        asked = smallness[col] * depth
        ease = ONE / max(ONE, asked * step.per_depth)
        theta = max(THETA_FLOOR, ONE - step.courant * norm / area)
        driven = mean + theta * (flow - mean) + (step.slope * ease) * (area * drop)
        resistance = (step.friction * ease) * roughness[col] * depths * norm
        drag = resistance / (width[col] * (powers * powers) + TINY * TINY)
        new = (driven + drag * flow) / (ONE + TWO * drag)
        critical = area * np.sqrt(GRAVITY * max(depth, ZERO))
        wanted[col] = max(min(new, critical), -critical) if depth > DRY_M else ZERO
        deepest = max(deepest, np.int32(asked * LEVELS))
    return deepest


@njit(fastmath=FAST, error_model="numpy", cache=True)
def share_row(volume: Any, across: Any, north: Any, south: Any, step: StepFactors, share: Any) -> None:
    """Compute for each node the share of its wanted outflow that it can afford, 0 to 1.

    ``across`` holds the west faces of the nodes and the east face of the last.
    """
    west, east = across[:-1], across[1:]
    for col in range(share.size):
        along_x = max(east[col], ZERO) - min(west[col], ZERO)
        along_y = max(south[col], ZERO) - min(north[col], ZERO)
        wanted = step.volume * (along_x + along_y) + ONE
        share[col] = min(ONE, SAFE * np.float32(volume[col]) / wanted)


@njit(fastmath=EXACT, error_model="numpy", cache=True)
def limit_row(
    wanted: Any, share_before: Any, share_after: Any, step: StepFactors, flow: Any, units: Any
) -> None:
    """Limit a row of faces by the share of the node that gives; return discharges and whole units."""
    for col in range(flow.size):
        before, after = share_before[col], share_after[col]
        limited = wanted[col] * (before if wanted[col] > ZERO else after)
        flow[col] = limited
        units[col] = np.int64(step.volume * limited)


@njit(fastmath=EXACT, error_model="numpy", cache=True)
def volume_row(volume: Any, across: Any, north: Any, south: Any) -> None:
    """Move the units of a row of nodes."""
    west, east = across[:-1], across[1:]
    for col in range(volume.size):
        volume[col] += west[col] - east[col] + north[col] - south[col]


@njit(fastmath=FAST, error_model="numpy", cache=True)
def level_row(
    volume: Any, lowest: Any, pool: Any, film_beds: Any, per_cell: Any, level: Any, film: Any, scratch: Any
) -> None:
    """Compute the levels and films of a row of nodes from their volumes.

    Parameters
    ----------
    lowest, pool, film_beds, per_cell
        Tables, see `twin.surface.subgrid.storage`; ``per_cell`` is 1 over the cells of a node.
    level, film
        Receive the level, in level units, and the film above the plane, m.
    scratch
        Two rows.
    """
    depth, least = scratch[0, : volume.size], scratch[1, : volume.size]
    last = pool.shape[0] - 1
    bed_0, bed_1, bed_2, bed_3, pool_last = film_beds[0], film_beds[1], film_beds[2], film_beds[3], pool[last]
    for col in range(volume.size):
        one = np.float32(volume[col]) * UNIT
        spread = one * per_cell[col]
        low = min(bed_0[col] + np.float32(4.0) * spread, bed_1[col] + np.float32(2.0) * spread)
        high = min(bed_2[col] + np.float32(4.0 / 3.0) * spread, bed_3[col] + spread)
        film[col] = min(low, high)
        depth[col] = one
        least[col] = pool_last[col] + spread
    for line in range(0, last, 2):  # two lines a pass: the row of least levels is loaded half as often
        share_0, share_1 = ONE / np.float32(line + 1), ONE / np.float32(line + 2)
        first, second = pool[line], pool[line + 1]
        for col in range(volume.size):
            two = min(first[col] + share_0 * depth[col], second[col] + share_1 * depth[col])
            least[col] = min(least[col], two)
    for col in range(volume.size):
        level[col] = lowest[col] + np.int32(least[col] * LEVELS + HALF)
