"""A dam break against an isolated building in a flume of the Université catholique de Louvain."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.surface_cases import data_folder
from benchmarks.validation.outcome import Measure, Outcome, unaccounted
from twin.surface import SurfaceSettings, SurfaceSolver

DATA_SETS = ("ucl_dambreak_building",)
QUICK: dict[str, Any] = {"cell_m": 0.1}
SCHEMES = ("advective", "inertial")

WEST_M, EAST_M, HALF_WIDTH_M = -7.55, 28.25, 1.8
"""The flume; x = 0 is the gate, y = 0 the axis, y to the left looking downstream."""
THROAT_M, HALF_GATE_M = 0.8, 0.5
EDGE_WIDTH_M, EDGE_HEIGHT_M = 0.34, 0.155
"""The bottom rises towards both side walls."""
RESERVOIR_M, CHANNEL_M = 0.40, 0.02
CORNER_M, ANGLE_DEG, LENGTH_M, WIDTH_M = (3.44, -0.05), 64.0, 0.80, 0.40
"""The building: its upstream corner, how far it is turned, and its sides."""
MANNING_N = 0.010
END_S, EVERY_S = 30.0, 0.1

GAUGES = {
    "G1": (2.65, 1.15),
    "G2": (2.65, -0.60),
    "G3": (4.00, 1.15),
    "G4": (4.00, -0.80),
    "G5": (5.20, 0.30),
    "G6": (-1.87, 1.10),
}
LIMITS_M = {"G1": 0.04, "G2": 0.06, "G3": 0.025, "G4": 0.025, "G5": 0.025, "G6": 0.01}
ABOUT = """A gate 1 m wide opens at once between a reservoir 0.40 m deep and a channel 3.6 m wide with
0.02 m of water. The bore runs against a building of 0.40 by 0.80 m, turned by 64 degrees, 3.4 m
downstream; a hydraulic jump stands before it and moves, a wake forms behind it. Depth was measured at
six gauges for 30 s (Soares-Frazão & Zech 2007, Experimental study of dam-break flow against an isolated
obstacle, Journal of Hydraulic Research 45, 27-36; geometry from the drawing in the data set). Cells of 5
cm whose centre lies in the building are walls, Manning's n is 0.010 as in the paper. Depths are compared
every 0.1 s from the first water that a downstream gauge reports, since it does not see the 2 cm that
stand there. Limits are a tenth of the depth in the reservoir or less, but for G2: there the measured
jump arrives after 14 s and stays, in the computation it stands closer to the building and the gauge
remains in the fast shallow stream; the place of this jump is where shallow water models of this
experiment differ most. The inertial scheme is told for comparison: it knows no momentum that carries
water through the gate and around the building."""


@dataclass(frozen=True, slots=True)
class Series:
    """Depths and velocities at the gauges.

    Parameters
    ----------
    time_s
        Shape (times,).
    depth_m
        Shape (times, gauges), NaN where a gauge has nothing to say.
    error_units
        What the account of volumes does not explain.
    """

    time_s: NDArray[np.floating[Any]]
    depth_m: NDArray[np.floating[Any]]
    error_units: int = 0


def read_measured(folder: Path) -> Series:
    """Read the depths that were measured, every 0.1 s of 30 s; NaN before the first water."""
    table = np.loadtxt(folder / "building_gauges_h.txt", skiprows=2)
    times = np.arange(EVERY_S, END_S + 0.5 * EVERY_S, EVERY_S)
    depth = np.column_stack([np.interp(times, table[:, 0], column) for column in table[:, 1:7].T])
    reported = np.maximum.accumulate(depth > 0.0, axis=0)
    return Series(times, np.where(reported, depth, np.nan))


def inside_building(x_m: NDArray[np.floating[Any]], y_m: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
    """Tell which points lie in the building."""
    angle = np.radians(ANGLE_DEG)
    dx, dy = x_m - CORNER_M[0], y_m - CORNER_M[1]
    along = dx * np.cos(angle) + dy * np.sin(angle)
    across = dx * np.sin(angle) - dy * np.cos(angle)
    return (along >= 0.0) & (along <= LENGTH_M) & (across >= 0.0) & (across <= WIDTH_M)


def run_flume(scheme: str, cell_m: float) -> Series:
    """Open the gate and read the gauges every 0.1 s."""
    cols, rows = round((EAST_M - WEST_M) / cell_m), round(2.0 * HALF_WIDTH_M / cell_m)
    x = WEST_M + (np.arange(cols) + 0.5) * cell_m
    y = HALF_WIDTH_M - (np.arange(rows) + 0.5) * cell_m
    x_grid, y_grid = np.meshgrid(x, y)
    beside = np.maximum(np.abs(y_grid) - (HALF_WIDTH_M - EDGE_WIDTH_M), 0.0)
    bed = EDGE_HEIGHT_M / EDGE_WIDTH_M * beside
    dam = (x_grid > -THROAT_M) & (x_grid < 0.0) & (np.abs(y_grid) > HALF_GATE_M)
    walls = dam | inside_building(x_grid, y_grid)
    level = np.where(x_grid < 0.0, RESERVOIR_M, CHANNEL_M)
    settings = SurfaceSettings(scheme=scheme)  # type: ignore[arg-type]
    solver = SurfaceSolver(bed, cell_m, manning_n=MANNING_N, walls=walls, settings=settings)
    solver.set_water_depth(np.where(walls, 0.0, np.maximum(level - bed, 0.0)))
    places = np.array(list(GAUGES.values()))
    gauge_rows = np.floor((HALF_WIDTH_M - places[:, 1]) / cell_m).astype(np.int64)
    gauge_cols = np.floor((places[:, 0] - WEST_M) / cell_m).astype(np.int64)
    cells = gauge_rows * cols + gauge_cols
    times = np.arange(EVERY_S, END_S + 0.5 * EVERY_S, EVERY_S)
    depths = np.empty((times.size, cells.size))
    for index, time_s in enumerate(times):
        solver.advance_to(float(time_s))
        depths[index] = solver.depth_of(cells)
    return Series(times, depths, solver.account.error_units)


def validate(cell_m: float = 0.05) -> Outcome:
    """Run the flume with both schemes and compare the gauges."""
    measured = read_measured(data_folder() / DATA_SETS[0])
    computed = {scheme: run_flume(scheme, cell_m) for scheme in SCHEMES}
    measures = []
    for scheme, series in computed.items():
        rmse = np.sqrt(np.nanmean((series.depth_m - measured.depth_m) ** 2, axis=0))
        for gauge, error in zip(GAUGES, rmse, strict=True):
            limit = LIMITS_M[gauge] if scheme == "advective" else None
            measures.append(Measure(f"{gauge}, depth RMSE, {scheme}", float(error), "m", at_most=limit))
    measures.append(unaccounted(*(series.error_units for series in computed.values())))
    return Outcome(
        title="Dam break against a building in a flume",
        about=ABOUT,
        measures=tuple(measures),
        draw=lambda figure: _draw(figure, measured, computed),
    )


def _draw(figure: Any, measured: Series, computed: dict[str, Series]) -> None:
    axes = figure.subplots(2, 3, sharex=True)
    for number, (gauge, panel) in enumerate(zip(GAUGES, axes.flat, strict=True)):
        panel.plot(measured.time_s, measured.depth_m[:, number], color="black", lw=0.8, label="measured")
        for scheme, series in computed.items():
            panel.plot(series.time_s, series.depth_m[:, number], lw=0.8, label=scheme)
        panel.set(title=gauge, ylim=(0.0, 0.42 if gauge == "G6" else 0.2))
    for panel in axes[1]:
        panel.set_xlabel("time, s")
    for panel in axes[:, 0]:
        panel.set_ylabel("depth, m")
    axes[0, 0].legend()
