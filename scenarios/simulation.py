"""One run: the physical city and those who act in it on one clock, written to a run folder."""

from __future__ import annotations

import logging
import math
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cim_models.errors import RunError
from scenarios.branching.changes import Changes, plan_changes
from scenarios.branching.fork import Branch, Gate, fork_branch
from scenarios.branching.port import CommandPort, can_listen
from scenarios.checkpoints import Checkpoint, KeptState, read_state, write_checkpoint
from scenarios.composition import Setup, prepare, run_meta
from scenarios.coupling import Coupling
from scenarios.garbage import seldom_collected
from scenarios.interruption import StopRequest, stop_on_signals
from scenarios.progress import ProgressBar, RunObserver, Unwatched
from scenarios.runfolder import RunFolder, RunWriter
from scenarios.runfolder.metadata import FINISHED, INTERRUPTED
from scenarios.runfolder.writer import LOG_FILE, check_free
from scenarios.schema.loading import LoadedScenario
from scenarios.summary.building import Performance, build_summary
from scenarios.supply import open_supply
from twin.water import WaterSystem

logger = logging.getLogger("citytwin.run")
_TIME_TOLERANCE = 1e-6


def run_scenario(loaded: LoadedScenario, out: Path, *, show_progress: bool = False) -> RunFolder:
    """Simulate a scenario from start to end, or until somebody interrupts it.

    Parameters
    ----------
    loaded
        The scenario.
    out
        Run folder; an earlier run there is replaced once everything has been checked.
    show_progress
        Whether to show a bar on stderr.

    Raises
    ------
    InputError
        If the scenario, the city or the folder is wrong; nothing has been written then.
    RunError
        If the run fails on the way; its folder says so.
    """
    check_free(out)
    with (
        stop_on_signals() as stop,
        Simulation(prepare(loaded), out) as simulation,
        watching(simulation, show_progress) as observer,
    ):
        simulation.run(stop, observer)
    return RunFolder(out)


@contextmanager
def watching(simulation: Simulation, show_progress: bool) -> Iterator[RunObserver]:
    """Show a bar on stderr while the block runs, or nothing."""
    if not show_progress:
        yield Unwatched()
        return
    scenario = simulation.setup.scenario
    with ProgressBar(scenario.name, scenario.start, scenario.duration) as bar:
        yield bar


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a run begins that does not begin at the start of its scenario.

    Parameters
    ----------
    run
        Run folder that it goes on from.
    checkpoint
        The state there.
    """

    run: Path
    checkpoint: Checkpoint


class Simulation:
    """A run in this process: the water and the people of a city, and the folder that tells of them.

    Used as a context manager; leaving it by an exception marks the run as failed.

    Parameters
    ----------
    setup
        What was checked.
    out
        Run folder; an earlier run there is replaced.
    parent
        What ``run.json`` says of the run that this one is a branch of; None for none.
    origin
        Checkpoint to go on from; None for the start of the scenario. ``setup`` must be that of the
        checkpoint.

    Attributes
    ----------
    t_s
        Simulated time, s.
    branches
        Those that were forked, in order.
    finished
        Whether the run has reached its end.
    reopen_times_s
        When the run that this one repeats kept checkpoints beyond the scenario's own: to be like it, this
        one has to keep them too.
    """

    def __init__(
        self,
        setup: Setup,
        out: Path,
        *,
        parent: Mapping[str, Any] | None = None,
        origin: Origin | None = None,
    ) -> None:
        self._first_setup, self._origin, self._parent = setup, origin, parent
        self.t_s = 0.0 if origin is None else origin.checkpoint.t_s
        self._out = out
        self._begun = time.monotonic()
        self._stop = StopRequest()
        self.branches: list[Branch] = []
        self.finished = False
        self.reopen_times_s: frozenset[float] = frozenset()

    def __enter__(self) -> Self:
        """Open the city's water and the run folder."""
        setup, origin = self._first_setup, self._origin
        kept = None if origin is None else read_state(origin.checkpoint)
        with ExitStack() as stack:
            workdir = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="citytwin-")))
            self.water = WaterSystem(setup.city, setup.rain, setup.water, workdir, setup.scenario.seed)
            stack.callback(self.water.close)
            if kept is not None:
                self.water.restore(kept.water)
            self._supply = open_supply(setup.supply, setup.scenario, setup.city, workdir)
            if self._supply is not None:
                stack.callback(self._supply.close)
            roads = setup.city.layer("roads")
            meta = {**run_meta(setup), "parent": self._parent}
            self.writer = RunWriter(
                self._out, meta, setup.city.terrain.shape, 0 if roads is None else len(roads)
            )
            self.coupling = Coupling(
                setup, self.water, self.writer, None if kept is None else kept.coupling, self._supply
            )
            stack.enter_context(self.writer)
            if origin is not None:
                self.writer.inherit(origin.run, origin.checkpoint.extent)
            self._log_file = stack.enter_context(_log_to(self._out / LOG_FILE))
            self._note_beginning()
            self._open_port(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close everything; what went wrong is written down."""
        self._stack.__exit__(kind, error, trace)

    @property
    def setup(self) -> Setup:
        """What the run is made from, with all changes so far."""
        return self.coupling.setup

    # --- time -------------------------------------------------------------------------------------

    def run(self, stop: StopRequest | None = None, observer: RunObserver | None = None) -> None:
        """Let time pass until the end of the scenario or a stop, then write the summary.

        Parameters
        ----------
        stop
            Whether somebody wants the run to stop.
        observer
            Who watches.
        """
        self.advance_to(self.setup.scenario.duration, stop, observer)
        if self._stop.requested:
            self._end(INTERRUPTED)
        elif self.t_s >= self.setup.scenario.duration:
            self._end(FINISHED)

    def advance_to(
        self, t_s: float, stop: StopRequest | None = None, observer: RunObserver | None = None
    ) -> None:
        """Let time pass until a moment, or until somebody wants the run to stop; see `run`.

        Commands that came through the port are carried out between two steps.
        """
        self._stop = stop or self._stop
        observer = observer or Unwatched()
        with seldom_collected():
            while self.t_s < t_s and not self._stop.requested:
                self._step(t_s)
                observer.on_time(self.t_s)
                if self.t_s < self.setup.scenario.duration:
                    self.answer_commands()

    def answer_commands(self) -> None:
        """Carry out the commands that have come through the port; see `scenarios.branching.port`."""
        if self._port is not None:
            self._port.serve(self)

    def _step(self, until_s: float) -> None:
        """Go on to the next coupling step, and keep a checkpoint there if one is due."""
        scenario, before_s = self.setup.scenario, self.t_s
        step_s = scenario.numerics.coupling
        count = math.floor(before_s / step_s + _TIME_TOLERANCE)
        self.t_s = min((count + 1) * step_s, scenario.duration, until_s)
        self.coupling.env.run_to(math.nextafter(self.t_s, math.inf))
        self.writer.progress(self.t_s)
        if self.t_s < scenario.duration and self._keeps_checkpoint(before_s):
            self.checkpoint()

    def _keeps_checkpoint(self, before_s: float) -> bool:
        """Whether a checkpoint has fallen due since a time."""
        if any(before_s < time_s <= self.t_s for time_s in self.reopen_times_s):
            return True
        every_s = self.setup.scenario.output.checkpoints_every
        if every_s is None:
            return False
        passed, reached = (math.floor(time_s / every_s + _TIME_TOLERANCE) for time_s in (before_s, self.t_s))
        return reached > passed

    def _end(self, status: str) -> None:
        self.coupling.end(self.t_s, status)
        self.writer.flush()
        surface = self.water.surface
        performance = Performance(time.monotonic() - self._begun, surface.steps, surface.cell_steps)
        summary = build_summary(
            RunFolder(self.writer.path),
            self.setup.city,
            self.t_s,
            self.water.balance(),
            performance,
            self._supply,
            self.coupling.hazards,
        )
        if status == FINISHED:
            self.writer.finish(self.t_s, summary)
            self.finished = True
        else:
            self.writer.interrupt(summary)
        logger.info("%s at %.0f s after %.1f s", status, self.t_s, performance.wall_s)

    # --- checkpoints and branches -----------------------------------------------------------------

    def checkpoint(self) -> Checkpoint:
        """Keep the whole state, and go on from it as every run will that begins there.

        The sewer is closed and opened again, because SWMM's own file does not hold all of its state.
        """
        state = KeptState(self.water.state(), self.coupling.state())
        extent = self.writer.extent(self.t_s)
        checkpoint = write_checkpoint(self.writer.path, self.setup, extent, state)
        self.water.reopen_sewer(state.water)
        self.writer.note_checkpoint(self.t_s)
        logger.info("checkpoint at %.0f s", self.t_s)
        return checkpoint

    def plan(self, overrides: Sequence[str]) -> Changes:
        """Check what is to change from now on; see `plan_changes`."""
        return plan_changes(self.setup, overrides, self.t_s)

    def change(self, changes: Changes) -> None:
        """Go on with other rain, measures, crews or dispatch from now on."""
        if changes.values:
            self.coupling.change(changes.setup, self.t_s, changes.values)

    def branch(self, out: Path, overrides: Sequence[str] = (), gate: Gate | None = None) -> Branch:
        """Fork a future from this moment; it runs to its end in a process of its own.

        Parameters
        ----------
        out
            Run folder of the branch; an earlier run there is replaced.
        overrides
            Texts ``key=value`` that are different in it from now on; none for the same future.
        gate
            Bounds how many branches compute at a time; None for no bound.

        Returns
        -------
        The branch, whose folder is there.

        Raises
        ------
        InputError
            If a change is wrong or the folder holds something else; nothing has been forked then.
        RunError
            If the branch could not begin, or this system cannot fork.
        """
        check_free(out)
        branch = fork_branch(self, self.plan(overrides), out, gate)
        self.branches.append(branch)
        logger.info("branch '%s' at %.0f s, process %d", out, self.t_s, branch.pid)
        return branch

    def parent_entry(self, changes: Changes, how: str) -> dict[str, Any]:
        """Describe this run at this moment for the ``run.json`` of a branch.

        Parameters
        ----------
        changes
            What is different in the branch.
        how
            ``fork`` or ``checkpoint``.
        """
        return {
            "path": str(self.writer.path.resolve()),
            "event_log_hash": self.writer.events.hash(),
            "events": self.writer.events.count,
            "t_s": self.t_s,
            "how": how,
            "set": list(changes.overrides),
            "changed": dict(changes.values),
        }

    def descend(self, changes: Changes, parent: Path) -> None:
        """Turn into a branch of the run that this one has repeated until now.

        Parameters
        ----------
        changes
            What is different from now on.
        parent
            Run folder of that run.
        """
        entry = self.parent_entry(changes, "checkpoint") | {"path": str(parent.resolve())}
        self.writer.note_parent({**run_meta(changes.setup), "parent": entry})
        self.change(changes)

    def become(self, changes: Changes, out: Path) -> None:
        """Turn into a branch, in the process that was forked: own folder, own files, own log.

        What this process inherited stays open and untouched: it is the parent's to close.
        """
        parent = self.parent_entry(changes, "fork")
        self._inherited, self._stack = self._stack, ExitStack()
        self.branches = []
        self._begun = time.monotonic()
        self._stop.requested = False
        if self._port is not None:
            self._port.leave()
        workdir = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="citytwin-"))
        self.water.move_to(Path(workdir))
        if self._supply is not None:
            self._supply.move_to(Path(workdir))
        self.writer.move_to(out, {**run_meta(changes.setup), "parent": parent})
        self._stack.push(self.writer)
        logging.getLogger("citytwin").removeHandler(self._log_file)
        self._log_file = self._stack.enter_context(_log_to(out / LOG_FILE))
        self._open_port(self._stack)
        logger.info("branch of %s at %.0f s: %s", parent["path"], self.t_s, " ".join(changes.overrides))
        self.change(changes)

    def _open_port(self, stack: ExitStack) -> None:
        self._port = CommandPort() if can_listen() else None
        if self._port is not None:
            stack.callback(self._port.close)
            self.writer.note_port(self._port.address)

    def _note_beginning(self) -> None:
        setup = self.setup
        logger.info("scenario %s from %s, seed %d", setup.scenario.name, setup.source, setup.scenario.seed)
        logger.info("city %s, %s", setup.city.name, setup.city.reference)
        for note in setup.notes:
            logger.info("note: %s", note)
        logger.info("water: %s", asdict(setup.water))
        if self._origin is not None:
            logger.info("goes on from %s", self._origin.checkpoint.path)


def free_folder(parent: Path, name: str) -> Path:
    """Return the first of ``parent/name-1``, ``-2``, … that does not exist."""
    number = 1
    while (parent / f"{name}-{number}").exists():
        number += 1
    return parent / f"{name}-{number}"


def check_finished(run: RunFolder) -> None:
    """Raise unless the run reached its end.

    Raises
    ------
    RunError
        With how far it came.
    """
    meta = run.meta
    if meta["status"] != FINISHED:
        reached = f"{meta['progress']['t_s']:.0f} s of {meta['duration_s']:.0f} s"
        raise RunError(
            f"Run '{run.path}' was {meta['status']} after {reached}",
            remedy="What it wrote so far can be replayed",
        )


class _RunLog(logging.FileHandler):
    """The run's own log, which a disk without room ends in silence: the run itself says what happened."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is that of the base class
        """Say nothing of a line that cannot be written."""

    def close(self) -> None:
        """Close the file, whether or not its last lines can be written."""
        with suppress(OSError):
            super().close()


@contextmanager
def _log_to(path: Path) -> Iterator[logging.Handler]:
    """Copy what citytwin logs into the run's own file."""
    root = logging.getLogger("citytwin")
    handler = _RunLog(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield handler
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        handler.close()
