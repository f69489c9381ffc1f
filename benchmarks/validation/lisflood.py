"""Reads set-ups of LISFLOOD-FP: terrain, point inflows, free edges, stage points; and runs them.

A folder holds one file of each kind. Of the parameter file (``.par``) are read the roughness and the
simulated time; the names that it gives for the others are not all theirs. A boundary file (``.bci``) holds
points ``P x y QVAR name``, each a cell into which the series of that name flows, m²/s per metre of cell
width, and edges ``N|E|S|W from to FREE slope``. A series file (``.bdy``) holds for each series its name, a
line ``count unit``, and as many lines ``value time``.

Source: LISFLOOD-FP user manual, release 5.9.6, University of Bristol.
"""

import gzip
from collections import defaultdict
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cim_models.city import Terrain
from cim_models.timeseries import TimeSeries
from twin.surface import Edges, Inflow, OutflowEdge, SurfaceSettings, SurfaceSolver
from twin.surface.edges import outer_faces

_SECONDS = {"seconds": 1.0, "hours": 3600.0, "days": 86400.0}
_SIDE_LETTERS = "NESW"


@dataclass(frozen=True, slots=True, eq=False)
class Setup:
    """A flood to be simulated.

    Parameters
    ----------
    terrain
        NaN where there is none.
    manning_n, duration_s
        Roughness, s/m^(1/3), and simulated time, s.
    inflows
        For each series the cells' centres, shape (n, 2), m, and the discharge of all together, m³/s.
    outflows
        Edges that are free: letter of the side, from and to along it, m, slope.
    points
        Where levels are wanted, shape (n, 2), m.
    """

    terrain: Terrain
    manning_n: float
    duration_s: float
    inflows: tuple[tuple[NDArray[np.float64], TimeSeries], ...]
    outflows: tuple[tuple[str, float, float, float], ...]
    points: NDArray[np.float64]

    def coarsened(self, factor: int) -> "Setup":
        """Return the same flood on cells ``factor`` times as wide, with the mean bed of the small ones."""
        terrain = self.terrain
        rows, cols = (-(-length // factor) for length in terrain.shape)
        framed = np.full((rows * factor, cols * factor), np.nan)
        framed[: terrain.shape[0], : terrain.shape[1]] = terrain.elevation
        blocks = framed.reshape(rows, factor, cols, factor)
        count = (~np.isnan(blocks)).sum(axis=(1, 3))
        mean = np.where(count > 0, np.nansum(blocks, axis=(1, 3)) / np.maximum(count, 1), np.nan)
        coarse = Terrain(mean.astype(np.float32), terrain.x_min, terrain.y_max, terrain.cell_size_m * factor)
        return replace(self, terrain=coarse)

    def solver(self) -> SurfaceSolver:
        """Return a dry solver with these edges."""
        terrain = self.terrain
        cols = terrain.shape[1]
        inflows = []
        for places, discharge in self.inflows:
            row, col = terrain.row_col(*places.T)
            cells, counts = np.unique(row * cols + col, return_counts=True)
            inflows.append(Inflow(cells, counts / counts.sum(), discharge))
        edges = Edges(
            outflows=tuple(self._outflow(*entry) for entry in self.outflows), inflows=tuple(inflows)
        )
        settings = SurfaceSettings(record_interval_s=60.0)
        return SurfaceSolver(
            terrain.elevation, terrain.cell_size_m, manning_n=self.manning_n, edges=edges, settings=settings
        )

    def _outflow(self, letter: str, begin_m: float, end_m: float, slope: float) -> OutflowEdge:
        outside = np.isnan(self.terrain.elevation)
        faces = outer_faces(~outside, outside)
        x, y = self.terrain.centre(faces.row, faces.col)
        along = x if letter in "NS" else y
        beyond_row, beyond_col = faces.neighbours(1)
        rows, cols = self.terrain.shape
        off_grid = (beyond_row < 0) | (beyond_row >= rows) | (beyond_col < 0) | (beyond_col >= cols)
        chosen = (
            off_grid & (faces.side == _SIDE_LETTERS.index(letter)) & (along >= begin_m) & (along <= end_m)
        )
        return OutflowEdge(faces.chosen(chosen), slope)


@dataclass(frozen=True, slots=True, eq=False)
class Stages:
    """Depths and levels at the points in time.

    Parameters
    ----------
    time_s
        Shape (n,).
    depth_m, level_m
        Shape (n, points).
    """

    time_s: NDArray[np.float64]
    depth_m: NDArray[np.float64]
    level_m: NDArray[np.float64]

    def arrival_s(self, depth_m: float) -> NDArray[np.float64]:
        """Return when each point is first deeper than ``depth_m``; NaN where it never is, shape (points,)."""
        wet = self.depth_m > depth_m
        return np.where(wet.any(axis=0), self.time_s[wet.argmax(axis=0)], np.nan)


def run_setup(setup: Setup, duration_s: float, every_s: float) -> tuple[SurfaceSolver, Stages]:
    """Simulate a flood; return the solver as it ends and what the points saw at every ``every_s``."""
    solver = setup.solver()
    terrain = setup.terrain
    row, col = terrain.row_col(*setup.points.T)
    cells = row * terrain.shape[1] + col
    times = np.arange(0.0, duration_s + 0.5 * every_s, every_s)
    depths = np.zeros((times.size, cells.size))
    for sample, time_s in enumerate(times[1:], start=1):
        solver.advance_to(float(time_s))
        depths[sample] = solver.depth_of(cells)
    return solver, Stages(times, depths, depths + terrain.elevation[row, col])


def read_setup(folder: Path) -> Setup:
    """Read the set-up of a folder; its terrain is compressed (``.dem.raw.gz``)."""
    parameters, boundaries, bdy, stages, dem = (
        next(folder.glob(f"*.{ending}")) for ending in ("par", "bci", "bdy", "stage", "dem.raw.gz")
    )
    values, terrain, series = _parameters(parameters), _terrain(dem), _series(bdy)
    places: dict[str, list[tuple[float, float]]] = defaultdict(list)
    outflows = []
    for line in boundaries.read_text().splitlines():
        fields = line.split()
        if fields[:1] == ["P"]:
            places[fields[4]].append((float(fields[1]), float(fields[2])))
        elif fields and fields[3] == "FREE":
            outflows.append((fields[0], float(fields[1]), float(fields[2]), float(fields[4])))
    inflows = []
    for name, points in places.items():
        times, unit_discharge = series[name]
        discharge = unit_discharge * len(points) * terrain.cell_size_m
        inflows.append((np.array(points), TimeSeries(times, discharge, "hold", name)))
    return Setup(
        terrain=terrain,
        manning_n=float(values["fpfric"]),
        duration_s=float(values["sim_time"]),
        inflows=tuple(inflows),
        outflows=tuple(outflows),
        points=np.loadtxt(stages, skiprows=1),
    )


def _parameters(path: Path) -> dict[str, str]:
    lines = (line.split("#")[0].split() for line in path.read_text().splitlines())
    return {fields[0].lower(): fields[1] for fields in lines if len(fields) > 1}


def _series(path: Path) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return times, s, and values of each series."""
    lines = [line.split() for line in path.read_text().splitlines() if line.strip() and line[0] != "#"]
    found, at = {}, 0
    while at < len(lines):
        name, (count, unit) = lines[at][0], lines[at + 1]
        rows = np.array(lines[at + 2 : at + 2 + int(count)], dtype=np.float64)
        found[name] = (rows[:, 1] * _SECONDS[unit], rows[:, 0])
        at += 2 + int(count)
    return found


def _terrain(path: Path) -> Terrain:
    with gzip.open(path, "rt") as file:
        head = dict(file.readline().split() for _ in range(6))
        elevation = np.loadtxt(StringIO(file.read()), dtype=np.float32)
    elevation[elevation == np.float32(head["NODATA_value"])] = np.nan
    size = float(head["cellsize"])
    y_max = float(head["yllcorner"]) + elevation.shape[0] * size
    return Terrain(elevation, float(head["xllcorner"]), y_max, size)
