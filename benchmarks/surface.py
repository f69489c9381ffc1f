"""How fast the surface solver is: against the memory, against plain NumPy, against other models.

Everything is measured in turn within one run and repeated, so that whatever else the machine does falls
on all alike: memory bandwidth, our solver, the NumPy reference, each peer, and again. Ratios are formed
within a repeat; what is printed are medians, with the least and the largest.
"""

import os
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.bandwidth import BYTES_PER_CELL, BandwidthMeter
from benchmarks.numpy_reference import run_reference
from benchmarks.peers.environments import Peer
from benchmarks.peers.runner import run_peer, write_case
from benchmarks.surface_cases import CELL_M, COURANT, MANNING_N, SurfaceCase, make_case
from cim_models.errors import InputError, RunError
from twin.surface import SurfaceSettings, SurfaceSolver

LEAST_CELLS, MOST_CELLS = 16, 20_000
LEAST_SWEPT = 0.01
"""Least share of the cell-steps that must be swept for rates to mean anything: a film at rest is not."""
SPREAD = (
    "wall_s",
    "cpu_s",
    "mcs_per_s",
    "bound_fraction",
    "numpy_ratio",
    "bandwidth_gb_s",
    "numpy_mcs_per_s",
)
TILES = ("tiles_ratio", "cost_per_active")
"""What skipping dry tiles gains: wall time without over wall time with it, and the share of the time that is
left over the share of the cells that are active."""
SINGLE = (
    "steps",
    "active_share",
    "mass_error",
    "peak_mb",
    "compile_s",
    "compile_cpu_s",
    "load_average",
)
"""Figures without a spread."""
PEER_SPREAD = ("wall_s", "mcs_per_s", "ratio")


@dataclass(frozen=True, slots=True)
class SurfacePlan:
    """What to measure.

    Parameters
    ----------
    case
        Name of a workload of `benchmarks.surface_cases`.
    threads
        Threads of our solver and of the peers that have some; None for all.
    end_s
        Simulated time at the end, s; the case's own if None.
    cells
        Edge of the domain; the case's own if None.
    repeats
        How often to measure everything.
    tiled
        Whether our solver may skip dry tiles.
    untiled_too
        Whether it runs without skipping them as well, to tell what that gains.
    wave_depth_m
        Wave depth of our solver, m, see `twin.surface.SurfaceSettings`; the others run without.
    peers
        Peers to compare with.
    numpy_limit_s, peer_limit_s
        Wall time after which the reference, and a peer, stops before the end of the case; cell-steps a
        second are those of the steps that it took.
    """

    case: str
    threads: int | None = None
    end_s: float | None = None
    cells: int | None = None
    repeats: int = 3
    tiled: bool = True
    untiled_too: bool = False
    wave_depth_m: float | None = None
    peers: Sequence[Peer] = ()
    numpy_limit_s: float = 5.0
    peer_limit_s: float = 60.0

    def __post_init__(self) -> None:
        if self.repeats < 1:
            raise InputError("Repeats", got=self.repeats, expected="at least 1")
        if self.end_s is not None and not 0.0 < self.end_s < np.inf:
            raise InputError("Simulated time", got=f"{self.end_s} s", expected="above 0 s")
        if self.cells is not None and not LEAST_CELLS <= self.cells <= MOST_CELLS:
            raise InputError(
                "Edge of the domain", got=f"{self.cells} cells", expected=f"{LEAST_CELLS} to {MOST_CELLS}"
            )
        if self.untiled_too and not self.tiled:
            raise InputError("Tiles", got="--tiles-gain with --no-tiles", expected="one of them")


@dataclass(slots=True)
class PeerRecord:
    """What a peer came to: its figures of each repeat, or why there are none."""

    peer: Peer
    runs: list[dict[str, Any]] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    failure: str | None = None


def measure_surface(plan: SurfacePlan, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure and return the figures, ready to be written as JSON.

    Parameters
    ----------
    say
        Is told what happens, since it may take minutes.

    Raises
    ------
    InputError
        If the plan is wrong, its data are absent or next to nothing moves until its end. A peer that fails
        is reported and does not raise.
    """
    settings = SurfaceSettings(
        courant=COURANT, threads=plan.threads, tiled=plan.tiled, wave_depth_m=plan.wave_depth_m
    )
    case = make_case(plan.case, plan.end_s, plan.cells)
    say(f"case {case.name}: {case.bed.shape[0]} x {case.bed.shape[1]} cells, {case.end_s:g} s")
    started, cpu = time.perf_counter(), time.process_time()
    threads = _advance(_fresh(case, settings), case, min(1e-3, case.end_s)).threads
    compile_s, compile_cpu_s = time.perf_counter() - started, time.process_time() - cpu
    first: dict[str, Any] = {}
    peak_mb = _peak_of(lambda: first.update(_run_own(case, settings)))
    _check_swept(case, first)
    meter = BandwidthMeter(threads)
    records = [PeerRecord(peer) for peer in plan.peers]
    own = []
    with TemporaryDirectory(prefix="citytwin-bench-") as folder:
        case_file = Path(folder) / "case.npz"
        if records:
            write_case(case, case_file, threads, plan.peer_limit_s)
        for repeat in range(plan.repeats):
            own.append(_measure_own(case, settings, meter, plan.numpy_limit_s))
            if plan.untiled_too:
                own[-1] |= _gain_of_tiles(case, settings, own[-1])
            say(f"repeat {repeat + 1}/{plan.repeats}: {own[-1]['mcs_per_s']:.0f} million cell-steps/s")
            for record in records:
                _measure_peer(record, case_file, threads, plan.peer_limit_s, own[-1]["mcs_per_s"], say)
    return {
        "case": case.name,
        "rows": case.bed.shape[0],
        "cols": case.bed.shape[1],
        "end_s": case.end_s,
        "threads": threads,
        "repeats": plan.repeats,
        **_medians(own, (*SPREAD, *TILES) if plan.untiled_too else SPREAD),
        **{name: own[-1][name] for name in ("steps", "active_share", "mass_error", "deepest_m")},
        "peak_mb": peak_mb,
        "compile_s": compile_s,
        "compile_cpu_s": compile_cpu_s,
        "load_average": os.getloadavg()[0],
        "peers": [_peer_figures(record) for record in records],
    }


def _check_swept(case: SurfaceCase, figures: dict[str, Any]) -> None:
    """Refuse a case in which so little water moves that its cell-steps a second would say nothing."""
    if figures["active_share"] < LEAST_SWEPT:
        raise InputError(
            f"Benchmark case '{case.name}' up to {case.end_s:g} s",
            got=f"{100.0 * figures['active_share']:.2g} % of its cell-steps swept: the water is at rest, "
            f"{1000.0 * figures['deepest_m']:.2g} mm at the deepest",
            expected=f"at least {100.0 * LEAST_SWEPT:g} %, without which there is no rate to measure",
            remedy="Simulate longer with --seconds",
        )


def _fresh(case: SurfaceCase, settings: SurfaceSettings) -> SurfaceSolver:
    solver = SurfaceSolver(case.bed, CELL_M, manning_n=MANNING_N, settings=settings)
    if case.water_depth is not None:
        solver.set_water_depth(case.water_depth)
    return solver


def _advance(solver: SurfaceSolver, case: SurfaceCase, end_s: float) -> SurfaceSolver:
    """Run to the end, changing the rain where it changes."""
    while solver.time_s < end_s:
        until = end_s
        if case.rain is not None:
            solver.set_rain(case.rain.rate_m_s(solver.time_s))
            until = min(end_s, case.rain.next_change_s(solver.time_s))
        solver.advance_to(until)
    return solver


def _run_own(case: SurfaceCase, settings: SurfaceSettings) -> dict[str, Any]:
    """Run our solver once; making the solver is not timed, nor is it the peers'."""
    solver = _fresh(case, settings)
    started, cpu = time.perf_counter(), time.process_time()
    _advance(solver, case, case.end_s)
    wall_s, cpu_s = time.perf_counter() - started, time.process_time() - cpu
    whole = case.bed.size * solver.steps
    return {
        "wall_s": wall_s,
        "cpu_s": cpu_s,
        "steps": solver.steps,
        "mcs_per_s": whole / wall_s / 1e6,
        "active_share": min(solver.cell_steps / whole, 1.0),
        "mass_error": solver.account.error_m3,
        "deepest_m": float(solver.water_depth.max()),
    }


def _measure_own(
    case: SurfaceCase, settings: SurfaceSettings, meter: BandwidthMeter, numpy_limit_s: float
) -> dict[str, Any]:
    """Measure bandwidth, solver and reference, in turn.

    The bound counts the cells that were swept, not those that were skipped: these cost no traffic.
    """
    bandwidth = meter.measure()
    figures = _run_own(case, settings)
    reference = run_reference(case, numpy_limit_s)
    numpy_mcs_per_s = case.bed.size * reference.steps / reference.wall_s / 1e6
    traffic = figures["mcs_per_s"] * 1e6 * figures["active_share"] * BYTES_PER_CELL
    return {
        **figures,
        "bandwidth_gb_s": bandwidth / 1e9,
        "bound_fraction": traffic / bandwidth,
        "numpy_mcs_per_s": numpy_mcs_per_s,
        "numpy_ratio": figures["mcs_per_s"] / numpy_mcs_per_s,
    }


def _gain_of_tiles(case: SurfaceCase, settings: SurfaceSettings, tiled: dict[str, Any]) -> dict[str, float]:
    """Run our solver once more, without skipping dry tiles, and compare it with the run just before."""
    ratio = _run_own(case, replace(settings, tiled=False))["wall_s"] / tiled["wall_s"]
    return {"tiles_ratio": ratio, "cost_per_active": 1.0 / (ratio * tiled["active_share"])}


def _measure_peer(
    record: PeerRecord,
    case_file: Path,
    threads: int,
    limit_s: float,
    own_mcs_per_s: float,
    say: Callable[[str], None],
) -> None:
    """Run a peer once, unless it has failed before."""
    if record.failure is not None:
        return
    try:
        figures = run_peer(record.peer, case_file, threads, limit_s)
    except RunError as error:
        record.failure = str(error)
        say(record.failure)
        return
    record.runs.append(figures)
    record.ratios.append(own_mcs_per_s / figures["mcs_per_s"])
    say(f"  {record.peer.title}: {figures['mcs_per_s']:.1f}, ratio {record.ratios[-1]:.0f}")


def _peer_figures(record: PeerRecord) -> dict[str, Any]:
    """Return a peer's part of the answer."""
    name = {"name": record.peer.title, "version": record.peer.version}
    if record.failure is not None:
        return {**name, "status": "failed", "reason": record.failure}
    runs = [{**run, "ratio": ratio} for run, ratio in zip(record.runs, record.ratios, strict=True)]
    last = ("steps", "time_s", "deepest_m", "volume_error", "peak_mb")
    return {**name, "status": "ran", **_medians(runs, PEER_SPREAD), **{key: runs[-1][key] for key in last}}


def _medians(rows: list[dict[str, Any]], names: Sequence[str]) -> dict[str, Any]:
    """Return the median of each figure, and under ``spread`` its least and largest value."""
    columns = {name: [row[name] for row in rows] for name in names}
    spread = {name: [min(values), max(values)] for name, values in columns.items()}
    return {**{name: median(values) for name, values in columns.items()}, "spread": spread}


def _peak_of(work: Callable[[], Any]) -> float:
    """Return the largest memory of this process while it works, MB.

    Linux can forget an earlier peak, that of making the terrain; where that fails, it counts as well.
    """
    try:
        Path("/proc/self/clear_refs").write_text("5")
        work()
        status = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        work()
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return next(float(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def report_lines(figures: dict[str, Any]) -> list[str]:
    """Return the figures for people."""
    size = f"{figures['rows']} x {figures['cols']} cells, {figures['end_s']:g} s simulated"
    lines = [f"case {figures['case']}: {size}, {figures['threads']} threads, {figures['repeats']} repeats"]
    for name in (*SPREAD, *(name for name in TILES if name in figures), *SINGLE):
        low_high = figures["spread"].get(name)
        spread = f"  ({low_high[0]:.4g} to {low_high[1]:.4g})" if low_high else ""
        lines.append(f"  {name:16} {figures[name]:>10.4g}{spread}")
    for peer in figures["peers"]:
        name = f"{peer['name']} {peer['version']}"
        if peer["status"] == "ran":
            low, high = peer["spread"]["ratio"]
            lines.append(
                f"  {name:16} {peer['mcs_per_s']:>10.4g} million cell-steps/s, "
                f"we are {peer['ratio']:.3g} times as fast ({low:.3g} to {high:.3g})"
            )
        else:
            lines.append(f"  {name:16} {peer['reason']}")
    return lines
