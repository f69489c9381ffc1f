"""Branches by fork: the simulation's process is copied, and the copy lives another future.

A fork takes milliseconds, because the copy shares its memory with the original until one of them writes.
Whatever must not be shared is closed before or replaced after: the event log's connection, the run folder,
the log file, SWMM's working folder. SWMM itself writes no results here, so the open files that both inherit
do no harm. Numba's threads survive only with the threading layer ``workqueue``
(`twin.compilation`). The copy leaves by ``os._exit``, so that it closes and flushes nothing of the original.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import signal
import sqlite3
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cim_models.errors import CityTwinError, RunError

if TYPE_CHECKING:
    from scenarios.branching.changes import Changes
    from scenarios.simulation import Simulation

logger = logging.getLogger("citytwin.run")
_READY = "ready"
_READY_LIMIT_S = 120.0
"""A copy that has not made its folder by then never will."""


class Gate:
    """Lets so many branches compute at a time, like the job server of make: tokens in a pipe.

    Parameters
    ----------
    places
        How many, >= 1.
    """

    def __init__(self, places: int) -> None:
        self._read, self._write = os.pipe()
        os.write(self._write, b"." * max(places, 1))

    def enter(self) -> None:
        """Wait for a place."""
        os.read(self._read, 1)

    def leave(self) -> None:
        """Give the place back."""
        os.write(self._write, b".")

    def close(self) -> None:
        """Close the pipe; branches keep their own ends."""
        os.close(self._read)
        os.close(self._write)


@dataclass(slots=True)
class Branch:
    """A branch that runs, or has run, in a process of its own.

    Parameters
    ----------
    pid
        Its process.
    path
        Its run folder.
    t_s
        Where it branched off, s.
    fork_s
        Wall time from the call to the first instruction of the copy, s.
    ready_s
        Wall time from the call until its folder stood and the original went on, s.
    """

    pid: int
    path: Path
    t_s: float
    fork_s: float
    ready_s: float
    status: int | None = field(default=None)

    def poll(self) -> bool:
        """Whether it has ended."""
        return self._reap(os.WNOHANG)

    def wait(self) -> int:
        """Wait for its end and return its exit status: 0, or 1 when it failed or was interrupted."""
        self._reap(0)
        assert self.status is not None
        return self.status

    def _reap(self, options: int) -> bool:
        if self.status is None:
            pid, code = os.waitpid(self.pid, options)
            if pid:
                self.status = os.waitstatus_to_exitcode(code)
        return self.status is not None


def can_fork() -> bool:
    """Whether this system can copy a process; where not, branch from a checkpoint."""
    return hasattr(os, "fork")


def fork_branch(simulation: Simulation, changes: Changes, out: Path, gate: Gate | None) -> Branch:
    """Fork a simulation; see `Simulation.branch`.

    Raises
    ------
    RunError
        If the system cannot fork, or the branch could not begin.
    """
    if not can_fork():
        raise RunError(
            "Branch",
            got="a system that cannot copy a process",
            remedy="Keep checkpoints with output.checkpoints_every, and use `citytwin run --from RUN@TIME`",
        )
    called = time.monotonic()
    simulation.writer.before_fork()
    read, write = os.pipe()
    pid = _fork()
    if pid == 0:
        begun = time.monotonic()
        try:
            os.close(read)
            status = _live(simulation, changes, out, write, begun, gate)
        except BaseException:  # whatever went wrong has been written down; the original's code must not run
            status = 1
        finally:
            os._exit(status)
    os.close(write)
    try:
        answer = _hear(read, pid)
    finally:
        simulation.writer.after_fork()
    if _READY not in answer:
        os.waitpid(pid, 0)
        raise RunError(f"Branch '{out}' could not begin", got=answer.get("error", "a process that died"))
    return Branch(pid, out, simulation.t_s, answer[_READY] - called, time.monotonic() - called)


def _fork() -> int:
    with warnings.catch_warnings():
        # Python warns that other threads may hold locks; ours are Numba's, which wait between two steps,
        # and those of zarr, which starts them anew after a fork
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _live(
    simulation: Simulation, changes: Changes, out: Path, write: int, begun: float, gate: Gate | None
) -> int:
    """Live the branch's future and return its exit status."""
    with os.fdopen(write, "w", encoding="utf-8") as pipe:
        try:
            simulation.become(changes, out)
        except (CityTwinError, OSError, sqlite3.Error) as exc:
            pipe.write(json.dumps({"error": str(exc)}))
            return 1
        pipe.write(json.dumps({_READY: begun}))
    with contextlib.ExitStack() as stack:
        if gate is not None:
            gate.enter()
            stack.callback(gate.leave)
        stack.push(simulation)
        try:
            simulation.run()
        except Exception:
            logger.exception("the branch failed at %.0f s", simulation.t_s)
            raise
    return 0 if simulation.finished else 1


def _hear(read: int, pid: int) -> dict[str, Any]:
    """Wait for the one message of a branch; empty where its process died first, or has to be ended."""
    with os.fdopen(read, encoding="utf-8") as pipe:
        if not select.select([pipe], [], [], _READY_LIMIT_S)[0]:
            os.kill(pid, signal.SIGKILL)
        text = pipe.read()
    return dict(json.loads(text)) if text else {}
