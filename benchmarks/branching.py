"""How long a fork, a checkpoint and a revival take in a running twin, and whether branches keep their word.

A city runs until some moment. There it is forked several times, once without any change; all futures and
the run itself go on to the end. The unchanged fork has to end like the run, and a branch of a checkpoint that
is taken later like the run as well.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.coupled import CoupledPlan, scenario_of
from cim_models.errors import InputError
from scenarios.branching import branch_stored, what_if
from scenarios.composition import prepare
from scenarios.pair_words import pair_lines
from scenarios.pairing import pair_runs
from scenarios.relation_words import relation_lines
from scenarios.relations import relate_runs
from scenarios.runfolder import RunFolder
from scenarios.schema import load_scenario
from scenarios.schema.quantities import parse_duration
from scenarios.simulation import Simulation

FUTURES = {
    "unchanged": (),
    "no more rain": ("weather.rain=null",),
    "twice the rain": ("weather.rain={constant: {intensity_mm_h: 200, duration: 1h}}",),
    "nearest crew": ("dispatch.policy=nearest",),
}
"""What the forks change."""


@dataclass(frozen=True, slots=True)
class BranchingPlan:
    """What to run.

    Parameters
    ----------
    city
        Case of `benchmarks.coupled`, or a bundle folder.
    at, duration
        When the run is forked, and how long it lasts, such as ``20min``.
    """

    city: CoupledPlan
    at: str = "20min"
    duration: str = "30min"

    def __post_init__(self) -> None:
        if not 0.0 < self.at_s < parse_duration(self.duration):
            raise InputError("Fork", got=self.at, expected=f"a time within the run of {self.duration}")

    @property
    def at_s(self) -> float:
        """When the run is forked, s."""
        return parse_duration(self.at)


def measure_branching(plan: BranchingPlan, say: Callable[[str], None]) -> dict[str, Any]:
    """Run, fork, keep and revive; return the figures, ready to be written as JSON.

    Parameters
    ----------
    plan
        What to run.
    say
        Is told what happens, since it may take minutes.

    Raises
    ------
    InputError
        If the data are absent.
    """
    with TemporaryDirectory(prefix="citytwin-bench-") as name:
        folder = Path(name)
        loaded = load_scenario(scenario_of(plan.city, folder), (f"duration={plan.duration}",))
        with Simulation(prepare(loaded), folder / "run") as simulation:
            say(f"to {plan.at}")
            simulation.advance_to(plan.at_s)
            futures = what_if(simulation, FUTURES, folder)
            say(f"{len(FUTURES)} futures beside the run itself, to {plan.duration}")
            simulation.run()
            statuses = futures.wait()
        runs = {future: RunFolder(folder / future) for future in FUTURES}
        figures = {
            "case": str(plan.city.city or plan.city.case),
            "cells": int(np.prod(simulation.setup.city.terrain.shape)),
            "fork_ms": [1000.0 * branch.fork_s for branch in futures.branches.values()],
            "folder_ms": [1000.0 * branch.ready_s for branch in futures.branches.values()],
            "events_at_fork": runs["unchanged"].meta["parent"]["events"],
            "ended": statuses,
            "unchanged_is_same": same_run(RunFolder(folder / "run"), runs["unchanged"]),
            "differences": [_differences(RunFolder(folder / "run"), run) for run in runs.values()],
            "load_average": os.getloadavg()[0],
        }
        say("once more, with a checkpoint")
        return figures | _measure_checkpoint(plan, loaded.scenario.duration, folder)


def _differences(base: RunFolder, other: RunFolder) -> list[str]:
    return [*relation_lines(relate_runs(base, other)), *pair_lines(pair_runs(base, other))]


def _measure_checkpoint(plan: BranchingPlan, duration_s: float, folder: Path) -> dict[str, Any]:
    loaded = load_scenario(str(folder / "scenario.yaml"), (f"duration={duration_s}",))
    with Simulation(prepare(loaded), folder / "kept") as simulation:
        simulation.advance_to(plan.at_s)
        begun = time.perf_counter()
        checkpoint = simulation.checkpoint()
        write_s = time.perf_counter() - begun
        size = sum(file.stat().st_size for file in checkpoint.path.rglob("*") if file.is_file())
        simulation.run()
    revived = branch_stored(RunFolder(folder / "kept"), plan.at_s, (), folder / "revived")
    straight, kept = RunFolder(folder / "run"), RunFolder(folder / "kept")
    drift = np.abs(straight.frames().max_depth.astype(np.int32) - kept.frames().max_depth.astype(np.int32))
    return {
        "checkpoint_s": write_s,
        "checkpoint_mb": size / 1e6,
        "revived_is_same": same_run(kept, revived),
        "drift_largest_m": float(drift.max()) / 1000.0,
        "drift_p999_m": float(np.percentile(drift[drift > 0], 99.9)) / 1000.0 if drift.any() else 0.0,
        "drift_cells": int(np.count_nonzero(drift)),
    }


def same_run(one: RunFolder, other: RunFolder) -> bool:
    """Whether two runs have the same event log, the same frames and the same summary but for wall times."""
    frames, others = one.frames(), other.frames()
    return (
        one.event_log_hash() == other.event_log_hash()
        and np.array_equal(frames.times_s, others.times_s)
        and all(np.array_equal(frames.depth(index), others.depth(index)) for index in range(len(frames)))
        and _timeless(one) == _timeless(other)
    )


def _timeless(run: RunFolder) -> dict[str, Any]:
    summary = run.summary or {}
    performance = summary.get("performance", {})
    kept = {name: value for name, value in performance.items() if name not in ("wall_s", "speed")}
    return {**summary, "performance": kept}


def report_lines(figures: dict[str, Any]) -> list[str]:
    """Return the figures for people."""
    same = {True: "ends like the run", False: "DIFFERS FROM THE RUN"}
    forks, folders = figures["fork_ms"], figures["folder_ms"]
    return [
        f"case {figures['case']}: {figures['cells']:,} cells, {figures['events_at_fork']:,} events by then",
        f"  fork        {median(forks):6.1f} ms to the first instruction of the copy "
        f"({min(forks):.1f} to {max(forks):.1f})",
        f"  folder      {median(folders):6.1f} ms until it stands and the run goes on "
        f"({min(folders):.1f} to {max(folders):.1f})",
        f"  unchanged   {same[figures['unchanged_is_same']]}",
        f"  checkpoint  {figures['checkpoint_s']:6.2f} s, {figures['checkpoint_mb']:.1f} MB",
        f"  revived     {same[figures['revived_is_same']]}",
        f"  drift       {figures['drift_cells']:,} cells of the largest depth differ from a run without the "
        f"checkpoint, 99.9 % of them by {figures['drift_p999_m']:.3f} m at most, one by "
        f"{figures['drift_largest_m']:.3f} m",
        *(line for lines in figures["differences"] for line in lines),
    ]
