"""Arrays of the solver: what is physical, and what is only scratch.

All two-dimensional arrays are padded: cell (row, col) of the terrain lies at
(row + ROWS_BEFORE, col + LANES), and everything around is wall.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.surface.constants import (
    BLOCK,
    CHUNK,
    DEPTH_DTYPE,
    LANES,
    REAL_DTYPE,
    ROWS_AFTER,
    ROWS_BEFORE,
    TILE,
    UNITS_PER_M,
    WALL_M,
    WEIGHT_DTYPE,
    ZONE_DTYPE,
)
from twin.surface.kernel_barriers import Crests
from twin.surface.kernel_conduits import Conduits


class Structures(NamedTuple):
    """What stands on the ground and what leads through it; may change while the water runs.

    Parameters
    ----------
    crests
        Faces that a barrier closes up to its crest.
    conduits
        Culverts.
    """

    crests: Crests
    conduits: Conduits


CACHE_LINE, KIB, HUGE_PAGE = 64, 1 << 10, 2 << 20
"""Sizes in memory, bytes."""
STRIP_BEFORE, STRIP_ROWS = 2, 5
"""Rows kept around the first row of a band: so many before it, so many in all."""


class Grid(NamedTuple):
    """Physical state and ground, padded shape (rows + 5, pitch).

    Parameters
    ----------
    depth
        Water depth in units, int32.
    qx, qy
        Unit discharge through west faces (positive east) and north faces (positive south), m²/s.
    bed
        Bed above the lowest cell, in units.
    friction
        g n² scaled to units; one row where the roughness is uniform.
    rain_weight
        Share of the rain that lands in the cell, in 1/64; one row where it is uniform.
    rain_zone
        Gauge zone; one row where there is one gauge.
    """

    depth: Any
    qx: Any
    qy: Any
    bed: Any
    friction: Any
    rain_weight: Any
    rain_zone: Any


class Flow(NamedTuple):
    """Moving part of the state: depth in units, discharge through west and north faces, m²/s."""

    depth: Any
    qx: Any
    qy: Any


class Strips(NamedTuple):
    """Rows around the edges of the bands as they were before the step, shape (bands + 1, 5, pitch).

    They begin two rows above the first row of each band, and two rows above the end of the last.
    """

    depth: Any
    qx: Any
    qy: Any


class Wanted(NamedTuple):
    """Discharges that the faces of two rows want, and the share of it that the cells can give.

    Parameters
    ----------
    x, y
        West and north faces, m²/s; the rows take turns, shape (2, pitch).
    share
        Outflow shares of the cells, 0 to 1, shape (2, pitch).
    """

    x: Any
    y: Any
    share: Any


class Work(NamedTuple):
    """Intermediate values of the momentum equation for the faces of a chunk of one row, shape (CHUNK,).

    Parameters
    ----------
    depth_x, depth_y
        Depth of flow, units, and then its power of -1/3; at west faces, and at north faces of the next row.
    push_x, push_y
        Pressure term, m²/s.
    critical_x, critical_y
        Critical discharge, m²/s; 0 for a dry face.
    norm_x, norm_y
        Norm of the old discharge, m²/s.
    """

    depth_x: Any
    depth_y: Any
    push_x: Any
    push_y: Any
    critical_x: Any
    critical_y: Any
    norm_x: Any
    norm_y: Any


class Scratch(NamedTuple):
    """Working rows of each band, shape (bands, n, pitch).

    Parameters
    ----------
    x, y, share
        See `Wanted`.
    spill
        South faces of the band's last row, which belong to the next band.
    rain
        Units of rain that fall on a row.
    work
        Rows of `Work`, shape (bands, 8, CHUNK).
    edge
        Discharge through the edge between two blocks, wanted and final, shape (bands, 2, padded rows).
    """

    x: Any
    y: Any
    share: Any
    spill: Any
    rain: Any
    work: Any
    edge: Any


class Tiles(NamedTuple):
    """Which tiles are swept, and how rows are dealt out to threads.

    Parameters
    ----------
    wet, active
        1 where a tile holds water, and where it or a neighbour does; shape (tile rows, tile cols).
    segments
        First and end column of each run of active tiles, shape (tile rows, runs, 2).
    counts
        Number of runs in each tile row.
    band_rows
        First row of each band, and the end, shape (bands + 1,).
    runs
        First and end column of each run of active tiles that reaches into a block of columns, shape
        (tile rows, blocks, runs, 2).
    run_counts
        Number of these runs, shape (tile rows, blocks).
    deepest
        Largest depth found by each band, padded to a cache line each, shape (bands, 16).
    wave_depths
        Wave depth that the flow in each row of tiles asks for, units, float32, shape (tile rows,).
    rained
        Largest depth that rain has left beside the active tiles of each row of tiles, units, shape
        (tile rows,).
    """

    wet: Any
    active: Any
    segments: Any
    counts: Any
    band_rows: Any
    runs: Any
    run_counts: Any
    deepest: Any
    wave_depths: Any
    rained: Any


def pitch_of(cols: int) -> int:
    """Return the padded row length in cells: whole cache lines, and no multiple of 4 KiB."""
    pitch = (-(-cols // LANES) + 2) * LANES
    return pitch + LANES if pitch * 4 % 4096 == 0 else pitch


def padded(shape: tuple[int, int], dtype: Any, fill: Any = 0, place: int = 0) -> NDArray[Any]:
    """Return a padded array that starts on a cache line.

    A large one lies in huge pages where the system grants them, as it does to NumPy for 4 MiB or more: a
    sweep through small pages spends a third of its time looking up addresses.

    Parameters
    ----------
    place
        Number of the array among those that are read together; it is shifted by so many KiB, since arrays
        at the same place within their pages would compete for the same lines of the nearest cache.
    """
    pitch = pitch_of(shape[1])
    size = (shape[0] + ROWS_BEFORE + ROWS_AFTER) * pitch * np.dtype(dtype).itemsize
    align, shift = (HUGE_PAGE, place * KIB) if size >= HUGE_PAGE else (CACHE_LINE, 0)
    raw = np.empty(max(size + align + shift, 2 * HUGE_PAGE if size >= HUGE_PAGE else 0), np.uint8)
    start = -raw.ctypes.data % align + shift
    array = raw[start : start + size].view(dtype).reshape(-1, pitch)
    array[...] = fill
    return array


def inner(array: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
    """Return a view of the cells of the domain in a padded array."""
    return array[ROWS_BEFORE : ROWS_BEFORE + shape[0], LANES : LANES + shape[1]]


def embed(values: NDArray[Any] | float, shape: tuple[int, int], dtype: Any, fill: Any = 0) -> NDArray[Any]:
    """Return a padded copy of a grid, or one padded row of a uniform value."""
    if np.ndim(values) == 2:
        array = padded(shape, dtype, fill)
        inner(array, shape)[...] = values
        return array
    row = np.full((1, pitch_of(shape[1])), fill, dtype)
    row[0, LANES : LANES + shape[1]] = values
    return row


def make_grid(bed_m: NDArray[np.float64], open_cells: NDArray[np.bool_], friction: Any) -> Grid:
    """Return a dry grid; ``bed_m`` is relative to the lowest open cell, ``friction`` uniform or a grid."""
    shape = bed_m.shape
    wall = WALL_M * UNITS_PER_M
    bed = padded(shape, REAL_DTYPE, wall, place=3)
    inner(bed, shape)[...] = np.where(open_cells, bed_m * UNITS_PER_M, wall)
    return Grid(
        depth=padded(shape, DEPTH_DTYPE),
        qx=padded(shape, REAL_DTYPE, place=1),
        qy=padded(shape, REAL_DTYPE, place=2),
        bed=bed,
        friction=embed(friction, shape, REAL_DTYPE),
        rain_weight=embed(0, shape, WEIGHT_DTYPE),
        rain_zone=embed(0, shape, ZONE_DTYPE),
    )


def aligned(shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """Return zeros that start on a cache line: a vector that straddles two lines takes twice as long."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.zeros(size + CACHE_LINE, np.uint8)
    start = -raw.ctypes.data % CACHE_LINE
    return raw[start : start + size].view(dtype).reshape(shape)


def make_scratch(shape: tuple[int, int], bands: int) -> tuple[Strips, Scratch]:
    """Return the working rows for a number of bands."""
    pitch = pitch_of(shape[1])

    def rows(count: int, dtype: Any = REAL_DTYPE) -> NDArray[Any]:
        return aligned((bands, count, pitch), dtype)

    edges = (bands + 1, STRIP_ROWS, pitch)
    strips = Strips(aligned(edges, DEPTH_DTYPE), aligned(edges, REAL_DTYPE), aligned(edges, REAL_DTYPE))
    work = aligned((bands, len(Work._fields), CHUNK), REAL_DTYPE)
    edge = aligned((bands, 2, shape[0] + ROWS_BEFORE + ROWS_AFTER), REAL_DTYPE)
    return strips, Scratch(rows(2), rows(2), rows(2), rows(1), rows(1, DEPTH_DTYPE), work, edge)


def make_tiles(shape: tuple[int, int], bands: int) -> Tiles:
    """Return the tiles of a domain, none active."""
    tile_rows, tile_cols = -(-shape[0] // TILE), -(-shape[1] // TILE)
    blocks = -(-tile_cols * TILE // BLOCK)
    return Tiles(
        wet=np.zeros((tile_rows, tile_cols), np.uint8),
        active=np.zeros((tile_rows, tile_cols), np.uint8),
        segments=np.zeros((tile_rows, tile_cols // 2 + 1, 2), np.int64),
        counts=np.zeros(tile_rows, np.int64),
        runs=np.zeros((tile_rows, blocks, BLOCK // TILE // 2, 2), np.int64),
        run_counts=np.zeros((tile_rows, blocks), np.int64),
        band_rows=np.full(bands + 1, ROWS_BEFORE, np.int64),
        deepest=np.zeros((bands, LANES), np.uint32),
        wave_depths=np.zeros(tile_rows, REAL_DTYPE),
        rained=np.zeros(tile_rows, np.int64),
    )
