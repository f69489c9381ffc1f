"""The event log: an append-only SQLite table with one writer and any number of readers."""

from __future__ import annotations

import hashlib
import math
import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import batched, chain
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec

from cim_models.errors import RunError, RunFolderError
from cim_models.events import EVENT_KINDS, Event
from cim_models.values import ValueKind

EVENTS_FILE = "events.sqlite"
COMMIT_EVERY_S = 0.5

BATCH = 4000
"""Rows after which a thread writes what waits, at the latest."""

STATEMENT = 200
"""Rows that one SQL statement writes: a statement of one length is parsed once, and the interpreter is free
for the run while it works. Longer ones cost a third more."""

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
"""
_CLOSE_TRIES, _CLOSE_WAIT_S = 20, 0.05
_COLUMNS = "id, t_s, kind, subject, cause, value_kind, data"
_SIMULATED = ValueKind.SIMULATED.value

Row = tuple[int, float, str, str, int | None, str, str]
"""One event in the order of the table's columns."""


class EventLog:
    """Write events and hash them; satisfies `cim_models.events.EventSink`.

    Events that come before `open` wait in memory. Then rows are written in batches, at the latest half
    a second after the first unwritten one when another follows, by a thread that lasts as long as its
    batch: SQLite and the hash work while the run goes on. After `commit`, which a run calls at each
    frame, everything is on disk and nothing works in the background, so the process may fork. The log's
    hash covers ids, times, kinds, subjects, causes and data, hence nothing of the wall clock.
    """

    def __init__(self) -> None:
        self._connection: sqlite3.Connection | None = None
        self._rows: list[Row] = []
        self._count = 0
        self._digest = hashlib.sha256()
        self._committed = time.monotonic()
        self._thread: Thread | None = None
        self._failure: BaseException | None = None

    def open(self, path: Path) -> None:
        """Make the SQLite file and write what has been waiting."""
        # one thread at a time: `_finish` comes before each use
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_SCHEMA)
        self.commit()

    def release(self) -> None:
        """Close the file for a while, so that the process can fork; `open` opens it again.

        The write-ahead file stays as it is: to fold it in would cost a wait for the disk.
        """
        self.commit()
        if self._connection is not None:
            self._connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)
            self._connection.close()
            self._connection = None

    def inherit(self, path: Path) -> None:
        """Make the SQLite file of a log that begins with the events that `copy_events` put there."""
        for rows in batched(_rows(path, f"SELECT {_COLUMNS} FROM events ORDER BY id", []), BATCH):
            self._digest.update(hash_lines(rows))
            self._count += len(rows)
        self.open(path)

    def append(
        self,
        t_s: float,
        kind: str,
        subject: str,
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
        text = "{}"
        if data:
            text = _ENCODE(data).decode()
            # the encoder writes null for what is not finite; only a null that nobody gave is worth a search
            if "null" in text and text.count("null") != [*map(type, data.values())].count(_NONE):
                _refuse_infinite(data)
        self._rows.append((number, float(t_s), kind, str(subject), cause, _SIMULATED, text))
        self._count = number
        if len(self._rows) >= BATCH or time.monotonic() - self._committed > COMMIT_EVERY_S:
            self._hand_over()
        return number

    @property
    def count(self) -> int:
        """Number of events so far."""
        return self._count

    def hash(self) -> str:
        """SHA-256 of all events so far, as hexadecimal text."""
        self._finish()
        digest = self._digest.copy()
        digest.update(hash_lines(self._rows))
        return digest.hexdigest()

    def commit(self) -> None:
        """Make every event so far visible to readers, and wait until it is."""
        self._hand_over()
        self._finish()

    def close(self) -> None:
        """Commit and close; the write-ahead file is folded into the database, which then needs none.

        Whoever reads the log later then leaves no files beside it. While somebody is reading, it waits a
        little; where that does not end, the log stays as it is, which is as good to read.
        """
        try:
            self.commit()
        finally:
            if self._connection is not None:
                _without_write_ahead(self._connection)
                self._connection.close()

    def _hand_over(self) -> None:
        """Let a thread write the rows so far."""
        self._committed = time.monotonic()
        if not self._rows or self._connection is None:
            return
        self._finish()
        rows, self._rows = self._rows, []
        self._thread = Thread(target=self._write, args=(self._connection, rows), name="event log")
        self._thread.start()

    def _finish(self) -> None:
        """Wait for the thread and raise what went wrong in it.

        Raises
        ------
        RunError
            If the rows cannot be written, as when the disk is full.
        """
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        failure = self._failure  # for good: the rows are lost, and a log with a gap must not go on
        if isinstance(failure, sqlite3.Error):
            raise RunError(
                "The event log cannot be written",
                got=str(failure),
                remedy="See that the disk has room and that nobody else writes to the run folder",
            ) from failure
        if failure is not None:
            raise failure

    def _write(self, connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
        try:
            self._digest.update(hash_lines(rows))
            with connection:
                for some in batched(rows, STATEMENT):
                    places = ",".join(["(?,?,?,?,?,?,?)"] * len(some))
                    connection.execute(f"INSERT INTO events VALUES {places}", [*chain.from_iterable(some)])
        except BaseException as error:
            self._failure = error


def _without_write_ahead(connection: sqlite3.Connection) -> None:
    for _ in range(_CLOSE_TRIES):
        with suppress(sqlite3.OperationalError):  # a reader has it open
            connection.execute("PRAGMA journal_mode=DELETE")
            return
        time.sleep(_CLOSE_WAIT_S)


def hash_lines(rows: Iterable[Row]) -> bytes:
    """Bytes of rows as the log's hash sees them: a line for each, as a JSON array."""
    return _ROW_ENCODER.encode_lines(rows)


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
    for rows in batched(_select(folder, f"SELECT {_COLUMNS} FROM events ORDER BY id", []), BATCH):
        digest.update(hash_lines(rows))
    return digest.hexdigest()


def _select(folder: Path, query: str, values: list[Any]) -> Iterator[Any]:
    path = folder / EVENTS_FILE
    if not path.exists():
        raise RunFolderError(
            f"Run folder '{folder}'", got=f"no {EVENTS_FILE}", remedy="Run the scenario again"
        )
    yield from _rows(path, query, values)


def _rows(path: Path, query: str, values: list[Any]) -> Iterator[Any]:
    try:
        connection = sqlite3.connect(path, timeout=10.0)
        try:
            connection.execute("PRAGMA query_only=ON")
            connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)
            yield from connection.execute(query, values)
        finally:
            connection.close()
    except sqlite3.Error as exc:
        raise RunFolderError(f"Event log '{path}'", got=str(exc), remedy="Run the scenario again") from exc


def _event(row: tuple[Any, ...]) -> Event:
    number, t_s, kind, subject, cause, value_kind, data = row
    return Event(number, t_s, kind, subject, cause, ValueKind(value_kind), msgspec.json.decode(data))


def _plain(value: Any) -> Any:
    """Turn a NumPy scalar or array into plain JSON values."""
    to_list = getattr(value, "tolist", None)
    if to_list is None:
        msg = f"{value!r} is no JSON value"
        raise TypeError(msg)
    return to_list()


def _refuse_infinite(value: Any) -> None:
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, float) and not math.isfinite(value):
        msg = f"{value} is no JSON value"
        raise ValueError(msg)
    if isinstance(value, Mapping):
        _refuse_infinite([*value.values()])
    elif isinstance(value, list | tuple):
        for part in value:
            _refuse_infinite(part)


_NONE = type(None)
_ENCODE = msgspec.json.Encoder(enc_hook=_plain, order="deterministic").encode
"""Says data as JSON in one way only: keys sorted, no spaces, plain numbers."""

_ROW_ENCODER = msgspec.json.Encoder()
