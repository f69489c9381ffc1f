"""Steady headwater of culverts against the design equations of FHWA HDS-5."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq

from benchmarks.validation.outcome import Measure, Outcome, unaccounted
from cim_models.catalogues import load_catalogue
from cim_models.city import Terrain
from cim_models.structures import Barrier, Culvert
from twin.surface import Edges, SurfaceSettings, SurfaceSolver, place_barrier, place_culvert

CELL_M, ROWS, COLS = 2.0, 14, 30
DIAMETER_M, LENGTH_M, FALL_M, MANNING_N = 1.2, 20.0, 0.2, 0.013
ENTRANCE = "concrete_pipe_headwall"
GRAVITY_M_S2 = 9.81
STEP_S = 2.0
DISCHARGES_M3_S = (0.3, 0.8, 1.5, 2.5, 3.5)
QUICK: dict[str, Any] = {"discharges_m3_s": (0.8, 2.5), "duration_s": 900.0}

ABOUT = """A pond behind a wall drains through a concrete pipe of 1.2 m, 20 m long, falling by 1 %, square
edge in a headwall (HDS-5 chart 1, scale 1). A constant discharge enters the pond until its level is
steady. The headwater is compared with the larger of those that the equations of FHWA HDS-5 (2012) give
for inlet control (A.1 unsubmerged, A.3 submerged, linear between) and for outlet control (entrance,
friction and exit losses above the tailwater or the mean of critical depth and crown), worked out here
from the discharge, independently of the solver, which goes the other way from levels to discharge. Once
the pipe falls freely into a lower ground, once a weir keeps the tailwater above its crown."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A steady flow through the culvert: discharge, headwater of the solver and of HDS-5, m above invert."""

    drowned: bool
    discharge_m3_s: float
    headwater_m: float
    expected_m: float
    error_units: int


def _segment(depth_m: float) -> tuple[float, float]:
    """Return area and top width of the filled part of the pipe."""
    angle = 2.0 * np.arccos(1.0 - 2.0 * depth_m / DIAMETER_M)
    return DIAMETER_M**2 / 8.0 * (angle - np.sin(angle)), DIAMETER_M * np.sin(0.5 * angle)


def critical_depth_m(discharge_m3_s: float) -> float:
    """Depth at which Q² T = g A³, m."""

    def excess(depth_m: float) -> float:
        area, top = _segment(depth_m)
        return float(discharge_m3_s**2 * top - GRAVITY_M_S2 * area**3)

    return float(brentq(excess, 1e-6, DIAMETER_M * (1.0 - 1e-9)))


def headwater_m(discharge_m3_s: float, tailwater_m: float) -> float:
    """Headwater above the upper invert by HDS-5: the larger of inlet and outlet control.

    ``tailwater_m`` counts from the upper invert as well.
    """
    entry = load_catalogue("culverts")["entrances"][ENTRANCE]
    full = np.pi / 4.0 * DIAMETER_M**2
    factor = 1.811 * discharge_m3_s / (full * DIAMETER_M**0.5)
    depth = critical_depth_m(discharge_m3_s)

    def unsubmerged(x: float) -> float:
        critical = critical_depth_m(x * full * DIAMETER_M**0.5 / 1.811)
        area, top = _segment(critical)
        head = critical + 0.5 * area / top + DIAMETER_M * entry["K"] * x ** entry["M"]
        return float(head - 0.5 * FALL_M / LENGTH_M * DIAMETER_M)

    def submerged(x: float) -> float:
        return float(DIAMETER_M * (entry["c"] * x**2 + entry["Y"] - 0.5 * FALL_M / LENGTH_M))

    if factor <= 3.5:
        inlet = unsubmerged(factor)
    elif factor >= 4.0:
        inlet = submerged(factor)
    else:
        inlet = float(np.interp(factor, (3.5, 4.0), (unsubmerged(3.5), submerged(4.0))))
    least = max(tailwater_m, 0.5 * (depth + DIAMETER_M) - FALL_M)
    if inlet < DIAMETER_M and tailwater_m < DIAMETER_M:
        return inlet  # part full and falling freely: HDS-5 has no equation for outlet control
    friction = 2.0 * GRAVITY_M_S2 * MANNING_N**2 * LENGTH_M / (DIAMETER_M / 4.0) ** (4.0 / 3.0)
    losses = (1.0 + entry["loss"] + friction) * (discharge_m3_s / full) ** 2 / (2.0 * GRAVITY_M_S2)
    return max(inlet, least + losses)


def run_culvert(discharge_m3_s: float, drowned: bool, duration_s: float) -> Passage:
    """Feed the pond until it is steady."""
    ground = np.zeros((ROWS, COLS), np.float32)
    if not drowned:
        ground[:, 17:] = -2.0
    terrain, cells = Terrain(ground, 0.0, ROWS * CELL_M, CELL_M), np.ones(ground.shape, bool)
    solver = SurfaceSolver(
        ground, CELL_M, manning_n=0.02, edges=Edges(east=True), settings=SurfaceSettings(threads=1)
    )
    wall = Barrier(((34.0, 0.0), (34.0, ROWS * CELL_M)), height_m=20.0)
    pipe = Culvert(
        ((25.0, 15.0), (45.0, 15.0)),
        diameter_m=DIAMETER_M,
        inverts_m=(0.0, -FALL_M),
        length_m=LENGTH_M,
        manning_n=MANNING_N,
        entrance=ENTRANCE,
    )
    solver.place("wall", place_barrier(wall, terrain, cells))
    solver.place("pipe", place_culvert(pipe, terrain, cells))
    if drowned:
        weir = Barrier(((54.0, 0.0), (54.0, ROWS * CELL_M)), height_m=1.5)
        solver.place("weir", place_barrier(weir, terrain, cells))
    upstream = np.arange(COLS) < 17
    start = headwater_m(discharge_m3_s, 1.6 if drowned else -2.0)
    below = np.where(np.arange(COLS) < 27, 1.5, 0.0) if drowned else np.zeros(COLS)
    solver.set_water_depth(np.broadcast_to(np.where(upstream, 0.9 * start, below), ground.shape))
    inlet = np.arange(ROWS) * COLS
    while solver.time_s < duration_s:
        solver.exchange(inlet, np.full(ROWS, discharge_m3_s * STEP_S / ROWS))
        solver.advance_to(solver.time_s + STEP_S)
    level = ground + solver.water_depth
    tailwater = float(level[:, 18:27].mean()) if drowned else -2.0
    return Passage(
        drowned,
        discharge_m3_s,
        float(level[:, upstream].mean()),
        headwater_m(discharge_m3_s, tailwater),
        solver.account.error_units,
    )


def validate(discharges_m3_s: Sequence[float] = DISCHARGES_M3_S, duration_s: float = 2400.0) -> Outcome:
    """Run all discharges with and without tailwater."""
    flows = [run_culvert(q, drowned, duration_s) for drowned in (False, True) for q in discharges_m3_s]
    free, full = (
        max(abs(f.headwater_m / f.expected_m - 1.0) for f in flows if f.drowned == drowned)
        for drowned in (False, True)
    )
    return Outcome(
        title="Culvert rating against FHWA HDS-5",
        about=ABOUT,
        measures=(
            Measure("largest error of the headwater, free outfall", 100.0 * free, "%", at_most=3.0),
            Measure("largest error of the headwater, drowned outlet", 100.0 * full, "%", at_most=3.0),
            unaccounted(*(flow.error_units for flow in flows)),
        ),
        draw=lambda figure: _draw(figure, flows),
    )


def _draw(figure: Any, flows: Sequence[Passage]) -> None:
    axes = figure.subplots()
    for number, (drowned, label) in enumerate(((False, "free outfall"), (True, "drowned outlet"))):
        mine = [flow for flow in flows if flow.drowned == drowned]
        discharge, look = [flow.discharge_m3_s for flow in mine], {"color": f"C{number}"}
        axes.plot(discharge, [flow.expected_m for flow in mine], lw=1, label=f"HDS-5, {label}", **look)
        axes.plot(discharge, [flow.headwater_m for flow in mine], "o", ms=5, label=f"solver, {label}", **look)
    axes.set(xlabel="discharge, m³/s", ylabel="headwater above the invert, m")
    axes.legend()
