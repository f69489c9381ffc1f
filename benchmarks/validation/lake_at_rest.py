"""A lake at rest over rough ground, islands, walls, steps and holes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.validation.outcome import Measure, Outcome
from twin.surface import SurfaceSettings, SurfaceSolver

CELL_M = 2.0
LEVEL_M = 6.0123456
"""Level above the base of each terrain, m; no multiple of a depth unit."""
QUICK = {"rows": 75, "end_s": 100.0}

ABOUT = """A lake at a level of 6.0123456 m lies over three terrains in turn: random ground of 8 m relief
close to the datum, the same 3000 m up, and random ground of 1500 m relief from below the datum, whose beds
are rounded more coarsely. A tenth of the cells are walls, a block is outside the domain, a cliff 5 m high
and steps of 1 m cross the grid, and about a quarter of the cells stand dry above the water as islands. Rest
is an exact solution of the equations, and it must be one of the scheme: not one face may pass water."""


def terrain(rows: int, base_m: float, relief_m: float) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return bed and walls: noise, steps of 1 m, a cliff, holes in the domain."""
    rng = np.random.default_rng(4)
    shape = rows, rows + rows // 5
    bed = relief_m * rng.random(shape)
    bed += np.floor(np.arange(shape[1]) / 10.0) % 3.0
    bed[rows // 2 :, : shape[1] // 3] -= 5.0
    bed[10:14, 20:30] = np.nan
    walls = rng.random(shape) < 0.1
    return bed + base_m, walls


def validate(rows: int = 300, end_s: float = 600.0) -> Outcome:
    """Let each lake lie for ``end_s`` and look whether anything has moved."""
    largest_flow = largest_change = steps = 0.0
    deepest, dry_share = 0.0, 0.0
    for base_m, relief_m in ((0.0, 8.0), (3000.0, 8.0), (-4.0, 1500.0)):
        bed, walls = terrain(rows, base_m, relief_m)
        depth = np.where(walls, 0.0, np.nan_to_num(np.maximum(base_m + LEVEL_M - bed, 0.0)))
        solver = SurfaceSolver(bed, CELL_M, walls=walls, settings=SurfaceSettings(max_step_s=1.0))
        solver.set_water_depth(depth)
        before = solver.water_depth
        solver.advance_to(end_s)
        after = solver.water_depth
        largest_flow = max(largest_flow, *(float(np.abs(q).max()) for q in solver.unit_discharge))
        largest_change = max(largest_change, float(np.abs(after - before).max()))
        steps += solver.steps
        deepest = max(deepest, float(depth.max()))
        if relief_m < 100.0:
            dry_share = float((depth[~walls & ~np.isnan(bed)] == 0.0).mean())
    return Outcome(
        title="Lake at rest",
        about=ABOUT,
        measures=(
            Measure("largest discharge through a face", largest_flow, "m²/s", at_most=0.0),
            Measure("largest change of depth", largest_change, "m", at_most=0.0),
            Measure("steps taken", steps, ""),
            Measure("deepest water", deepest, "m", at_least=5.0),
            Measure("dry share of the ground of 8 m relief", dry_share, "", at_least=0.05),
        ),
    )
