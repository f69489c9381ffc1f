"""A dam failure in a valley: test 5 of the UK Environment Agency's comparison of flood models."""

from typing import Any

import numpy as np

from benchmarks.surface_cases import data_folder
from benchmarks.validation.lisflood import Stages, read_setup, run_setup
from benchmarks.validation.outcome import Measure, Outcome, unaccounted

QUICK = {"hours": 6.0, "fine_hours": 0.0}
DATA_SETS = ("ea_test5_and_carlisle",)

ABOUT = """A dam fails at the head of a valley of 17 km: 9.45 million m³ in 100 minutes, 3000 m³/s at the
peak, run down it and pond at its lower end (Manning's n = 0.04, all edges closed). The test asks for cells
of 50 m; its terrain comes with 10 m, on which the first hours are run as well, so that the two can be
compared. Source: Néelz & Pender (2013), Benchmarking the latest generation of 2D hydraulic modelling
packages, Environment Agency, test 5; set-up from the test cases of LISFLOOD-FP 8. The set-up has no
reference levels. Held against limits are the volume, the order of arrival down the valley, and the
agreement of the two grids."""

WET_M = 0.05
DOWN_THE_VALLEY = (0, 5, 1, 2, 3, 4)
"""Points in the order in which the flood must pass them, from the dam to the pond; the seventh lies aside."""


def validate(hours: float = 30.0, fine_hours: float = 4.0) -> Outcome:
    """Run the flood on 50 m cells, and its first hours on 10 m.

    Parameters
    ----------
    hours, fine_hours
        Simulated time on either grid; no fine run for 0.
    """
    setup = read_setup(data_folder() / "ea_test5_and_carlisle" / "T06_ea5")
    solver, stages = run_setup(setup.coarsened(5), 3600.0 * hours, 60.0)
    account = solver.account
    given_m3 = float(np.trapezoid(setup.inflows[0][1].values, setup.inflows[0][1].times_s))
    arrival = stages.arrival_s(WET_M)[list(DOWN_THE_VALLEY)]
    late = np.diff(arrival[~np.isnan(arrival)]).min() / 60.0
    measures = [
        unaccounted(account.error_units),
        Measure(
            "inflow, from the hydrograph", abs(account.inflow_m3 - given_m3), "m³", at_most=account.unit_m3
        ),
        Measure("shortest time between arrivals down the valley", float(late), "min", at_least=0.0),
        Measure("largest depth anywhere", float(solver.max_depth.max()), "m", at_most=10.0),
        *_at_points(stages),
    ]
    fine_stages = None
    if fine_hours > 0.0:
        fine, fine_stages = run_setup(setup, 3600.0 * fine_hours, 60.0)
        measures += [
            unaccounted(fine.account.error_units, run="10 m cells"),
            *_differences(stages, fine_stages),
        ]
    return Outcome(
        title="Valley flood after a dam failure: Environment Agency test 5",
        about=ABOUT,
        measures=tuple(measures),
        draw=lambda figure: _draw(figure, stages, fine_stages),
    )


def _at_points(stages: Stages) -> list[Measure]:
    arrival, peak = stages.arrival_s(WET_M), stages.level_m.max(axis=0)
    measures = []
    for point in range(peak.size):
        if np.isnan(arrival[point]):
            continue
        name = f"point {point + 1}"
        measures.append(Measure(f"{name}: first above {WET_M:g} m", float(arrival[point]) / 60.0, "min"))
        measures.append(Measure(f"{name}: highest level", float(peak[point]), "m"))
    return measures


def _differences(stages: Stages, fine: Stages) -> list[Measure]:
    """Return how far the peaks on the two grids lie apart, over the time that both cover."""
    until = fine.time_s.size
    both = (stages.depth_m[:until].max(axis=0) > WET_M) & (fine.depth_m.max(axis=0) > WET_M)
    peak = stages.depth_m[:until].max(axis=0) - fine.depth_m.max(axis=0)
    late = (stages.arrival_s(WET_M) - fine.arrival_s(WET_M))[both]
    return [
        Measure("50 m against 10 m cells: RMSE of peak depth", float(np.sqrt((peak[both] ** 2).mean())), "m"),
        Measure("50 m against 10 m cells: mean delay of arrival", float(late.mean()) / 60.0, "min"),
    ]


def _draw(figure: Any, stages: Stages, fine: Stages | None) -> None:
    axes = figure.subplots()
    for point in range(stages.depth_m.shape[1]):
        axes.plot(stages.time_s / 3600.0, stages.depth_m[:, point], color=f"C{point}", label=f"{point + 1}")
        if fine is not None:
            axes.plot(fine.time_s / 3600.0, fine.depth_m[:, point], color=f"C{point}", ls=":")
    axes.set(xlabel="time, h", ylabel="depth at points, m (dotted: 10 m cells)", xscale="symlog")
    axes.legend(title="point")
