"""What happens at the border of the domain: closed, free outflow, given level, inflow."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cim_models.errors import InputError
from cim_models.timeseries import TimeSeries

SIDES = {"north": (-1, 0), "east": (0, 1), "south": (1, 0), "west": (0, -1)}
"""Step from a cell over each of its sides, in rows and columns; `Faces.side` counts in this order."""
_STEPS = np.array(list(SIDES.values()))


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Sides of cells towards the outside, one entry each; a corner cell may have several.

    Parameters
    ----------
    row, col
        The cells, shape (n,).
    side
        0 north, 1 east, 2 south, 3 west, shape (n,).
    """

    row: NDArray[np.int64]
    col: NDArray[np.int64]
    side: NDArray[np.int64]

    def chosen(self, which: NDArray[np.bool_]) -> "Faces":
        """Return some of the faces."""
        return Faces(self.row[which], self.col[which], self.side[which])

    def neighbours(self, towards: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return row and column of the cells beyond (``towards`` 1) or opposite (-1); maybe off the grid."""
        step = towards * _STEPS[self.side]
        return self.row + step[:, 0], self.col + step[:, 1]

    def keys(self, cols: int) -> NDArray[np.int64]:
        """Return one number for each face, alike for alike faces."""
        return (self.row * cols + self.col) * len(SIDES) + self.side


@dataclass(frozen=True, slots=True, eq=False)
class LevelEdge:
    """Faces beyond which the water stands at a given level; water goes in and out.

    Parameters
    ----------
    faces
        Where.
    level_m
        In time, m above the vertical datum of the bed.
    """

    faces: Faces
    level_m: TimeSeries


@dataclass(frozen=True, slots=True, eq=False)
class OutflowEdge:
    """Faces over which water leaves.

    Parameters
    ----------
    faces
        Where.
    slope
        Of the water surface beyond, > 0: water flows on at the normal discharge. None for free outflow.
    """

    faces: Faces
    slope: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Inflow:
    """Water that enters cells as a hydrograph says.

    Parameters
    ----------
    cells
        Flat indices, row * cols + col, shape (n,); open cells.
    shares
        Share of the water that each of them gets, shape (n,), >= 0, sum 1.
    inflow_m3_s
        In time, m³/s, >= 0.
    """

    cells: NDArray[np.int64]
    shares: NDArray[np.float64]
    inflow_m3_s: TimeSeries


@dataclass(frozen=True, slots=True)
class Edges:
    """Openings of the domain; what is not named is closed.

    Parameters
    ----------
    north, east, south, west
        Whether water leaves freely over a side of the grid, see `twin.surface.kernel_edges`.
    outside
        Whether it leaves towards cells without an elevation: the edge of an irregular domain, or a hole.
    outflows, levels
        Faces with a rule of their own, which goes before: of two for one face the later one holds, and a
        level before an outflow.
    inflows
        Hydrographs.
    """

    north: bool = False
    east: bool = False
    south: bool = False
    west: bool = False
    outside: bool = False
    outflows: tuple[OutflowEdge, ...] = ()
    levels: tuple[LevelEdge, ...] = ()
    inflows: tuple[Inflow, ...] = ()

    def check_covers(self, start_s: float, end_s: float) -> None:
        """Raise `InputError` unless every level and hydrograph has a value from start to end."""
        for level in self.levels:
            level.level_m.check_covers(start_s, end_s)
        for inflow in self.inflows:
            inflow.inflow_m3_s.check_covers(start_s, end_s)


ALL_SIDES = Edges(north=True, east=True, south=True, west=True, outside=True)


def edges_from(value: Edges | Literal["closed", "open"]) -> Edges:
    """Return the sides that ``"closed"`` or ``"open"`` stands for."""
    if isinstance(value, Edges):
        return value
    if value == "closed":
        return Edges()
    if value == "open":
        return ALL_SIDES
    raise InputError("Edges of the surface", got=repr(value), expected="'closed', 'open' or an Edges value")


def outer_faces(open_cells: NDArray[np.bool_], outside: NDArray[np.bool_], edges: Edges = ALL_SIDES) -> Faces:
    """Return the faces between open cells and the outside, on the sides that are open.

    Parameters
    ----------
    open_cells, outside
        Cells that hold water, and cells without an elevation, shape (rows, cols).
    edges
        Which sides; its outflows, levels and inflows do not matter.
    """
    parts = []
    for number, (name, (d_row, d_col)) in enumerate(SIDES.items()):
        beyond = np.pad(outside & edges.outside, 1, constant_values=getattr(edges, name))
        rows, cols = np.nonzero(open_cells & _shifted(beyond, d_row, d_col, open_cells.shape))
        parts.append((rows, cols, np.full(rows.size, number)))
    return Faces(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _shifted(framed: NDArray[Any], d_row: int, d_col: int, shape: tuple[int, ...]) -> NDArray[Any]:
    """Value of each cell's neighbour, from a grid with a frame of one cell."""
    return framed[1 + d_row : 1 + d_row + shape[0], 1 + d_col : 1 + d_col + shape[1]]
