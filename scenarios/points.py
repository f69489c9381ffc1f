"""Points at which a run writes the water: read from a file, set on the grid, followed through time."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cim_models.city import Terrain
from cim_models.errors import InputError, coordinates
from scenarios.runfolder import RunWriter
from twin.exchange.placement import NOWHERE, nearest_open_cells

REACH_CELLS = 2.0
"""How far the open cell that stands for a point may lie from it, in cells."""
_COLUMNS = ("id", "x", "y")


@dataclass(frozen=True, slots=True)
class OutputPoint:
    """A point by id, with coordinates in the city's CRS, m."""

    id: str
    x: float
    y: float


class PointSurface(Protocol):
    """What the points read of the surface water, of cells given by flat index."""

    def publish_depth_of(self, cells: NDArray[np.int64]) -> NDArray[np.float64]:
        """Depth as it is published, m."""
        ...

    def velocity_of(self, cells: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Velocity to the east and to the north, m/s."""
        ...

    def flood_fields(self, cells: NDArray[np.int64] | None = None) -> dict[str, NDArray[Any]]:
        """All that has been recorded, by name."""
        ...


def read_points(path: Path) -> tuple[OutputPoint, ...]:
    """Read a CSV file with the columns id, x and y; others are ignored.

    Raises
    ------
    InputError
        If the file cannot be read, a column is absent, a coordinate is no finite number, or an id is
        empty or comes twice. The message names the line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(
                    f"Points file '{path}'", got=f"no column '{missing[0]}'", expected="columns id, x, y"
                )
            points = tuple(_point(row, f"Points file '{path}', line {reader.line_num}") for row in reader)
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        reason = getattr(exc, "strerror", None) or str(exc)
        raise InputError(f"Points file '{path}'", got=reason, expected="a CSV file in UTF-8") from exc
    if not points:
        raise InputError(f"Points file '{path}'", got="no point", expected="one line a point")
    _refuse_twins(points, path)
    return points


def place_points(
    points: Sequence[OutputPoint], terrain: Terrain, open_cells: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return the flat index of the cell that stands for each point.

    That is the cell the point lies in, or where water cannot enter that one (a building, no ground) the
    open cell whose centre is nearest, up to two cells away.

    Raises
    ------
    InputError
        If a point lies off the terrain, or has no open cell within reach.
    """
    x, y = [point.x for point in points], [point.y for point in points]
    reach_m = REACH_CELLS * terrain.cell_size_m
    cells = nearest_open_cells(terrain, open_cells, x, y, reach_m)
    for point, cell in zip(points, cells, strict=True):
        if cell != NOWHERE:
            continue
        what, got = f"Output point '{point.id}'", f"x {coordinates(point.x)}, y {coordinates(point.y)}"
        if bool(terrain.inside(point.x, point.y)):
            expected = f"open ground within {reach_m:g} m of it"
            raise InputError(
                what, got=f"{got}, inside a building or where there is no ground", expected=expected
            )
        x_min, y_min, x_max, y_max = terrain.bounds
        expected = f"x {x_min:.0f} to {x_max:.0f}, y {y_min:.0f} to {y_max:.0f}"
        raise InputError(what, got=f"{got}, off the terrain", expected=expected)
    return cells


class PointRecorder:
    """Follow the water at points.

    Parameters
    ----------
    points
        The points.
    ground
        Grid with the bed that the water runs on.
    open_cells
        Where water can be, shape (rows, cols).
    surface
        The surface water.
    writer
        The run folder.

    Raises
    ------
    InputError
        If a point has no cell.
    """

    def __init__(
        self,
        points: Sequence[OutputPoint],
        ground: Terrain,
        open_cells: NDArray[np.bool_],
        surface: PointSurface,
        writer: RunWriter,
    ) -> None:
        self._points, self._surface, self._writer = points, surface, writer
        self._cells = place_points(points, ground, open_cells)
        self._centres = ground.centre(*np.divmod(self._cells, ground.shape[1]))
        self._ground_m = ground.elevation.ravel()[self._cells].astype(np.float64)
        self._max_depth = np.zeros(len(points))
        self._time_of_max_s = np.full(len(points), np.nan)

    def sample(self, t_s: float) -> None:
        """Write the water at every point now."""
        depth = self._surface.publish_depth_of(self._cells)
        level = self._ground_m + depth
        east, north = self._surface.velocity_of(self._cells)
        self._raise(depth, np.full(len(self._points), t_s))
        for index, point in enumerate(self._points):
            values = (depth[index], level[index], east[index], north[index])
            self._writer.points.add(t_s, point.id, values)

    def renew(self) -> None:
        """Write the table of largest values as they are now.

        They come from the flood record, which looks at the water more often than the series is written and
        knows what the series has shown.
        """
        record = self._surface.flood_fields(self._cells)
        self._raise(record["max_depth"], record["time_of_max_s"])
        max_level = np.where(self._max_depth > 0.0, self._ground_m + self._max_depth, np.nan)
        unknown = np.full(len(self._points), np.nan)
        arrival_s, max_speed = (record.get(name, unknown) for name in ("arrival_time_s", "max_speed"))
        rows: list[dict[str, str | float]] = [
            {
                "id": point.id,
                "x": point.x,
                "y": point.y,
                "cell_x": float(self._centres[0][index]),
                "cell_y": float(self._centres[1][index]),
                "ground_m": float(self._ground_m[index]),
                "max_depth_m": float(self._max_depth[index]),
                "max_level_m": float(max_level[index]),
                "time_of_max_s": float(self._time_of_max_s[index]),
                "arrival_time_s": float(arrival_s[index]),
                "max_speed_m_s": float(max_speed[index]),
            }
            for index, point in enumerate(self._points)
        ]
        self._writer.points.table(rows)

    def state(self) -> dict[str, NDArray[np.float64]]:
        """Return all that a recorder of the same points needs to go on."""
        return {"max_depth": self._max_depth.copy(), "time_of_max_s": self._time_of_max_s.copy()}

    def restore(self, state: Mapping[str, NDArray[np.float64]]) -> None:
        """Take over such a state."""
        self._max_depth, self._time_of_max_s = state["max_depth"].copy(), state["time_of_max_s"].copy()

    def _raise(self, depth: NDArray[Any], time_s: NDArray[Any]) -> None:
        deeper = depth > self._max_depth
        self._max_depth = np.where(deeper, depth, self._max_depth)
        self._time_of_max_s = np.where(deeper, time_s, self._time_of_max_s)


def _point(row: dict[str, str | None], where: str) -> OutputPoint:
    name = (row["id"] or "").strip()
    if not name:
        raise InputError(where, got="an empty id", expected="an id")
    return OutputPoint(name, _number(row["x"], "x", where), _number(row["y"], "y", where))


def _number(text: str | None, column: str, where: str) -> float:
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{where}, column '{column}'", got=f"'{text or ''}'", expected="a coordinate, m")
    return value


def _refuse_twins(points: Iterable[OutputPoint], path: Path) -> None:
    seen: set[str] = set()
    for point in points:
        if point.id in seen:
            raise InputError(
                f"Points file '{path}'", got=f"id '{point.id}' twice", expected="ids that differ"
            )
        seen.add(point.id)
