"""One pass over the active tiles that records what the flood has done to each cell so far.

Always the largest depth and its time. On request also the largest speed, the time of arrival, how often
the water stood above three depths, the largest hazard rating and the highest AIDR class. The pass goes in
pieces of some columns, and a piece without water of some depth skips what only deeper water can change:
that is most of a city, so that the pass costs little more than that of the depth alone.

A cell of an inactive tile is dry, and a dry cell changes nothing here: what is recorded does not depend on
which tiles are active. No operation is reordered or contracted, so it does not depend on threads either.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from twin.compilation import BORROWING
from twin.surface.constants import ROWS_BEFORE, TILE, UNIT_M
from twin.surface.intrinsics import larger, smaller
from twin.surface.state import Grid, Tiles

ZERO = np.float32(0.0)
HALF = np.float32(0.5)
NONE, ONE = np.int32(0), np.int32(1)
UNIT = np.float32(UNIT_M)
SHALLOWEST_M = np.float32(UNIT_M)
PIECE = 64
"""Columns that are looked at together."""


class Limits(NamedTuple):
    """Limits of `twin.surface.hazard.FloodLimits`: depths in units where they are compared with units.

    Parameters
    ----------
    rated, arrived, above
        Shallowest water that is rated, that has arrived, and that counts as above each of three depths.
    offset, shallow_m, middle_m, fast, debris
        Of the hazard rating: velocity offset, depth limits, speed limit, three debris factors.
    aidr_depth, aidr_speed, aidr_product
        Limits of the AIDR classes H1 to H5.
    """

    rated: Any
    arrived: Any
    above: Any
    offset: Any
    shallow_m: Any
    middle_m: Any
    fast: Any
    debris: Any
    aidr_depth: Any
    aidr_speed: Any
    aidr_product: Any


class Record(NamedTuple):
    """What is recorded, padded like the grid.

    Parameters
    ----------
    deepest
        Largest depth, units, int32.
    time_of_max
        When, s, float32.
    rates
        Whether the following are recorded too; without it they are single cells.
    speed
        Largest speed, m/s, float32.
    arrival
        When the water arrived, s, float32; NaN where it has not.
    looks_1, looks_2, looks_3
        How many looks found water above each of three depths, int32.
    rating
        Largest hazard rating, float32.
    aidr
        Highest AIDR class, uint8; 0 where never rated.
    depth_limits
        Depths of `Limits` in its order: rated, arrived, above; units, int32, shape (5,).
    rating_limits
        Limits of the hazard rating in the order of `Limits`, float32, shape (7,).
    aidr_limits
        Depths, speeds and products of `Limits`, float32, shape (3, 5).
    """

    deepest: Any
    time_of_max: Any
    rates: bool
    speed: Any
    arrival: Any
    looks_1: Any
    looks_2: Any
    looks_3: Any
    rating: Any
    aidr: Any
    depth_limits: Any
    rating_limits: Any
    aidr_limits: Any


@njit(inline="always")
def _five(limits: Any) -> Any:
    return limits[0], limits[1], limits[2], limits[3], limits[4]


@njit(inline="always")
def _limits(record: Record) -> Limits:
    """Return the limits as numbers, which a loop keeps in registers."""
    depth, rating, aidr = record.depth_limits, record.rating_limits, record.aidr_limits
    return Limits(
        depth[0],
        depth[1],
        (depth[2], depth[3], depth[4]),
        rating[0],
        rating[1],
        rating[2],
        rating[3],
        (rating[4], rating[5], rating[6]),
        _five(aidr[0]),
        _five(aidr[1]),
        _five(aidr[2]),
    )


@njit(**BORROWING)
def _raise_depth(h: Any, time_s: Any, top: Any, when: Any) -> Any:
    """Raise the largest depths and set their times; return the deepest of these cells, units."""
    deepest, rising = np.int32(0), np.int32(0)
    for col in range(h.size):
        new = h[col]
        deepest = larger(deepest, new)
        rising += np.int32(new > top[col])
    if rising > 0:  # most of a flood only falls: then nothing is written, and the times are not even read
        for col in range(h.size):
            old, new, then = top[col], h[col], when[col]
            when[col] = time_s if new > old else then
            top[col] = larger(old, new)
    return deepest


@njit(**BORROWING)
def _note_arrival(h: Any, time_s: Any, arrived: Any, arrival: Any) -> None:
    """Set the time of arrival where the water has come for the first time."""
    for col in range(h.size):
        then = arrival[col]
        arrival[col] = time_s if (h[col] >= arrived) & (then != then) else then  # NaN is not itself


@njit(**BORROWING)
def _count(h: Any, above: Any, looks: int, counts: Any) -> None:
    """Add the looks that this one stands for where the water is above a depth."""
    for col in range(h.size):
        counts[col] += np.int32(looks) if h[col] >= above else np.int32(0)


@njit(inline="always")
def _beyond(deeper: Any, faster: Any, more: Any) -> Any:
    """Return 1 where a class's limits do not hold the water, else 0."""
    return ONE if deeper | faster | more else NONE


@njit(error_model="numpy", **BORROWING)
def _rate(
    h: Any, west: Any, east: Any, north: Any, south: Any, limits: Limits, speed: Any, rating: Any, aidr: Any
) -> None:
    """Raise largest speed, hazard rating and AIDR class from depth and the discharges of the four faces."""
    d_1, d_2, d_3, d_4, d_5 = limits.aidr_depth
    v_1, v_2, v_3, v_4, v_5 = limits.aidr_speed
    p_1, p_2, p_3, p_4, p_5 = limits.aidr_product  # five names each: a loop over a tuple is not vectorised
    low, middle, high = limits.debris
    for col in range(h.size):
        d = np.float32(h[col]) * UNIT
        along_x, along_y = west[col] + east[col], north[col] + south[col]
        v = HALF * np.sqrt(along_x * along_x + along_y * along_y) / larger(d, SHALLOWEST_M)
        product = d * v
        debris = (
            high if (d > limits.middle_m) | (v > limits.fast) else (middle if d > limits.shallow_m else low)
        )
        level = ONE + _beyond(d > d_1, v > v_1, product > p_1) + _beyond(d > d_2, v > v_2, product > p_2)
        level += _beyond(d > d_3, v > v_3, product > p_3) + _beyond(d > d_4, v > v_4, product > p_4)
        level += _beyond(d > d_5, v > v_5, product > p_5)
        is_rated = h[col] >= limits.rated
        speed[col] = larger(speed[col], v if is_rated else ZERO)
        rating[col] = larger(rating[col], d * (v + limits.offset) + debris if is_rated else ZERO)
        aidr[col] = larger(aidr[col], np.uint8(level) if is_rated else np.uint8(0))


@njit(inline="always")
def _record_wet(
    grid: Grid, row: int, first: int, end: int, deepest: Any, look: Any, record: Record, limits: Limits
) -> None:
    """Record the cells of a piece of a row whose deepest one may change more than the largest depth."""
    time_s, looks = look
    h = grid.depth[row, first:end]
    if deepest >= limits.arrived:
        _note_arrival(h, time_s, limits.arrived, record.arrival[row, first:end])
    if deepest >= limits.rated:
        west, east = grid.qx[row, first:end], grid.qx[row, first + 1 : end + 1]
        north, south = grid.qy[row, first:end], grid.qy[row + 1, first:end]
        speed, rating = record.speed[row, first:end], record.rating[row, first:end]
        _rate(h, west, east, north, south, limits, speed, rating, record.aidr[row, first:end])
    if deepest >= limits.above[0]:
        _count(h, limits.above[0], looks, record.looks_1[row, first:end])
    if deepest >= limits.above[1]:
        _count(h, limits.above[1], looks, record.looks_2[row, first:end])
    if deepest >= limits.above[2]:
        _count(h, limits.above[2], looks, record.looks_3[row, first:end])


@njit(inline="always")
def record_depth_row(grid: Grid, tiles: Tiles, tile_row: int, rows: int, time_s: Any, record: Record) -> None:
    """Record the largest depth and its time in the active tiles of one row of tiles, and nothing else."""
    row_0 = ROWS_BEFORE + tile_row * TILE
    for row in range(row_0, smaller(row_0 + TILE, ROWS_BEFORE + rows)):
        for run in range(tiles.counts[tile_row]):
            first, end = tiles.segments[tile_row, run, 0], tiles.segments[tile_row, run, 1]
            for start in range(first, end, PIECE):
                stop = smaller(start + PIECE, end)
                top, when = record.deepest[row, start:stop], record.time_of_max[row, start:stop]
                _raise_depth(grid.depth[row, start:stop], time_s, top, when)


@njit(inline="always")
def _record_run(
    grid: Grid, row: int, first: int, end: int, look: Any, record: Record, limits: Limits
) -> None:
    """Record a run of active cells of one row; ``look`` is the time, s, and the looks it stands for."""
    time_s, _ = look
    h = grid.depth[row, first:end]
    top, when = record.deepest[row, first:end], record.time_of_max[row, first:end]
    shallowest = smaller(limits.arrived, smaller(limits.rated, limits.above[0]))
    for piece in range(0, h.size, PIECE):  # slices of a row are cheap; only wet pieces pay for the rest
        stop = smaller(piece + PIECE, h.size)
        deepest = _raise_depth(h[piece:stop], time_s, top[piece:stop], when[piece:stop])
        if record.rates and deepest >= shallowest:
            _record_wet(grid, row, first + piece, first + stop, deepest, look, record, limits)


@njit(**BORROWING)
def record_tile_row(
    grid: Grid, tiles: Tiles, tile_row: int, rows: int, time_s: Any, looks: int, record: Record
) -> None:
    """Record the active tiles of one row of tiles.

    Parameters
    ----------
    time_s
        Present time, float32.
    looks
        Multiples of the recording interval that have passed since the last look, >= 1.
    """
    row_0 = ROWS_BEFORE + tile_row * TILE
    limits = _limits(record)
    for row in range(row_0, smaller(row_0 + TILE, ROWS_BEFORE + rows)):
        for run in range(tiles.counts[tile_row]):
            first, end = tiles.segments[tile_row, run, 0], tiles.segments[tile_row, run, 1]
            _record_run(grid, row, first, end, (time_s, looks), record, limits)
