"""The loop over steps of the coarse tier: step length, rain, two passes by bands, edges, maximum."""

from typing import Any

import numpy as np
from numba import njit, prange

from twin.compilation import INNER
from twin.surface.constants import GRAVITY_M_S2, UNIT_M
from twin.surface.intrinsics import borrow
from twin.surface.kernel_steps import Rain, gather_rain
from twin.surface.subgrid.kernel_edges import Outlets, drain_outlets
from twin.surface.subgrid.kernel_mapping import raise_peaks
from twin.surface.subgrid.kernel_nodes import (
    Faces,
    NodeTables,
    Water,
    find_levels,
    find_shares,
    move_water,
    step_factors,
    want_faces,
)
from twin.surface.subgrid.state import FRAME, Grid, Peak, Progress, Rule, Shower

WAVE_DEPTHS_M = (0.09, 0.2)
"""The step is that of a gravity wave in water as deep as most of it stands, within these limits. In deeper
water waves run as if it were 0.2 m deep, since a deep pond must not rule the whole city; in shallower water
a longer step would let films on steep streets cross a node in a step."""
CACHE_LINE = 16
CHUNK = 512
"""Nodes whose levels are computed at a time, so that what they need stays in the nearest cache."""


@njit(inline="always")
def _flat(array: Any) -> Any:
    return array.reshape(array.size)


@njit(inline="always")
def _rows_flat(array: Any) -> Any:
    return array.reshape(array.shape[0], array.shape[1] * array.shape[2])


@njit(inline="always")
def _span(rule: Rule, band: int) -> tuple[int, int]:
    """Return the first node of a band of rows and the end, the frame at both ends of rows included."""
    pitch = rule.cols + FRAME
    first, end = rule.rows * band // rule.bands, rule.rows * (band + 1) // rule.bands
    return (1 + first) * pitch, (1 + end) * pitch


@njit(**INNER)
def _find_levels(grid: Grid, rule: Rule, band: int) -> None:
    """Compute the levels of a band of nodes from their volumes."""
    tables = NodeTables(
        _flat(grid.lowest), _rows_flat(grid.pool), _rows_flat(grid.film_beds), _flat(grid.per_cell)
    )
    water = Water(_flat(grid.level), _flat(grid.film))
    volume, spare = _flat(grid.volume), np.empty((2, CHUNK), np.float32)
    first, end = _span(rule, band)
    for start in range(first, end, CHUNK):
        find_levels(volume, tables, (start, min(start + CHUNK, end)), spare, water)


@njit(**INNER)
def _want(grid: Grid, rule: Rule, step: Any, deepest: Any, band: int) -> None:
    """Compute the discharge that every face of a band wants; note the band's deepest."""
    pitch, span = rule.cols + FRAME, _span(rule, band)
    water = Water(_flat(grid.level), _flat(grid.film))
    qx, qy = _flat(grid.qx), _flat(grid.qy)
    west = Faces(_rows_flat(grid.sill_x), _rows_flat(grid.film_x), _rows_flat(grid.section_x))
    north = Faces(_rows_flat(grid.sill_y), _rows_flat(grid.film_y), _rows_flat(grid.section_y))
    deepest[band, 0] = max(
        want_faces(water, west, qx, qy, (1, pitch), span, step, _flat(grid.wanted_x)),
        want_faces(water, north, qy, qx, (pitch, 1), span, step, _flat(grid.wanted_y)),
    )


@njit(**INNER)
def _share(grid: Grid, rule: Rule, step: Any, band: int) -> None:
    """Compute the share of its outflow that every node of a band passes on."""
    wanted_x, wanted_y, share = _flat(grid.wanted_x), _flat(grid.wanted_y), _flat(grid.share)
    find_shares(_flat(grid.volume), wanted_x, wanted_y, rule.cols + FRAME, _span(rule, band), step, share)


@njit(**INNER)
def _move(grid: Grid, rule: Rule, step: Any, band: int) -> None:
    """Limit the faces of every node of a band and move the water."""
    wanted, flows = (_flat(grid.wanted_x), _flat(grid.wanted_y)), (_flat(grid.qx), _flat(grid.qy))
    volume, share = _flat(grid.volume), _flat(grid.share)
    move_water(volume, wanted, flows, share, rule.cols + FRAME, _span(rule, band), step)


@njit(parallel=True, **INNER)
def _flow_by_threads(grid: Grid, rule: Rule, step: Any, deepest: Any) -> None:
    for band in prange(rule.bands):
        _find_levels(grid, rule, band)
    for band in prange(rule.bands):
        _want(grid, rule, step, deepest, band)
    for band in prange(rule.bands):
        _share(grid, rule, step, band)
    for band in prange(rule.bands):
        _move(grid, rule, step, band)


@njit(**INNER)
def _flow(grid: Grid, rule: Rule, step: Any, deepest: Any) -> None:
    """Let the water flow for one step; each pass needs the one before to be complete."""
    if rule.bands > 1:
        _flow_by_threads(grid, rule, step, deepest)
    else:
        _find_levels(grid, rule, 0)
        _want(grid, rule, step, deepest, 0)
        _share(grid, rule, step, 0)
        _move(grid, rule, step, 0)


@njit(**INNER)
def _record(grid: Grid, peak: Peak, rule: Rule, time_s: Any) -> None:
    """Raise the largest volume of each node."""
    pitch = rule.cols + FRAME
    water = (_flat(grid.volume), _flat(grid.level), _flat(grid.qx), _flat(grid.qy))
    falls = (_flat(grid.section_x[2]), _flat(grid.section_y[2]))
    highest = (_flat(peak.volume), _flat(peak.time_s), _flat(peak.lean))
    raise_peaks(water, falls, (pitch, (1 + rule.rows) * pitch), time_s, highest)


@njit(cache=True)
def _lay_rain(volume: Any, shower: Shower, quanta: Any) -> None:
    for entry in range(shower.place.size):
        volume[shower.place[entry]] += shower.weight[entry] * quanta[shower.zone[entry]]


@njit(cache=True)
def _longest_step(rule: Rule, depth_m: float) -> float:
    """Return the longest step for waves in water of some depth, s."""
    return min(rule.max_step_s, rule.courant * rule.node_size_m / np.sqrt(GRAVITY_M_S2 * depth_m))


@njit(cache=True)
def _wave_depth(grid: Grid, rule: Rule, duration_s: float) -> float:
    """Return the depth that steps are made for, m: the mean over the water of the mean depth in its node.

    Where the time is one step of the deepest wave anyway, it is made for that.
    """
    if duration_s <= _longest_step(rule, WAVE_DEPTHS_M[1]):
        return WAVE_DEPTHS_M[1]
    volume, per_cell = _flat(grid.volume), _flat(grid.per_cell)
    held, lifted = 1.0, 0.0
    for k in range(volume.size):
        units = np.float64(volume[k])
        held += units
        lifted += units * units * per_cell[k]
    return min(max(lifted / held * UNIT_M, WAVE_DEPTHS_M[0]), WAVE_DEPTHS_M[1])


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
    grid, outlets, rain, shower, peak = borrow((grid, outlets, rain, shower, peak))
    time_s, deepest, next_record_s, steps, left = progress
    found = np.zeros((rule.bands, CACHE_LINE), np.int32)
    wave_depth_m = _wave_depth(grid, rule, end_s - time_s)
    longest_s = _longest_step(rule, wave_depth_m)
    while time_s < end_s:
        remaining_s = end_s - time_s
        dt_s = remaining_s / np.ceil(remaining_s / longest_s)
        step = step_factors(dt_s, rule.node_size_m, wave_depth_m, rule.unit_m3)
        _flow(grid, rule, step, found)
        deepest = int(found[:, 0].max())
        left += drain_outlets(grid, outlets, dt_s, rule.unit_m3)
        if gather_rain(rain, dt_s):
            _lay_rain(_flat(grid.volume), shower, rain.quanta)
        time_s = end_s if dt_s >= remaining_s else time_s + dt_s
        steps += 1
        if time_s >= next_record_s:
            _record(grid, peak, rule, np.float32(time_s))
            next_record_s = (np.floor(time_s / rule.record_interval_s) + 1.0) * rule.record_interval_s
    return Progress(time_s, deepest, next_record_s, steps, left)
