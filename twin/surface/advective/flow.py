"""The advective scheme as the solver sees it, and its loop over steps."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.surface.advective.kernel_bands import Passes
from twin.surface.advective.kernel_borders import carry_outlets, open_border
from twin.surface.advective.kernel_faces import Step
from twin.surface.advective.kernel_tiles import still_tiles
from twin.surface.advective.kernel_weirs import patch_weirs, weir_discharges
from twin.surface.advective.motion import make_motion
from twin.surface.constants import (
    DRY_DEPTH_M,
    DRY_UNITS,
    GRAVITY_M_S2,
    LANES,
    MAX_UNITS,
    RECHECK_STEPS,
    ROWS_BEFORE,
    UNIT_M,
    UNITS_PER_M,
)
from twin.surface.kernel_bands import find_wet, record_flood
from twin.surface.kernel_conduits import pass_conduits
from twin.surface.kernel_openings import Openings, drive_openings, driving_depth, pass_openings
from twin.surface.kernel_record import Record
from twin.surface.kernel_steps import STEADY, UNSTABLE, Progress, Rain, Rule, gather_rain
from twin.surface.kernel_tiles import activate, deal_rows
from twin.surface.state import Grid, Structures, Tiles, inner

SLOWEST_M_S = (GRAVITY_M_S2 * DRY_DEPTH_M) ** 0.5


class AdvectiveFlow:
    """Velocities of the cells, and the steps that change them with the depths of the solver's grid.

    Parameters
    ----------
    shape
        Rows and columns.
    bands
        Threads that share the rows.
    """

    def __init__(self, shape: tuple[int, int], bands: int) -> None:
        self._shape = shape
        self._motion = make_motion(shape, bands)

    def advance(
        self,
        grid: Grid,
        tiles: Tiles,
        openings: Openings,
        structures: Structures,
        rain: Rain,
        rule: Rule,
        progress: Progress,
        end_s: float,
        record: Record,
    ) -> Progress:
        """Advance the water to ``end_s``; the arrays of ``grid``, ``rain`` and ``record`` change in place.

        A step lasts courant dx / (|u| + sqrt(g h)), with the larger of the two velocities of a cell, at most.

        Returns
        -------
        Where the loop stands; on `UNSTABLE` the offending depths are left in place.
        """
        time_s, deepest, recheck, next_record_s, steps, cell_steps, left, _ = progress
        passes = Passes(grid, self._motion, tiles, ROWS_BEFORE + rule.rows)
        next_check, cells, size = steps, 0, rule.cell_size_m
        while time_s < end_s:
            if not rule.tiled or recheck or steps >= next_check:
                cells = self._choose_tiles(grid, tiles, rule, everywhere=not rule.tiled)
                next_check, recheck = steps + RECHECK_STEPS, False
            remaining_s = end_s - time_s
            outside = driving_depth(openings, time_s, rule.courant, size)
            fastest = max(passes.fastest_m_s(cells), (GRAVITY_M_S2 * outside * UNIT_M) ** 0.5, SLOWEST_M_S)
            longest_s = min(rule.max_step_s, rule.courant * size / fastest)
            dt_s = remaining_s / math.ceil(remaining_s / longest_s)
            raining = gather_rain(rain, dt_s)
            if raining and rule.tiled:
                cells, recheck = self._choose_tiles(grid, tiles, rule, everywhere=True), True
            drive_openings(grid.depth, grid.qx, grid.qy, openings, dt_s, size)
            deepest = self._sweep(
                passes, grid, (openings, structures), cells, (rain.quanta, raining), (dt_s, dt_s / size)
            )
            filled, woken = pass_conduits(grid.depth, grid.bed, structures.conduits, dt_s, size * size)
            time_s = end_s if dt_s >= remaining_s else time_s + dt_s
            out, touched, woke = pass_openings(grid.depth, grid.qx, grid.qy, openings, time_s, dt_s, size)
            left, deepest = left + out, max(deepest, filled, touched)
            recheck = recheck or woken or woke
            steps += 1
            cell_steps += cells
            if deepest > MAX_UNITS:
                return Progress(time_s, deepest, True, next_record_s, steps, cell_steps, left, UNSTABLE)
            if time_s >= next_record_s:
                if (woken or woke) and rule.tiled:  # water came into tiles that no sweep has visited yet
                    cells = self._choose_tiles(grid, tiles, rule, everywhere=False)
                due_s = (math.floor(time_s / rule.record_interval_s) + 1.0) * rule.record_interval_s
                looks = round((due_s - next_record_s) / rule.record_interval_s)
                record_flood(grid, tiles, rule.rows, cells, np.float32(time_s), looks, record)
                next_record_s = due_s
        return Progress(time_s, deepest, recheck, next_record_s, steps, cell_steps, left, STEADY)

    def _choose_tiles(self, grid: Grid, tiles: Tiles, rule: Rule, *, everywhere: bool) -> int:
        """Find the active tiles, deal them out to the bands and return the number of active cells."""
        end = LANES + -(-rule.cols // LANES) * LANES
        was_active = tiles.active.copy()
        if not everywhere:
            find_wet(grid, tiles, rule.rows, rule.cols)
        cells: int = activate(grid, tiles, rule.rows, end, everywhere)
        deal_rows(tiles, rule.rows, cells)
        if not everywhere:
            still_tiles(self._motion, tiles, was_active, rule.rows, end)
        return cells

    def _sweep(
        self,
        passes: Passes,
        grid: Grid,
        around: tuple[Openings, Structures],
        cells: int,
        rain: tuple[NDArray[np.int64], bool],
        lengths: tuple[float, float],
    ) -> int:
        """Move the water inside by one step of dt and dt/dx (s, s/m); return the largest depth, units."""
        openings, structures = around
        dt_s, ratio = lengths
        step = Step(dt_s, ratio, np.float32(ratio * UNITS_PER_M))
        weirs = weir_discharges(grid, structures.crests, np.float32(GRAVITY_M_S2 * ratio * UNIT_M * UNIT_M))
        carry_outlets(grid, self._motion, openings.outlets)
        passes.faces(cells, step)
        patch_weirs(grid, self._motion, structures.crests, weirs)
        open_border(self._motion, openings.outlets.border)
        open_border(self._motion, openings.levels.border)
        passes.limit(cells, step)
        return passes.cells(cells, *rain, step)

    def stop(self) -> None:
        """Bring the water to rest."""
        self._motion.u[...] = 0
        self._motion.v[...] = 0

    def grids(self) -> dict[str, NDArray[Any]]:
        """Return the padded arrays that a checkpoint needs, by name."""
        return {"u": self._motion.u, "v": self._motion.v}

    def velocity(self, grid: Grid) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the velocity to the east and to the north, shape (rows, cols), m/s; 0 where dry."""
        wet = inner(grid.depth, self._shape) > DRY_UNITS
        u, v = (np.where(wet, inner(array, self._shape), np.float32(0.0)) for array in self.grids().values())
        return u, -v
