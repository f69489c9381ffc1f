"""The coarse tier against the fine one: how much faster, and how far off.

Both tiers run the same storm over the same terrain in turns, in one process, slice by slice of simulated
time, so that whatever else the machine does falls on all alike. Surface water only: no sewer, no soil.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim_models.errors import InputError
from cim_models.opening import open_city
from twin.rain import RainSeries, design_storm
from twin.surface import SurfaceSettings, SurfaceSolver
from twin.surface.grid import building_cells, rain_weights
from twin.surface.port import SurfaceWater
from twin.surface.subgrid import CoarseSolver, coarse_factor

FLOODED_M = 0.15
"""Depth from which ground counts as flooded, m."""
MANNING_N = 0.03
SLICE_S = 300.0
CALM_S = 60.0
"""Time between two published depth maps, s; their means are compared as calm depths."""
STANDING_M = 0.05
"""Depth from which water counts where published maps are compared, m."""
_WARM_S = 1e-3


@dataclass(frozen=True, slots=True)
class CoarsePlan:
    """What to measure.

    Parameters
    ----------
    city
        Built-in city or bundle.
    cells_m
        Edges of the coarse cells, m.
    end_s
        Simulated time, s.
    threads
        Threads of both tiers; None for all.
    """

    city: str = "builtin:district"
    cells_m: Sequence[float] = (4.0, 8.0)
    end_s: float = 4.0 * 3600.0
    threads: int | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.end_s < np.inf:
            raise InputError("Simulated time", got=f"{self.end_s} s", expected="above 0 s")


@dataclass(slots=True)
class Tier:
    """A solver at work.

    Parameters
    ----------
    name, solver
        What runs.
    wall_s
        Wall time of the steps, and of mapping the largest depths to the fine grid.
    publish_s
        Wall time of publishing depths.
    frame
        Depths published last, m.
    calm_depth
        Largest of the mean depths of slices so far, m.
    frame_errors
        Mean square error of frames where water stands, m²; see `frame_error`.
    max_depth
        Largest depths of the run, m.
    """

    name: str
    solver: SurfaceWater
    wall_s: float = 0.0
    publish_s: float = 0.0
    frame: NDArray[np.float32] | None = None
    calm_depth: NDArray[np.float32] | None = None
    max_depth: NDArray[np.float32] | None = None
    frame_errors: list[float] = field(default_factory=list)

    def advance(self, end_s: float, storm: RainSeries) -> None:
        """Advance through one slice; keep the largest of the mean depths of slices."""
        total, count = np.zeros(self.solver.shape, np.float32), 0
        while self.solver.time_s < end_s:
            now = self.solver.time_s
            started = time.perf_counter()
            self.solver.set_rain(storm.rate_m_s(now))
            look = (np.floor(now / CALM_S + 1e-9) + 1.0) * CALM_S
            self.solver.advance_to(min(end_s, storm.next_change_s(now), look))
            self.wall_s += time.perf_counter() - started
            if self.solver.time_s == look:
                started = time.perf_counter()
                self.frame = self.solver.publish_depth()
                self.publish_s += time.perf_counter() - started
                total += self.frame
                count += 1
        mean = total / np.float32(max(count, 1))
        self.calm_depth = mean if self.calm_depth is None else np.maximum(self.calm_depth, mean)

    def finish(self) -> None:
        """Map the largest depths to the fine grid."""
        started = time.perf_counter()
        self.max_depth = self.solver.max_depth
        self.wall_s += time.perf_counter() - started


def parse_cells(text: str) -> tuple[float, ...]:
    """Read edges of cells such as ``4,8``, m."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as exc:
        raise InputError("Coarse cells", got=f"'{text}'", expected="sizes in m such as 4,8") from exc


def measure_coarse(plan: CoarsePlan, say: Callable[[str], None]) -> dict[str, Any]:
    """Run all tiers and return the figures, ready to be written as JSON."""
    tiers = make_tiers(plan)
    storm = design_storm("chongqing_jiangbei", 50, 7200.0, 0.4)
    for end_s in np.append(np.arange(SLICE_S, plan.end_s, SLICE_S), plan.end_s):
        for tier in tiers:
            tier.advance(float(end_s), storm)
            if tier is not tiers[0] and tier.frame is not None and tiers[0].frame is not None:
                tier.frame_errors += frame_error(tier.frame, tiers[0].frame)
        say(f"{end_s:g} s: " + ", ".join(f"{tier.name} {tier.wall_s:.1f} s" for tier in tiers))
    for tier in tiers:
        tier.finish()
    fine, *others = tiers
    return {
        "city": plan.city,
        "end_s": plan.end_s,
        "threads": fine.solver.threads if isinstance(fine.solver, SurfaceSolver) else None,
        "fine": {"wall_s": fine.wall_s, "steps": fine.solver.steps},
        "coarse": {tier.name: compare(fine, tier) for tier in others},
    }


def make_tiers(plan: CoarsePlan) -> list[Tier]:
    """Make the fine solver and the coarse ones of a city, compiled and dry."""
    city = open_city(plan.city)
    terrain, walls = city.terrain, building_cells(city)
    arguments: dict[str, Any] = {
        "manning_n": MANNING_N if city.roughness is None else city.roughness,
        "walls": walls,
        "edges": "open",
        "rain_weight": rain_weights(terrain, walls),
        "settings": SurfaceSettings(threads=plan.threads),
    }
    size = terrain.cell_size_m
    tiers = [Tier(f"{size:g} m", SurfaceSolver(terrain.elevation, size, **arguments))]
    for cell_m in plan.cells_m:
        factor = coarse_factor(size, cell_m)
        tiers.append(Tier(f"{cell_m:g} m", CoarseSolver(terrain.elevation, size, factor, **arguments)))
    for tier in tiers:
        tier.solver.advance_to(_WARM_S)
    return tiers


def compare(fine: Tier, coarse: Tier) -> dict[str, float]:
    """Return how much faster a tier is than the fine one, and its errors on the fine grid.

    ``csi`` compares the largest depths, ``csi_calm`` the largest of the mean depths over slices of five
    minutes: on steep streets the fine scheme makes roll waves, whose crests pass the coarse cells unseen.
    """
    deepest, reference = coarse.max_depth, fine.max_depth
    assert deepest is not None
    assert reference is not None
    wet = (deepest > FLOODED_M) | (reference > FLOODED_M)
    error = (deepest - reference)[wet]
    stored, known = coarse.solver.volume_m3(), fine.solver.volume_m3()
    assert fine.calm_depth is not None
    assert coarse.calm_depth is not None
    return {
        "wall_s": coarse.wall_s,
        "speed_ratio": fine.wall_s / coarse.wall_s,
        "publish_s": coarse.publish_s,
        "speed_ratio_published": (fine.wall_s + fine.publish_s) / (coarse.wall_s + coarse.publish_s),
        "steps": coarse.solver.steps,
        "csi": critical_success(deepest, reference),
        "csi_calm": critical_success(coarse.calm_depth, fine.calm_depth),
        "depth_rmse_m": float(np.sqrt(np.mean(error**2))) if wet.any() else 0.0,
        "depth_bias_m": float(error.mean()) if wet.any() else 0.0,
        "frame_rmse_m": float(np.sqrt(np.mean(coarse.frame_errors))) if coarse.frame_errors else 0.0,
        "flooded_volume_ratio": _above(deepest) / max(_above(reference), 1e-9),
        "stored_difference": (stored - known) / max(fine.solver.account.rain_m3, 1e-9),
        "error_units": coarse.solver.account.error_units,
    }


def frame_error(one: NDArray[np.float32], other: NDArray[np.float32]) -> list[float]:
    """Return the mean square difference where water stands in either map, m²; nothing where none does."""
    standing = (one > STANDING_M) | (other > STANDING_M)
    return [float(np.mean((one - other)[standing] ** 2))] if standing.any() else []


def critical_success(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Share of the ground flooded in either map that is flooded in both; 1 where none is."""
    a, b = one > FLOODED_M, other > FLOODED_M
    either = np.count_nonzero(a | b)
    return np.count_nonzero(a & b) / either if either else 1.0


def _above(depth: NDArray[np.float32]) -> float:
    return float(depth[depth > FLOODED_M].sum(dtype=np.float64))


def report_lines(figures: Mapping[str, Any]) -> list[str]:
    """Write the figures as lines for people."""
    fine = figures["fine"]
    lines = [f"{figures['city']}, {figures['end_s']:g} s: fine {fine['wall_s']:.1f} s, {fine['steps']} steps"]
    for name, found in figures["coarse"].items():
        lines += [
            f"{name}: {found['wall_s']:.2f} s, {found['speed_ratio']:.1f} times faster, "
            f"{found['speed_ratio_published']:.1f} times with a map a minute "
            f"({found['publish_s']:.2f} s), {found['steps']} steps",
            f"  CSI at 0.15 m: {found['csi']:.3f} of the maximum, "
            f"{found['csi_calm']:.3f} of five-minute means; RMSE of maps of a moment "
            f"{found['frame_rmse_m']:.3f} m",
            f"  maximum depth: RMSE {found['depth_rmse_m']:.3f} m, bias {found['depth_bias_m']:+.3f} m, "
            f"flooded volume {found['flooded_volume_ratio']:.2f} of the fine run's",
            f"  stored at the end: {100.0 * found['stored_difference']:+.2f} % of the rain; "
            f"{found['error_units']} units unaccounted for",
        ]
    return lines
