"""An hour of heavy rain on the centre of Newcastle upon Tyne: stable, and exact in volume."""

from typing import Any

import numpy as np

from benchmarks.surface_cases import CELL_M, COURANT, DATA_SET, MANNING_N, make_case
from benchmarks.validation.outcome import Measure, Outcome, unaccounted
from twin.surface import SurfaceSettings, SurfaceSolver

DATA_SETS = (DATA_SET,)
QUICK = {"end_s": 900.0}
FLOODED_M = 0.1

ABOUT = """Real terrain of the university campus in 195 by 342 cells of 2 m, buildings raised and roads
lowered (Environment Agency and Ordnance Survey, Open Government Licence), an hour of 70 mm/h of rain less
12 mm/h that the drains take, walls all around. There is no measurement of this event: the case shows that a
real city runs at the usual Courant number without a negative depth or a volume that is not explained, and
that one and two threads give the same bits."""


def validate(end_s: float = 3600.0) -> Outcome:
    """Run the hour with one and with two threads."""
    case = make_case("newcastle", end_s)
    assert case.rain is not None
    solvers = []
    for threads in (1, 2):
        settings = SurfaceSettings(courant=COURANT, threads=threads)
        solver = SurfaceSolver(case.bed, CELL_M, manning_n=MANNING_N, settings=settings)
        while solver.time_s < end_s:
            solver.set_rain(case.rain.rate_m_s(solver.time_s))
            solver.advance_to(min(end_s, case.rain.next_change_s(solver.time_s)))
        solvers.append(solver)
    first, second = solvers
    depth, deepest = first.water_depth, first.max_depth
    speed = np.hypot(*first.velocity())
    account = first.account
    return Outcome(
        title="Centre of Newcastle upon Tyne",
        about=ABOUT,
        measures=(
            unaccounted(account.error_units),
            Measure("rain", account.rain_m3, "m³", at_least=1.0),
            Measure("least depth", float(depth.min()), "m", at_least=0.0),
            Measure("deepest water", float(deepest.max()), "m", at_most=20.0),
            Measure("largest velocity at the end", float(speed.max()), "m/s", at_most=10.0),
            Measure(
                f"flooded by more than {FLOODED_M:g} m", 100.0 * float((deepest > FLOODED_M).mean()), "%"
            ),
            Measure(
                "cells whose depth differs between one and two threads",
                float(np.count_nonzero(depth != second.water_depth)),
                "",
                at_most=0.0,
            ),
        ),
        draw=lambda figure: _draw(figure, case.bed, deepest),
    )


def _draw(figure: Any, bed: Any, deepest: Any) -> None:
    axes = figure.subplots()
    rows, cols = bed.shape
    extent = (0.0, cols * CELL_M, 0.0, rows * CELL_M)
    axes.grid(visible=False)
    axes.imshow(bed, cmap="Greys", extent=extent, interpolation="nearest")
    flooded = np.where(deepest > FLOODED_M, deepest, np.nan)
    water = axes.imshow(flooded, cmap="viridis_r", vmax=2.0, extent=extent, interpolation="nearest")
    figure.colorbar(water, ax=axes, label="maximum depth above 0.1 m, m", extend="max")
    axes.set(xlabel="m", ylabel="m")
