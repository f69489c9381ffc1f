"""The advective scheme as the solver sees it, and its loop over steps."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.surface.advective.kernel_bands import Passes
from twin.surface.advective.kernel_faces import Step
from twin.surface.advective.kernel_steps import (
    add_rain,
    choose_tiles,
    drive_borders,
    pass_borders,
    patch_borders,
    speed_outside,
)
from twin.surface.advective.motion import make_motion
from twin.surface.constants import (
    DRY_DEPTH_M,
    DRY_UNITS,
    GRAVITY_M_S2,
    MAX_UNITS,
    RECHECK_STEPS,
    ROWS_BEFORE,
    UNITS_PER_M,
)
from twin.surface.kernel_openings import Openings
from twin.surface.kernel_record import Record
from twin.surface.kernel_steps import STEADY, UNSTABLE, Progress, Rain, Rule
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
        time_s, deepest, recheck, next_record_s, steps, cell_steps, left, _, cells, next_check, wave_depth = (
            progress
        )
        motion, size, tiled, status = self._motion, rule.cell_size_m, rule.tiled, STEADY
        passes = Passes(grid, motion, tiles, ROWS_BEFORE + rule.rows)
        while time_s < end_s:
            if not tiled or recheck or steps >= next_check:
                cells = choose_tiles(grid, motion, tiles, rule, not tiled, recheck)
                next_check, recheck = steps + RECHECK_STEPS, False
            remaining_s = end_s - time_s
            fastest = max(passes.fastest_m_s(cells), speed_outside(openings, time_s, rule), SLOWEST_M_S)
            dt_s = remaining_s / math.ceil(remaining_s / min(rule.max_step_s, rule.courant * size / fastest))
            raining = add_rain(rain, dt_s)
            if raining and tiled:
                cells, recheck = choose_tiles(grid, motion, tiles, rule, True, True), True
            step = Step(dt_s, dt_s / size, np.float32(dt_s / size * UNITS_PER_M))
            weirs = drive_borders(grid, motion, openings, structures, dt_s, size)
            passes.faces(cells, step)
            patch_borders(grid, motion, openings, structures, weirs)
            passes.limit(cells, step)
            deepest = passes.cells(cells, rain.quanta, raining, step)
            time_s = end_s if dt_s >= remaining_s else time_s + dt_s
            out, touched, woke = pass_borders(grid, openings, structures, time_s, dt_s, size)
            left, deepest, recheck = left + out, max(deepest, touched), recheck or woke
            steps, cell_steps = steps + 1, cell_steps + cells
            if deepest > MAX_UNITS:
                recheck, status = True, UNSTABLE
                break
            if time_s >= next_record_s:
                if woke and tiled:  # water came into tiles that no sweep has visited yet
                    cells = choose_tiles(grid, motion, tiles, rule, False, True)
                due_s = (math.floor(time_s / rule.record_interval_s) + 1.0) * rule.record_interval_s
                looks = round((due_s - next_record_s) / rule.record_interval_s)
                passes.record(cells, np.float32(time_s), looks, record)
                next_record_s = due_s
        now = (time_s, deepest, recheck, next_record_s, steps, cell_steps, left, status, cells)
        return Progress(*now, next_check, wave_depth)

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
