"""How far gravity waves may be slowed: not below the speed of the floods that run in deep water.

Water that flows with velocity u carries floods with 5/3 u. Where gravity waves are slower than that, uniform
flow is no stable solution any more and breaks up into roll waves; the wave depth must therefore be at least
(5/3 u)² / g wherever waves are slowed. That holds for standing and slowly flowing water, of which the deep
water in a flooded city mostly consists; for a river in its bed it asks for about its own depth.

Source: the condition is that of Whitham (1974), Linear and Nonlinear Waves, section 3.1: kinematic waves may
not outrun dynamic ones.
"""

from typing import Any

import numpy as np
from numba import njit

from twin.surface.constants import GRAVITY_M_S2, KINEMATIC_SPEED, ROWS_BEFORE, TILE, UNITS_PER_M
from twin.surface.intrinsics import FAST, larger, smaller
from twin.surface.kernel_faces import NEXT, ONE, flow_levels
from twin.surface.state import Grid, Tiles

ZERO = np.float32(0.0)
CELERITY = np.float32(KINEMATIC_SPEED**2 / GRAVITY_M_S2 * UNITS_PER_M)
"""Times the square of a velocity, m²/s², it is a wave depth in units."""
UNITS = np.float32(UNITS_PER_M)


@njit(inline="always", fastmath=FAST)
def _asked(q: Any, flow_depth: Any, least: Any) -> Any:
    """Return the wave depth that the flow through a face asks for, units; 0 where it is not slowed."""
    speed = q * UNITS / larger(flow_depth, ONE)
    return CELERITY * speed * speed if flow_depth > least else ZERO


@njit(inline="always", fastmath=FAST)
def find_wave_depth(grid: Grid, tiles: Tiles, tile_row: int, rows: int, least: Any) -> None:
    """Set the wave depth that a row of tiles asks for, at least ``least`` units; see `Tiles.wave_depths`.

    The velocities along both axes are added as those of one flow; none asks for more than its own depth, in
    which its waves run freely.
    """
    row_0, asked = ROWS_BEFORE + tile_row * TILE, least
    for r in range(np.uint64(row_0), np.uint64(smaller(row_0 + TILE, ROWS_BEFORE + rows))):
        above = r - NEXT
        for run in range(tiles.counts[tile_row]):
            first, end = tiles.segments[tile_row, run, 0], tiles.segments[tile_row, run, 1]
            for col in range(np.uint64(first), np.uint64(end)):
                along_x, _, _ = flow_levels(grid.depth, grid.bed, (r, r), (r, r), col - NEXT, col)
                along_y, _, _ = flow_levels(grid.depth, grid.bed, (above, above), (r, r), col, col)
                flow = _asked(grid.qx[r, col], along_x, least) + _asked(grid.qy[r, col], along_y, least)
                asked = larger(asked, smaller(flow, larger(along_x, along_y)))
    tiles.wave_depths[tile_row] = asked
