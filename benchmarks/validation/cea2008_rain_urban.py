"""Rain on a laboratory basin of three planes with two walls in it, against the measured outflow."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.surface_cases import data_folder
from benchmarks.validation.outcome import Measure, Outcome, unaccounted
from twin.surface import Edges, SurfaceSettings, SurfaceSolver

DATA_SETS = ("cea2008_rain_urban",)
QUICK = {"names": ("C3",), "end_s": 60.0}

SCALE = 100.0
"""Factor from the laboratory to the simulation; times scale with its root, discharges with its power 5/2."""
CELL_M = 0.01
MANNING_N = 0.012
OUTSIDE_M = 999.0
SPILLWAY_M = -0.3
"""Ground below this is a trough that the source added below the outlet."""
WALL_M = 0.09
RAIN_MM_H = 317.0
SAMPLE_S = 0.5
BURSTS_S = {"C1": ((0.0, 45.0),), "C3": ((0.0, 25.0), (32.0, 57.0))}

ABOUT = """A basin of 2 m by 2.5 m is made of three planes of about 5 % that fall to an open edge, with two
walls across the flow paths; rain of 317 mm/h falls on it and the outflow is measured (Cea et al. 2008). The
terrain has cells of 1 cm; the water is about 1 mm deep, as thin as the film that the solver lets stand. It
is therefore run enlarged a hundred times by Froude's law, under which the equations do not change: lengths
and depths by 100, times and rain by 10, Manning's n by 100^(1/6). Figures are of the laboratory. In C1 it
rains for 45 s. The hyetograph of C3 does not come with the data; two bursts of 25 s with 7 s between are
assumed from its two peaks, with the intensity of C1, which makes 98 % of the measured volume. Manning's n is
0.012, that of smooth steel in Chow's tables, and not fitted. Walls take no rain. The measured volume of C1 is
8 % less than what fell, and its plateau as much below the rain; no model without losses can follow that."""


@dataclass(frozen=True, slots=True)
class Hydrograph:
    """Measured and computed outflow of an experiment, laboratory scale.

    Parameters
    ----------
    measured_s, measured_m3_s
        Samples as digitised, in order of time.
    time_s, outflow_m3_s
        Computed, mean of each half second.
    error_units
        What the account of volumes does not explain.
    """

    name: str
    measured_s: NDArray[np.floating[Any]]
    measured_m3_s: NDArray[np.floating[Any]]
    time_s: NDArray[np.floating[Any]]
    outflow_m3_s: NDArray[np.floating[Any]]
    error_units: int

    @property
    def efficiency(self) -> float:
        """Nash-Sutcliffe efficiency over the measured samples."""
        computed = np.interp(self.measured_s, self.time_s, self.outflow_m3_s)
        spread = self.measured_m3_s - self.measured_m3_s.mean()
        return float(1.0 - ((computed - self.measured_m3_s) ** 2).sum() / (spread**2).sum())

    @property
    def peak_error(self) -> float:
        """Relative error of the largest outflow."""
        return float(self.outflow_m3_s.max() / self.measured_m3_s.max() - 1.0)

    @property
    def volume_error(self) -> float:
        """Relative error of the volume that flowed out while it was measured."""
        computed = np.interp(self.measured_s, self.time_s, self.outflow_m3_s)
        measured_m3 = np.trapezoid(self.measured_m3_s, self.measured_s)
        return float(np.trapezoid(computed, self.measured_s) / measured_m3 - 1.0)


def read_basin(folder: Path) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return bed (m) and walls of the basin alone, without the rim and the trough that surround it."""
    bed = np.loadtxt(folder / "topo.asc", skiprows=6)
    inside = (bed != OUTSIDE_M) & (bed > SPILLWAY_M)
    rows, cols = np.nonzero(inside.any(axis=1))[0], np.nonzero(inside.any(axis=0))[0]
    basin = bed[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
    return basin, basin > WALL_M


def read_outflow(folder: Path, name: str) -> NDArray[np.floating[Any]]:
    """Return times (s) and outflow (m³/s) of an experiment, shape (2, samples).

    The file holds two tables of different length side by side, each of points as they were digitised.
    """
    lines = (folder / "CEA_C1-C3_datasets.csv").read_text("utf-8").splitlines()
    first = lines[0].split(",").index(name)
    rows = [line.split(",")[first : first + 2] for line in lines[2:]]
    points = np.array([[float(part) for part in row] for row in rows if len(row) == 2 and all(row)])
    return points[points[:, 0].argsort()].T


def run_experiment(folder: Path, name: str, end_s: float) -> Hydrograph:
    """Let it rain and record what leaves over the lower edge, until ``end_s`` of the laboratory."""
    bed, walls = read_basin(folder)
    solver = SurfaceSolver(
        bed * SCALE,
        CELL_M * SCALE,
        manning_n=MANNING_N * SCALE ** (1 / 6),
        walls=walls,
        edges=Edges(south=True),
        settings=SurfaceSettings(max_step_s=1.0),
    )
    starts = np.arange(0.0, end_s, SAMPLE_S)
    left_m3 = [0.0]
    for start in starts:
        raining = any(first <= start < last for first, last in BURSTS_S[name])
        solver.set_rain(RAIN_MM_H / 3.6e6 * SCALE**0.5 if raining else 0.0)
        solver.advance_to((start + SAMPLE_S) * SCALE**0.5)
        left_m3.append(solver.account.edge_outflow_m3 / SCALE**3)
    times, outflow = read_outflow(folder, name)
    measured = times <= end_s
    return Hydrograph(
        name,
        times[measured],
        outflow[measured],
        starts + SAMPLE_S / 2.0,
        np.diff(left_m3) / SAMPLE_S,
        solver.account.error_units,
    )


def validate(names: Sequence[str] = ("C1", "C3"), end_s: float = 120.0) -> Outcome:
    """Run the experiments and compare their outflow."""
    folder = data_folder() / DATA_SETS[0]
    runs = [run_experiment(folder, name, end_s) for name in names]
    measures = [
        measure
        for run in runs
        for measure in (
            Measure(
                f"{run.name}: Nash-Sutcliffe efficiency of the outflow", run.efficiency, "", at_least=0.9
            ),
            Measure(
                f"{run.name}: error of the peak", 100.0 * run.peak_error, "%", at_most=15.0, at_least=-15.0
            ),
            Measure(
                f"{run.name}: error of the volume", 100.0 * run.volume_error, "%", at_most=10, at_least=-10
            ),
        )
    ]
    return Outcome(
        title="Rain on a laboratory basin with walls (Cea et al. 2008)",
        about=ABOUT,
        measures=(*measures, unaccounted(*(run.error_units for run in runs))),
        draw=lambda figure: _draw(figure, runs),
    )


def _draw(figure: Any, runs: Sequence[Hydrograph]) -> None:
    for axes, run in zip(figure.subplots(1, len(runs), squeeze=False, sharey=True)[0], runs, strict=True):
        for first, last in BURSTS_S[run.name]:
            axes.axvspan(first, last, color="C0", alpha=0.1, lw=0)
        axes.plot(run.measured_s, 1e3 * run.measured_m3_s, ".", ms=3, color="black", label="measured")
        axes.plot(run.time_s, 1e3 * run.outflow_m3_s, color="C3", lw=1, label="solver")
        axes.set(title=f"{run.name}, rain shaded", xlabel="time, s", xlim=(0, None), ylim=(0, None))
    figure.axes[0].set_ylabel("outflow, l/s")
    figure.axes[0].legend()
