"""``run.json`` and ``summary.json``: small files that are replaced whole, never edited."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cim_models.errors import RunFolderError

FORMAT = "citytwin-run"
FORMAT_VERSION = 1
META_FILE = "run.json"
SUMMARY_FILE = "summary.json"

RUNNING = "running"
FINISHED = "finished"
INTERRUPTED = "interrupted"
FAILED = "failed"


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON object so that a reader sees the old file or the new one, nothing between."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    try:
        temporary.write_text(text, "utf-8")
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def overwrite_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON object over a file that `write_json` wrote, in the room that it takes up already.

    For a disk that is full: the object is written without the file's indentation, which leaves room for a few
    words more.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    with path.open("r+b") as file:
        file.write(text.ljust(path.stat().st_size - 1) + b"\n")


def read_meta(folder: Path) -> dict[str, Any]:
    """Read ``run.json`` as written, without asking whether its process still lives.

    Raises
    ------
    RunFolderError
        If the folder is not a run folder or its ``run.json`` cannot be read.
    """
    path = folder / META_FILE
    try:
        meta = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as exc:
        raise RunFolderError(
            f"Run folder '{folder}'",
            got=f"no {META_FILE}",
            expected="a folder that `citytwin run` wrote",
            remedy="Check the path",
        ) from exc
    except (OSError, ValueError) as exc:
        raise RunFolderError(
            f"Run folder '{folder}', {META_FILE}", got=str(exc), remedy="Run the scenario again"
        ) from exc
    if not isinstance(meta, dict) or meta.get("format") != FORMAT:
        raise RunFolderError(
            f"Run folder '{folder}', {META_FILE}",
            got="another kind of file",
            expected=f'"format": "{FORMAT}"',
            remedy="Name a folder that `citytwin run` wrote",
        )
    if meta.get("format_version") != FORMAT_VERSION:
        raise RunFolderError(
            f"Run folder '{folder}', format_version",
            got=meta.get("format_version"),
            expected=str(FORMAT_VERSION),
            remedy="Run the scenario again with this version of citytwin",
        )
    return meta


def is_run_folder(folder: Path) -> bool:
    """Tell whether a folder holds a run of citytwin, readable or not by this version."""
    try:
        meta = json.loads((folder / META_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(meta, dict) and meta.get("format") == FORMAT


def this_process() -> dict[str, Any]:
    """Identify the running process, so that a reader can tell later whether it still lives."""
    return {"pid": os.getpid(), "started": _process_start(os.getpid()), "boot": _boot_id()}


def is_alive(process: Mapping[str, Any] | None) -> bool:
    """Tell whether the process that `this_process` described is still running here.

    A process id alone may have been given to somebody else since, so the start time and the
    machine's boot must agree too where the system tells them (Linux).
    """
    if not process:
        return False
    pid = int(process["pid"])
    boot = _boot_id()
    if boot and process.get("boot") and boot != process["boot"]:
        return False
    if boot:
        started = _process_start(pid)
        return started is not None and started == process.get("started")
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def _process_start(pid: int) -> int | None:
    """Return the start time in ticks since boot; None for a process that is gone or a zombie."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    state, start = fields[0], fields[19]
    return None if state in "ZX" else int(start)
