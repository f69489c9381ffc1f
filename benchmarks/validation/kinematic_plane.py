"""Rain on a sloping plane, against the kinematic wave."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.validation.outcome import Measure, Outcome, unaccounted
from twin.surface import Edges, SurfaceSettings, SurfaceSolver

SLOPE = 0.01
MANNING_N = 0.03
RAIN_M_S = 60.0 / 3.6e6
EXPONENT = 5.0 / 3.0
CONVEYANCE = SLOPE**0.5 / MANNING_N
SAMPLE_S = 10.0
TAIL = 0.25
"""Share of the plateau below which the recession is a film of a few millimetres."""

ABOUT = """Rain of 60 mm/h falls on a plane of 1 % with Manning's n = 0.03 and leaves freely at its lower
edge. On the short plane (50 m, cells of 0.5 m, 20 minutes of rain) the outflow reaches equilibrium, i L,
and stays there until the rain ends; on the long one (400 m, cells of 1 m, 10 minutes) the rain ends before
water from the top has arrived, and the outflow stays at α (i t)^m, m = 5/3, until the rise has passed. The
kinematic wave has a closed solution for the rising limb, q = α (i t)^m, the plateau, and the recession, in
which the depth h at the edge follows from L = α h^m / i + α m h^(m-1) (t - t_r). The kinematic number S L /
(F² h) is above 200 on both, where the full equations differ little from it. The figures without limit tell
what becomes of the film of a few millimetres that is left in the end, which stops at 1 mm, and of cells of
2 m. Steps there are longer than friction takes to act, v / (g S), and semi-implicit friction then makes the
discharge swing about its mean; volume stays exact, and a longest step of 1 s removes it. Source: Eagleson
(1970), Dynamic Hydrology, chapter 15."""


@dataclass(frozen=True, slots=True)
class Plane:
    """A plane under rain that ends.

    Parameters
    ----------
    name
        For people.
    length_m, cells
        Length down the slope, and how many cells it has.
    rain_s
        Duration of the rain.
    end_s
        End of the run.
    """

    name: str
    length_m: float
    cells: int
    rain_s: float
    end_s: float


SHORT = Plane("short plane", 50.0, 100, 1200.0, 3000.0)
LONG = Plane("long plane", 400.0, 400, 600.0, 4200.0)


@dataclass(frozen=True, slots=True)
class Hydrograph:
    """Outflow of a plane: what the solver gives and what the kinematic wave says.

    Parameters
    ----------
    time_s
        Middle of each sample, shape (n,).
    outflow_m2_s, exact_m2_s
        Mean outflow per metre of width over the sample, shape (n,).
    error_units
        What the account of volumes does not explain.
    """

    plane: Plane
    time_s: NDArray[np.float64]
    outflow_m2_s: NDArray[np.float64]
    exact_m2_s: NDArray[np.float64]
    error_units: int

    @property
    def highest_m2_s(self) -> float:
        """Plateau of the exact outflow, m²/s."""
        return float(self.exact_m2_s.max())

    def error(self, begin_s: float, end_s: float) -> float:
        """Return the RMSE within a stretch of time as a share of the plateau."""
        part = (self.time_s >= begin_s) & (self.time_s < end_s)
        difference = (self.outflow_m2_s - self.exact_m2_s)[part]
        return float(np.sqrt(np.mean(difference**2)) / self.highest_m2_s)

    @property
    def recession_errors(self) -> tuple[float, float]:
        """RMSE of the recession before and after it has fallen to a quarter, as shares of the plateau."""
        _, leave_s = plateau_s(self.plane)
        film = (self.time_s > leave_s) & (self.exact_m2_s < TAIL * self.highest_m2_s)
        film_s = float(self.time_s[film][0])
        return self.error(leave_s, film_s), self.error(film_s, np.inf)


def plateau_s(plane: Plane) -> tuple[float, float]:
    """Return when the exact outflow reaches its plateau and when it leaves it, s."""
    whole_s = (plane.length_m / CONVEYANCE / RAIN_M_S ** (EXPONENT - 1.0)) ** (1.0 / EXPONENT)
    if whole_s <= plane.rain_s:
        return whole_s, plane.rain_s
    depth = RAIN_M_S * plane.rain_s
    risen_m = CONVEYANCE * depth**EXPONENT / RAIN_M_S
    speed = CONVEYANCE * EXPONENT * depth ** (EXPONENT - 1.0)
    return plane.rain_s, plane.rain_s + (plane.length_m - risen_m) / speed


def kinematic_outflow(plane: Plane, time_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the outflow of the kinematic wave per metre of width, m²/s."""
    begin_s, leave_s = plateau_s(plane)
    highest = RAIN_M_S * min(begin_s, plane.rain_s)
    depth = np.minimum(RAIN_M_S * time_s, highest)
    falling = time_s > leave_s
    low, high = np.zeros(falling.sum()), np.full(falling.sum(), highest)
    since = time_s[falling] - plane.rain_s
    for _ in range(60):
        middle = 0.5 * (low + high)
        reach = CONVEYANCE * middle ** (EXPONENT - 1.0) * (middle / RAIN_M_S + EXPONENT * since)
        short = reach < plane.length_m
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    depth[falling] = 0.5 * (low + high)
    return np.asarray(CONVEYANCE * depth**EXPONENT)


def run_plane(plane: Plane, max_step_s: float = 10.0) -> Hydrograph:
    """Let it rain on a plane of one row of cells."""
    cell_m = plane.length_m / plane.cells
    bed = SLOPE * cell_m * np.arange(plane.cells, dtype=np.float64)[None, ::-1]
    settings = SurfaceSettings(threads=1, max_step_s=max_step_s)
    solver = SurfaceSolver(bed, cell_m, manning_n=MANNING_N, edges=Edges(east=True), settings=settings)
    edges = np.arange(0.0, plane.end_s + 0.5 * SAMPLE_S, SAMPLE_S)
    left_m3 = np.zeros(edges.size)
    for sample, end_s in enumerate(edges[1:], start=1):
        solver.set_rain(RAIN_M_S if edges[sample - 1] < plane.rain_s else 0.0)
        solver.advance_to(end_s)
        left_m3[sample] = solver.account.edge_outflow_m3
    middle = 0.5 * (edges[1:] + edges[:-1])
    outflow = np.diff(left_m3) / SAMPLE_S / cell_m
    return Hydrograph(plane, middle, outflow, kinematic_outflow(plane, middle), solver.account.error_units)


def validate() -> Outcome:
    """Run both planes, and the long one on larger cells."""
    runs = [run_plane(plane) for plane in (SHORT, LONG)]
    coarse = replace(LONG, cells=LONG.cells // 2)
    return Outcome(
        title="Rain on a plane against the kinematic wave",
        about=ABOUT,
        measures=(
            *(measure for run in runs for measure in _measures(run)),
            *(
                Measure(
                    f"long plane, cells of 2 m, steps up to {max_step_s:g} s: RMSE of the recession",
                    100.0 * run_plane(coarse, max_step_s).recession_errors[0],
                    "% of the plateau",
                )
                for max_step_s in (10.0, 1.0)
            ),
        ),
        draw=lambda figure: _draw(figure, runs),
    )


def _measures(run: Hydrograph) -> tuple[Measure, ...]:
    name, unit = run.plane.name, "% of the plateau"
    begin_s, leave_s = plateau_s(run.plane)
    recession, film = run.recession_errors
    highest = run.outflow_m2_s.max() / run.highest_m2_s - 1.0
    return (
        Measure(f"{name}: RMSE of the rising limb", 100.0 * run.error(0.0, begin_s), unit, at_most=2.0),
        Measure(f"{name}: RMSE of the plateau", 100.0 * run.error(begin_s, leave_s), unit, at_most=1.5),
        Measure(f"{name}: RMSE of the recession down to a quarter", 100.0 * recession, unit, at_most=1.5),
        Measure(f"{name}: RMSE of the film after it", 100.0 * film, unit),
        Measure(f"{name}: largest outflow beyond the plateau", 100.0 * highest, unit, at_most=1.0),
        unaccounted(run.error_units, run=name),
    )


def _draw(figure: Any, runs: list[Hydrograph]) -> None:
    for axes, run in zip(figure.subplots(1, 2), runs, strict=True):
        axes.plot(run.time_s / 60.0, 1000.0 * run.exact_m2_s, color="black", lw=1, label="kinematic wave")
        axes.plot(run.time_s / 60.0, 1000.0 * run.outflow_m2_s, color="C0", lw=1.2, label="solver")
        axes.set(xlabel="time, min", ylabel="outflow, L/(s·m)", title=run.plane.name)
        axes.legend()
