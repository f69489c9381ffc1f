"""Measured rain: gauges in a table."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cim_models.errors import InputError
from cim_models.values import ValueKind
from twin.rain.record import Gaps, RainRecord, close_gaps
from twin.rain.series import RainSeries
from twin.rain.times import Start, seconds_since

Quantity = Literal["intensity_mm_h", "intensity_mm_s", "depth_mm"]
_SEPARATORS = ",;\t"


@dataclass(frozen=True, slots=True)
class GaugeFile:
    """A table of gauges and what its columns mean.

    The first column holds the time, seconds or ISO date-times, every other column a gauge. A row's value
    holds from its time to the next row's; the last row is as long as the one before it. Columns are
    separated by commas, semicolons, tabs or blanks. Where the first line holds numbers only there is no
    heading, and the gauges are called ``1``, ``2``, ...

    Parameters
    ----------
    path
        The file.
    quantity
        Whether values are intensities, mm/h or mm/s, or depths per row, mm.
    positions
        Coordinates of each gauge, m; needed when there are several gauges.
    gaps
        A gap is an empty value, or a row interval longer than 1.5 times the usual one; it is refused, or
        counted as no rain (``"dry"``) and noted. It is never filled in silence.
    between
        What falls between the gauges, see `RainSeries`.
    """

    path: Path | str
    quantity: Quantity = "intensity_mm_h"
    positions: Mapping[str, tuple[float, float]] | None = None
    gaps: Gaps = "refuse"
    between: Literal["nearest", "inverse_distance"] = "nearest"

    @property
    def what(self) -> str:
        """Its name in messages."""
        return f"Rain file {self.path}"


def gauge_rain(file: GaugeFile, start: Start = None) -> RainSeries:
    """Read measured rain.

    Parameters
    ----------
    file
        The table.
    start
        Date-time of simulated time 0; the first row's where omitted.

    Raises
    ------
    InputError
        Naming the file, row and gauge.
    """
    table, first_line = _read_table(file)
    gauges = tuple(map(str, table.columns[1:]))
    record = RainRecord(
        what=file.what,
        times_s=seconds_since(table.iloc[:, 0], start, f"{file.what}, column '{table.columns[0]}'"),
        values=table.iloc[:, 1:].to_numpy(dtype=np.float64),
        row_name=lambda row: f"row {row + first_line}",
        place_name=lambda place: f"gauge '{gauges[place]}'",
    )
    edges, values, notes = close_gaps(record, file.gaps)
    rates = rates_mm_h(values, edges, file.quantity)
    places = _places(gauges, file)
    return RainSeries(edges, rates, gauges, places, ValueKind.OBSERVED, notes, file.between)


def rates_mm_h(
    values: NDArray[np.float64], edges_s: NDArray[np.float64], quantity: Quantity
) -> NDArray[np.float64]:
    """Return values of a quantity, shape (n, places), as intensities, mm/h."""
    if quantity == "intensity_mm_h":
        return values
    return values * 3600.0 / (1.0 if quantity == "intensity_mm_s" else np.diff(edges_s)[:, None])


def _read_table(file: GaugeFile) -> tuple[pd.DataFrame, int]:
    """Return the table, missing values as NaN, and the number of its first row in the file."""
    try:
        with Path(file.path).open(encoding="utf-8") as lines:
            head = lines.readline()
        separator = next((mark for mark in _SEPARATORS if mark in head), r"\s+")
        bare = _holds_numbers_only(head, separator)
        table = pd.read_csv(
            file.path, sep=separator, header=None if bare else "infer", quoting=csv.QUOTE_MINIMAL
        )
    except (OSError, ValueError) as exc:
        raise InputError(f"{file.what} cannot be read", got=exc, expected="a table as text") from exc
    if table.shape[1] < 2 or len(table) < 2:
        raise InputError(
            file.what,
            got=f"{len(table)} rows and {table.shape[1]} columns",
            expected="at least 2 rows, and the time followed by one column per gauge",
        )
    first_line = 1 if bare else 2
    for gauge in table.columns[1:]:
        numbers = pd.to_numeric(table[gauge], errors="coerce")
        words = numbers.isna() & table[gauge].notna()
        if words.any():
            row = int(np.argmax(words.to_numpy()))
            raise InputError(
                f"{file.what}, row {row + first_line}, gauge '{gauge}'",
                got=table[gauge].iloc[row],
                expected=">= 0",
            )
        table[gauge] = numbers
    return table, first_line


def _holds_numbers_only(line: str, separator: str) -> bool:
    fields = line.split() if separator == r"\s+" else line.strip().split(separator)
    try:
        return bool([float(field) for field in fields])
    except ValueError:
        return False


def _places(gauges: tuple[str, ...], file: GaugeFile) -> NDArray[np.float64] | None:
    if file.positions is None and len(gauges) == 1:
        return None
    absent = [gauge for gauge in gauges if gauge not in (file.positions or {})]
    if file.positions is None or absent:
        raise InputError(
            file.what,
            got=f"no position for gauge {', '.join(map(repr, absent))}",
            expected="coordinates of every gauge, since there are several",
        )
    return np.array([file.positions[gauge] for gauge in gauges], dtype=np.float64)
