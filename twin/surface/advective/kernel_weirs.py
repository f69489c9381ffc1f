"""Barriers of the advective scheme: faces with a crest pass what the weir formula allows.

What overflows takes the velocity of its cell along and arrives with none. The rest of the water that runs
against the barrier is thrown back as by a wall.
"""

from typing import Any

import numpy as np
from numba import njit

from twin.compilation import INNER
from twin.surface.advective.kernel_faces import DRY, reflection
from twin.surface.advective.motion import Motion
from twin.surface.constants import UNIT_M
from twin.surface.kernel_barriers import Crests, overflow
from twin.surface.state import Grid

TINY = 1.0e-12


@njit(error_model="numpy", **INNER)
def weir_discharges(grid: Grid, crests: Crests, pressure: Any) -> Any:
    """Return what passes over each face with a crest, m²/s, from the discharges of the step before.

    ``pressure`` is that of `twin.surface.kernel_barriers.overflow`.
    """
    discharges = np.zeros(crests.col.size, np.float32)
    for row in range(crests.first.size - 1):
        for face in range(crests.first[row], crests.first[row + 1]):
            col, north = crests.col[face], crests.north[face] != 0
            row_1, col_0 = (row + 1, col) if north else (row, col - 1)
            q = grid.qy[row_1, col] if north else grid.qx[row, col]
            discharges[face] = overflow(
                *(grid.depth[row, col_0], grid.depth[row_1, col]),
                *(grid.bed[row, col_0], grid.bed[row_1, col]),
                *(crests.crest[face], crests.share[face], q, pressure),
            )
    return discharges


@njit(error_model="numpy", **INNER)
def _felt(units: Any, speed: Any, over: Any) -> Any:
    """Return the momentum flux that a cell feels which runs against a barrier with ``speed``, m³/s².

    ``over`` is what leaves it over the crest, m²/s, negative where it receives.
    """
    if units <= DRY:
        return 0.0
    depth, leaving = units * UNIT_M, max(over, 0.0)
    blocked = max(1.0 - leaving / max(depth * abs(speed), TINY), 0.0)
    return leaving * speed + blocked * reflection(depth, speed)


@njit(error_model="numpy", **INNER)
def patch_weirs(grid: Grid, motion: Motion, crests: Crests, discharges: Any) -> None:
    """Replace what the faces with a crest pass."""
    for row in range(crests.first.size - 1):
        for face in range(crests.first[row], crests.first[row + 1]):
            col, q = crests.col[face], discharges[face]
            if crests.north[face] != 0:
                giving = row if q > 0.0 else row + 1
                grid.qy[row + 1, col] = q
                motion.to_north[row + 1, col] = _felt(grid.depth[row, col], motion.v[row, col], q)
                motion.to_south[row + 1, col] = _felt(grid.depth[row + 1, col], -motion.v[row + 1, col], -q)
                motion.along_y[row + 1, col] = q * motion.u[giving, col]
            else:
                giving = col - 1 if q > 0.0 else col
                grid.qx[row, col] = q
                motion.to_west[row, col] = _felt(grid.depth[row, col - 1], motion.u[row, col - 1], q)
                motion.to_east[row, col] = _felt(grid.depth[row, col], -motion.u[row, col], -q)
                motion.along_x[row, col] = q * motion.v[row, giving]
