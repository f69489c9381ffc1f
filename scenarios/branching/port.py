"""The command port of a running simulation: other processes ask it for a branch or a checkpoint.

A screen, a server or another command line talks to a running twin through its run folder and this port
alone. The port is a socket that only its owner's account can reach; ``run.json`` names it. A command is one
line of JSON, and so is the answer. The simulation looks at the port between two coupling steps, so a command
waits for the present step at most.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cim_models.errors import CityTwinError, InputError, RunError, RunFolderError
from scenarios.branching.fork import Gate
from scenarios.runfolder.metadata import RUNNING
from twin.surface.settings import available_threads

if TYPE_CHECKING:
    from scenarios.runfolder import RunFolder
    from scenarios.simulation import Simulation

ANSWER_LIMIT_S = 120.0
_COMMAND_LIMIT_S = 2.0
_MOST_BYTES = 1 << 20


class CommandPort:
    """Takes commands for one simulation.

    Attributes
    ----------
    address
        Where it listens.
    """

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="citytwin-port-"))  # mkdtemp lets nobody else in
        self.address = str(self._folder / "port")
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(self.address)
        self._listener.listen()
        self._listener.setblocking(False)
        self._gate = Gate(available_threads())

    def serve(self, simulation: Simulation) -> None:
        """Carry out the commands that have come; returns at once where there are none."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except BlockingIOError:
                return
            with connection, contextlib.suppress(OSError):  # who asked may have gone away
                connection.settimeout(_COMMAND_LIMIT_S)
                answer = self._answer(simulation, _read_line(connection))
                connection.sendall(json.dumps(answer, ensure_ascii=False).encode() + b"\n")

    def _answer(self, simulation: Simulation, line: bytes) -> dict[str, Any]:
        try:
            command = json.loads(line)
            match command["do"]:
                case "branch":
                    branch = simulation.branch(Path(command["out"]), command.get("set", ()), self._gate)
                    figures = {"fork_s": branch.fork_s, "ready_s": branch.ready_s, "pid": branch.pid}
                    return {"run": str(branch.path), "t_s": branch.t_s, **figures}
                case "checkpoint":
                    return {"checkpoint": str(simulation.checkpoint().path), "t_s": simulation.t_s}
                case other:
                    return {"error": f"no command '{other}'", "input": True}
        except CityTwinError as exc:
            return {"error": str(exc), "input": isinstance(exc, InputError)}
        except (ValueError, KeyError, TypeError) as exc:
            return {"error": f"the command cannot be read: {exc}", "input": True}

    def leave(self) -> None:
        """Let go of a port that belongs to the process that this one was forked from."""
        self._listener.close()

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def can_listen() -> bool:
    """Whether this system has the kind of socket that a port needs."""
    return hasattr(socket, "AF_UNIX")


def ask(run: RunFolder, command: dict[str, Any]) -> dict[str, Any]:
    """Send a command to a running simulation and wait for its answer.

    Parameters
    ----------
    run
        Its run folder.
    command
        ``{"do": "branch", "out": FOLDER, "set": [KEY=VALUE, …]}`` or ``{"do": "checkpoint"}``.

    Returns
    -------
    For a branch ``run``, ``t_s``, ``pid``, ``fork_s`` and ``ready_s``; for a checkpoint ``checkpoint`` and
    ``t_s``.

    Raises
    ------
    RunFolderError
        If nobody is running that run now.
    InputError
        If the command is wrong.
    RunError
        If it could not be carried out.
    """
    meta = run.meta
    address = meta.get("port")
    if meta["status"] != RUNNING or not address:
        raise RunFolderError(
            f"Run '{run.path}'",
            got=f"a run that is {meta['status']}",
            expected="one that is going on",
            remedy="Use `citytwin run --from RUN@TIME` for a run that has ended",
        )
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(ANSWER_LIMIT_S)
            connection.connect(address)
            connection.sendall(json.dumps(command, ensure_ascii=False).encode() + b"\n")
            answer = dict(json.loads(_read_line(connection) or b"{}"))
    except (OSError, ValueError) as exc:
        raise RunError(f"Run '{run.path}' does not answer", got=str(exc)) from exc
    if not answer:
        raise RunError(f"Run '{run.path}' does not answer", got="the run ended meanwhile")
    if "error" in answer:
        kind = InputError if answer.get("input") else RunError
        raise kind(str(answer["error"]))
    return answer


def _read_line(connection: socket.socket) -> bytes:
    """Read until the end of a line, or of what there is."""
    text = b""
    while not text.endswith(b"\n") and len(text) < _MOST_BYTES:
        part = connection.recv(65536)
        if not part:
            break
        text += part
    return text
