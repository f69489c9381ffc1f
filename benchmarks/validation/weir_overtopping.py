"""Steady overflow of a barrier, free, drowned and oblique, against the weir formula."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.validation.outcome import Measure, Outcome, unaccounted
from cim_models.city import Terrain
from cim_models.structures import Barrier
from twin.surface import Edges, SurfaceSettings, SurfaceSolver, place_barrier

CELL_M, ROWS, COLS = 2.0, 12, 40
CREST_M = 0.5
WIDTH_M = ROWS * CELL_M
STEP_S = 2.0
DISCHARGES_M2_S = (0.03, 0.1, 0.2, 0.4)
FREE, DROWNED, OBLIQUE = "free", "drowned", "oblique"
QUICK: dict[str, Any] = {"discharges_m2_s": (0.1, 0.2), "duration_s": 400.0}

ABOUT = """A channel 24 m wide on cells of 2 m is crossed by a barrier 0.5 m high. A constant discharge per
metre enters at the upper end until the flow is steady and leaves freely at the lower one, where the ground
lies lower. The level upstream of the barrier gives a discharge by the formula of the broad-crested weir,
q = 2/3 √(2g/3) H₁^(3/2), times Villemonte's (1947) factor (1 - (H₂/H₁)^(3/2))^0.385 where a second barrier
farther down drowns the first; it is compared with the discharge that flows. A barrier at 45° to the channel
becomes a staircase of faces √2 times as long; its discharge per metre of its own length is held against the
formula with the mean head along it. The formula with velocity of approach left out is what the solver
uses: the case shows that steady flow through limiter, truncation and inertia obeys it."""


@dataclass(frozen=True, slots=True)
class Overflow:
    """A steady overflow: its kind, discharge per metre of crest as it flows and by formula, and head."""

    kind: str
    discharge_m2_s: float
    formula_m2_s: float
    head_m: float
    error_units: int

    @property
    def error(self) -> float:
        """Relative error of the discharge."""
        return abs(self.formula_m2_s / self.discharge_m2_s - 1.0)


def weir_discharge(upper_m: Any, lower_m: Any) -> Any:
    """Discharge per metre at heads above the crest, m²/s, after Villemonte (1947)."""
    drowned = np.maximum(lower_m, 0.0) / upper_m
    return 2.0 / 3.0 * np.sqrt(2.0 / 3.0 * 9.81) * upper_m**1.5 * (1.0 - drowned**1.5) ** 0.385


def run_weir(kind: str, discharge_m2_s: float, duration_s: float) -> Overflow:
    """Let a discharge run over a barrier until it is steady."""
    ground = np.zeros((ROWS, COLS), np.float32)
    ground[:, 30:] = -1.5
    terrain = Terrain(ground, 0.0, ROWS * CELL_M, CELL_M)
    lean = WIDTH_M if kind == OBLIQUE else 0.0
    line = ((30.0, 0.0), (30.0 + lean, WIDTH_M))
    placed = place_barrier(Barrier(line, level_m=CREST_M), terrain, np.ones(ground.shape, bool))
    solver = SurfaceSolver(
        ground, CELL_M, manning_n=0.02, edges=Edges(east=True), settings=SurfaceSettings(threads=1)
    )
    solver.place("weir", placed)
    if kind == DROWNED:
        second = Barrier(((50.0, 0.0), (50.0, WIDTH_M)), level_m=CREST_M - 0.02)
        solver.place("second", place_barrier(second, terrain, np.ones(ground.shape, bool)))
    solver.set_water_depth(
        np.where(np.arange(COLS) < (25 if kind == DROWNED else 15), CREST_M, 0.0) + 0.0 * ground
    )
    inlet = np.arange(ROWS) * COLS
    while solver.time_s < duration_s:
        solver.exchange(inlet, np.full(ROWS, discharge_m2_s * CELL_M * STEP_S))
        solver.advance_to(solver.time_s + STEP_S)
    level, faces = ground + solver.water_depth, placed.faces
    here, there = level[faces.row, faces.col], level[faces.other_row, faces.other_col]
    upper, lower = np.maximum(here, there) - CREST_M, np.minimum(here, there) - CREST_M
    length_m = float(faces.share.sum()) * CELL_M  # a face on the rim of the grid stands for nothing
    # what passes the barrier now; the inflow comes in pulses of two seconds
    east, south = solver.unit_discharge
    flux = np.where(faces.north, np.abs(south[faces.row, faces.col]), np.abs(east[faces.row, faces.col]))
    return Overflow(
        kind,
        float(flux.sum() * CELL_M / length_m),
        float(np.average(weir_discharge(upper.astype(float), lower.astype(float)), weights=faces.share)),
        float(upper.mean()),
        solver.account.error_units,
    )


def validate(discharges_m2_s: Sequence[float] = DISCHARGES_M2_S, duration_s: float = 900.0) -> Outcome:
    """Run all discharges over the three barriers."""
    flows = [run_weir(kind, q, duration_s) for kind in (FREE, DROWNED, OBLIQUE) for q in discharges_m2_s]
    worst = {
        kind: max(flow.error for flow in flows if flow.kind == kind) for kind in (FREE, DROWNED, OBLIQUE)
    }
    return Outcome(
        title="Overtopping of a barrier against the weir formula",
        about=ABOUT,
        measures=(
            Measure("largest error of the discharge, free overflow", 100.0 * worst[FREE], "%", at_most=1.0),
            Measure("largest error of the discharge, drowned", 100.0 * worst[DROWNED], "%", at_most=1.0),
            Measure("largest error of the discharge, oblique", 100.0 * worst[OBLIQUE], "%", at_most=1.0),
            unaccounted(*(flow.error_units for flow in flows)),
        ),
        draw=lambda figure: _draw(figure, flows),
    )


def _draw(figure: Any, flows: Sequence[Overflow]) -> None:
    axes = figure.subplots()
    head = np.linspace(0.005, 1.1 * max(flow.head_m for flow in flows), 100)
    axes.plot(head, weir_discharge(head, np.zeros(100)), color="grey", lw=1, label="formula, free")
    for number, kind in enumerate((FREE, DROWNED, OBLIQUE)):
        mine = [flow for flow in flows if flow.kind == kind]
        look = {"color": f"C{number}", "ms": 5}
        axes.plot([f.head_m for f in mine], [f.discharge_m2_s for f in mine], "o", label=kind, **look)
        axes.plot([f.head_m for f in mine], [f.formula_m2_s for f in mine], "x", **look)
    axes.set(xlabel="head above the crest, m", ylabel="discharge per metre, m²/s")
    axes.legend()
