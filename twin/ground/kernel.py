"""One update of the ground: water moves from the surface into hollows and soil, in whole units.

The cells of a row are taken in runs of one ground class, so that the class's values are constants of
the inner loop and runs without any loss cost nothing.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit, prange

GREEN_AMPT, HORTON = 0, 1
MAX_INFILTRATED = np.int32(2**30)
"""A soil takes no more than this many units, 64 m."""


class Runs(NamedTuple):
    """Runs of cells of one class: bounds in padded columns, and the runs of each padded row.

    Parameters
    ----------
    kind, first, end
        Class, first and end column of each run.
    row_start
        First run of each padded row, and the end, shape (padded rows + 1,).
    """

    kind: Any
    first: Any
    end: Any
    row_start: Any


class Laws(NamedTuple):
    """Values of each class for one interval, in depth units over the whole cell.

    Parameters
    ----------
    model
        `GREEN_AMPT` or `HORTON`.
    room
        What hollows hold back, int32.
    conducted
        Green-Ampt: conductivity times interval.
    pull, fill
        Green-Ampt: suction times moisture deficit; moisture deficit, by which standing water pulls too.
    table, spacing
        Horton: units per interval over units infiltrated, shape (classes, nodes); their spacing.
    """

    model: int
    room: Any
    conducted: Any
    pull: Any
    fill: Any
    table: Any
    spacing: Any


@njit(inline="always")
def _green_ampt(
    taken: float, water: float, depth: float, conducted: float, pull: float, fill: float
) -> float:
    """Return the units that a soil can take in one interval in which water arrives evenly.

    It takes all water until its capacity has fallen to the rate of arrival (Mein and Larson, 1973), and
    is flooded for the rest of the interval. Then Green-Ampt's implicit law holds, with ln(1 + y) replaced
    by 2 y / (2 + y): a quadratic, its root written without a difference of near numbers (Li, Stevens and
    Simons, 1976).
    """
    drawn = pull + fill * depth
    at_ponding = conducted * drawn / max(water - conducted, 1e-3)
    at_ponding = min(max(at_ponding, taken), taken + water)
    flooded = conducted * (1.0 - (at_ponding - taken) / max(water, 1.0))
    b = 2.0 * at_ponding - flooded
    c = 2.0 * flooded * (at_ponding + drawn)
    return at_ponding - taken + 2.0 * c / (b + np.sqrt(b * b + 4.0 * c) + 1e-9)


@njit(inline="always")
def _horton(taken: float, table: Any, spacing: float) -> float:
    """Return the units that a flooded soil takes in one interval, from the table."""
    place = min(taken / spacing, np.float64(table.size - 2))
    node = np.int64(place)
    share = min(place - node, 1.0) if taken < spacing * (table.size - 1) else 1.0
    return table[node] + share * (table[node + 1] - table[node])


@njit(cache=True)
def _is_dry(depth: Any, held: Any) -> bool:
    any_unit = np.int32(0)
    for i in range(depth.size):
        any_unit |= depth[i] | held[i]
    return any_unit == 0


@njit(cache=True, error_model="numpy")
def _want_green_ampt(
    depth: Any,
    infiltrated: Any,
    held: Any,
    conducted: float,
    pull: float,
    fill: float,
    phase: float,
    want: Any,
) -> None:
    for i in range(depth.size):
        h = np.float64(depth[i])
        units = _green_ampt(np.float64(infiltrated[i]), h + held[i], h, conducted, pull, fill)
        want[i] = np.int32(units + phase)


@njit(cache=True, error_model="numpy")
def _want_horton(infiltrated: Any, table: Any, spacing: float, phase: float, want: Any) -> None:
    for i in range(infiltrated.size):
        want[i] = np.int32(_horton(np.float64(infiltrated[i]), table, spacing) + phase)


@njit(cache=True)
def _settle(depth: Any, infiltrated: Any, held: Any, want: Any, room: Any) -> int:
    """Let the soil take what it wants, from the surface first, then fill the hollows; return units gone."""
    gone = np.int64(0)
    for i in range(depth.size):
        soaked = min(want[i], depth[i] + held[i])
        soaked = np.int32(min(soaked, MAX_INFILTRATED - infiltrated[i]))
        above = np.int32(min(soaked, depth[i]))
        hollow = np.int32(held[i] - (soaked - above))
        settled = np.int32(min(depth[i] - above, room - hollow))
        infiltrated[i] = np.int32(infiltrated[i] + soaked)
        held[i] = np.int32(hollow + settled)
        depth[i] = np.int32(depth[i] - above - settled)
        gone += above + settled
    return int(gone)


@njit(parallel=True, cache=True)
def take_units(depth: Any, infiltrated: Any, held: Any, runs: Runs, laws: Laws, phase: float) -> int:
    """Move water from the surface into the ground for one interval.

    Parameters
    ----------
    depth, infiltrated, held
        Units on the surface, in the soil and in hollows; padded grids, changed in place.
    runs, laws
        Which cells, and what they take.
    phase
        Stands in for the fraction of a unit, 0 to 1: over the updates it makes the mean right.

    Returns
    -------
    Units that left the surface.
    """
    rows = runs.row_start.size - 1
    gone = np.zeros(rows, np.int64)
    for row in prange(rows):
        want = np.empty(depth.shape[1] if runs.row_start[row + 1] > runs.row_start[row] else 0, np.int32)
        for run in range(runs.row_start[row], runs.row_start[row + 1]):
            kind, first, end = runs.kind[run], runs.first[run], runs.end[run]
            h, f, d = depth[row, first:end], infiltrated[row, first:end], held[row, first:end]
            if _is_dry(h, d):
                continue
            if laws.model == GREEN_AMPT:
                _want_green_ampt(
                    *(h, f, d, laws.conducted[kind], laws.pull[kind], laws.fill[kind], phase, want)
                )
            else:
                _want_horton(f, laws.table[kind], laws.spacing[kind], phase, want)
            gone[row] += _settle(h, f, d, want, laws.room[kind])
    return int(gone.sum())
