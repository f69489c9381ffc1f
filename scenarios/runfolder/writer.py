"""Write a run folder: one object that a run holds from its first second to its last."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from numpy.typing import NDArray

from cim_models.errors import RunError, RunFolderError
from cim_models.placing import file_error, has_no_room, replace_folder
from scenarios.runfolder.eventlog import EVENTS_FILE, EventLog, copy_events
from scenarios.runfolder.extent import Extent
from scenarios.runfolder.frames import FrameWriter
from scenarios.runfolder.metadata import (
    FAILED,
    FINISHED,
    FORMAT,
    FORMAT_VERSION,
    INTERRUPTED,
    META_FILE,
    RUNNING,
    SUMMARY_FILE,
    is_alive,
    is_run_folder,
    overwrite_json,
    read_meta,
    this_process,
    write_json,
)
from scenarios.runfolder.points import PointsWriter
from scenarios.runfolder.readings import ReadingsWriter

PROGRESS_EVERY_S = 1.0
LOG_FILE = "log.txt"


class RunWriter:
    """A run folder being written.

    Used as a context manager. Entering it makes the folder, so that whatever goes wrong before leaves
    none; events may be written already. Leaving it by an exception marks the run as failed (or, for
    Ctrl-C, as interrupted) unless `finish` or `interrupt` came first.

    Parameters
    ----------
    path
        The folder. It must not exist, be empty, or hold an earlier run, which is replaced.
    meta
        What is known before the start: scenario, city, seed, start, duration_s, versions, inputs.
    shape
        Rows and columns of the grid.
    roads
        Number of road segments.

    Raises
    ------
    RunFolderError
        If the folder holds something else, or a run that is still going on.
    """

    def __init__(self, path: Path, meta: Mapping[str, Any], shape: tuple[int, int], roads: int) -> None:
        check_free(path)
        self.path = path
        self.events = EventLog()
        self.readings = ReadingsWriter(path)
        self.points = PointsWriter(path)
        self._shape, self._roads = shape, roads
        self._meta: dict[str, Any] = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "status": RUNNING,
            **meta,
            "process": this_process(),
            "created": _now(),
            "ended": None,
            "error": None,
            "parent": meta.get("parent"),
            "checkpoints": [],
            "port": None,
            "progress": {"t_s": 0.0, "wall_s": 0.0, "frames": 0, "events": 0},
        }
        self._t_s = 0.0
        self._begun = self._saved = time.monotonic()

    def __enter__(self) -> Self:
        """Make the folder, in place of an earlier run.

        Raises
        ------
        RunError
            If the disk has no room for it.
        """
        try:
            _place(self.path, self._meta)
        except OSError as exc:
            raise file_error(exc, self.path) from exc
        try:
            self.events.open(self.path / EVENTS_FILE)
            self._frames = FrameWriter(self.path, self._shape, self._roads)
        except Exception as exc:
            self._fail(exc)
            raise
        self._begun = self._saved = time.monotonic()
        return self

    def inherit(self, source: Path, extent: Extent) -> None:
        """Begin with what another run's folder held at a moment; nothing may have been written yet.

        Raises
        ------
        RunFolderError
            If that folder holds less by now.
        """
        self.events.release()
        for suffix in ("", "-wal", "-shm"):
            (self.path / f"{EVENTS_FILE}{suffix}").unlink(missing_ok=True)
        copy_events(source, self.path / EVENTS_FILE, extent.events)
        self.events.inherit(self.path / EVENTS_FILE)
        self._frames.inherit(source, extent.frames, extent.velocity_frames)
        self.readings.inherit(source, extent.reading_parts)
        self.points.inherit(source, extent.point_parts, extent.t_s)
        self._t_s = extent.t_s
        self._save()

    def extent(self, t_s: float) -> Extent:
        """Write down all that has come so far, and return how far the folder has come."""
        self.flush()
        return Extent(
            t_s=t_s,
            events=self.events.count,
            log_hash=self.events.hash(),
            frames=self._frames.count,
            velocity_frames=self._frames.velocity_count,
            reading_parts=self.readings.parts,
            point_parts=self.points.parts,
        )

    def note_checkpoint(self, t_s: float) -> None:
        """Write down that the run can be gone on with from a time."""
        self._meta["checkpoints"].append(t_s)
        self._save()

    def note_port(self, address: str) -> None:
        """Write down where the simulation takes commands; see `scenarios.branching.port`."""
        self._meta["port"] = address
        self._save()

    def note_parent(self, meta: Mapping[str, Any]) -> None:
        """Write down the run that this one branches off from, and what it goes on with."""
        self._meta |= meta
        self._save()

    def before_fork(self) -> None:
        """Close the event log, which a forked process must not share."""
        self.events.release()

    def after_fork(self) -> None:
        """Open the event log again."""
        self.events.open(self.path / EVENTS_FILE)

    def move_to(self, path: Path, meta: Mapping[str, Any]) -> None:
        """Go on in a folder of one's own, in the process that was forked, after `before_fork`.

        Parameters
        ----------
        path
            The new folder; it begins with all that has been written so far.
        meta
            Entries of ``run.json`` that differ from this run's, such as ``parent``.
        """
        source, self.path = self.path, path
        self._meta |= {**meta, "process": this_process(), "created": _now(), "checkpoints": []}
        _place(path, self._meta)
        copy_events(source, path / EVENTS_FILE, self.events.count)
        self.events.open(path / EVENTS_FILE)
        self._frames = self._frames.moved_to(path)
        self.readings.move_to(path)
        self.points.move_to(path)
        self._begun = time.monotonic()
        self._save()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the run; an exception that nobody caught is written down.

        Raises
        ------
        RunError
            In place of what the system says of a disk without room.
        """
        if self._meta["status"] != RUNNING:
            return
        if error is not None and not isinstance(error, KeyboardInterrupt):
            self._fail(error)
            return
        try:
            self.interrupt()
        except (OSError, sqlite3.Error, RunError) as exc:
            self._fail(exc)
            raise

    def frame(self, t_s: float, water_depth: NDArray[Any], road_depth: NDArray[Any]) -> None:
        """Write one depth frame, m, and make all events so far visible."""
        self._frames.append(t_s, water_depth, road_depth)
        self.events.commit()

    @property
    def wants_maximum(self) -> bool:
        """Whether the rasters of the whole run are due for renewal."""
        return self._frames.wants_maximum

    def rasters(self, values: Mapping[str, NDArray[Any]]) -> None:
        """Replace rasters of the whole run, by name, in the units of `scenarios.runfolder.fields`."""
        self._frames.write_rasters(values)

    def velocity(self, t_s: float, east: NDArray[Any], north: NDArray[Any]) -> None:
        """Write one frame of velocities at cell centres, m/s."""
        self._frames.append_velocity(t_s, east, north)

    def progress(self, t_s: float) -> None:
        """Note the simulated time and show readers what has been written, once a second."""
        self._t_s = t_s
        now = time.monotonic()
        if now - self._saved < PROGRESS_EVERY_S:
            return
        self.events.commit()
        self.readings.flush_if_due()
        self.points.flush_if_due()
        self._save()

    def finish(self, t_s: float, summary: Mapping[str, Any]) -> None:
        """Write the summary and mark the run as finished."""
        self._t_s = t_s
        write_json(self.path / SUMMARY_FILE, summary)
        self._end(FINISHED)

    def interrupt(self, summary: Mapping[str, Any] | None = None) -> None:
        """Mark the run as interrupted; what it wrote so far stays readable."""
        if summary is not None:
            write_json(self.path / SUMMARY_FILE, summary)
        self._end(INTERRUPTED)

    def flush(self) -> None:
        """Make all events and readings so far visible."""
        self.events.commit()
        self.readings.flush()
        self.points.flush()

    def _end(self, status: str) -> None:
        self.readings.flush()
        self.points.close()
        self.events.close()
        self._save(_ending(status) | {"event_log_hash": self.events.hash()})

    def _fail(self, error: BaseException) -> None:
        """Mark the run as failed and keep what can be kept; a disk without room is no hindrance to that.

        Raises
        ------
        RunError
            In place of what the system says of a disk without room.
        """
        told = self._told(error)
        ending = _ending(FAILED) | {"error": f"{type(told).__name__}: {told}"}
        for close in (self.readings.flush, self.points.close, self.events.close):
            with suppress(OSError, sqlite3.Error, RunError):
                close()
        with suppress(sqlite3.Error, RunError):  # a log that lost events has no hash of all
            ending["event_log_hash"] = self.events.hash()
        try:
            self._save(ending)
        except OSError:
            with suppress(OSError):
                overwrite_json(self.path / META_FILE, self._meta | ending)
        if told is not error:
            raise told from error

    def _told(self, error: BaseException) -> BaseException:
        """Return an error that names the run where the system has said that there is no room."""
        if not has_no_room(error) and not isinstance(error, sqlite3.Error):
            return error
        return RunError(
            f"A file of run '{self.path}' cannot be written",
            got=getattr(error, "strerror", None) or str(error),
            remedy="Make room on the disk, also for temporary files, or choose another --out, and run again",
        )

    def _save(self, ending: dict[str, Any] | None = None) -> None:
        self._saved = time.monotonic()
        frames = getattr(self, "_frames", None)  # none in a folder that could not be begun
        self._meta["progress"] = {
            "t_s": self._t_s,
            "wall_s": round(self._saved - self._begun, 3),
            "frames": 0 if frames is None else frames.count,
            "events": self.events.count,
        }
        meta = self._meta | (ending or {})
        write_json(self.path / META_FILE, meta)
        self._meta = meta


def check_free(path: Path) -> None:
    """Refuse a path that a run must not write to.

    Raises
    ------
    RunFolderError
        If the path holds something that is no run, or a run that is still going on.
    """
    if not path.exists():
        return
    if not path.is_dir():
        raise RunFolderError(
            f"Output '{path}'", got="a file", expected="a folder", remedy="Choose another --out"
        )
    if not any(path.iterdir()):
        return
    if not is_run_folder(path):
        raise RunFolderError(
            f"Output '{path}'",
            got="a folder with other content",
            expected="a new or empty folder, or an earlier run",
            remedy="Choose another --out",
        )
    meta = read_meta(path) if _readable(path) else {}
    if meta.get("status") == RUNNING and is_alive(meta.get("process")):
        raise RunFolderError(
            f"Output '{path}'",
            got=f"a run that is still going on (process {meta['process']['pid']})",
            remedy="Wait for it, stop it, or choose another --out",
        )


def _readable(path: Path) -> bool:
    try:
        read_meta(path)
    except RunFolderError:
        return False
    return True


def _place(path: Path, meta: Mapping[str, Any]) -> None:
    """Put a new folder with its ``run.json`` at ``path`` in one step, in place of an earlier run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new-{os.getpid()}")
    try:
        new.mkdir()
        write_json(new / META_FILE, meta)
        replace_folder(path, new)
    except OSError:
        shutil.rmtree(new, ignore_errors=True)
        raise


def _ending(status: str) -> dict[str, Any]:
    return {"status": status, "ended": _now(), "error": None, "port": None}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
