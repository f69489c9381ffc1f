"""Run the variants of an experiment, replication by replication, in several processes."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cim_models.errors import InputError, RunError
from cim_models.workers import stop_workers, worker_pool
from scenarios.comparison import figures
from scenarios.experiments.definition import LoadedExperiment
from scenarios.experiments.writing import RESULTS_FILE, write_results
from scenarios.interruption import interrupt_on_sigterm
from scenarios.schema.loading import LoadedScenario, override
from scenarios.simulation import check_finished, run_scenario

RUNS_FOLDER = "runs"
KEPT_FILES = ("run.json", "summary.json")
"""What stays of a run folder unless everything is kept."""
_TRIES = 2


@dataclass(frozen=True, slots=True)
class Replication:
    """One run of an experiment: the place of its variant, its number, and its seed."""

    variant: int
    number: int
    seed: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run: its figures by dotted name, or why there are none; and its event log's hash."""

    run: Replication
    figures: dict[str, float]
    log_hash: str | None
    failure: str = ""


class RunWatcher:
    """Somebody who is told of each run that is over."""

    def on_begin(self, total: int) -> None:
        """Take note of how many runs there are to be."""

    def on_run(self, done: int, total: int, outcome: Outcome) -> None:
        """Take note of a run."""


def run_experiment(
    loaded: LoadedExperiment,
    out: Path,
    *,
    replications: int | None = None,
    jobs: int | None = None,
    keep: bool = False,
    watcher: RunWatcher | None = None,
) -> list[Outcome]:
    """Run every variant under the same seeds and write the results.

    Replication ``k`` of every variant has the seed of the scenario plus ``k``, so that the variants meet the
    same worlds. A run that fails is tried once more, in a fresh process where the first died; one that fails
    again is named in the results, and the others go on. An interruption keeps what there is.

    Parameters
    ----------
    loaded
        The experiment.
    out
        Folder to write; must not hold results already.
    replications
        Other than the experiment's own number.
    jobs
        Processes; as many as there are cores if none.
    keep
        Whether to keep whole run folders, not just their summaries.
    watcher
        Who is told of each run.

    Raises
    ------
    InputError
        If the folder holds something already, or a number is out of range.
    RunError
        If every run failed.
    """
    number = loaded.experiment.replications if replications is None else replications
    if number < 2:
        raise InputError("Replications", got=number, expected="2 or more, for an interval")
    if out.exists() and any(out.iterdir()):
        raise InputError(f"Folder '{out}'", got="files", expected="none", remedy="Name another with --out")
    out.mkdir(parents=True, exist_ok=True)
    plan = [
        Replication(variant, k, loaded.scenarios[variant].scenario.seed + k)
        for k in range(number)
        for variant in range(len(loaded.scenarios))
    ]
    outcomes: list[Outcome] = []
    watch = watcher or RunWatcher()
    watch.on_begin(len(plan))
    try:
        with interrupt_on_sigterm():
            for outcome in _run_all(loaded.scenarios, plan, out / RUNS_FOLDER, jobs, keep):
                outcomes.append(outcome)
                watch.on_run(len(outcomes), len(plan), outcome)
    finally:
        outcomes.sort(key=lambda outcome: (outcome.run.number, outcome.run.variant))
        write_results(loaded, outcomes, len(plan), out)
    if all(outcome.failure for outcome in outcomes):
        raise RunError("Experiment: every run failed", got=outcomes[0].failure)
    return outcomes


def _run_all(
    scenarios: Sequence[LoadedScenario],
    plan: Sequence[Replication],
    folder: Path,
    jobs: int | None,
    keep: bool,
) -> Iterator[Outcome]:
    """Yield what came of each run, in the order in which they end; what failed is tried again."""
    left = list(plan)
    for attempt in range(1, _TRIES + 1):
        failed: list[Replication] = []
        for outcome in _run_once(scenarios, left, folder, jobs or _cores(), keep):
            if outcome.failure and attempt < _TRIES:
                failed.append(outcome.run)
            else:
                yield outcome
        left = failed


def _run_once(
    scenarios: Sequence[LoadedScenario], plan: Sequence[Replication], folder: Path, jobs: int, keep: bool
) -> Iterator[Outcome]:
    with _one_thread_each(jobs), worker_pool(jobs) as pool:
        runs: dict[Future[Outcome], Replication] = {
            pool.submit(_run, scenarios[run.variant], run, _folder_of(run, folder), keep): run for run in plan
        }
        left = set(plan)
        try:
            for future in as_completed(runs):
                left.discard(runs[future])
                yield _result(future, runs[future])
        except BaseException:
            stop_workers(pool)
            for run in left:
                shutil.rmtree(_folder_of(run, folder), ignore_errors=True)
            raise


def _folder_of(run: Replication, folder: Path) -> Path:
    """Where one run of an experiment is written."""
    return folder / f"{run.variant + 1}-{run.number + 1}"


def _result(future: Future[Outcome], run: Replication) -> Outcome:
    try:
        return future.result()
    except BrokenProcessPool as exc:
        return Outcome(run, {}, None, f"its process died: {exc}")


def _run(scenario: LoadedScenario, run: Replication, folder: Path, keep: bool) -> Outcome:
    """Run one replication in this process; whatever goes wrong is said and ends nothing else."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        written = run_scenario(override(scenario, [f"seed={run.seed}"]), folder)
        check_finished(written)
        outcome = Outcome(run, dict(figures(written.summary or {})), written.event_log_hash())
    except Exception as exc:  # a run may fail in any way; the others must go on
        return Outcome(run, {}, None, f"{type(exc).__name__}: {exc}")
    if not keep:
        _thin_out(folder)
    return outcome


def _thin_out(folder: Path) -> None:
    """Leave of a run folder only what says how it was made and what came out."""
    for path in folder.iterdir():
        if path.name in KEPT_FILES:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


@contextmanager
def _one_thread_each(jobs: int) -> Iterator[None]:
    """Share the cores between processes rather than between the threads of each."""
    name = "NUMBA_NUM_THREADS"
    before = os.environ.get(name)
    os.environ[name] = str(max(1, _cores() // jobs))
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def stopped_line(folder: Path) -> str:
    """Say what an experiment that was stopped leaves in its folder."""
    try:
        runs = read_results(folder)["runs"]
    except InputError:
        return "The experiment was stopped before its first run; it leaves no results."
    held = f"{runs['finished']} of {runs['planned']} runs"
    return (
        f"The experiment was stopped: '{folder / RESULTS_FILE}' holds {held}. "
        "Start it again with another --out for all of them."
    )


def read_results(folder: Path) -> dict[str, Any]:
    """Return the results of an experiment that was written into a folder.

    Raises
    ------
    InputError
        If there are none.
    """
    path = folder / RESULTS_FILE
    if not path.is_file():
        raise InputError(f"Folder '{folder}'", got="no results.json", expected="what `citytwin sweep` wrote")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
