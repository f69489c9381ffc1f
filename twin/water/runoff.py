"""Where water that comes up at a place runs to, by the lie of the land alone."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
from numpy.typing import NDArray

_NEIGHBOURS = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))


def cells_downhill(
    bed_elevation: NDArray[np.floating[Any]],
    open_cells: NDArray[np.bool_],
    start: NDArray[np.int64],
    most: int,
) -> NDArray[np.int64]:
    """Cells that water from some cells wets in turn: always the lowest next to those that are wet already.

    A hollow is filled to its lip before the water goes on (invasion of the lowest neighbour, as in the
    priority-flood algorithm of Barnes et al. 2014). It ends where the water leaves the grid.

    Parameters
    ----------
    bed_elevation
        Shape (rows, cols), m.
    open_cells
        Cells that can hold water, shape (rows, cols).
    start
        Flat indices of the cells where it comes up.
    most
        Number of cells after which it ends.

    Returns
    -------
    Flat indices in the order in which they are wetted.
    """
    rows, cols = open_cells.shape
    bed, is_open = bed_elevation.ravel(), open_cells.ravel()
    seen = set(start.tolist())
    queue = [(float(bed[cell]), cell) for cell in sorted(seen)]
    heapq.heapify(queue)
    wetted: list[int] = []
    while queue and len(wetted) < most:
        _, cell = heapq.heappop(queue)
        wetted.append(cell)
        row, col = divmod(cell, cols)
        if row in (0, rows - 1) or col in (0, cols - 1):
            break
        for down, right in _NEIGHBOURS:
            other = cell + down * cols + right
            if is_open[other] and other not in seen:
                seen.add(other)
                heapq.heappush(queue, (float(bed[other]), other))
    return np.array(wetted, np.int64)
