"""Flow through gullies and manholes, positive from the street into the sewer.

In all functions ``depth`` is the street's water depth and ``rise`` the sewer's head above the street's
ground at the inlet (negative while the sewer has room), both in m; flows are in m3/s. All kernels stand
in one file because Numba's cache does not notice changes in another.
"""

import math

import numpy as np
from numba import njit

from twin.exchange.coefficients import InletCoefficients
from twin.exchange.inlets import State

_GRAVITY = 9.80665
_TWO_G = 2.0 * _GRAVITY

# Share of the depth by which the sewer must drown a rim before the weir counts as submerged. The
# source switches at once, which makes the flow jump; over this range it passes from one to the other.
_DROWNING = 0.5
# Around depth = A/w, where a drowned rim turns from weir to orifice, as a share of A/w.
_WEIR_BELOW, _ORIFICE_ABOVE = 0.8, 1.2


@njit(cache=True)
def grate_flow(depth: float, perimeter: float, area: float, coef: InletCoefficients) -> float:
    """Flow into a clear grate in a sag with the sewer out of the way.

    Parameters
    ----------
    perimeter
        Edge over which water falls, without the kerb's side, m.
    area
        Open area, m2.

    Source: HEC-22, grate inlets in sag locations.
    """
    if depth <= 0.0:
        return 0.0
    weir = coef.gully_weir * perimeter * depth * math.sqrt(depth)
    orifice = coef.gully_orifice * area * math.sqrt(_TWO_G * depth)
    return min(weir, orifice)


@njit(cache=True)
def gully_flow(
    depth: float, rise: float, perimeter: float, area: float, clear: float, coef: InletCoefficients
) -> float:
    """Flow through a gully; against the street when the sewer's head stands higher.

    While the sewer is below the street's ground the grate alone governs. Above, the difference of
    heads drives an orifice, which never lets in more than the free grate; the two join where the head
    passes the ground, and the flow vanishes where the heads are equal.

    Parameters
    ----------
    clear
        Share of the grate that is not blocked, 0 to 1.
    """
    free = grate_flow(depth, perimeter, area, coef)
    if rise <= 0.0:
        return clear * free
    orifice = coef.gully_orifice * area
    if depth >= rise:
        return clear * min(free, orifice * math.sqrt(_TWO_G * (depth - rise)))
    return -clear * orifice * math.sqrt(_TWO_G * (rise - depth))


@njit(cache=True)
def free_weir_flow(depth: float, width: float, coef: InletCoefficients) -> float:
    """Flow over the rim of an open manhole into an empty shaft; ``width`` is the rim's, m."""
    return 2.0 / 3.0 * coef.free_weir * width * depth * math.sqrt(_TWO_G * depth)


@njit(cache=True)
def submerged_weir_flow(depth: float, difference: float, width: float, coef: InletCoefficients) -> float:
    """Flow over a drowned rim; vanishes with the difference of heads, m."""
    return coef.submerged_weir * width * depth * math.sqrt(_TWO_G * difference)


@njit(cache=True)
def orifice_flow(difference: float, area: float, coef: InletCoefficients) -> float:
    """Flow through a shaft as an orifice of ``area`` m2 under a difference of heads, m."""
    return coef.manhole_orifice * area * math.sqrt(_TWO_G * difference)


@njit(cache=True)
def manhole_flow(
    depth: float, rise: float, area: float, width: float, takes_in: bool, coef: InletCoefficients
) -> float:
    """Flow through a manhole: out of it under pressure, into it only where ``takes_in`` is true.

    The branches of the source are joined: free and submerged weir over the degree of drowning,
    submerged weir and orifice around depth = area / width.

    Source: Rubinato et al. (2017); joins are this project's.
    """
    if rise > max(depth, 0.0):
        return -orifice_flow(rise - max(depth, 0.0), area, coef)
    if not takes_in or depth <= 0.0:
        return 0.0
    free = free_weir_flow(depth, width, coef)
    if rise <= 0.0:
        return free
    difference = depth - rise
    drowned = _blend(
        submerged_weir_flow(depth, difference, width, coef),
        orifice_flow(difference, area, coef),
        (depth * width / area - _WEIR_BELOW) / (_ORIFICE_ABOVE - _WEIR_BELOW),
    )
    return _blend(free, drowned, rise / depth / _DROWNING)


@njit(cache=True)
def _blend(first: float, second: float, share: float) -> float:
    """Pass smoothly from ``first`` at share 0 to ``second`` at share 1."""
    s = min(max(share, 0.0), 1.0)
    s = s * s * (3.0 - 2.0 * s)
    return (1.0 - s) * first + s * second


@njit(cache=True)
def wanted_volumes(inlets, state, coef, dt, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` with the volume that each inlet would move in a step, m3, positive into the sewer.

    No inlet moves water past equal heads: with its share of the cell on one side and its share of the
    node's shaft on the other, the volume that makes the heads equal is the most. That keeps the
    exchange stable at any step.

    Parameters
    ----------
    inlets
        `Inlets`.
    state
        `State`: depth in each inlet's cell, head above the street at each inlet.
    coef
        `InletCoefficients`.
    dt
        Step, s.
    """
    for k in range(out.size):
        depth, rise = state.depth[k], state.rise[k]
        if inlets.is_gully[k]:
            flow = gully_flow(depth, rise, inlets.length[k], inlets.area[k], inlets.clear[k], coef)
        else:
            flow = manhole_flow(depth, rise, inlets.area[k], inlets.length[k], inlets.takes_in[k], coef)
        if flow > 0.0:
            out[k] = min(flow * dt, (depth - rise) * inlets.joint_in[k])
        elif flow < 0.0:
            out[k] = max(flow * dt, (depth - rise) * inlets.joint_out[k])
        else:
            out[k] = 0.0


@njit(cache=True)
def share_what_is_there(inlets, held_by_cell, held_by_node, units):  # type: ignore[no-untyped-def]
    """Scale volumes down so that no cell and no node gives more than it holds, fairly among inlets.

    Parameters
    ----------
    held_by_cell, held_by_node
        Water that may be taken from each cell slot and each node, whole units, >= 0.
    units
        Wanted volumes in whole units; changed in place, rounded towards nothing.
    """
    from_cell = np.zeros(held_by_cell.size, np.int64)
    from_node = np.zeros(held_by_node.size, np.int64)
    for k in range(units.size):
        from_cell[inlets.slot[k]] += max(units[k], 0)
        from_node[inlets.node[k]] += max(-units[k], 0)
    left_in_cell, left_in_node = held_by_cell.copy(), held_by_node.copy()
    for k in range(units.size):
        if units[k] > 0:
            units[k] = _take_share(units[k], inlets.slot[k], from_cell, left_in_cell)
        elif units[k] < 0:
            units[k] = -_take_share(-units[k], inlets.node[k], from_node, left_in_node)


@njit(cache=True)
def _take_share(wanted, place, still_wanted, left):  # type: ignore[no-untyped-def]
    """Give one inlet its share of what is left at a place, and count both down."""
    share = wanted
    if still_wanted[place] > left[place]:
        share = min(np.int64(wanted * (left[place] / still_wanted[place])), left[place])
    still_wanted[place] -= wanted
    left[place] -= share
    return share


@njit(cache=True)
def exchange_units(inlets, street, sewer, coef, dt, unit_m3, units):  # type: ignore[no-untyped-def]
    """Fill ``units`` with what each inlet moves in a step, whole units, positive into the sewer.

    Parameters
    ----------
    inlets
        `Inlets`.
    street
        `StreetState`.
    sewer
        `SewerState`.
    coef
        `InletCoefficients`.
    dt
        Step, s.
    unit_m3
        Volume of one unit: a depth unit in one cell, m3.
    """
    count = units.size
    state = State(np.empty(count), np.empty(count))
    for k in range(count):
        state.depth[k] = street.depth[inlets.slot[k]]
        state.rise[k] = sewer.level[inlets.node[k]] - inlets.ground[k]
    wanted = np.empty(count)
    wanted_volumes(inlets, state, coef, dt, wanted)
    for k in range(count):
        units[k] = np.int64(wanted[k] / unit_m3)
    held_by_node = np.empty(sewer.available.size, np.int64)
    for node in range(held_by_node.size):
        held_by_node[node] = np.int64(sewer.available[node] / unit_m3)
    share_what_is_there(inlets, street.available, held_by_node, units)
