"""From lines on the map to the faces that a barrier closes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from cim_models.city import Terrain
from cim_models.errors import InputError, coordinates
from cim_models.structures import Barrier
from twin.surface.constants import LANES, REAL_DTYPE, ROWS_AFTER, ROWS_BEFORE, UNITS_PER_M
from twin.surface.kernel_barriers import Crests

Line = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Faces:
    """Faces between cells, each the west or the north side of a cell of the terrain; shape (faces,).

    Parameters
    ----------
    row, col
        Cell that the face belongs to.
    north
        True for its north side, False for its west side.
    share
        Length of the line over the length of the faces that stand for it, at most 1.
    """

    row: NDArray[np.int64]
    col: NDArray[np.int64]
    north: NDArray[np.bool_]
    share: NDArray[np.float64]

    @property
    def other_row(self) -> NDArray[np.int64]:
        """Row of the cell beyond the face."""
        return self.row - self.north

    @property
    def other_col(self) -> NDArray[np.int64]:
        """Column of the cell beyond the face."""
        return self.col - ~self.north

    def chosen(self, which: NDArray[np.bool_]) -> Self:
        """Return some of the faces."""
        return type(self)(self.row[which], self.col[which], self.north[which], self.share[which])


CREST = np.dtype(
    [
        ("row", np.int64),
        ("col", np.int64),
        ("north", np.bool_),
        ("share", np.float64),
        ("crest_m", np.float64),
    ]
)


@dataclass(frozen=True, slots=True)
class BarrierFaces:
    """A barrier on the grid: faces between open cells, and the crest on each, m above the datum."""

    faces: Faces
    crest_m: NDArray[np.float64]

    def table(self) -> NDArray[Any]:
        """Return it as one array of dtype `CREST`."""
        faces = self.faces
        table = np.zeros(faces.row.size, CREST)
        for name, values in zip(
            CREST.names or (), (faces.row, faces.col, faces.north, faces.share, self.crest_m), strict=True
        ):
            table[name] = values
        return table

    @classmethod
    def of_table(cls, table: NDArray[Any]) -> Self:
        """Make it from such an array."""
        faces = Faces(*(table[name].copy() for name in ("row", "col", "north", "share")))
        return cls(faces, table["crest_m"].copy())


def faces_along(line: Line, terrain: Terrain) -> Faces:
    """Return the faces that a polyline separates, as an unbroken staircase.

    Points are moved to the nearest corner of a cell; between them the staircase follows the edges of cells
    and stays within half a cell of the line. Cells exchange water through faces alone, so whoever crosses
    the staircase crosses one of its faces: it has no diagonal leak. Parts on the rim of the grid are left
    out.

    Parameters
    ----------
    line
        Points (x, y), m.
    terrain
        The grid.

    Raises
    ------
    InputError
        If the line has one point only, leaves the terrain, or is shorter than a cell.
    """
    points = np.asarray(line, dtype=np.float64).reshape(-1, 2)
    x_min, y_min, x_max, y_max = terrain.bounds
    if len(points) < 2:
        raise InputError("Line", got=f"{len(points)} point", expected="at least 2 points [x, y]")
    inside = (points >= (x_min, y_min)).all(axis=1) & (points <= (x_max, y_max)).all(axis=1)
    if not inside.all():
        x, y = points[~inside][0]
        raise InputError(
            "Line",
            got=f"point [{coordinates(x, y)}] off the terrain",
            expected=f"x {x_min:.0f} to {x_max:.0f}, y {y_min:.0f} to {y_max:.0f}",
        )
    size = terrain.cell_size_m
    corners = np.column_stack([(y_max - points[:, 1]) / size, (points[:, 0] - x_min) / size])
    pieces = [_staircase(start, end) for start, end in pairwise(corners)]
    found = np.concatenate(pieces)
    rows, cols = terrain.shape
    # a north face on the first row, or a west face in the first column, lies on the rim
    within = (found["row"] < rows) & (found["col"] < cols)
    within &= np.where(found["north"], found["row"], found["col"]) > 0
    found = found[within]
    if found.size == 0:
        length = float(np.hypot(*np.diff(points, axis=0).T).sum())
        raise InputError(
            "Line", got=f"a length of {length:g} m on no face between cells", expected=f"above {size:g} m"
        )
    return Faces(found["row"], found["col"], found["north"], found["share"])


_FACE = np.dtype([("row", np.int64), ("col", np.int64), ("north", np.bool_), ("share", np.float64)])


def _staircase(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[Any]:
    """Return the faces between two corners of cells, given as fractional (row, column)."""
    first, last = np.rint(start).astype(np.int64), np.rint(end).astype(np.int64)
    down, right = (int(value) for value in last - first)
    count = abs(down) + abs(right)
    found = np.zeros(count, _FACE)
    if count == 0:
        return found
    row, col = (int(value) for value in first)
    rows_gone = cols_gone = 0
    for step in range(count):
        # whichever direction lags behind the straight line goes next
        along_row = cols_gone < abs(right) and (
            rows_gone >= abs(down) or (2 * cols_gone + 1) * abs(down) <= (2 * rows_gone + 1) * abs(right)
        )
        if along_row:
            found[step] = (row, min(col, col + np.sign(right)), True, 0.0)
            col += int(np.sign(right))
            cols_gone += 1
        else:
            found[step] = (min(row, row + np.sign(down)), col, False, 0.0)
            row += int(np.sign(down))
            rows_gone += 1
    found["share"] = min(float(np.hypot(*(end - start))) / count, 1.0)
    return found


def place_barrier(barrier: Barrier, terrain: Terrain, open_cells: NDArray[np.bool_]) -> BarrierFaces:
    """Put a barrier on the grid.

    A height counts from the higher of the two cells at each face. Faces towards walls are left out, and so
    are those where the ground is as high as the crest.

    Parameters
    ----------
    barrier
        What is built.
    terrain, open_cells
        The grid and the cells that hold water, shape (rows, cols).

    Raises
    ------
    InputError
        If its line is no line on the terrain, or no face of it is left.
    """
    faces = faces_along(barrier.line, terrain)
    here, there = (faces.row, faces.col), (faces.other_row, faces.other_col)
    clear = open_cells[here] & open_cells[there]
    if not clear.any():
        raise InputError(
            "Barrier",
            got="a line within buildings or beside the ground",
            expected="a line over open ground",
            remedy="Move the line",
        )
    faces, bed_m = faces.chosen(clear), terrain.elevation
    here, there = (faces.row, faces.col), (faces.other_row, faces.other_col)
    ground = np.maximum(bed_m[here], bed_m[there]).astype(np.float64)
    if barrier.height_m is not None:
        return BarrierFaces(faces, ground + barrier.height_m)
    crest = np.full(ground.size, barrier.level_m, np.float64)
    stands = crest > ground
    if not stands.any():
        raise InputError(
            "Barrier level",
            got=f"{barrier.level_m} m",
            expected=f"above the ground on its line, {ground.min():.2f} to {ground.max():.2f} m",
        )
    return BarrierFaces(faces.chosen(stands), crest[stands])


def make_crests(barriers: Sequence[BarrierFaces], shape: tuple[int, int], datum_m: float) -> Crests:
    """Return the crests for the kernels; where barriers share a face the highest counts.

    Parameters
    ----------
    barriers
        What stands on the grid.
    shape
        Rows and columns of the grid.
    datum_m
        Level that the kernels' beds start from, m above the vertical datum.
    """
    highest: dict[tuple[int, int, int], tuple[float, float]] = {}
    for barrier in barriers:
        faces = barrier.faces
        sweep_row = faces.other_row + ROWS_BEFORE
        keys = zip(sweep_row.tolist(), faces.north.tolist(), (faces.col + LANES).tolist(), strict=True)
        for key, crest, share in zip(keys, barrier.crest_m.tolist(), faces.share.tolist(), strict=True):
            highest[key] = max(highest.get(key, (-np.inf, 0.0)), (crest, share))
    faces_in_order = sorted(highest)
    rows = np.array([key[0] for key in faces_in_order], np.int64)
    crest = np.array([highest[key][0] for key in faces_in_order]) - datum_m
    padded_rows = shape[0] + ROWS_BEFORE + ROWS_AFTER
    return Crests(
        first=np.searchsorted(rows, np.arange(padded_rows + 1)),
        col=np.array([key[2] for key in faces_in_order], np.int64),
        north=np.array([key[1] for key in faces_in_order], np.uint8),
        crest=(np.maximum(crest, 0.0) * UNITS_PER_M).astype(REAL_DTYPE),
        share=np.array([highest[key][1] for key in faces_in_order], REAL_DTYPE),
    )
