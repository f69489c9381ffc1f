"""The equations on one row of cells: discharge through faces, limiter, new depth.

Each cell owns its west and its north face. Rows run south, so a positive ``qy`` flows to larger rows.
All depths and beds are in depth units U = 2⁻²⁴ m, discharges in m²/s.

**Momentum** (de Almeida et al. 2012, eq. 15, with the friction norm of de Almeida & Bates 2013)::

                 θ q + (1 - θ)/2 (q₋ + q₊) - g dt hf ∂η/∂x + k q
    q_new  =  -----------------------------------------------------,    k = g dt n² |q| / hf^(7/3)
                                  1 + 2 k

with q₋, q₊ the neighbours in the direction of flow, |q| the norm with the mean transverse discharge, hf
the depth of flow over the higher of the two beds, and θ = max(θ_min, 1 - |u| dt/dx) after
Sridharan & Gourbesville: as little smearing as the local velocity allows. The friction is linearised about
the old discharge. The usual form, without k q and with 1 + k below, has the same steady flow, but swings
about it where a step is longer than the friction takes to act, as it is in films of rain.

**Froude limit**: |q_new| ≤ sqrt(g) hf^(3/2). Without momentum advection these equations make waves of any
fast flow, as steep streets carry it: they would rise and fall by decimetres. Limited to the critical
discharge, such flow is steady and somewhat too deep; what is truly fast asks for the advective scheme.

**Slowed waves**: where the flow is deeper than the *wave depth* of the step, the inertia is multiplied by
σ = hf / (wave depth): the pressure term and |q| are divided by σ. Gravity waves then run as in water of the
wave depth, which sets the step; neither rest nor steady flow changes. Usually the wave depth is beyond all
depths and σ is 1. Source: Tobis (1996) slows the waves of ocean models so; σ is that of
`twin.surface.subgrid`.

**Limiter**: a cell that would lose more than it holds scales all its outflows by one share ≤ 1.

**Continuity**: h_new = h + (dt/dx) (q_west - q_east + q_north - q_south), each face's volume truncated
to whole units once and used on both sides.

**For speed**, the momentum is computed in short loops over a chunk of columns, with rows of intermediate
values that stay in the nearest cache: one long loop has more operations in flight than a processor can
look ahead. Indices are unsigned, since one that might be negative would become a gather, and arrays are
indexed by row rather than sliced, since a slice costs as much as a dozen cells.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from twin.surface.constants import (
    CHUNK,
    DRY_UNITS,
    FREE_WAVES,
    GRAVITY_M_S2,
    LANES,
    THETA_MIN,
    UNIT_BITS,
    UNIT_M,
    UNITS_PER_M,
)
from twin.surface.intrinsics import (
    EXACT,
    FAST,
    LEAF,
    fetch_early,
    float_bits,
    inverse_cbrt,
    max_real,
    min_real,
)
from twin.surface.state import Flow, Grid, Wanted, Work

ZERO = np.float32(0.0)
SIXTEENTH = np.float32(1.0 / 16.0)  # the mean of four discharges, squared
HALF = np.float32(0.5)
ONE = np.float32(1.0)
TWO = np.float32(2.0)
DRY = np.float32(DRY_UNITS)
TINY = np.float32(1.0e-20)
SAFE = np.float32(1.0 - 2.0e-6)  # keeps float32 rounding of a full outflow below the depth
THETA_FLOOR = np.float32(THETA_MIN)
NO_LIMIT = np.float32(FREE_WAVES)
CRITICAL = np.float32((GRAVITY_M_S2 * UNIT_M) ** 0.5 * UNIT_M)
"""Critical discharge over the power 3/2 of the depth in units, m²/s."""

NONE, NEXT = np.uint64(0), np.uint64(1)
LINE, CHUNK_COLS = np.uint64(LANES), np.uint64(CHUNK)

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
    wave_depth
        Depth in units above which gravity waves run no faster.
    """

    theta_slope: Any
    pressure: Any
    friction: Any
    volume: Any
    wave_depth: Any


@njit(inline="always")
def step_factors(dt_s: float, cell_size_m: float, wave_depth: float) -> StepFactors:
    """Return the constants of a step of ``dt_s`` with a wave depth in units."""
    ratio = dt_s / cell_size_m
    return StepFactors(
        np.float32(ratio * UNITS_PER_M),
        np.float32(GRAVITY_M_S2 * ratio * UNIT_M * UNIT_M),
        np.float32(0.5 * dt_s),
        np.float32(ratio * UNITS_PER_M),
        np.float32(wave_depth),
    )


@njit(inline="always", fastmath=FAST)
def _momentum(face: Any, norm: Any, q: Any, q_beside: Any, friction: Any, step: StepFactors) -> Any:
    """Return the new discharge through one face, m²/s.

    ``face`` holds hf^(-1/3), the pressure term g dt hf ∂η/∂x and the critical discharge, 0 for a dry face;
    ``norm`` is that of the old discharge, ``q_beside`` the sum of its neighbours in the direction of flow.
    """
    root, push, critical = face
    square = root * root
    speed = norm * (square * root)
    theta = max(THETA_FLOOR, ONE - step.theta_slope * speed)
    mean = HALF * q_beside
    driven = mean + theta * (q - mean) - push
    drag = (step.friction * friction) * (speed * (square * square))
    new = (driven + drag * q) / (ONE + TWO * drag)
    return max(min(new, critical), -critical)


@njit(inline="always", fastmath=FAST)
def flow_levels(depth: Any, bed: Any, row: Any, beyond: Any, col: Any, col_beyond: Any) -> Any:
    """Return depth of flow, rise of the water surface and critical discharge of a face.

    The depth is at least the dry depth; both are in units, the discharge in m²/s and 0 for a dry face.
    ``row`` and ``beyond`` are rows of ``depth`` and ``bed`` before and behind the face.
    """
    before, behind = depth[row[0], col], depth[beyond[0], col_beyond]
    rise = bed[beyond[1], col_beyond] - bed[row[1], col]
    drop = np.float32(np.int32(behind - before)) + rise  # exact: lakes stay at rest
    flow_depth = max_real(
        np.float32(before) - max_real(rise, ZERO), np.float32(behind) + min_real(rise, ZERO)
    )
    wet = max_real(flow_depth, DRY)
    critical = CRITICAL * wet * np.sqrt(wet) if flow_depth > DRY else ZERO
    return wet, drop, critical


@njit(inline="always", fastmath=FAST)
def _slow(root: Any, push: Any, norm: Any, wave_depth: Any) -> Any:
    """Return pressure term and norm over σ, for the power -1/3 of a depth of flow."""
    slowness = min(ONE, wave_depth * (root * root * root))
    return push * slowness, norm * slowness


@njit(inline="always")
def _fetch(array: Any, row: Any, start: Any, count: Any) -> None:
    """Ask for the part of a row that the next row will need; little by little, not to stall."""
    for line in range(start, start + count, LINE):
        fetch_early(array, row, line)


@njit(fastmath=FAST, error_model="numpy", **LEAF)
def wanted_discharges(
    flow: Flow,
    at: int,
    grid: Grid,
    row: int,
    first: int,
    end: int,
    step: StepFactors,
    work: Work,
    wanted: Wanted,
    slot: int,
) -> None:
    """Compute the west faces of a row and the north faces of the next in columns ``first`` to ``end``.

    Parameters
    ----------
    flow, at
        Old state, and where in its arrays the row lies.
    grid, row
        Bed and friction, and where in their arrays the row lies.
    work
        Rows of intermediate values, used for a chunk of columns at a time.
    wanted, slot
        Receives the west faces in row ``slot`` and the north faces in the other row.
    """
    depth, qx, qy, bed, rough = flow.depth, flow.qx, flow.qy, grid.bed, grid.friction
    i_0, j_0, last_rough = np.uint64(at), np.uint64(row), np.uint64(rough.shape[0] - 1)
    i_1, j_1 = i_0 + NEXT, j_0 + NEXT
    i_2, n_0, n_1 = i_1 + NEXT, min(j_0, last_rough), min(j_1, last_rough)
    west_faces, north_faces = np.uint64(slot), np.uint64(1 - slot)
    start, stop = np.uint64(first), np.uint64(end)
    while start < stop:
        count = min(CHUNK_COLS, stop - start)
        for i in range(NONE, count):
            col = start + i
            west = col - NEXT
            flow_depth, drop, work.critical_x[i] = flow_levels(depth, bed, (i_0, j_0), (i_0, j_0), west, col)
            work.depth_x[i] = flow_depth
            work.push_x[i] = step.pressure * flow_depth * drop
            flow_depth, drop, work.critical_y[i] = flow_levels(depth, bed, (i_0, j_0), (i_1, j_1), col, col)
            work.depth_y[i] = flow_depth
            work.push_y[i] = step.pressure * flow_depth * drop
        _fetch(depth, i_2, start, count)
        _fetch(qx, i_2, start, count)
        for i in range(NONE, count):
            col = start + i
            west, east = col - NEXT, col + NEXT
            here, below = qx[i_0, col], qy[i_1, col]
            across = (qy[i_0, west] + below) + (qy[i_0, col] + qy[i_1, west])
            work.norm_x[i] = np.sqrt(here * here + SIXTEENTH * (across * across))
            across = (here + qx[i_1, east]) + (qx[i_0, east] + qx[i_1, col])
            work.norm_y[i] = np.sqrt(below * below + SIXTEENTH * (across * across))
            work.depth_x[i] = inverse_cbrt(work.depth_x[i])
            work.depth_y[i] = inverse_cbrt(work.depth_y[i])
        if step.wave_depth < NO_LIMIT:
            for i in range(NONE, count):
                work.push_x[i], work.norm_x[i] = _slow(
                    work.depth_x[i], work.push_x[i], work.norm_x[i], step.wave_depth
                )
                work.push_y[i], work.norm_y[i] = _slow(
                    work.depth_y[i], work.push_y[i], work.norm_y[i], step.wave_depth
                )
        _fetch(qy, i_2 + NEXT, start, count)
        for i in range(NONE, count):
            col = start + i
            west, east = col - NEXT, col + NEXT
            beside, friction = qx[i_0, west] + qx[i_0, east], rough[n_0, col] + rough[n_0, west]
            face = work.depth_x[i], work.push_x[i], work.critical_x[i]
            wanted.x[west_faces, col] = _momentum(face, work.norm_x[i], qx[i_0, col], beside, friction, step)
        _fetch(bed, j_1 + NEXT, start, count)
        for i in range(NONE, count):
            col = start + i
            beside, friction = qy[i_0, col] + qy[i_2, col], rough[n_0, col] + rough[n_1, col]
            face = work.depth_y[i], work.push_y[i], work.critical_y[i]
            wanted.y[north_faces, col] = _momentum(face, work.norm_y[i], qy[i_1, col], beside, friction, step)
        start += count


@njit(inline="always", fastmath=FAST)
def _wanted_outflow(wanted: Wanted, slot: Any, other: Any, col: Any, step: StepFactors) -> Any:
    """Return the outflow that a cell's faces want in this step, units."""
    along_x = max_real(wanted.x[slot, col + NEXT], ZERO) - min_real(wanted.x[slot, col], ZERO)
    along_y = max_real(wanted.y[other, col], ZERO) - min_real(wanted.y[slot, col], ZERO)
    return step.volume * (along_x + along_y)


@njit(fastmath=FAST, error_model="numpy", **LEAF)
def any_short(depth: Any, at: int, wanted: Wanted, slot: int, first: int, end: int, step: StepFactors) -> Any:
    """Return whether any cell cannot afford the outflow that its faces want; it is rare.

    The row's west and north faces lie in ``slot`` of ``wanted``, its south faces in the other row. A dry cell
    from which nothing flows is not short.
    """
    row, now, other = np.uint64(at), np.uint64(slot), np.uint64(1 - slot)
    signs = np.int32(0)
    for col in range(np.uint64(first), np.uint64(end)):
        left = SAFE * np.float32(depth[row, col]) - _wanted_outflow(wanted, now, other, col, step)
        signs = np.int32(signs | float_bits(left))  # a negative number sets the sign
    return signs < np.int32(0)


@njit(fastmath=FAST, error_model="numpy", **LEAF)
def outflow_shares(
    depth: Any, at: int, wanted: Wanted, slot: int, first: int, end: int, step: StepFactors
) -> None:
    """Compute for each cell the share of its wanted outflow that it can afford, 0 to 1."""
    row, now, other = np.uint64(at), np.uint64(slot), np.uint64(1 - slot)
    for col in range(np.uint64(first), np.uint64(end)):
        outflow = _wanted_outflow(wanted, now, other, col, step)
        wanted.share[now, col] = min(ONE, SAFE * np.float32(depth[row, col]) / (outflow + TINY))


@njit(fastmath=EXACT, error_model="numpy", **LEAF)
def limit_faces(wanted: Wanted, slot: int, first: int, end: int, out: Any, out_row: int) -> None:
    """Scale the north faces in ``slot`` by the share of the cell that gives."""
    now, other, to = np.uint64(slot), np.uint64(1 - slot), np.uint64(out_row)
    for col in range(np.uint64(first), np.uint64(end)):
        flux, above, below = wanted.y[now, col], wanted.share[other, col], wanted.share[now, col]
        out[to, col] = flux * (above if flux > ZERO else below)


@njit(inline="always", fastmath=EXACT)
def _moved(step: StepFactors, west: Any, east: Any, top: Any, bottom: Any) -> Any:
    """Return the gain of a cell in units: each face's volume is truncated once, alike on both sides."""
    along_x = np.int32(step.volume * west) - np.int32(step.volume * east)
    return np.int32(along_x + np.int32(step.volume * top) - np.int32(step.volume * bottom))


@njit(fastmath=EXACT, error_model="numpy", **LEAF)
def new_depths(
    grid: Grid,
    row: int,
    wanted: Wanted,
    slot: int,
    rain: Any,
    first: int,
    end: int,
    step: StepFactors,
    south: Any,
    south_row: int,
) -> Any:
    """Update the depth of a row in place, and keep the final discharge of its west and south faces.

    Parameters
    ----------
    wanted, slot
        The row's west faces lie in ``slot``, its south faces in the other row; its north faces are final
        and in the grid.
    rain
        Whole units to add.
    south, south_row
        Where the discharge of the south faces is kept.

    Returns
    -------
    Largest new depth in units as uint32: a negative one, which must not be, shows as a huge one.
    """
    depth, qx, qy = grid.depth, grid.qx, grid.qy
    r, now, other, to = np.uint64(row), np.uint64(slot), np.uint64(1 - slot), np.uint64(south_row)
    deepest = np.uint32(0)
    for col in range(np.uint64(first), np.uint64(end)):
        west, bottom = wanted.x[now, col], wanted.y[other, col]
        qx[r, col] = west
        south[to, col] = bottom
        moved = _moved(step, west, wanted.x[now, col + NEXT], qy[r, col], bottom)
        new = np.int32(depth[r, col] + moved + rain[col])
        depth[r, col] = new
        deepest = max(deepest, np.uint32(new))
    return deepest


@njit(fastmath=EXACT, error_model="numpy", **LEAF)
def limit_row(wanted: Wanted, slot: int, first: int, end: int) -> None:
    """Scale the west faces in ``slot`` and the south faces in the other row by the share that gives.

    The row's own shares lie in ``slot``, those of the next row in the other one.
    """
    now, other = np.uint64(slot), np.uint64(1 - slot)
    share, flux_x, flux_y = wanted.share, wanted.x, wanted.y
    for col in range(np.uint64(first), np.uint64(end)):
        flux, mine, of_west = flux_x[now, col], share[now, col], share[now, col - NEXT]
        flux_x[now, col] = flux * (of_west if flux > ZERO else mine)
        flux, of_south = flux_y[other, col], share[other, col]
        flux_y[other, col] = flux * (mine if flux > ZERO else of_south)
