"""Uniform flow down planes of several slopes and roughnesses, against Manning's formula."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.validation.outcome import Measure, Outcome, unaccounted
from twin.surface import Edges, SurfaceSettings, SurfaceSolver

COLS = 240
LEAST_CELL_M = 5.0
ONE_THREAD = SurfaceSettings(threads=1)
DRAWDOWN_LENGTHS = 6.0
"""Length of a channel in normal depths over slope: free outflow draws the water down over one or two."""
SLOPES = (0.0005, 0.001, 0.002, 0.005, 0.01)
ROUGHNESSES = (0.02, 0.03, 0.05)
DISCHARGE_M2_S = 0.3
GRAVITY_M_S2 = 9.81
ENTRY = 0.25
"""Share of the channel at either end that is left out: the entry and the free outflow."""
QUICK: dict[str, Any] = {"slopes": (0.002, 0.01), "roughnesses": (0.03, 0.05)}

ABOUT = """A channel of one row of 240 cells falls at a constant slope. A constant discharge of 0.3 m²/s
enters at the upper end and leaves freely at the lower one, until the flow is steady. Depth and velocity in
the middle half are compared with the normal depth of Manning's formula for a wide channel,
h = (q n / √S)^(3/5), over fifteen pairs of slope (0.05 to 1 %) and Manning's n (0.02 to 0.05). Cells are 5 m
or larger on mild slopes, where the outfall draws the water down over a long way. The limits of 1 % hold for
subcritical flow. Without advection, uniform flow at a Froude number above 1 is no stable solution of the
local inertial equations: at 1.2 (slope 1 %, n = 0.02) roll waves would start at the outfall and grow to
several times the normal depth. The scheme therefore limits the discharge of a face to the critical one; the
flow is then steady and critical, too deep by the Froude number to the power of 2/3. What is truly fast is a
task for the scheme with advection."""


@dataclass(frozen=True, slots=True)
class UniformFlow:
    """A steady flow in a channel.

    Parameters
    ----------
    slope, manning_n
        Of the channel.
    normal_depth_m
        Depth of Manning's formula.
    depth_m, velocity_m_s
        In the middle half of the channel, shape (cells,).
    error_units
        What the account of volumes does not explain.
    """

    slope: float
    manning_n: float
    normal_depth_m: float
    depth_m: NDArray[np.floating[Any]]
    velocity_m_s: NDArray[np.floating[Any]]
    error_units: int

    @property
    def froude_number(self) -> float:
        """Froude number of the normal flow."""
        return float(DISCHARGE_M2_S / np.sqrt(GRAVITY_M_S2 * self.normal_depth_m**3))

    @property
    def depth_error(self) -> float:
        """Largest relative error of the depth."""
        return float(np.abs(self.depth_m / self.normal_depth_m - 1.0).max())

    @property
    def velocity_error(self) -> float:
        """Largest relative error of the velocity."""
        return float(np.abs(self.velocity_m_s * self.normal_depth_m / DISCHARGE_M2_S - 1.0).max())


def run_channel(slope: float, manning_n: float) -> UniformFlow:
    """Feed a channel until three times its volume has passed."""
    normal_depth = (DISCHARGE_M2_S * manning_n / np.sqrt(slope)) ** 0.6
    cell_m = max(LEAST_CELL_M, DRAWDOWN_LENGTHS * normal_depth / slope / COLS)
    bed = slope * cell_m * np.arange(COLS, dtype=np.float64)[None, ::-1]
    solver = SurfaceSolver(bed, cell_m, manning_n=manning_n, edges=Edges(east=True), settings=ONE_THREAD)
    end_s = 3.0 * COLS * cell_m * normal_depth / DISCHARGE_M2_S
    for second in range(0, int(end_s), 2):
        solver.exchange(np.array([0]), np.array([2.0 * DISCHARGE_M2_S * cell_m]))
        solver.advance_to(second + 2.0)
    middle = slice(int(ENTRY * COLS), int((1.0 - ENTRY) * COLS))
    east, _ = solver.velocity()
    return UniformFlow(
        slope,
        manning_n,
        normal_depth,
        solver.water_depth[0, middle],
        east[0, middle],
        solver.account.error_units,
    )


def validate(slopes: Sequence[float] = SLOPES, roughnesses: Sequence[float] = ROUGHNESSES) -> Outcome:
    """Run all pairs of slope and roughness."""
    flows = [run_channel(slope, manning_n) for slope in slopes for manning_n in roughnesses]
    calm = [flow for flow in flows if flow.froude_number < 1.0]
    rapid = [flow for flow in flows if flow.froude_number >= 1.0]
    depth, speed = max(flow.depth_error for flow in calm), max(flow.velocity_error for flow in calm)
    return Outcome(
        title="Uniform flow against Manning's formula",
        about=ABOUT,
        measures=(
            Measure("largest error of the depth, Froude number below 1", 100.0 * depth, "%", at_most=1.0),
            Measure("largest error of the velocity, Froude number below 1", 100.0 * speed, "%", at_most=1.0),
            Measure("largest Froude number of these", max(flow.froude_number for flow in calm), ""),
            *(
                Measure(
                    f"largest error of the depth, Froude number {flow.froude_number:.1f}",
                    100.0 * flow.depth_error,
                    "%",
                    at_most=15.0,
                )
                for flow in rapid
            ),
            unaccounted(*(flow.error_units for flow in flows)),
        ),
        draw=lambda figure: _draw(figure, flows),
    )


def _draw(figure: Any, flows: Sequence[UniformFlow]) -> None:
    depth_axes, speed_axes = figure.subplots(1, 2)
    slope = np.geomspace(min(f.slope for f in flows) / 1.3, max(f.slope for f in flows) * 1.3, 60)
    for number, manning_n in enumerate(sorted({f.manning_n for f in flows})):
        mine = [f for f in flows if f.manning_n == manning_n]
        normal = (DISCHARGE_M2_S * manning_n / np.sqrt(slope)) ** 0.6
        look = {"color": f"C{number}"}
        depth_axes.loglog(slope, normal, **look, lw=1)
        depth_axes.plot([f.slope for f in mine], [f.depth_m.mean() for f in mine], "o", ms=4, **look)
        speed_axes.loglog(slope, DISCHARGE_M2_S / normal, **look, lw=1, label=f"Manning, n = {manning_n}")
        speed_axes.plot([f.slope for f in mine], [f.velocity_m_s.mean() for f in mine], "o", ms=4, **look)
    speed_axes.plot([], [], "o", ms=4, color="grey", label="solver")
    depth_axes.set(xlabel="slope", ylabel="depth, m")
    speed_axes.set(xlabel="slope", ylabel="velocity, m/s")
    speed_axes.legend()
