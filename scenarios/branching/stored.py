"""Branches of a stored run: from a checkpoint, or where there is none from the start of the scenario."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cim_models.errors import InputError, RunFolderError
from scenarios.branching.changes import plan_changes
from scenarios.checkpoints import Checkpoint, checkpoints
from scenarios.composition import Setup, prepare
from scenarios.interruption import StopRequest, stop_on_signals
from scenarios.runfolder import RunFolder
from scenarios.runfolder.writer import check_free
from scenarios.schema.loading import LoadedScenario, checked

if TYPE_CHECKING:
    from scenarios.simulation import Simulation

_TOLERANCE_S = 1e-6


@dataclass(frozen=True, slots=True)
class _Turn:
    """Where a run in the line of descent branched off: its parent, when, s, and what was changed."""

    parent: RunFolder
    t_s: float
    overrides: tuple[str, ...]


def parse_moment(run: RunFolder, moment: str) -> float:
    """Return the seconds from the start of a run's scenario to a moment that it has lived through.

    Parameters
    ----------
    run
        The run.
    moment
        A clock time, an offset such as ``+40min``, or a date with time.

    Raises
    ------
    InputError
        If it is no moment, or the run did not get there.
    """
    meta = run.meta
    scenario = checked(meta["scenario"], str(run.path))
    try:
        t_s = scenario.offset_s(moment)
    except ValueError as exc:
        expected = str(exc).removeprefix("expected ")
        raise InputError(f"Moment '{moment}' of run '{run.path}'", expected=expected) from exc
    reached_s = float(meta["progress"]["t_s"])
    if not 0.0 <= t_s <= reached_s:
        raise InputError(
            f"Moment '{moment}' of run '{run.path}'",
            got=f"{t_s:g} s after the start",
            expected=f"0 to {reached_s:g} s, which the run has reached",
            remedy="Choose another moment",
        )
    return t_s


def branch_stored(
    run: RunFolder, t_s: float, overrides: Sequence[str], out: Path, *, show_progress: bool = False
) -> RunFolder:
    """Simulate another future of a stored run from a moment on.

    Parameters
    ----------
    run
        The run; finished, interrupted, or still going on in another process.
    t_s
        Where the branch begins, s.
    overrides
        Texts ``key=value`` that are different from then on.
    out
        Run folder of the branch; an earlier run there is replaced.
    show_progress
        Whether to show a bar on stderr.

    Raises
    ------
    InputError
        If a run folder, a change or ``out`` is wrong.
    RunError
        If the branch fails on the way; its folder says so.
    """
    from scenarios.simulation import watching

    with (
        stop_on_signals() as stop,
        revive(run, t_s, out, stop, overrides) as simulation,
        watching(simulation, show_progress) as observer,
    ):
        simulation.run(stop, observer)
    return RunFolder(out)


@contextmanager
def revive(
    run: RunFolder, t_s: float, out: Path, stop: StopRequest, overrides: Sequence[str] = ()
) -> Iterator[Simulation]:
    """Bring a stored run back to a moment of its life, as a branch in a new folder.

    It goes on from the last checkpoint before the moment, that of an ancestor if need be, or from the
    start of the scenario, and lives through the same changes as the run did.

    Parameters
    ----------
    run, t_s, out, overrides
        See `branch_stored`.
    stop
        Whether somebody wants it to stop.
    """
    from scenarios.simulation import Origin, Simulation

    check_free(out)
    if out.resolve() == run.path.resolve():
        raise InputError("Branch", got=f"the folder of its parent, '{out}'", remedy="Choose another --out")
    base, checkpoint, turns = _descent(run, t_s, tuple(overrides))
    setup = stored_setup(base, checkpoint)
    origin = None if checkpoint is None else Origin(base.path, checkpoint)
    planned, changed = [], setup
    for turn in turns:  # whatever is wrong is found before anything is written
        planned.append(plan_changes(changed, turn.overrides, turn.t_s))
        changed = planned[-1].setup
    with Simulation(setup, out, origin=origin) as simulation:
        simulation.reopen_times_s = frozenset(
            float(time_s) for turn in turns for time_s in turn.parent.meta.get("checkpoints", ())
        )
        for turn, changes in zip(turns, planned, strict=True):
            simulation.advance_to(turn.t_s, stop)
            if stop.requested:
                break
            simulation.descend(changes, turn.parent.path)
        yield simulation


def _descent(
    run: RunFolder, t_s: float, overrides: tuple[str, ...]
) -> tuple[RunFolder, Checkpoint | None, list[_Turn]]:
    """Return the run to begin with, its checkpoint if there is one, and all turns until the branch."""
    turns = [_Turn(run, t_s, overrides)]
    while True:
        earlier = [kept for kept in checkpoints(run.path) if kept.t_s <= t_s + _TOLERANCE_S]
        if earlier:
            return run, earlier[-1], turns
        parent: dict[str, Any] | None = run.meta["parent"]
        if parent is None:
            return run, None, turns
        if t_s < parent["t_s"]:
            raise InputError(
                f"Branch of run '{run.path}'",
                got=f"{t_s:g} s",
                expected=f"{parent['t_s']:g} s or later, where this run itself branched off",
                remedy=f"Branch its parent '{parent['path']}'",
            )
        run, t_s = RunFolder(parent["path"]), float(parent["t_s"])
        turns.insert(0, _Turn(run, t_s, tuple(parent["set"])))


def stored_setup(run: RunFolder, checkpoint: Checkpoint | None) -> Setup:
    """Prepare the scenario as it was at a checkpoint, or at the start of a run."""
    meta = run.meta
    file = next(entry for entry in meta["inputs"] if entry["what"] == "scenario")
    values = meta["scenario"] if checkpoint is None else checkpoint.scenario
    scenario = checked(values, str(run.path))
    loaded = LoadedScenario(scenario, Path(file["path"]), file["sha256"], tuple(meta["overrides"]))
    setup = prepare(loaded, None if checkpoint is None else checkpoint.measure_ids)
    city = next(entry for entry in meta["inputs"] if entry["what"] == "city")
    if setup.city_sha256 != city["sha256"]:
        raise RunFolderError(
            f"City '{setup.city.reference}' of run '{run.path}'",
            got="other content than when the run was made",
            expected=f"SHA-256 {city['sha256'][:12]}…",
            remedy="Bring the city back, or run the scenario again",
        )
    return setup
