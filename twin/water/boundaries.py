"""Boundaries in coordinates, and the faces and cells of the terrain that they come to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from cim_models.city import Terrain
from cim_models.errors import InputError, coordinates
from cim_models.timeseries import TimeSeries
from twin.surface import Edges, Faces, Inflow, LevelEdge, OutflowEdge
from twin.surface.edges import SIDES, edges_from, outer_faces

Line = tuple[tuple[float, float], ...]
Side = Literal["north", "east", "south", "west", "outside"]
Place = Side | Line
"""A side of the terrain, or a line of which the edge within one cell is meant."""


@dataclass(frozen=True, slots=True, eq=False)
class LevelBoundary:
    """A given level beyond a part of the edge, m above the city's vertical datum."""

    place: Place
    level_m: TimeSeries


@dataclass(frozen=True, slots=True, eq=False)
class OutflowBoundary:
    """Free outflow over a part of the edge; at the normal discharge of ``slope`` where there is one."""

    place: Place
    slope: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class InflowBoundary:
    """A hydrograph, m³/s, that enters along a line."""

    line: Line
    inflow_m3_s: TimeSeries


Boundary = LevelBoundary | OutflowBoundary | InflowBoundary


def surface_edges(
    terrain: Terrain,
    open_cells: NDArray[np.bool_],
    edges: Edges | Literal["closed", "open"],
    boundaries: tuple[Boundary, ...],
) -> Edges:
    """Return the edges of the surface with all boundaries on the terrain.

    Parameters
    ----------
    terrain, open_cells
        Ground, and cells that hold water, shape (rows, cols).
    edges
        What holds where no boundary says otherwise.
    boundaries
        In coordinates of the city.

    Raises
    ------
    InputError
        If a line is no line, lies off the terrain, or meets no open cell or no edge.
    """
    result = edges_from(edges)
    outside = np.isnan(terrain.elevation)
    for boundary in boundaries:
        if isinstance(boundary, InflowBoundary):
            cells, shares = crossed_cells(terrain, open_cells, boundary.line)
            inflow = Inflow(cells, shares, boundary.inflow_m3_s)
            result = replace(result, inflows=(*result.inflows, inflow))
            continue
        faces = edge_faces(terrain, open_cells, outside, boundary.place)
        if isinstance(boundary, LevelBoundary):
            level = LevelEdge(faces, boundary.level_m)
            result = replace(result, levels=(*result.levels, level))
        else:
            result = replace(result, outflows=(*result.outflows, OutflowEdge(faces, boundary.slope)))
    return result


def edge_faces(
    terrain: Terrain, open_cells: NDArray[np.bool_], outside: NDArray[np.bool_], place: Place
) -> Faces:
    """Return the faces of the terrain's edge on a side or within one cell of a line."""
    if isinstance(place, str):
        sides = {name: name == place for name in (*SIDES, "outside")}
        faces = outer_faces(open_cells, outside, Edges(**sides))  # type: ignore[arg-type]
        if faces.row.size == 0:
            raise InputError(
                f"Edge '{place}' of the terrain",
                got="no open cell",
                expected="ground that is no building",
                remedy="Choose another side",
            )
        return faces
    line = _line(terrain, place)
    faces = outer_faces(open_cells, outside)
    step = np.array(list(SIDES.values()))[faces.side]
    x, y = terrain.centre(faces.row + 0.5 * step[:, 0], faces.col + 0.5 * step[:, 1])
    near = np.atleast_1d(shapely.dwithin(shapely.points(x, y), line, terrain.cell_size_m))
    if not near.any():
        raise InputError(
            f"{_words(place)} meets no open edge of the terrain",
            expected=f"a line within {terrain.cell_size_m:g} m of the edge",
            remedy="Move the line",
        )
    return faces.chosen(near)


def crossed_cells(
    terrain: Terrain, open_cells: NDArray[np.bool_], place: Line
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the open cells that a line crosses, flat, and the share of its length in each, sum 1."""
    line = _line(terrain, place)
    x_min, y_min, x_max, y_max = line.bounds
    (first_row, last_row), (first_col, last_col) = terrain.row_col(
        np.array([x_min, x_max]), np.array([y_max, y_min])
    )
    rows, cols = terrain.shape
    row, col = np.mgrid[
        max(first_row, 0) : min(last_row, rows - 1) + 1, max(first_col, 0) : min(last_col, cols - 1) + 1
    ].reshape(2, -1)
    open_here = open_cells[row, col]
    row, col = row[open_here], col[open_here]
    x, y = terrain.centre(row, col)
    half = 0.5 * terrain.cell_size_m
    boxes = shapely.box(x - half, y - half, x + half, y + half)
    length = shapely.length(shapely.intersection(boxes, line))
    crossed = length > 0.0
    if not crossed.any():
        raise InputError(
            f"{_words(place)} crosses no open cell",
            expected="ground of the terrain that is no building",
            remedy="Move the line",
        )
    return (row * cols + col)[crossed], length[crossed] / length[crossed].sum()


def _line(terrain: Terrain, place: Line) -> shapely.LineString:
    points = np.asarray(place, dtype=np.float64)
    if points.ndim != 2 or points.shape[0] < 2 or not np.isfinite(points).all():
        raise InputError(f"{_words(place)} is no line", expected="at least two points [x, y]")
    line = shapely.LineString(points)
    if line.length == 0.0:
        raise InputError(f"{_words(place)} has no length", expected="two different points")
    area = shapely.box(*terrain.bounds).buffer(terrain.cell_size_m)
    if not area.covers(line):
        x_min, y_min, x_max, y_max = terrain.bounds
        raise InputError(
            f"{_words(place)} lies off the terrain",
            expected=f"x from {x_min:g} to {x_max:g} m, y from {y_min:g} to {y_max:g} m",
            remedy="Correct the coordinates",
        )
    return line


def _words(place: Line) -> str:
    return "Line " + " - ".join(f"({coordinates(*point)})" for point in place)
