"""The equations on a range of coarse nodes: discharge of faces, limiter, new volume, new levels.

Each node owns its west and its north face; discharges are those of whole sections, m³/s, positive to the
east and to the south. The grid lies in memory row by row, ``pitch`` nodes each, its frame included, and the
kernels run through it from node to node without regard to rows: the frame holds no water and has no open
faces.

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

from twin.compilation import INNER
from twin.surface.constants import DRY_DEPTH_M, GRAVITY_M_S2, THETA_MIN, UNIT_M
from twin.surface.intrinsics import EXACT, FAST, inverse_cbrt
from twin.surface.subgrid.storage import LEVELS_PER_M, MOST_SHEET_M, NEVER_M, SHEET_SHARE

ZERO = np.float32(0.0)
ONE = np.float32(1.0)
TWO = np.float32(2.0)
ROOT_GRAVITY = np.float32(GRAVITY_M_S2**0.5)
HALF = np.float32(0.5)
SIXTEENTH = np.float32(1.0 / 16.0)
TINY = np.float32(1.0e-7)
"""What keeps quotients of dry faces finite: a thousandth of what a depth of 1 mm gives or less."""
DRY_M = np.float32(DRY_DEPTH_M)
THETA_FLOOR = np.float32(THETA_MIN)
LEVEL_M = np.float32(1.0 / LEVELS_PER_M)
LEVELS = np.float32(LEVELS_PER_M)
UNIT = np.float32(UNIT_M)
SAFE = np.float32(1.0 - 2.0e-6)  # keeps float32 rounding of a full outflow below the volume
SHEET, SHEET_M = np.float32(SHEET_SHARE), np.float32(MOST_SHEET_M)
STILL_LEVELS = np.int32(4)
"""Levels that differ by no more than this (15 micrometres) are equal: float32 resolves no better."""


POWER = np.float32(1.5)
"""Power of the depth that the critical discharge goes with."""


class Water(NamedTuple):
    """Levels of the nodes, level units, and films above their planes, m; flat."""

    level: Any
    film: Any


class Faces(NamedTuple):
    """Sections of the faces in one direction, see `twin.surface.subgrid.state.Grid`; shape (4, nodes)."""

    sill: Any
    film: Any
    section: Any


class NodeTables(NamedTuple):
    """Storage tables of the nodes, see `twin.surface.subgrid.storage`; last axis flat."""

    lowest: Any
    pool: Any
    film_beds: Any
    per_cell: Any


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
    pool = np.float32(np.int32(top - sill)) * LEVEL_M
    return max(pool + lean * (min(film - film_bed, most) - pool), ZERO)


@njit(inline="always", fastmath=FAST)
def _power_5_3(depth: Any) -> Any:
    return depth * depth * inverse_cbrt(max(depth, TINY))


@njit(fastmath=FAST, error_model="numpy", **INNER)
def want_faces(
    water: Water,
    faces: Faces,
    along: Any,
    across: Any,
    offsets: Any,
    span: Any,
    step: StepFactors,
    wanted: Any,
) -> Any:
    """Compute the discharges that faces want.

    Parameters
    ----------
    water, faces
        Levels of the nodes; sections of the faces.
    along, across
        Discharges through these faces and through those of the other direction, m³/s.
    offsets
        From a node to the next in the direction of the faces, and across.
    span
        First node and the end.
    wanted
        Receives the discharges, m³/s.

    Returns
    -------
    Largest depth that asks for a short step, in level units.
    """
    level, film = water
    sills, beds, section = faces
    sill_0, sill_1, sill_2, sill_3 = sills[0], sills[1], sills[2], sills[3]
    bed_0, bed_1, bed_2, bed_3 = beds[0], beds[1], beds[2], beds[3]
    width, roughness, fall, smallness = section[0], section[1], section[2], section[3]
    on, aside = np.uint64(offsets[0]), np.uint64(offsets[1])
    deepest = np.int32(0)
    for k in range(np.uint64(span[0]), np.uint64(span[1])):
        back = k - on
        rise = np.int32(level[back] - level[k])
        moving = np.int32(rise - max(min(rise, STILL_LEVELS), -STILL_LEVELS))
        drop = np.float32(moving) * LEVEL_M
        lean = max(min(drop * fall[k], ONE), ZERO)
        top = max(level[back], level[k])
        before, after = film[back], film[k]
        sheet = before if rise > 0 else after
        most = np.float32(np.int32(top - sill_0[k])) * LEVEL_M
        h_0 = _strip_depth(top, sill_0[k], sheet, bed_0[k], lean, most)
        h_1 = _strip_depth(top, sill_1[k], sheet, bed_1[k], lean, most)
        h_2 = _strip_depth(top, sill_2[k], sheet, bed_2[k], lean, most)
        h_3 = _strip_depth(top, sill_3[k], sheet, bed_3[k], lean, most)
        depths = (h_0 + h_1) + (h_2 + h_3)
        powers = (_power_5_3(h_0) + _power_5_3(h_1)) + (_power_5_3(h_2) + _power_5_3(h_3)) + TINY
        area = width[k] * depths + TINY
        depth = max(h_0, h_3)
        flow, mean = along[k], HALF * (along[back] + along[k + on])
        beside = (across[back] + across[back + aside]) + (across[k] + across[k + aside])
        norm = np.sqrt(flow * flow + SIXTEENTH * (beside * beside))
        asked = smallness[k] * depth
        delay = max(ONE, asked * step.per_depth)
        share = max(THETA_FLOOR * area, area - step.courant * norm)
        resistance = (step.friction * roughness[k]) * (depths * norm)
        # the quotient of the docstring times A and what k is divided by: one division instead of four
        passing = delay * (width[k] * (powers * powers))
        inertia = passing * (area * mean + share * (flow - mean))
        driven = (step.slope * width[k]) * ((powers * area) * (powers * area)) * drop + inertia
        new = (driven + resistance * (flow * area)) / (area * (passing + TWO * resistance))
        critical = (ROOT_GRAVITY * width[k]) * np.sqrt(np.sqrt(depths * (powers * powers * powers)))
        wanted[k] = max(min(new, critical), -critical) if depth > DRY_M else ZERO
        deepest = max(deepest, np.int32(asked * LEVELS))
    return deepest


@njit(fastmath=FAST, error_model="numpy", **INNER)
def find_shares(
    volume: Any, wanted_x: Any, wanted_y: Any, pitch: int, span: Any, step: StepFactors, share: Any
) -> None:
    """Compute the share of its wanted outflow that each node passes on, 0 to 1.

    At most what the node holds, and as much less as the outflow falls while the node empties within the
    step: W' = W (V + p I) / (V + p W) with V the volume, W and I the wanted outflow and inflow of the step,
    is the implicit step of an outflow that goes with the power p of the volume, linearised.
    """
    row, col = np.uint64(pitch), np.uint64(1)
    for k in range(np.uint64(span[0]), np.uint64(span[1])):
        west, east, north, south = wanted_x[k], wanted_x[k + col], wanted_y[k], wanted_y[k + row]
        outward = (max(east, ZERO) - min(west, ZERO)) + (max(south, ZERO) - min(north, ZERO))
        inward = (max(west, ZERO) - min(east, ZERO)) + (max(north, ZERO) - min(south, ZERO))
        held, wanted = np.float32(volume[k]), step.volume * outward + ONE
        falling = (held + POWER * (step.volume * inward)) / (held + POWER * wanted)
        share[k] = min(min(ONE, falling), SAFE * held / wanted)


@njit(inline="always", fastmath=EXACT)
def _limited(wanted: Any, before: Any, after: Any) -> Any:
    """Limit the discharge of a face by the share of the node that gives."""
    return wanted * (before if wanted > ZERO else after)


@njit(fastmath=EXACT, error_model="numpy", **INNER)
def move_water(
    volume: Any, wanted: Any, flows: Any, share: Any, pitch: int, span: Any, step: StepFactors
) -> None:
    """Limit the faces and move the water; each face's volume is truncated once, alike on both sides.

    Parameters
    ----------
    wanted, flows
        Pairs, west and north faces: discharges that are wanted, and those that the node keeps as final.
    """
    wanted_x, wanted_y = wanted
    qx, qy = flows
    row, col = np.uint64(pitch), np.uint64(1)
    for k in range(np.uint64(span[0]), np.uint64(span[1])):
        here = share[k]
        west = _limited(wanted_x[k], share[k - col], here)
        east = _limited(wanted_x[k + col], here, share[k + col])
        north = _limited(wanted_y[k], share[k - row], here)
        south = _limited(wanted_y[k + row], here, share[k + row])
        qx[k] = west
        qy[k] = north
        along_x = np.int64(step.volume * west) - np.int64(step.volume * east)
        volume[k] += along_x + np.int64(step.volume * north) - np.int64(step.volume * south)


@njit(fastmath=FAST, error_model="numpy", **INNER)
def find_levels(volume: Any, tables: NodeTables, span: Any, scratch: Any, water: Water) -> None:
    """Compute the levels and films of a range of nodes from their volumes.

    Parameters
    ----------
    tables
        See `twin.surface.subgrid.storage`.
    span
        First node and the end; at most as many as the scratch has columns.
    scratch
        Two rows of intermediate values.
    """
    lowest, pool, beds, per_cell = tables
    level, film = water
    lines, first = np.float32(pool.shape[0]), np.uint64(span[0])
    count = np.uint64(span[1]) - first
    bed_0, bed_1, bed_2, bed_3 = beds[0], beds[1], beds[2], beds[3]
    depth, least = scratch[0], scratch[1]
    for i in range(count):
        k = first + i
        one = np.float32(volume[k]) * UNIT
        spread = one * per_cell[k]
        sheet = min(SHEET * spread, SHEET_M)
        above = spread - sheet
        low = min(bed_0[k] + np.float32(4.0) * above, bed_1[k] + np.float32(2.0) * above)
        high = min(bed_2[k] + np.float32(4.0 / 3.0) * above, bed_3[k] + above)
        film[k] = min(low, high) + sheet
        depth[i] = min(one, lines * spread)
        least[i] = NEVER_M
    for line in range(0, pool.shape[0], 2):  # two lines a pass: the least levels are loaded half as often
        share_0, share_1 = ONE / np.float32(line + 1), ONE / np.float32(line + 2)
        even, odd = pool[line], pool[line + 1]
        for i in range(count):
            two = min(even[first + i] + share_0 * depth[i], odd[first + i] + share_1 * depth[i])
            least[i] = min(least[i], two)
    for i in range(count):
        level[first + i] = lowest[first + i] + np.int32(least[i] * LEVELS + HALF)
