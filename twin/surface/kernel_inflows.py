"""Inflow hydrographs: given volumes in time, spread over cells in whole units.

What a line has given until a time is the volume of its hydrograph in whole units, rounded down: the volume
is met to a unit at every moment, whatever the steps. What a step gives is cut at the cumulative shares of
the cells, so that none gets less than nothing and the parts add up.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from twin.compilation import BORROWING
from twin.surface.constants import DRY_UNITS, GRAVITY_M_S2, UNIT_M
from twin.surface.intrinsics import larger
from twin.surface.kernel_levels import interpolate, knots_until


class InflowCells(NamedTuple):
    """Cells that get water, line by line, and the hydrographs.

    Parameters
    ----------
    row, col
        Cells in padded indices.
    first
        Where the cells of each line begin, and the end, shape (lines + 1,).
    share_to
        Share of a line's water that goes to its cells up to and with this one; 1 for the last.
    largest_share
        Share of each line's cell that gets most, shape (lines,).
    first_knot
        Where each hydrograph begins in the knots, and the end, shape (lines + 1,).
    knots_s, knots_m3_s, knots_m3
        Times, s, discharges, and volumes until then.
    given
        Units that each line has given, shape (lines,), int64; changes in place.
    """

    row: Any
    col: Any
    first: Any
    share_to: Any
    largest_share: Any
    first_knot: Any
    knots_s: Any
    knots_m3_s: Any
    knots_m3: Any
    given: Any


@njit(**BORROWING)
def _volume_m3(inflows: InflowCells, line: int, time_s: float) -> float:
    """Volume of a hydrograph until a time, m³."""
    first, end = inflows.first_knot[line], inflows.first_knot[line + 1]
    times, rates = inflows.knots_s[first:end], inflows.knots_m3_s[first:end]
    knot = knots_until(times, time_s) - 1
    if knot < 0:
        return 0.0
    mean = 0.5 * (rates[knot] + interpolate(times, rates, time_s))
    return float(inflows.knots_m3[first + knot] + mean * (time_s - times[knot]))


@njit(inline="always")
def inflow_depth(inflows: InflowCells, time_s: float, courant: float, dx_m: float) -> int:
    """Depth that a step must respect so that its own inflow keeps the Courant number, units.

    A cell that rises by r metres a second from dry reaches h = r dt in a step of dt = courant dx /
    sqrt(g h): the critical depth of the unit discharge r courant dx.
    """
    deepest = 0.0
    for line in range(inflows.given.size):
        first, end = inflows.first_knot[line], inflows.first_knot[line + 1]
        inflow = interpolate(inflows.knots_s[first:end], inflows.knots_m3_s[first:end], time_s)
        unit_discharge = courant * inflow * inflows.largest_share[line] / dx_m
        deepest = larger(deepest, (unit_discharge * unit_discharge / GRAVITY_M_S2) ** (1.0 / 3.0))
    units: Any = np.int64(deepest / UNIT_M)
    return units


@njit(inline="always")
def pour_inflows(depth: Any, inflows: InflowCells, time_s: float, unit_m3: float) -> tuple[int, bool]:
    """Give the cells what the hydrographs have brought until ``time_s``.

    Returns
    -------
    Largest depth touched, and whether a dry cell became wet.
    """
    deepest, woke = 0, False
    for line in range(inflows.given.size):
        volume: Any = np.int64(_volume_m3(inflows, line, time_s) / unit_m3)
        fresh: Any = larger(volume - inflows.given[line], 0)
        inflows.given[line] += fresh
        dealt = 0
        for cell in range(inflows.first[line], inflows.first[line + 1]):
            gained: Any = np.int64(fresh * inflows.share_to[cell]) - dealt
            dealt += gained
            row, col = inflows.row[cell], inflows.col[cell]
            old: Any = np.int64(depth[row, col])
            depth[row, col] = old + gained
            deepest = larger(deepest, old + gained)
            woke = woke or (old <= DRY_UNITS < old + gained)
    return deepest, woke
