"""Dam breaks over a wet and over a dry bed, against Stoker and Ritter, with both schemes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from benchmarks.validation.outcome import Measure, Outcome, unaccounted
from twin.surface import SurfaceSettings, SurfaceSolver

GRAVITY_M_S2 = 9.81
CELLS, CELL_M = 400, 1.0
BEHIND_M, WET_M = 2.0, 0.5
WET_S, DRY_S = 25.0, 15.0
SMOOTH_N = 1.0e-4
SHALLOW_M = 0.01
"""Depth at which the front over the dry bed is read: the ideal front has none."""
SCHEMES = ("advective", "inertial")
QUICK: dict[str, Any] = {}

ABOUT = """A dam across a level channel of 400 cells of 1 m without friction vanishes at once; behind it
stand 2 m of water. In front of it stand 0.5 m (Stoker 1957: a rarefaction, a plateau and a bore, read
after 25 s) or nothing (Ritter 1892: a rarefaction down to a front that runs at 2 √(g h), read after 15
s). On the first, SFINCS 2.4 has a depth RMSE of 0.139 m with advection and 0.224 m without, ANUGA 0.0065
m. Local inertia knows no bore: its figures are told, not limited, and say what the advective scheme is
for. The dry front is read where the water is 1 cm deep."""

Depths = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class DamBreak:
    """A computed dam break and its solution, shape (cells,) each, m.

    Parameters
    ----------
    scheme
        Of the solver.
    x_m
        Distance from the dam.
    depth_m, exact_m
        Computed and exact depth.
    fastest_m_s
        Largest velocity.
    error_units
        What the account of volumes does not explain.
    """

    scheme: str
    x_m: Depths
    depth_m: Depths
    exact_m: Depths
    fastest_m_s: float
    error_units: int

    @property
    def rmse_m(self) -> float:
        """Root mean square error of the depth."""
        return float(np.sqrt(np.mean((self.depth_m - self.exact_m) ** 2)))

    def front_m(self, depth_m: Depths) -> float:
        """Return how far water of more than a centimetre has come."""
        return float(self.x_m[depth_m > SHALLOW_M].max())


def stoker_depth(x_m: Depths, time_s: float, left_m: float, right_m: float) -> Depths:
    """Return the depth of a dam break over a wet bed, m. Source: Stoker (1957), Water waves."""
    celerity = np.sqrt(GRAVITY_M_S2 * left_m)

    def mismatch(middle: float) -> float:
        behind = 2.0 * (celerity - np.sqrt(GRAVITY_M_S2 * middle))
        bore = (middle - right_m) * np.sqrt(0.5 * GRAVITY_M_S2 * (1.0 / middle + 1.0 / right_m))
        return float(behind - bore)

    middle = brentq(mismatch, right_m * 1.0001, left_m * 0.9999)
    speed = 2.0 * (celerity - np.sqrt(GRAVITY_M_S2 * middle))
    bore = speed * middle / (middle - right_m)
    xi = x_m / time_s
    fan = (2.0 * celerity - xi) ** 2 / (9.0 * GRAVITY_M_S2)
    places = [xi < -celerity, xi < speed - np.sqrt(GRAVITY_M_S2 * middle), xi < bore]
    return np.select(places, [left_m, fan, middle], right_m)


def ritter_depth(x_m: Depths, time_s: float, left_m: float) -> Depths:
    """Return the depth of a dam break over a dry bed, m. Source: Ritter (1892)."""
    celerity = np.sqrt(GRAVITY_M_S2 * left_m)
    xi = np.clip(x_m / time_s, -celerity, 2.0 * celerity)
    return np.asarray((2.0 * celerity - xi) ** 2 / (9.0 * GRAVITY_M_S2))


def run_dam_break(scheme: str, ahead_m: float, end_s: float) -> DamBreak:
    """Let the dam vanish, with a depth of ``ahead_m`` in front of it."""
    x = (np.arange(CELLS) + 0.5) * CELL_M - 0.5 * CELLS * CELL_M
    settings = SurfaceSettings(scheme=scheme, threads=1)  # type: ignore[arg-type]
    solver = SurfaceSolver(np.zeros((1, CELLS)), CELL_M, manning_n=SMOOTH_N, settings=settings)
    solver.set_water_depth(np.where(x < 0.0, BEHIND_M, ahead_m)[None, :])
    solver.advance_to(end_s)
    exact = stoker_depth(x, end_s, BEHIND_M, ahead_m) if ahead_m else ritter_depth(x, end_s, BEHIND_M)
    fastest = float(np.abs(solver.velocity()[0]).max())
    return DamBreak(scheme, x, solver.water_depth[0], exact, fastest, solver.account.error_units)


def validate() -> Outcome:
    """Run both dam breaks with both schemes."""
    wet = [run_dam_break(scheme, WET_M, WET_S) for scheme in SCHEMES]
    dry = [run_dam_break(scheme, 0.0, DRY_S) for scheme in SCHEMES]
    best = dry[0]
    lag = best.front_m(best.exact_m) - best.front_m(best.depth_m)
    ideal_m_s = 2.0 * float(np.sqrt(GRAVITY_M_S2 * BEHIND_M))
    return Outcome(
        title="Dam breaks over a wet and a dry bed",
        about=ABOUT,
        measures=(
            Measure("Stoker, depth RMSE, advective", wet[0].rmse_m, "m", at_most=0.03),
            Measure("Stoker, depth RMSE, inertial", wet[1].rmse_m, "m"),
            Measure("Ritter, depth RMSE, advective", best.rmse_m, "m", at_most=0.03),
            Measure("Ritter, depth RMSE, inertial", dry[1].rmse_m, "m"),
            Measure("Ritter, front behind the exact one, advective", lag, "m", at_most=15.0, at_least=-1.0),
            Measure("Ritter, fastest water, advective", best.fastest_m_s, "m/s", at_most=ideal_m_s),
            unaccounted(*(case.error_units for case in (*wet, *dry))),
        ),
        draw=lambda figure: _draw(figure, wet, dry),
    )


def _draw(figure: Any, wet: list[DamBreak], dry: list[DamBreak]) -> None:
    for axes, cases, title in zip(
        figure.subplots(1, 2, sharey=True), (wet, dry), ("wet", "dry"), strict=True
    ):
        axes.plot(cases[0].x_m, cases[0].exact_m, color="black", lw=1, label="exact")
        for case in cases:
            axes.plot(case.x_m, case.depth_m, lw=1, label=case.scheme)
        axes.set(xlabel="distance from the dam, m", title=f"{title} bed")
        axes.legend()
    figure.axes[0].set_ylabel("depth, m")
