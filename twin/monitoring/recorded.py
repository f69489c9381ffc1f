"""Readings of a gauge as somebody has recorded them, gaps included."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cim_models.errors import InputError
from cim_models.timeseries import seconds_since
from twin.monitoring.chart import Floats


@dataclass(frozen=True, slots=True, eq=False)
class RecordedReadings:
    """A series with gaps.

    Parameters
    ----------
    times_s
        Ascending, s since the start of the simulation; negative before it; shape (n,).
    values
        In the gauge's unit, NaN where there is none, shape (n,).
    temperature_c
        At the same times, degrees Celsius, NaN where there is none; None where nobody measured it.
    """

    times_s: Floats
    values: Floats
    temperature_c: Floats | None = None

    def at(self, times_s: Floats, interval_s: float) -> tuple[Floats, Floats]:
        """Latest value and temperature of the interval before each time; NaN where there is none."""
        row = np.searchsorted(self.times_s, times_s, side="right") - 1
        is_there = (row >= 0) & (self.times_s[row] > times_s - interval_s)
        values = np.where(is_there, self.values[row], np.nan)
        if self.temperature_c is None:
            return values, np.full(len(times_s), np.nan)
        return values, np.where(is_there, self.temperature_c[row], np.nan)


def read_recorded(path: Path | str, column: str, temperature: str | None, start: str) -> RecordedReadings:
    """Read a gauge's series from a CSV file.

    Parameters
    ----------
    path
        The first column holds the time: seconds since the start, or ISO date-times.
    column
        Name of the column with the values; empty cells are gaps.
    temperature
        Name of the column with the temperature, degrees Celsius; None for none.
    start
        Date-time of simulated time 0.

    Raises
    ------
    InputError
        Naming the file and the row, if it cannot be read, a cell holds no number, or times do not ascend.
    """
    name = f"Readings {path}"
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as exc:
        raise InputError(f"{name} cannot be read", got=exc, expected="a CSV file") from exc
    if table.empty:
        raise InputError(name, got="no rows", expected="at least one")
    times = seconds_since(table.iloc[:, 0], name, start)
    written = table.iloc[:, 0].astype(str).tolist()
    for earlier in np.flatnonzero(~(np.diff(times) > 0.0)).tolist():
        got = f"time {written[earlier + 1]} after {written[earlier]}"
        raise InputError(f"{name}, row {earlier + 3}", got=got, expected="ascending times")
    values = _column(table, column, name)
    return RecordedReadings(times, values, None if temperature is None else _column(table, temperature, name))


def _column(table: pd.DataFrame, column: str, name: str) -> Floats:
    columns = [str(entry) for entry in table.columns[1:]]
    if column not in columns:
        expected = f"one of {', '.join(columns)}" if columns else "a time and a value"
        raise InputError(f"{name}, column of values", got=f"'{column}'", expected=expected)
    values = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=np.float64)
    wrong = (~np.isfinite(values)) & table[column].notna().to_numpy()
    for row in np.flatnonzero(wrong).tolist():
        got = table[column].iloc[row]
        expected = "a number, or an empty cell for a gap"
        raise InputError(f"{name}, row {row + 2}, column '{column}'", got=got, expected=expected)
    return values
