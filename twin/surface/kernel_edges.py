"""Open edges: water leaves freely, and every unit of it is counted.

Through an open side of a cell passes the larger of the critical discharge of a free overfall and the
normal discharge on the slope of the bed towards that side::

    q_critical = sqrt(g) (2/3 h)^(3/2)        q_normal = h^(5/3) sqrt(S) / n

Where the slope of the water beyond is given, as for a river that flows on, it is the normal discharge.

The discharges of all edges are found before the sweep of a step, from the same depths as those inside, and
the water moves after it: found after the sweep they would run half a step ahead, which draws the water
down before an outlet and feeds every wave that a given level reflects.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from twin.compilation import BORROWING
from twin.surface.constants import DRY_UNITS, GRAVITY_M_S2, UNIT_M, UNITS_PER_M
from twin.surface.intrinsics import inverse_cbrt, larger

CRITICAL = np.float32(GRAVITY_M_S2**0.5 * (2.0 / 3.0) ** 1.5)


class Border(NamedTuple):
    """Faces between cells and the outside through which water passes, one entry each.

    Parameters
    ----------
    row, col
        Cell, in padded indices.
    along_x
        1 where the flow through the face is east-west.
    outer_row, outer_col
        Where `Grid.qx` or `Grid.qy` holds the discharge of the face. It is entered there for the faces
        beside it, which look at their neighbours.
    inward
        1 where a positive discharge enters the domain, else -1.
    discharge
        Into the domain, m²/s; changes in place.
    """

    row: Any
    col: Any
    along_x: Any
    outer_row: Any
    outer_col: Any
    inward: Any
    discharge: Any


class Outlets(NamedTuple):
    """Open sides of cells.

    Parameters
    ----------
    border
        The faces.
    conveyance
        sqrt(S) / n towards the outside, m^(1/3)/s.
    critical
        Factor of the critical discharge: sqrt(g) (2/3)^(3/2), or 0 where the slope is given, m^(1/2)/s.
    """

    border: Border
    conveyance: Any
    critical: Any


@njit(inline="always")
def drive_outlets(depth: Any, outlets: Outlets) -> None:
    """Find the discharges through the open sides from the depths before the step."""
    border = outlets.border
    for face in range(border.row.size):
        units = depth[border.row[face], border.col[face]]
        h = np.float32(units) * np.float32(UNIT_M)
        normal = outlets.conveyance[face] * h * h * inverse_cbrt(h)
        wanted = larger(outlets.critical[face] * h * np.sqrt(h), normal)
        border.discharge[face] = -wanted if units > DRY_UNITS else np.float32(0.0)


@njit(error_model="numpy", **BORROWING)
def pass_border(
    depth: Any, qx: Any, qy: Any, border: Border, dt_s: float, dx_m: float
) -> tuple[int, int, int, bool]:
    """Let water in and out at the faces for a step; no cell gives more than it has.

    Returns
    -------
    Units that left, units that entered, largest depth touched, and whether a dry cell became wet.
    """
    left, entered, deepest, woke = 0, 0, 0, False
    factor = dt_s / dx_m * UNITS_PER_M
    for face in range(border.row.size):
        row, col = border.row[face], border.col[face]
        units: Any = np.int64(depth[row, col])
        q: Any = larger(border.discharge[face], -units / factor)
        moved: Any = larger(np.int64(factor * q), -units)
        border.discharge[face] = q
        field = qx if border.along_x[face] else qy
        field[border.outer_row[face], border.outer_col[face]] = border.inward[face] * q
        depth[row, col] = units + moved
        left += larger(-moved, 0)
        entered += larger(moved, 0)
        deepest = larger(deepest, units + moved)
        woke = woke or (units <= DRY_UNITS < units + moved)
    return left, entered, deepest, woke
