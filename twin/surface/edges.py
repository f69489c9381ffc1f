"""Which sides of the domain are open."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cim_models.errors import InputError
from twin.surface.constants import LANES, ROWS_BEFORE
from twin.surface.kernel_edges import Outlets


@dataclass(frozen=True, slots=True)
class Edges:
    """Open sides; water leaves freely over them, see `twin.surface.kernel_edges`.

    Parameters
    ----------
    north, east, south, west
        The sides of the grid.
    outside
        Sides towards cells without an elevation: the edge of an irregular domain, or a hole in it.
    """

    north: bool = False
    east: bool = False
    south: bool = False
    west: bool = False
    outside: bool = False


def edges_from(value: Edges | Literal["closed", "open"]) -> Edges:
    """Return the sides that ``"closed"`` or ``"open"`` stands for."""
    if isinstance(value, Edges):
        return value
    if value == "closed":
        return Edges()
    if value == "open":
        return Edges(north=True, east=True, south=True, west=True, outside=True)
    raise InputError("Edges of the surface", got=repr(value), expected="'closed', 'open' or an Edges value")


def find_outlets(
    bed_m: NDArray[np.float64],
    open_cells: NDArray[np.bool_],
    outside: NDArray[np.bool_],
    manning_n: NDArray[np.float64],
    cell_size_m: float,
    edges: Edges,
) -> Outlets:
    """Return the open sides of cells.

    Parameters
    ----------
    bed_m, open_cells, outside, manning_n
        Bed, cells that hold water, cells outside the domain, and roughness; shape (rows, cols).

    Returns
    -------
    One entry for each open side; a corner cell may have two.
    """
    shape = bed_m.shape
    parts = []
    for d_row, d_col, side in (
        (-1, 0, edges.north),
        (0, 1, edges.east),
        (1, 0, edges.south),
        (0, -1, edges.west),
    ):
        beyond = np.pad(outside & edges.outside, 1, constant_values=side)
        rows, cols = np.nonzero(open_cells & _shifted(beyond, d_row, d_col, shape))
        inland = np.pad(np.where(open_cells, bed_m, np.nan), 1, constant_values=np.nan)
        upstream = _shifted(inland, -d_row, -d_col, shape)[rows, cols]
        slope = np.nan_to_num((upstream - bed_m[rows, cols]) / cell_size_m)
        parts.append((rows, cols, np.sqrt(np.maximum(slope, 0.0)) / manning_n[rows, cols]))
    rows, cols, conveyance = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Outlets(rows + ROWS_BEFORE, cols + LANES, conveyance.astype(np.float32))


def _shifted(framed: NDArray[Any], d_row: int, d_col: int, shape: tuple[int, ...]) -> NDArray[Any]:
    """Value of each cell's neighbour, from a grid with a frame of one cell."""
    return framed[1 + d_row : 1 + d_row + shape[0], 1 + d_col : 1 + d_col + shape[1]]
