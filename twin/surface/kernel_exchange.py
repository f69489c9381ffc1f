"""Taking water from cells and giving it to them, in whole units."""

from typing import Any

import numpy as np
from numba import njit

from twin.surface.constants import DRY_UNITS, LANES, MAX_UNITS, ROWS_BEFORE, UNIT_M
from twin.surface.state import Grid


@njit(cache=True)
def move_units(
    grid: Grid, open_cells: Any, cols: int, cells: Any, units: Any, moved: Any
) -> tuple[int, int, int, bool]:
    """Add (positive) or take (negative) units cell by cell, limited by what is there.

    Parameters
    ----------
    open_cells
        1 where a cell can hold water, flat.
    cells, units
        Flat indices and wanted units, in the order of the calls; a cell may appear twice.
    moved
        Receives the units really moved.

    Returns
    -------
    Units added, units taken, largest depth touched, and whether a dry cell became wet.
    """
    added, taken, deepest, woke = 0, 0, 0, False
    for k in range(cells.size):
        moved[k] = 0
        if open_cells[cells[k]] == 0:
            continue
        row, col = ROWS_BEFORE + cells[k] // cols, LANES + cells[k] % cols
        old = np.int64(grid.depth[row, col])
        new = min(max(old + units[k], 0), max(old, MAX_UNITS))
        grid.depth[row, col] = new
        moved[k] = new - old
        added += max(new - old, 0)
        taken += max(old - new, 0)
        deepest = max(deepest, new)
        woke = woke or (old <= DRY_UNITS < new)
    return added, taken, deepest, woke


@njit(cache=True)
def read_depths(depth: Any, cols: int, cells: Any, out: Any) -> None:
    """Copy the depths of some cells, m."""
    for k in range(cells.size):
        out[k] = depth[ROWS_BEFORE + cells[k] // cols, LANES + cells[k] % cols] * UNIT_M
