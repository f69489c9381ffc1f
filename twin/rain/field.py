"""How rain at some places spreads over the ground: zones of cells, and what falls on each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cim_models.city import Terrain

MOST_BLOCKS = 4096
"""Blocks that the ground is cut into where rain varies from place to place."""


@dataclass(frozen=True, slots=True, eq=False)
class RainField:
    """Rain over the ground from rain at gauges, or from the cells of a grid.

    Parameters
    ----------
    zones
        Zone of each cell, shape (rows, cols).
    weights
        Share of each gauge in the rain of each zone, shape (zones, gauges); rows add up to 1. None where
        zone k simply has the rain of gauge k.
    """

    zones: NDArray[np.uint16]
    weights: NDArray[np.float64] | None = None

    def spread(self, rates: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the rain of each zone, shape (zones,), from that of each gauge, in the same unit."""
        return rates if self.weights is None else self.weights @ rates

    def gauge_shares(self, cells: NDArray[np.bool_], gauges: int) -> NDArray[np.float64]:
        """Return the share of each gauge in the mean rain over some cells, shape (gauges,).

        Parameters
        ----------
        cells
            Cells to take the mean over, at least one, shape (rows, cols).
        gauges
            How many there are.
        """
        count = gauges if self.weights is None else len(self.weights)
        area = np.bincount(self.zones[cells].astype(np.int64), minlength=count) / cells.sum()
        return area if self.weights is None else area @ self.weights


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Square blocks of cells with one rain each.

    Parameters
    ----------
    zones
        Block of each cell, shape (rows, cols).
    x, y
        Centre of each block, shape (blocks,), m in the city's CRS.
    """

    zones: NDArray[np.uint16]
    x: NDArray[np.float64]
    y: NDArray[np.float64]


def rain_blocks(terrain: Terrain, most: int = MOST_BLOCKS) -> Blocks:
    """Cut the ground into square blocks of cells, as small as the number of blocks allows.

    Parameters
    ----------
    terrain
        The grid.
    most
        Largest number of blocks, 1 to 65,536.
    """
    rows, cols = terrain.shape
    edge = 1
    while -(-rows // edge) * -(-cols // edge) > most:
        edge += 1
    down, across = -(-rows // edge), -(-cols // edge)
    row, col = np.mgrid[0:rows, 0:cols]
    first_row, first_col = (edge * part for part in np.divmod(np.arange(down * across), across))
    last_row, last_col = np.minimum(first_row + edge, rows) - 1, np.minimum(first_col + edge, cols) - 1
    centres = terrain.centre(0.5 * (first_row + last_row), 0.5 * (first_col + last_col))
    x, y = (np.asarray(values, dtype=np.float64) for values in centres)
    return Blocks((row // edge * across + col // edge).astype(np.uint16), x, y)
