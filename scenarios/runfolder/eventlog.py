"""The event log: an append-only SQLite table with one writer and any number of readers."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from cim_models.errors import RunFolderError
from cim_models.events import EVENT_KINDS, Event
from cim_models.values import ValueKind

EVENTS_FILE = "events.sqlite"
COMMIT_EVERY_S = 0.5

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events(
    id INTEGER PRIMARY KEY,
    t_s REAL NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    cause INTEGER,
    value_kind TEXT NOT NULL,
    data TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_kind ON events(kind, id);
CREATE INDEX IF NOT EXISTS events_subject ON events(subject, id);
"""
_COLUMNS = "id, t_s, kind, subject, cause, value_kind, data"


class EventLog:
    """Write events and hash them; satisfies `cim_models.events.EventSink`.

    Events that come before `open` wait in memory. Then rows are committed in batches: at the latest
    half a second after the first uncommitted one when another follows, and at every `commit`, which a
    run calls each coupling step. The log's hash covers ids, times, kinds, subjects, causes and data,
    hence nothing of the wall clock.
    """

    def __init__(self) -> None:
        self._connection: sqlite3.Connection | None = None
        self._rows: list[tuple[Any, ...]] = []
        self._count = 0
        self._digest = hashlib.sha256()
        self._committed = time.monotonic()

    def open(self, path: Path) -> None:
        """Make the SQLite file and write what has been waiting."""
        self._connection = sqlite3.connect(path)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_SCHEMA)
        self.commit()

    def release(self) -> None:
        """Close the file for a while, so that the process can fork; `open` opens it again."""
        self.close()
        self._connection = None

    def inherit(self, path: Path) -> None:
        """Make the SQLite file of a log that begins with the events that `copy_events` put there."""
        rows = list(_rows(path, f"SELECT {_COLUMNS} FROM events ORDER BY id", []))
        for row in rows:
            self._digest.update(hash_line(row))
        self._count = len(rows)
        self.open(path)

    def append(
        self,
        t_s: float,
        kind: str,
        subject: str,
        *,
        cause: int | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> int:
        """Write one event and return its id.

        Raises
        ------
        KeyError
            If the kind is not declared in `cim_models.events`.
        ValueError
            If the cause is no earlier event or the data holds a value that JSON cannot say.
        """
        if kind not in EVENT_KINDS:
            raise KeyError(kind)
        number = self._count + 1
        if cause is not None and not 1 <= cause < number:
            msg = f"Event {number} ({kind}): cause {cause}; expected an earlier event"
            raise ValueError(msg)
        row = (
            number,
            float(t_s),
            kind,
            str(subject),
            cause,
            ValueKind.SIMULATED.value,
            canonical(data or {}),
        )
        self._digest.update(hash_line(row))
        self._rows.append(row)
        self._count = number
        if time.monotonic() - self._committed > COMMIT_EVERY_S:
            self.commit()
        return number

    @property
    def count(self) -> int:
        """Number of events so far."""
        return self._count

    def hash(self) -> str:
        """SHA-256 of all events so far, as hexadecimal text."""
        return self._digest.hexdigest()

    def commit(self) -> None:
        """Make every event so far visible to readers."""
        if self._rows and self._connection is not None:
            with self._connection:
                self._connection.executemany("INSERT INTO events VALUES (?,?,?,?,?,?,?)", self._rows)
            self._rows.clear()
        self._committed = time.monotonic()

    def close(self) -> None:
        """Commit and close; the write-ahead file is folded into the database."""
        self.commit()
        if self._connection is not None:
            self._connection.close()


def canonical(data: Mapping[str, Any]) -> str:
    """Say data as JSON in one way only: keys sorted, no spaces, plain numbers."""
    return json.dumps(
        data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain
    )


def hash_line(row: tuple[Any, ...]) -> bytes:
    """Bytes of one row as the log's hash sees it."""
    return (json.dumps(row, separators=(",", ":"), ensure_ascii=False) + "\n").encode("utf-8")


def read_events(
    folder: Path, after_id: int = 0, kinds: Collection[str] | None = None, limit: int | None = None
) -> list[Event]:
    """Read events in order, from a finished log or one that is still being written.

    Parameters
    ----------
    folder
        The run folder.
    after_id
        Only events with a larger id.
    kinds
        Only these kinds; all when None.
    limit
        At most so many.
    """
    where, values = "id > ?", [after_id]
    if kinds is not None:
        names = sorted(kinds)
        where += f" AND kind IN ({','.join('?' * len(names))})"
        values += names  # type: ignore[arg-type]
    query = f"SELECT {_COLUMNS} FROM events WHERE {where} ORDER BY id"
    if limit is not None:
        query += f" LIMIT {int(limit)}"
    return [_event(row) for row in _select(folder, query, values)]


def copy_events(source: Path, target: Path, count: int) -> None:
    """Write the first events of a run's log into a new log.

    Parameters
    ----------
    source
        Run folder that the events are read from; its run may be going on in another process.
    target
        SQLite file to make.
    count
        How many.

    Raises
    ------
    RunFolderError
        If there are fewer.
    """
    rows = _select(source, f"SELECT {_COLUMNS} FROM events WHERE id <= ? ORDER BY id", [count])
    connection = sqlite3.connect(target)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(_SCHEMA)
        with connection:
            connection.executemany("INSERT INTO events VALUES (?,?,?,?,?,?,?)", rows)
        copied = connection.execute("SELECT count(*) FROM events").fetchone()[0]
    finally:
        connection.close()
    if copied != count:
        raise RunFolderError(
            f"Event log of run '{source}'",
            got=f"{copied} events",
            expected=f"at least {count}",
            remedy="Run the scenario again",
        )


def count_kinds(folder: Path) -> dict[str, int]:
    """Count the events of each kind, in alphabetical order."""
    return dict(_select(folder, "SELECT kind, COUNT(*) FROM events GROUP BY kind ORDER BY kind", []))


def log_hash(folder: Path) -> str:
    """SHA-256 of the event log on disk; equals what the writer computed."""
    digest = hashlib.sha256()
    for row in _select(folder, f"SELECT {_COLUMNS} FROM events ORDER BY id", []):
        digest.update(hash_line(row))
    return digest.hexdigest()


def _select(folder: Path, query: str, values: list[Any]) -> Iterator[tuple[Any, ...]]:
    path = folder / EVENTS_FILE
    if not path.exists():
        raise RunFolderError(
            f"Run folder '{folder}'", got=f"no {EVENTS_FILE}", remedy="Run the scenario again"
        )
    yield from _rows(path, query, values)


def _rows(path: Path, query: str, values: list[Any]) -> Iterator[tuple[Any, ...]]:
    try:
        connection = sqlite3.connect(path, timeout=10.0)
        try:
            connection.execute("PRAGMA query_only=ON")
            yield from connection.execute(query, values)
        finally:
            connection.close()
    except sqlite3.Error as exc:
        raise RunFolderError(f"Event log '{path}'", got=str(exc), remedy="Run the scenario again") from exc


def _event(row: tuple[Any, ...]) -> Event:
    number, t_s, kind, subject, cause, value_kind, data = row
    return Event(number, t_s, kind, subject, cause, ValueKind(value_kind), json.loads(data))


def _plain(value: Any) -> Any:
    """Turn a NumPy scalar or array into plain JSON values."""
    to_list = getattr(value, "tolist", None)
    if to_list is None:
        msg = f"{value!r} is no JSON value"
        raise TypeError(msg)
    return to_list()
