"""Tiles of the advective scheme that fall dry."""

from typing import Any

from numba import njit

from twin.compilation import INNER
from twin.surface.advective.motion import Motion
from twin.surface.constants import LANES, ROWS_BEFORE, TILE
from twin.surface.state import Tiles


@njit(**INNER)
def still_tiles(motion: Motion, tiles: Tiles, was_active: Any, rows: int, end: int) -> None:
    """Bring tiles to rest that are swept no longer, as sweeps over their dry cells would have done."""
    for k in range(was_active.shape[0]):
        for c in range(was_active.shape[1]):
            if was_active[k, c] == 0 or tiles.active[k, c] != 0:
                continue
            top, first = ROWS_BEFORE + k * TILE, LANES + c * TILE
            stop, bottom = min(first + TILE, end), min(top + TILE, ROWS_BEFORE + rows)
            for row in range(top, bottom + 1):
                for array in (motion.to_north, motion.to_south, motion.along_y):
                    array[row, first:stop] = 0
                if row < bottom:
                    for array in (motion.u, motion.v, motion.to_west, motion.to_east, motion.along_x):
                        array[row, first:stop] = 0
