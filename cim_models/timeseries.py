"""A value in time, such as a water level or an inflow: straight lines between given times."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cim_models.errors import InputError

After = Literal["refuse", "hold", "zero"]


@dataclass(frozen=True, slots=True, eq=False)
class TimeSeries:
    """A value that changes linearly between given times.

    Parameters
    ----------
    times_s
        Ascending, s since the start of the simulation, shape (n,), n >= 1.
    values
        In the unit of what it describes, finite, shape (n,).
    after
        What holds after the last time: ``"refuse"`` means that nobody may ask, ``"hold"`` that the last
        value stays, ``"zero"`` that the value drops to 0 at once.
    name
        What it is and where it comes from, for messages.

    Raises
    ------
    InputError
        If times do not ascend, or a value is missing.
    """

    times_s: NDArray[np.float64]
    values: NDArray[np.float64]
    after: After = "refuse"
    name: str = "Series"

    def __post_init__(self) -> None:
        times, values = self.times_s, self.values
        if times.ndim != 1 or times.size == 0 or values.shape != times.shape:
            raise InputError(
                self.name,
                got=f"{times.size} times and {values.size} values",
                expected="as many values as times, at least one",
            )
        for row in np.flatnonzero(~(np.isfinite(times) & np.isfinite(values))):
            raise InputError(
                f"{self.name}, entry {row + 1}",
                got=f"time {times[row]:g} s, value {values[row]:g}",
                expected="numbers",
                remedy="Fill the gap",
            )
        for row in np.flatnonzero(np.diff(times) <= 0.0):
            raise InputError(
                f"{self.name}, entry {row + 2}",
                got=f"{times[row + 1]:g} s after {times[row]:g} s",
                expected="ascending times",
            )

    @property
    def end_s(self) -> float:
        """Time up to which there is a value, s; ``inf`` where one is given for afterwards."""
        return float(self.times_s[-1]) if self.after == "refuse" else np.inf

    def check_covers(self, start_s: float, end_s: float) -> None:
        """Raise `InputError` unless there is a value from ``start_s`` to ``end_s``."""
        if self.times_s[0] > start_s:
            raise InputError(
                f"{self.name} begins late",
                got=f"{self.times_s[0]:g} s",
                expected=f"a value at {start_s:g} s or before",
                remedy="Add the value at the start",
            )
        if self.end_s < end_s:
            raise InputError(
                f"{self.name} ends early",
                got=f"{self.end_s:g} s",
                expected=f"values until {end_s:g} s",
                remedy="Extend it, or set 'after' to hold or zero",
            )

    def knots(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return times and values after which the last value holds: a drop to zero is made explicit."""
        if self.after != "zero":
            return self.times_s, self.values
        dropped = np.nextafter(self.times_s[-1], np.inf)
        return np.append(self.times_s, dropped), np.append(self.values, 0.0)


def constant_series(value: float, name: str = "Series") -> TimeSeries:
    """Return a series that has one value from time 0 on."""
    return TimeSeries(np.zeros(1), np.array([float(value)]), "hold", name)


def read_series(
    path: Path | str,
    *,
    column: str | None = None,
    start: str | None = None,
    after: After = "refuse",
) -> TimeSeries:
    """Read a series from a CSV file.

    Parameters
    ----------
    path
        The first column holds the time: seconds since the start, or ISO date-times.
    column
        Name of the column with the values; may be omitted where the file has two columns.
    start
        Date-time of simulated time 0; the first row's where omitted.
    after
        See `TimeSeries`.

    Raises
    ------
    InputError
        Naming the file and the row, if it cannot be read, a value is missing or no number, or times do
        not ascend.
    """
    name = f"Series {path}"
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as exc:
        raise InputError(f"{name} cannot be read", got=exc, expected="a CSV file") from exc
    chosen = _chosen(list(map(str, table.columns)), column, name)
    if table.empty:
        raise InputError(name, got="no rows", expected="at least one")
    values = pd.to_numeric(table[chosen], errors="coerce").to_numpy(dtype=np.float64)
    for row in np.flatnonzero(~np.isfinite(values)):
        got = "no value" if pd.isna(table[chosen].iloc[row]) else table[chosen].iloc[row]
        raise InputError(
            f"{name}, row {row + 2}, column '{chosen}'", got=got, expected="a number", remedy="Fill the gap"
        )
    times = seconds_since(table.iloc[:, 0], name, start)
    written = table.iloc[:, 0].astype(str).tolist()
    for earlier in np.flatnonzero(~(np.diff(times) > 0.0)).tolist():
        raise InputError(
            f"{name}, row {earlier + 3}",
            got=f"time {written[earlier + 1]} after {written[earlier]}",
            expected="ascending times",
        )
    return TimeSeries(times, values, after, name)


def seconds_since(column: pd.Series, name: str, start: str | None) -> NDArray[np.float64]:
    """Return times as seconds: numbers as they are, ISO date-times from ``start``, or from the first.

    Raises
    ------
    InputError
        Naming the file, if an entry is neither, or lacks a time zone where the start has one.
    """
    if pd.api.types.is_numeric_dtype(column):
        return np.asarray(column, dtype=np.float64)
    try:
        stamps = pd.to_datetime(column, format="ISO8601")
        origin = stamps.iloc[0] if start is None else pd.Timestamp(start)
    except (ValueError, TypeError) as exc:
        raise InputError(
            f"{name}, column '{column.name}'",
            got=exc,
            expected="seconds or ISO date-times, with a time zone where the start has one",
        ) from exc
    if (stamps.dt.tz is None) != (origin.tz is None):
        here, there = (
            "no time zone" if each is None else "a time zone" for each in (stamps.dt.tz, origin.tz)
        )
        raise InputError(
            f"{name}, column '{column.name}'",
            got=f"{column.iloc[0]} with {here}",
            expected=f"date-times with {there}, as the start {start} has",
            remedy="Write them as the start is written, or as seconds since it",
        )
    return np.asarray((stamps - origin) / pd.Timedelta(seconds=1), dtype=np.float64)


def _chosen(columns: list[str], column: str | None, name: str) -> str:
    if column is None and len(columns) == 2:
        return columns[1]
    if column is None or column not in columns[1:]:
        got = "no column chosen" if column is None else f"'{column}'"
        expected = f"one of {', '.join(columns[1:])}" if columns[1:] else "a time and a value"
        raise InputError(f"{name}, column of values", got=got, expected=expected, remedy="Set 'column'")
    return column
