"""Edges of the advective scheme: the discharges of `twin.surface.kernel_openings`, and their momentum.

Water that leaves takes the velocity of its cell along, and water that enters is given it: both change the
depth of a cell, not its velocity. So a face through which water passes must not act as a wall.
"""

import numpy as np
from numba import njit

from twin.compilation import INNER
from twin.surface.advective.kernel_faces import DRY
from twin.surface.advective.motion import Motion
from twin.surface.constants import UNIT_M
from twin.surface.kernel_edges import Border, Outlets
from twin.surface.state import Grid


@njit(error_model="numpy", **INNER)
def carry_outlets(grid: Grid, motion: Motion, outlets: Outlets) -> None:
    """Raise the discharge of free outlets to what the velocity of the cell carries."""
    border = outlets.border
    for face in range(border.row.size):
        row, col = border.row[face], border.col[face]
        units = grid.depth[row, col]
        if units <= DRY or outlets.critical[face] == 0.0:
            continue
        speed = motion.u[row, col] if border.along_x[face] else motion.v[row, col]
        carried = np.float32(units * UNIT_M) * speed * np.float32(border.inward[face])
        border.discharge[face] = min(border.discharge[face], carried)


@njit(**INNER)
def open_border(motion: Motion, border: Border) -> None:
    """Take the wall away from the faces through which water passes."""
    for face in range(border.row.size):
        if border.discharge[face] == 0.0:
            continue
        row, col = border.outer_row[face], border.outer_col[face]
        if border.along_x[face]:
            motion.to_west[row, col] = 0.0
            motion.to_east[row, col] = 0.0
        else:
            motion.to_north[row, col] = 0.0
            motion.to_south[row, col] = 0.0
