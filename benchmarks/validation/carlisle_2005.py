"""The flood of Carlisle in January 2005: three rivers through a city."""

from typing import Any

import numpy as np

from benchmarks.surface_cases import data_folder
from benchmarks.validation.lisflood import Stages, read_setup, run_setup
from benchmarks.validation.outcome import Measure, Outcome, unaccounted

QUICK = {"factor": 8, "hours": 45.0}
DATA_SETS = ("ea_test5_and_carlisle",)
WET_M = 0.05

ABOUT = """Eden, Petteril and Caldew run through Carlisle for 68 hours and flood it (measured hydrographs,
peak of the Eden {peak:.0f} m³/s; Manning's n = 0.055; in the west the water flows on at a slope of 0.0006).
Terrain of 5 m cells, run on cells of {cell:g} m, dry at first. The levels measured in the city are not in
the data. Held against limits are the volume, the share of the water that is still there at the end, and the
flood at the 30 points. Sources: Horritt et al. (2010), Hydrological Processes 24; set-up from the test
cases of LISFLOOD-FP 8."""


def validate(factor: int = 4, hours: float = 68.25) -> Outcome:
    """Run the event.

    Parameters
    ----------
    factor
        Edge of a cell in cells of the terrain, 5 m.
    hours
        Simulated time.
    """
    setup = read_setup(data_folder() / "ea_test5_and_carlisle" / "T07_carlisle")
    coarse = setup.coarsened(factor)
    solver, stages = run_setup(coarse, 3600.0 * hours, 900.0)
    account = solver.account
    inflow = np.sum([np.interp(stages.time_s, *discharge.knots()) for _, discharge in setup.inflows], axis=0)
    given = sum(
        _volume(discharge.times_s, discharge.values, 3600.0 * hours) for _, discharge in setup.inflows
    )
    flooded = stages.depth_m.max(axis=0) > WET_M
    held = account.stored_m3 / account.inflow_m3
    tolerance = len(setup.inflows) * account.unit_m3
    eden = max(float(discharge.values.max()) for _, discharge in setup.inflows)
    return Outcome(
        title="Three rivers through a city: Carlisle 2005",
        about=ABOUT.format(peak=eden, cell=coarse.terrain.cell_size_m),
        measures=(
            unaccounted(account.error_units),
            Measure("inflow, from the hydrographs", abs(account.inflow_m3 - given), "m³", at_most=tolerance),
            Measure("highest inflow", float(inflow.max()), "m³/s"),
            Measure("share of the inflow still there at the end", 100.0 * held, "%", at_most=60.0),
            Measure("points flooded", float(flooded.sum()), "of 30", at_least=10.0),
            Measure("largest depth at the points", float(stages.depth_m.max()), "m", at_most=12.0),
            Measure("largest depth anywhere", float(solver.max_depth.max()), "m", at_most=20.0),
            Measure("flooded above 0.3 m", _area_km2(solver.max_depth, coarse.terrain.cell_size_m), "km²"),
        ),
        draw=lambda figure: _draw(figure, stages),
    )


def _volume(times_s: Any, values: Any, end_s: float) -> float:
    knots = np.unique(np.append(times_s[times_s < end_s], end_s))
    return float(np.trapezoid(np.interp(knots, times_s, values), knots))


def _area_km2(max_depth: Any, cell_m: float) -> float:
    return float((max_depth > 0.3).sum()) * cell_m**2 / 1e6


def _draw(figure: Any, stages: Stages) -> None:
    axes = figure.subplots()
    axes.plot(stages.time_s / 3600.0, stages.depth_m, lw=0.7)
    axes.set(xlabel="time, h", ylabel="depth at 30 points, m")
