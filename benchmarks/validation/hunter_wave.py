"""A flood wave that advances over a horizontal plane, against its analytical solution."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.validation.outcome import Measure, Outcome
from cim_models.timeseries import TimeSeries
from twin.surface import Edges, SurfaceSettings, SurfaceSolver
from twin.surface.edges import SIDES, Faces, LevelEdge

SPEED_M_S, MANNING_N = 0.29, 0.03
END_S = 3600.0
LENGTH_M = 1400.0
CELLS_M = (50.0, 25.0, 10.0)
ONE_THREAD = SurfaceSettings(threads=1)
QUICK = {"cells_m": (50.0, 25.0)}

Feed = Literal["discharge", "level", "outer cell"]
FEEDS: tuple[Feed, ...] = ("discharge", "level", "outer cell")
DASHES = {"discharge": "-", "level": "--", "outer cell": ":"}
LIMITS_M = {
    ("discharge", 50.0): 0.016,
    ("discharge", 25.0): 0.010,
    ("discharge", 10.0): 0.006,
    ("level", 50.0): 0.016,
    ("level", 25.0): 0.010,
    ("level", 10.0): 0.006,
    ("outer cell", 50.0): 0.020,
    ("outer cell", 25.0): 0.0103,
    ("outer cell", 10.0): 0.0062,
}

ABOUT = """A non-breaking wave runs over a dry horizontal plane of n = 0.03 at a constant velocity of
0.29 m/s. With velocity u the depth is h(x, t) = (7/3 n² u² (u t - x))^(3/7) (Hunter et al. 2005,
doi:10.1016/j.advwatres.2005.03.007), 0.48 m at the entry after an hour. It is fed in three ways: the
discharge u h(0, t) enters the first cell; the level of the edge is given as h(0, t); or a cell just outside
is held at the depth that the solution has at its centre. The error is taken after an hour over 1400 m, the
dry part ahead of the front included. It sits in the front: the scheme takes the depth of flow at a face from
the higher water surface, which carries the thin tip one to two cells too far. Where a cell outside is held,
the scheme alone chooses the discharge, and the volume is less like that of the solution; this costs about
1 mm at 25 m."""


@dataclass(frozen=True, slots=True)
class Wave:
    """A computed wave after an hour.

    Parameters
    ----------
    cell_m
        Edge of a cell.
    feed
        What is prescribed at the entry.
    x_m, depth_m
        Cell centres and depths, shape (cells,).
    """

    cell_m: float
    feed: Feed
    x_m: NDArray[np.floating[Any]]
    depth_m: NDArray[np.float32]

    @property
    def rmse_m(self) -> float:
        """Root mean square error of the depth."""
        return float(np.sqrt(np.mean((self.depth_m - analytic_depth(self.x_m, END_S)) ** 2)))

    @property
    def front_m(self) -> float:
        """Centre of the last cell that is wet by more than 1 mm."""
        return float(self.x_m[self.depth_m > 1e-3].max())


def analytic_depth(x_m: Any, time_s: Any) -> Any:
    """Return the depth of the wave, m."""
    behind_front = np.maximum(SPEED_M_S * time_s - x_m, 0.0)
    return (7.0 / 3.0 * MANNING_N**2 * SPEED_M_S**2 * behind_front) ** (3.0 / 7.0)


def run_wave(cell_m: float, feed: Feed) -> Wave:
    """Run the wave for an hour; a discharge or an outer cell follows the solution once a second."""
    outside = 1 if feed == "outer cell" else 0
    cols = int(LENGTH_M / cell_m) + outside
    x = (np.arange(cols, dtype=np.float64) + 0.5 - outside) * cell_m
    solver = SurfaceSolver(
        np.zeros((1, cols)),
        cell_m,
        manning_n=MANNING_N,
        settings=ONE_THREAD,
        edges=level_edge() if feed == "level" else "closed",
    )
    if feed == "level":
        solver.advance_to(END_S)
    else:
        _feed_each_second(solver, x[0], feed)
    return Wave(cell_m, feed, x[outside:], solver.water_depth[0, outside:])


def level_edge() -> Edges:
    """Return the west side of the first cell with the level of the solution at x = 0 beyond it."""
    west = Faces(np.array([0]), np.array([0]), np.array([list(SIDES).index("west")]))
    times_s = np.arange(0.0, END_S + 5.0, 5.0)
    return Edges(levels=(LevelEdge(west, TimeSeries(times_s, analytic_depth(0.0, times_s))),))


def _feed_each_second(solver: SurfaceSolver, x_m: float, feed: Feed) -> None:
    """Run for an hour, feeding the first cell, whose centre is at ``x_m``, at the middle of each second."""
    entry, area_m2 = np.array([0]), solver.cell_size_m**2
    for second in range(int(END_S)):
        if feed == "discharge":
            inflow = np.array([SPEED_M_S * analytic_depth(0.0, second + 0.5) * solver.cell_size_m])
        else:
            inflow = (analytic_depth(x_m, second + 0.5) - solver.depth_of(entry)) * area_m2
        solver.exchange(entry, inflow)
        solver.advance_to(second + 1.0)


def validate(cells_m: Sequence[float] = CELLS_M) -> Outcome:
    """Run the wave on each cell size with each feed."""
    waves = [run_wave(cell_m, feed) for feed in FEEDS for cell_m in cells_m]
    measures = [
        Measure(
            f"depth RMSE, {wave.feed} given, {wave.cell_m:g} m cells",
            1e3 * wave.rmse_m,
            "mm",
            at_most=1e3 * LIMITS_M[wave.feed, wave.cell_m],
        )
        for wave in waves
    ]
    fronts = [
        Measure(
            f"front of 1 mm, {wave.feed} given, {wave.cell_m:g} m cells, ahead of the solution",
            wave.front_m - SPEED_M_S * END_S,
            "m",
        )
        for wave in waves
        if wave.cell_m == 25.0
    ]
    return Outcome(
        title="Wave over a horizontal plane (Hunter et al. 2005)",
        about=ABOUT,
        measures=(*measures, *fronts),
        draw=lambda figure: _draw(figure, waves),
    )


def _draw(figure: Any, waves: Sequence[Wave]) -> None:
    whole, front = figure.subplots(1, 2, width_ratios=(3, 2))
    x = np.linspace(0.0, LENGTH_M, 281)
    for axes in (whole, front):
        axes.plot(x, analytic_depth(x, END_S), color="black", lw=1.2, label="analytical")
        for wave in waves:
            color = f"C{CELLS_M.index(wave.cell_m)}"
            label = f"{wave.cell_m:g} m, {wave.feed}"
            axes.plot(wave.x_m, wave.depth_m, DASHES[wave.feed], lw=0.9, color=color, label=label)
        axes.set(xlabel="x, m")
    whole.set(ylabel="depth after one hour, m", xlim=(0, LENGTH_M))
    front.set(xlim=(900, 1250), ylim=(0, 0.25), title="front")
    whole.legend()
