"""From nodes back to the fine grid: every unit of a node is laid on its fine cells."""

from typing import Any

import numpy as np
from numba import njit, prange

from twin.compilation import INNER
from twin.surface.constants import UNIT_M, UNITS_PER_M
from twin.surface.intrinsics import borrow
from twin.surface.subgrid.state import NEVER, Found, Grid, Probe
from twin.surface.subgrid.storage import LEVELS_PER_M, MOST_SHEET_M, SHEET_SHARE


@njit(inline="always")
def _level_of(volume_m: float, bed: Any, first: int, end: int) -> float:
    """Level that a volume (depth as if in one cell, m) reaches over beds in ascending order, m."""
    total = volume_m
    level = bed[first] + volume_m
    for k in range(first, end):
        total += bed[k]
        level = total / (k + 1 - first)
        if k + 1 == end or level <= bed[k + 1]:
            break
    return level


@njit(inline="always")
def _sheet_of(volume_m: float, cells: int) -> float:
    """Depth of the sheet under a film, m; ``volume_m`` as in `_level_of`."""
    return min(SHEET_SHARE * volume_m / cells, MOST_SHEET_M)


@njit(parallel=True, cache=True)
def spread(
    start: Any, cell: Any, bed: Any, film_cell: Any, film_bed: Any, volume: Any, lean: Any, out: Any
) -> None:
    """Lay the units of each node on its fine cells.

    A share ``lean`` lies as a film on the plane of the node, the rest as level water; what rounding leaves
    goes to the lowest cell, so that the sum is the node's volume to the last unit.

    Parameters
    ----------
    start, cell, bed, film_cell, film_bed
        See `twin.surface.subgrid.storage.Members`.
    volume, lean
        Per node: units, and 0 for a pool to 1 for a film.
    out
        Receives the units of each fine cell, flat, int32; cells of no node are left alone.
    """
    for node in prange(volume.size):
        first, end = start[node], start[node + 1]
        if first == end:
            continue
        part = np.float64(lean[node])
        units = volume[node]
        depth_m = units * UNIT_M
        pool = _level_of(depth_m, bed, first, end)
        sheet = _sheet_of(depth_m, end - first)
        film = _level_of(depth_m - sheet * (end - first), film_bed, first, end)
        left = units
        for k in range(first, end):
            out[cell[k]] = np.int32((1.0 - part) * max(pool - bed[k], 0.0) * UNITS_PER_M)
        for k in range(first, end):
            out[film_cell[k]] += np.int32(part * (sheet + max(film - film_bed[k], 0.0)) * UNITS_PER_M)
        for k in range(first, end):
            left -= out[cell[k]]
        for k in range(first, end):
            given = max(left, -np.int64(out[cell[k]]))
            out[cell[k]] += given
            left -= given


@njit(inline="always")
def _leaning(before: int, after: int, fall: Any, flow: Any) -> Any:
    """How far the water surface at a face falls like the ground, 0 to 1, times the discharge."""
    lean = np.float32(before - after) / np.float32(LEVELS_PER_M) * fall
    return abs(flow) * min(max(lean, np.float32(0.0)), np.float32(1.0))


@njit(cache=True)
def lean_of(grid: Grid, row: int, col: int) -> Any:
    """How far the water of a node lies as a film on the slope, 0 for a pool, 1 for a film.

    Mean over the faces through which water leaves, weighted by discharge.
    """
    level, qx, qy = grid.level, grid.qx, grid.qy
    fall_x, fall_y = grid.section_x[2], grid.section_y[2]
    out, leaning = np.float32(1.0e-12), np.float32(0.0)
    here = level[row, col]
    if qx[row, col] < 0.0:
        out -= qx[row, col]
        leaning += _leaning(level[row, col - 1], here, fall_x[row, col], qx[row, col])
    if qx[row, col + 1] > 0.0:
        out += qx[row, col + 1]
        leaning += _leaning(here, level[row, col + 1], fall_x[row, col + 1], qx[row, col + 1])
    if qy[row, col] < 0.0:
        out -= qy[row, col]
        leaning += _leaning(level[row - 1, col], here, fall_y[row, col], qy[row, col])
    if qy[row + 1, col] > 0.0:
        out += qy[row + 1, col]
        leaning += _leaning(here, level[row + 1, col], fall_y[row + 1, col], qy[row + 1, col])
    return leaning / out


@njit(inline="always")
def _face_lean(before: Any, after: Any, fall: Any) -> Any:
    """How far the water surface at a face falls like the ground, 0 to 1."""
    lean = np.float32(np.int32(before - after)) / np.float32(LEVELS_PER_M) * fall
    return min(max(lean, np.float32(0.0)), np.float32(1.0))


@njit(error_model="numpy", **INNER)
def raise_peaks(water: Any, falls: Any, span: Any, time_s: Any, peak: Any) -> None:
    """Raise the largest volume of a range of nodes, and note when it was and how far the water leaned.

    As `lean_of`, but for all nodes without a branch: while it rains most of them rise.

    Parameters
    ----------
    water
        Volume, level and discharges of west and north faces, flat.
    falls
        Of west and north faces, see `twin.surface.subgrid.sections.Sections`, flat.
    span
        Nodes in a row of the arrays, which is also the first node of the range, and its end.
    peak
        See `Peak`, flat.
    """
    volume, level, qx, qy = water
    fall_x, fall_y = falls
    largest, when, lean = peak
    row, col, zero = np.uint64(span[0]), np.uint64(1), np.float32(0.0)
    for k in range(np.uint64(span[0]), np.uint64(span[1])):
        here = level[k]
        west, east = max(-qx[k], zero), max(qx[k + col], zero)
        north, south = max(-qy[k], zero), max(qy[k + row], zero)
        along = west * _face_lean(level[k - col], here, fall_x[k])
        along += east * _face_lean(here, level[k + col], fall_x[k + col])
        across = north * _face_lean(level[k - row], here, fall_y[k])
        across += south * _face_lean(here, level[k + row], fall_y[k + row])
        leaning = (along + across) / ((west + east) + (north + south) + np.float32(1.0e-12))
        higher = volume[k] > largest[k]
        largest[k] = max(volume[k], largest[k])
        when[k] = time_s if higher else when[k]
        lean[k] = leaning if higher else lean[k]


@njit(cache=True)
def lean_of_nodes(grid: Any, nodes: Any, cols: int, out: Any) -> None:
    """Look up how far the water of some nodes leans on the slope; 0 for -1."""
    grid = borrow(grid)
    for k in range(nodes.size):
        row, col = 1 + nodes[k] // cols, 1 + nodes[k] % cols
        out[k] = lean_of(grid, row, col) if nodes[k] >= 0 else 0.0


@njit(inline="always")
def _look_up(node: int, cols: int, grid: Grid, members: Any, found: Found) -> None:
    """Find the water surfaces of a node; the one that counts for nothing is left out."""
    row, col = 1 + node // cols, 1 + node % cols
    first, end = members.start[node], members.start[node + 1]
    depth_m, part = grid.volume[row, col] * UNIT_M, np.float64(lean_of(grid, row, col))
    pool = sheet = film = 0.0
    if part < 1.0:
        pool = _level_of(depth_m, members.bed, first, end)
    if part > 0.0:
        sheet = _sheet_of(depth_m, end - first)
        film = _level_of(depth_m - sheet * (end - first), members.film_bed, first, end)
    found.surface[node, 0], found.surface[node, 1] = part, pool
    found.surface[node, 2], found.surface[node, 3] = sheet, film


@njit(cache=True)
def read_depths(probe: Probe, cols: int, grid: Grid, members: Any, found: Found, out: Any) -> None:
    """Compute the depths of some fine cells, m; 0 for walls.

    The water surfaces of a node are worked out once, however many of its cells are read, until its water
    moves.

    Parameters
    ----------
    cols
        Nodes in a row of the grid.
    members
        See `twin.surface.subgrid.storage.Members`.
    found
        What is known already; added to.
    """
    probe, grid, members, found = borrow((probe, grid, members, found))
    now = found.now[0]
    for k in range(out.size):
        node = probe.node[k]
        out[k] = 0.0
        if node < 0:
            continue
        if found.moment[node] != now:
            _look_up(node, cols, grid, members, found)
            found.moment[node] = now
        part, pool = found.surface[node, 0], found.surface[node, 1]
        if part < 1.0:
            out[k] = (1.0 - part) * max(pool - probe.bed[k], 0.0)
        if part > 0.0:
            sheet, film = found.surface[node, 2], found.surface[node, 3]
            out[k] += part * (sheet + max(film - probe.rest[k], 0.0))


@njit(cache=True)
def move_units(
    volume: Any, given: Any, owner: Any, cols: int, cells: Any, units: Any, found: Found
) -> tuple[int, int]:
    """Add (positive) or take (negative) units by fine cell; ``units`` becomes what really moved.

    It is added to what was ``given`` to the node, flat. Nodes whose water has moved have to be looked up
    again.

    Returns
    -------
    Units added and units taken.
    """
    added, taken = 0, 0
    for k in range(cells.size):
        node = owner[cells[k]]
        if node < 0:
            units[k] = 0
            continue
        row, col = 1 + node // cols, 1 + node % cols
        units[k] = max(units[k], -volume[row, col])
        volume[row, col] += units[k]
        given[node] += units[k]
        if units[k] != 0:
            found.moment[node] = NEVER
        added += max(units[k], 0)
        taken += max(-units[k], 0)
    return added, taken
