"""Open edges of the coarse tier: water leaves freely, and every unit of it is counted.

As on the fine grid, through an open side passes the larger of the critical discharge of a free overfall
and the normal discharge on the slope of the ground towards that side; over the strips of a section.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from twin.surface.constants import DRY_DEPTH_M
from twin.surface.intrinsics import inverse_cbrt
from twin.surface.subgrid.storage import LEVELS_PER_M


class Outlets(NamedTuple):
    """Open sides of nodes, one entry each.

    Parameters
    ----------
    row, col
        Node, in padded indices.
    sill, film
        Bed of four strips for level water, level units, and above the plane, m; shape (outlets, 4).
    width
        Width of a strip, m.
    conveyance
        sqrt(S) / n towards that side, mean, m^(1/3)/s; where it is above 0 water leaves as a film.
    critical
        Factor of the critical discharge, mean, m^(1/2)/s; 0 where a slope is given.
    """

    row: Any
    col: Any
    sill: Any
    film: Any
    width: Any
    conveyance: Any
    critical: Any


@njit(cache=True, error_model="numpy")
def drain_outlets(grid: Any, outlets: Outlets, dt_s: float, unit_m3: float) -> int:
    """Let water leave through the open sides; return the units that left."""
    left = 0
    for k in range(outlets.row.size):
        row, col = outlets.row[k], outlets.col[k]
        most = np.float32(grid.level[row, col] - outlets.sill[k, 0]) / np.float32(LEVELS_PER_M)
        if most <= DRY_DEPTH_M:
            continue
        steep = outlets.conveyance[k]
        discharge = np.float32(0.0)
        for strip in range(4):
            pool = np.float32(grid.level[row, col] - outlets.sill[k, strip]) / np.float32(LEVELS_PER_M)
            film = min(grid.film[row, col] - outlets.film[k, strip], most)
            h = film if steep > 0.0 else pool
            if h > DRY_DEPTH_M:
                normal = steep * h * h * inverse_cbrt(np.float32(h))
                discharge += outlets.width[k] * max(outlets.critical[k] * h * np.sqrt(h), normal)
        taken = min(grid.volume[row, col], np.int64(discharge * dt_s / unit_m3))
        grid.volume[row, col] -= taken
        left += taken
    return left
