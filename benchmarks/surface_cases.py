"""Workloads of the surface solver: rough urban terrain with streets, kerbs and raised blocks.

a  1000 × 1000 cells of 2 m, a 100 mm Chicago storm in one hour, everything gets wet
b  4000 × 4000 cells, the same storm: larger than the caches
c  4000 × 4000 cells, a disc of 5 % of the area half a metre deep, no rain: mostly dry
newcastle  195 × 342 cells of the centre of Newcastle upon Tyne, an hour of 58 mm/h net of drainage

The first three are made here; the last is read from the data set ``newcastle_centre_2m``.
"""

import os
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray

from cim_models.errors import InputError
from twin.rain import RainSeries
from twin.rain.formula import IntensityFormula
from twin.rain.storm import chicago_depth_mm

CELL_M = 2.0
MANNING_N = 0.03
COURANT = 0.5
SEED = 20240607

CASES = ("a", "b", "c", "newcastle")
EDGES = {"a": 1000, "b": 4000, "c": 4000}
ENDS_S = {"a": 600.0, "b": 200.0, "c": 120.0, "newcastle": 3600.0}
DATA_SET = "newcastle_centre_2m"


@dataclass(frozen=True, slots=True)
class SurfaceCase:
    """A workload.

    Parameters
    ----------
    bed
        Bed elevation, shape (rows, cols), m.
    water_depth
        Initial depth, m; None for dry ground.
    rain
        Rain, or None.
    end_s
        Simulated time at the end, s.
    """

    name: str
    bed: NDArray[np.float32]
    water_depth: NDArray[np.float32] | None
    rain: RainSeries | None
    end_s: float


def make_case(name: str, end_s: float | None = None, cells: int | None = None) -> SurfaceCase:
    """Return a case, with another end or edge length where given.

    Parameters
    ----------
    end_s
        Simulated time at the end, s.
    cells
        Edge of the domain. A made terrain is made of that size; the read one is cropped to it.

    Raises
    ------
    InputError
        If there is no such case, or the data set that it needs is absent.
    """
    if name not in CASES:
        raise InputError("Benchmark case", got=repr(name), expected=", ".join(CASES))
    end = ENDS_S[name] if end_s is None else end_s
    if name == "newcastle":
        case = newcastle(data_folder() / DATA_SET, end)
        return case if cells is None else replace(case, bed=case.bed[:cells, :cells].copy())
    edge = EDGES[name] if cells is None else cells
    bed = urban_terrain(edge)
    if name == "c":
        row, col = np.ogrid[:edge, :edge]
        inside = (row - edge / 2) ** 2 + (col - edge / 2) ** 2 < 0.05 * edge**2 / np.pi
        return SurfaceCase(name, bed, np.where(inside, 0.5, 0.0).astype(np.float32), None, end)
    return SurfaceCase(name, bed, None, storm(100.0), end)


def data_folder() -> Path:
    """Return the folder of the shared data sets: ``CITYTWIN_DATA``, or the one beside the checkout."""
    named = os.environ.get("CITYTWIN_DATA")
    return Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"


def newcastle(folder: Path, end_s: float) -> SurfaceCase:
    """Read the terrain, on which buildings stand as blocks, and the rain less what drains away.

    A row of the rain file holds for the time that ends there: one hour of rain, as its source says.
    """
    terrain = folder / "NewcastleCentreDEM_2m.img"
    if not terrain.is_file():
        raise InputError(
            "Benchmark case 'newcastle'",
            got=f"no file {terrain}",
            expected=f"the data set '{DATA_SET}'",
            remedy="Set CITYTWIN_DATA to the folder that holds it, or choose case a, b or c",
        )
    with rasterio.open(terrain) as source:
        bed = source.read(1)
    times_s, rain_mm_h = np.loadtxt(folder / "rainfall.csv", delimiter=",", skiprows=1, unpack=True)
    drained_s, drained_mm_h = np.loadtxt(folder / "drainage.csv", delimiter=",", skiprows=1, unpack=True)
    net_mm_h = np.maximum(rain_mm_h - np.interp(times_s, drained_s, drained_mm_h), 0.0)
    return SurfaceCase("newcastle", bed, None, RainSeries(times_s, net_mm_h[1:, None]), end_s)


def storm(depth_mm: float) -> RainSeries:
    """Return a one-hour Chicago storm in steps of five minutes, peak at 0.4, scaled to a depth."""
    edges = np.arange(0.0, 3601.0, 300.0)
    depth = chicago_depth_mm(IntensityFormula(1.0, 8.0, 0.75), edges, 3600.0, 0.4)
    rates = np.diff(depth) / depth[-1] * depth_mm * 12.0
    return RainSeries(edges, rates[:, None])


def urban_terrain(edge: int, seed: int = SEED) -> NDArray[np.float32]:
    """Return ground that falls to the north-west, with hills, streets, buildings and survey noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:edge, 0:edge].astype(np.float32) * np.float32(CELL_M)
    bed = 30.0 + 0.004 * x + 0.003 * y
    for spacing, amplitude in ((200, 2.0), (50, 0.5), (12, 0.1)):
        bed += amplitude * _smooth_noise(rng, edge, spacing)
    rows, cols = _street_lines(rng, edge), _street_lines(rng, edge)
    for first, end in rows:
        bed[first:end] -= 0.15
    for first, end in cols:
        bed[:, first:end] -= 0.15
    for (_, top), (bottom, _) in pairwise(rows):
        for (_, left), (right, _) in pairwise(cols):
            _raise_buildings(rng, bed[top:bottom, left:right])
    bed += 0.02 * rng.standard_normal(bed.shape)
    return bed.astype(np.float32)


def _smooth_noise(rng: np.random.Generator, edge: int, spacing: int) -> NDArray[np.float64]:
    """Return noise on a coarse lattice, smoothly interpolated."""
    nodes = rng.standard_normal((edge // spacing + 3,) * 2)
    place = np.arange(edge) / spacing
    node = place.astype(int)
    part = place - node
    part = part * part * (3.0 - 2.0 * part)
    along = nodes[node] * (1.0 - part)[:, None] + nodes[node + 1] * part[:, None]
    return along[:, node] * (1.0 - part) + along[:, node + 1] * part


def _street_lines(rng: np.random.Generator, edge: int) -> list[tuple[int, int]]:
    """Return first and end cell of streets 10 to 14 m wide, 60 to 100 m apart."""
    starts = np.cumsum(rng.integers(30, 50, edge // 30 + 4))
    widths = rng.integers(5, 8, starts.size)
    return [
        (int(start), int(start + width)) for start, width in zip(starts, widths, strict=True) if start < edge
    ]


def _raise_buildings(rng: np.random.Generator, block: NDArray[np.float64]) -> None:
    """Raise up to four rectangles in a block by 4 to 12 m."""
    for _ in range(rng.integers(0, 5)):
        height, width = rng.integers(6, 18, 2)
        room = block.shape[0] - height - 3, block.shape[1] - width - 3
        if min(room) < 1:
            continue
        row, col = 2 + rng.integers(0, room[0]), 2 + rng.integers(0, room[1])
        block[row : row + height, col : col + width] += 4.0 + 8.0 * rng.random()
