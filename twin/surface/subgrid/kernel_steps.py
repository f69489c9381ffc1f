"""The loop over steps of the coarse tier: step length, rain, two passes by bands, edges, maximum."""

from typing import Any

import numpy as np
from numba import njit, prange

from twin.surface.constants import GRAVITY_M_S2
from twin.surface.kernel_steps import Rain, gather_rain
from twin.surface.subgrid.kernel_edges import Outlets, drain_outlets
from twin.surface.subgrid.kernel_mapping import lean_of
from twin.surface.subgrid.kernel_rows import (
    face_row,
    level_row,
    limit_row,
    share_row,
    step_factors,
    volume_row,
)
from twin.surface.subgrid.state import Grid, Peak, Progress, Rule, Shower
from twin.surface.subgrid.storage import LEVELS_PER_M

FASTEST_WAVE_DEPTH_M = 0.4
"""Gravity waves in deeper water run as if it were this deep: a deep pond must not rule the whole city."""
SLOWEST_WAVE_DEPTH_M = 0.25
"""The step never exceeds what this depth allows, so that films on steep streets cross no node in a step."""
CACHE_LINE = 16


@njit(inline="always")
def _pair(array: Any, row_0: int, row_1: int, shift_0: int, cols: int) -> Any:
    return array[row_0, 1 - shift_0 : 1 - shift_0 + cols], array[row_1, 1 : 1 + cols]


@njit(inline="always")
def _four(array: Any, row: int, cols: int) -> Any:
    return (
        array[0, row, 1 : 1 + cols],
        array[1, row, 1 : 1 + cols],
        array[2, row, 1 : 1 + cols],
        array[3, row, 1 : 1 + cols],
    )


@njit(inline="always")
def _x_flows(qx: Any, qy: Any, row: int, cols: int) -> Any:
    return (
        qx[row, 1 : 1 + cols],
        qx[row, 0:cols],
        qx[row, 2 : 2 + cols],
        qy[row, 0:cols],
        qy[row + 1, 0:cols],
        qy[row, 1 : 1 + cols],
        qy[row + 1, 1 : 1 + cols],
    )


@njit(inline="always")
def _y_flows(qx: Any, qy: Any, row: int, cols: int) -> Any:
    return (
        qy[row, 1 : 1 + cols],
        qy[row - 1, 1 : 1 + cols],
        qy[row + 1, 1 : 1 + cols],
        qx[row - 1, 1 : 1 + cols],
        qx[row - 1, 2 : 2 + cols],
        qx[row, 1 : 1 + cols],
        qx[row, 2 : 2 + cols],
    )


@njit(parallel=True, cache=True)
def _find_levels(grid: Grid, rule: Rule) -> None:
    """Compute the levels of all nodes from their volumes."""
    cols = rule.cols
    for band in prange(rule.bands):
        spare = np.empty((2, cols), np.float32)
        for row in range(1 + rule.rows * band // rule.bands, 1 + rule.rows * (band + 1) // rule.bands):
            level_row(
                grid.volume[row, 1 : 1 + cols],
                grid.lowest[row, 1 : 1 + cols],
                grid.pool[:, row, 1 : 1 + cols],
                grid.film_beds[:, row, 1 : 1 + cols],
                grid.per_cell[row, 1 : 1 + cols],
                grid.level[row, 1 : 1 + cols],
                grid.film[row, 1 : 1 + cols],
                spare,
            )


@njit(parallel=True, cache=True)
def _want(grid: Grid, rule: Rule, step: Any, deepest: Any) -> None:
    """Compute the discharge that every face wants; each band reports its deepest."""
    cols = rule.cols
    for band in prange(rule.bands):
        found = np.int32(0)
        first = 1 + rule.rows * band // rule.bands
        for row in range(first, 1 + rule.rows * (band + 1) // rule.bands):
            found = max(
                found,
                face_row(
                    _pair(grid.level, row, row, 1, cols),
                    _pair(grid.film, row, row, 1, cols),
                    _four(grid.sill_x, row, cols),
                    _four(grid.film_x, row, cols),
                    _four(grid.section_x, row, cols),
                    _x_flows(grid.qx, grid.qy, row, cols),
                    step,
                    grid.wanted_x[row, 1 : 1 + cols],
                ),
                face_row(
                    _pair(grid.level, row - 1, row, 0, cols),
                    _pair(grid.film, row - 1, row, 0, cols),
                    _four(grid.sill_y, row, cols),
                    _four(grid.film_y, row, cols),
                    _four(grid.section_y, row, cols),
                    _y_flows(grid.qx, grid.qy, row, cols),
                    step,
                    grid.wanted_y[row, 1 : 1 + cols],
                ),
            )
        deepest[band, 0] = found


@njit(parallel=True, cache=True)
def _afford(grid: Grid, rule: Rule, step: Any) -> None:
    """Compute the share of its outflow that every node can afford."""
    cols = rule.cols
    for band in prange(rule.bands):
        for row in range(1 + rule.rows * band // rule.bands, 1 + rule.rows * (band + 1) // rule.bands):
            share_row(
                grid.volume[row, 1 : 1 + cols],
                grid.wanted_x[row, 1 : 2 + cols],
                grid.wanted_y[row, 1 : 1 + cols],
                grid.wanted_y[row + 1, 1 : 1 + cols],
                step,
                grid.share[row, 1 : 1 + cols],
            )


@njit(cache=True)
def _limit_north(grid: Grid, row: int, cols: int, step: Any, flow: Any, units: Any) -> None:
    """Limit the north faces of a row of nodes."""
    above, here = grid.share[row - 1, 1 : 1 + cols], grid.share[row, 1 : 1 + cols]
    limit_row(grid.wanted_y[row, 1 : 1 + cols], above, here, step, flow, units)


@njit(parallel=True, cache=True)
def _move(grid: Grid, rule: Rule, step: Any) -> None:
    """Limit the faces of every node and move the water."""
    cols = rule.cols
    for band in prange(rule.bands):
        units, spare = np.empty((3, cols + 1), np.int64), np.empty(cols, np.float32)
        north, south, across = units[0, :cols], units[1, :cols], units[2]
        first, end = 1 + rule.rows * band // rule.bands, 1 + rule.rows * (band + 1) // rule.bands
        if first < end:
            _limit_north(grid, first, cols, step, grid.qy[first, 1 : 1 + cols], north)
        for row in range(first, end):
            share = grid.share[row]
            limit_row(
                *(grid.wanted_x[row, 1 : 2 + cols], share[0 : 1 + cols], share[1 : 2 + cols]),
                *(step, grid.qx[row, 1 : 2 + cols], across),
            )
            # the first row of the next band is that band's to write
            flow = grid.qy[row + 1, 1 : 1 + cols] if row + 1 < end else spare
            _limit_north(grid, row + 1, cols, step, flow, south)
            volume_row(grid.volume[row, 1 : 1 + cols], across, north, south)
            north, south = south, north


@njit(cache=True)
def _record_row(grid: Grid, peak: Peak, row: int, cols: int, time_s: Any) -> None:
    for col in range(1, 1 + cols):
        if grid.volume[row, col] > peak.volume[row, col]:
            peak.volume[row, col] = grid.volume[row, col]
            peak.time_s[row, col] = time_s
            peak.lean[row, col] = lean_of(grid, row, col)


@njit(parallel=True, cache=True)
def _record(grid: Grid, peak: Peak, rule: Rule, time_s: Any) -> None:
    """Raise the largest volume of each node."""
    rows = rule.rows
    for row in prange(rows):
        _record_row(grid, peak, row + 1, rule.cols, time_s)


@njit(cache=True)
def _lay_rain(volume: Any, shower: Shower, quanta: Any) -> None:
    for entry in range(shower.row.size):
        units = np.int64(shower.weight[entry]) * quanta[shower.zone[entry]]
        volume[shower.row[entry], shower.col[entry]] += units


@njit(cache=True)
def _step_length(depth_m: float, remaining_s: float, rule: Rule) -> float:
    """Return the longest stable step that divides the remaining time."""
    longest = min(rule.max_step_s, rule.courant * rule.node_size_m / np.sqrt(GRAVITY_M_S2 * depth_m))
    return remaining_s / np.ceil(remaining_s / longest)


@njit(cache=True)
def advance(
    grid: Grid,
    outlets: Outlets,
    rain: Rain,
    shower: Shower,
    rule: Rule,
    progress: Progress,
    end_s: float,
    peak: Peak,
) -> Progress:
    """Advance the water to ``end_s``; the arrays of ``grid``, ``rain`` and ``peak`` change in place."""
    time_s, deepest, next_record_s, steps, left = progress
    found = np.zeros((rule.bands, CACHE_LINE), np.int32)
    while time_s < end_s:
        remaining_s = end_s - time_s
        depth_m = min(max(deepest / LEVELS_PER_M, SLOWEST_WAVE_DEPTH_M), FASTEST_WAVE_DEPTH_M)
        dt_s = _step_length(depth_m, remaining_s, rule)
        step = step_factors(dt_s, rule.node_size_m, depth_m, rule.unit_m3)
        _find_levels(grid, rule)
        _want(grid, rule, step, found)
        deepest = int(found[:, 0].max())
        _afford(grid, rule, step)
        _move(grid, rule, step)
        left += drain_outlets(grid, outlets, dt_s, rule.unit_m3)
        if gather_rain(rain, dt_s):
            _lay_rain(grid.volume, shower, rain.quanta)
        time_s = end_s if dt_s >= remaining_s else time_s + dt_s
        steps += 1
        if time_s >= next_record_s:
            _record(grid, peak, rule, np.float32(time_s))
            next_record_s = (np.floor(time_s / rule.record_interval_s) + 1.0) * rule.record_interval_s
    return Progress(time_s, deepest, next_record_s, steps, left)
