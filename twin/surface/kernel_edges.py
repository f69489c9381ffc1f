"""Open edges: water leaves freely, and every unit of it is counted.

Through an open side of a cell passes the larger of the critical discharge of a free overfall and the
normal discharge on the slope of the bed towards that side::

    q_critical = sqrt(g) (2/3 h)^(3/2)        q_normal = h^(5/3) sqrt(S) / n
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from twin.surface.constants import DRY_UNITS, GRAVITY_M_S2, UNIT_M
from twin.surface.intrinsics import inverse_cbrt

CRITICAL = np.float32(GRAVITY_M_S2**0.5 * (2.0 / 3.0) ** 1.5)


class Outlets(NamedTuple):
    """Open sides of cells, one entry each.

    Parameters
    ----------
    row, col
        Cell, in padded indices.
    conveyance
        sqrt(S) / n towards that side, m^(1/3)/s.
    """

    row: Any
    col: Any
    conveyance: Any


@njit(cache=True, error_model="numpy")
def drain_outlets(depth: Any, outlets: Outlets, volume_factor: Any) -> int:
    """Let water leave through the open sides; return the units that left.

    Parameters
    ----------
    volume_factor
        dt/dx in 1/U: times a discharge it is a change of depth in units.
    """
    left = 0
    for outlet in range(outlets.row.size):
        row, col = outlets.row[outlet], outlets.col[outlet]
        units = depth[row, col]
        if units <= DRY_UNITS:
            continue
        h = np.float32(units) * np.float32(UNIT_M)
        normal = outlets.conveyance[outlet] * h * h * inverse_cbrt(h)
        taken = min(units, np.int32(volume_factor * max(CRITICAL * h * np.sqrt(h), normal)))
        depth[row, col] = units - taken
        left += taken
    return left
