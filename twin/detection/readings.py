"""Readings of the sensors of a network: a table with a column a sensor, averaged over steps.

A column is named after what it measures and where: ``p_NODE`` pressure, m of water; ``q_LINK`` flow, m3/h,
positive from the link's first node; ``level_TANK`` depth of water in a tank, m; in a sewer ``level_NODE``
depth above the invert, m, and ``q_LINK``. The first column is the time.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cim_models.city import Network
from cim_models.errors import InputError

_FIRST_LINE = 2
_EXPECTED = "a CSV table, perhaps compressed"
_PARSER_PREFIX = "Error tokenizing data. C error: "
_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_PRESSURES_M = (-1.0, 500.0)
_TANK_LEVELS_M = (-0.5, 100.0)
_LEAST_LEVEL_M, _ABOVE_GROUND_M, _GROUND_TOLERANCE_M = -0.2, 10.0, 0.2
_FLOWS_M3_H = (-1e6, 1e6)


@dataclass(frozen=True, slots=True)
class SensorKind:
    """A kind of column.

    Parameters
    ----------
    prefix
        What its name begins with, before ``_``.
    element, words
        Where such a sensor is, and how the column is explained.
    ranges
        Least and largest value that such a sensor can read, by id of the element.
    speaks
        False for what only helps others to speak.
    usual
        Range in which half of what it reads must lie, by id of the element, where there is one.
    """

    prefix: str
    element: str
    words: str
    ranges: Mapping[str, tuple[float, float]]
    speaks: bool = True
    usual: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Readings:
    """What sensors read.

    Parameters
    ----------
    times
        Moments, ascending, without time zone, shape (moments,).
    columns
        Names of the sensors' columns.
    values
        What was read, shape (moments, columns), NaN where nothing was.
    """

    times: NDArray[np.datetime64]
    columns: tuple[str, ...]
    values: NDArray[np.float64]

    def averaged(self, step_s: int) -> Readings:
        """Return means over steps from the first midnight that is complete, or from the first moment.

        A step without a reading is NaN; its time is where it begins. What does not fill a step at the end
        is left out.
        """
        begin = self.times[0]
        second = np.timedelta64(1, "s")
        row = ((self.times - begin) / second // step_s).astype(np.int64)
        interval_s = _usual_interval_s(self.times)
        end_s = float((self.times[-1] - begin) / second) + interval_s
        steps = max(int(end_s // step_s), 1)
        keep = row < steps
        known = np.isfinite(self.values[keep])
        sums = np.zeros((steps, len(self.columns)))
        counts = np.zeros_like(sums)
        np.add.at(sums, row[keep], np.where(known, self.values[keep], 0.0))
        np.add.at(counts, row[keep], known)
        with np.errstate(invalid="ignore"):
            means = sums / counts
        return Readings(begin + np.arange(steps) * step_s * second, self.columns, means)

    def column(self, name: str) -> NDArray[np.float64] | None:
        """Return what a sensor read, shape (moments,); None where there is none of that name."""
        return self.values[:, self.columns.index(name)] if name in self.columns else None

    def rows(self, first: int, last: int) -> Readings:
        """Return the moments from one row to before another."""
        return Readings(self.times[first:last], self.columns, self.values[first:last])


def supply_sensors(network: Network) -> tuple[SensorKind, ...]:
    """Return the kinds of sensors of a supply network.

    A pressure below -1 m is none of a main under pressure but what a broken gauge says.
    """
    nodes, links = network.nodes, network.links
    tanks = nodes.loc[nodes["kind"] == "tank", "id"].astype(str)
    return (
        SensorKind("p", "node", "p_NODE (m)", dict.fromkeys(nodes["id"].astype(str), _PRESSURES_M)),
        SensorKind("q", "link", "q_LINK (m3/h)", dict.fromkeys(links["id"].astype(str), _FLOWS_M3_H)),
        SensorKind("level", "tank", "level_TANK (m)", dict.fromkeys(tanks, _TANK_LEVELS_M), speaks=False),
    )


def sewer_sensors(network: Network) -> tuple[SensorKind, ...]:
    """Return the kinds of sensors of a sewer; no level is more than 10 m above the ground.

    Half of the time a level is not even above the ground; one that is, is most likely in another unit. An
    outfall has no ground of its own.
    """
    nodes = network.nodes
    depths = (nodes["ground_elevation_m"] - nodes["invert_elevation_m"]).to_numpy(dtype=float)
    levels = {
        name: (_LEAST_LEVEL_M, float(depth) + _ABOVE_GROUND_M)
        for name, depth in zip(nodes["id"].astype(str), depths, strict=True)
    }
    covered = (nodes["kind"] != "outfall").to_numpy() & (depths > 0.0)
    usual = {
        name: (_LEAST_LEVEL_M, float(depth) + _GROUND_TOLERANCE_M)
        for name, depth in zip(nodes.loc[covered, "id"].astype(str), depths[covered], strict=True)
    }
    flows = dict.fromkeys(network.links["id"].astype(str), _FLOWS_M3_H)
    return (
        SensorKind("level", "node", "level_NODE (m)", levels, usual=usual),
        SensorKind("q", "link", "q_LINK (m3/h)", flows),
    )


def read_readings(path: Path, network: Network, kinds: Sequence[SensorKind] | None = None) -> Readings:
    """Read a CSV file of readings, perhaps compressed.

    Parameters
    ----------
    path
        The file.
    network
        The network that the sensors are in.
    kinds
        What its columns may be; those of a supply where None.

    Raises
    ------
    InputError
        If the file is no such table, a column names no sensor of the network, or times do not ascend.
    """
    kinds = supply_sensors(network) if kinds is None else kinds
    table = _read_table(path)
    if table.shape[1] < 2 or table.empty:
        raise InputError(
            f"Readings {path.name}",
            got=f"{len(table)} rows, {table.shape[1]} columns",
            expected=f"a column of times and one a sensor, {_words(kinds)}",
        )
    times = _times(table.iloc[:, 0], path.name)
    columns = tuple(str(name) for name in table.columns[1:])
    check_columns(columns, kinds, path.name)
    values = np.column_stack([_numbers(table[name], path.name) for name in columns])
    return Readings(times, columns, values)


def check_columns(columns: Sequence[str], kinds: Sequence[SensorKind], source: str) -> None:
    """Raise `InputError` unless every column names a sensor that can be in the network."""
    by_prefix = {kind.prefix: kind for kind in kinds}
    for number, column in enumerate(columns, start=2):
        prefix, mark, name = column.partition("_")
        if not mark or prefix not in by_prefix:
            raise InputError(
                f"Readings {source}, column {number}",
                got=f"'{column}'",
                expected=_words(kinds),
                remedy="Rename or remove the column",
            )
        element = by_prefix[prefix].element
        if name not in by_prefix[prefix].ranges:
            raise InputError(
                f"Readings {source}, column {number}: sensor '{column}'",
                got=f"no {element} '{name}' in the network",
                expected=f"the id of a {element} of the network",
                remedy="Check that readings and network belong together",
            )
    if len(set(columns)) < len(columns):
        twice = next(name for name in columns if list(columns).count(name) > 1)
        raise InputError(f"Readings {source}", got=f"two columns '{twice}'", expected="one a sensor")


def _words(kinds: Sequence[SensorKind]) -> str:
    *first, last = (kind.words for kind in kinds)
    return f"{', '.join(first)} or {last}"


def _read_table(path: Path) -> pd.DataFrame:
    """Return the rows as text under the names of the heading, unchanged even where two are the same."""
    head = _read_rows(path, 1).iloc[0]
    if any(char < " " and char != "\t" for name in head for char in name):
        raise InputError(f"Readings {path.name}", got="a heading with control characters", expected=_EXPECTED)
    if head.size == 1 and (mark := next((mark for mark in _OTHER_SEPARATORS if mark in head[0]), None)):
        raise InputError(
            f"Readings {path.name}",
            got=f"a heading with {_OTHER_SEPARATORS[mark]} and no commas",
            expected="columns separated by commas, and points in decimal numbers",
            remedy="Export the table with commas",
        )
    table = _read_rows(path, None)
    return table.iloc[1:].reset_index(drop=True).set_axis(head.tolist(), axis="columns")


def _read_rows(path: Path, rows: int | None) -> pd.DataFrame:
    """Return the first rows of a file as text, or all of them."""
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, header=None, nrows=rows)
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        raise
    except UnicodeDecodeError as exc:
        got = f"bytes that are no text in UTF-8, the first at {exc.start}"
        raise InputError(f"Readings {path.name}", got=got, expected=_EXPECTED) from exc
    except (ValueError, EOFError, OSError, zlib.error) as exc:  # what pandas and the decompressors raise
        reason = " ".join(str(exc).removeprefix(_PARSER_PREFIX).split())
        raise InputError(f"Readings {path.name}", got=reason, expected=_EXPECTED) from exc


def _times(texts: pd.Series, source: str) -> NDArray[np.datetime64]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that no format could be inferred is said below
        parsed = pd.to_datetime(texts, errors="coerce", format="ISO8601")
    if isinstance(parsed.dtype, pd.DatetimeTZDtype) or parsed.dtype == object:
        raise InputError(
            f"Readings {source}", got="times with a zone", expected="local times without one, ISO 8601"
        )
    if (wrong := parsed.isna().to_numpy()).any():
        row = int(np.argmax(wrong))
        raise InputError(
            f"Readings {source} line {row + _FIRST_LINE}",
            got=f"time '{texts.iloc[row]}'",
            expected="ISO 8601, such as 2019-01-01 00:05:00",
        )
    times: NDArray[np.datetime64] = parsed.to_numpy().astype("datetime64[s]")
    backward = np.diff(times) <= np.timedelta64(0, "s")
    if backward.any():
        row = int(np.argmax(backward)) + 1
        raise InputError(
            f"Readings {source} line {row + _FIRST_LINE}: times do not ascend",
            got=f"{texts.iloc[row]} after {texts.iloc[row - 1]}",
            remedy="Sort the rows and keep one a moment",
        )
    return times


def _numbers(texts: pd.Series, source: str) -> NDArray[np.float64]:
    """Numbers of a column; empty, NaN and infinite ones are NaN."""
    values = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=float)
    stripped = texts.str.strip().str.lower()
    wrong = np.isnan(values) & ~stripped.isin(["", "nan", "null", "na"]).to_numpy()
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            f"Readings {source} line {row + _FIRST_LINE}, column '{texts.name}'",
            got=f"'{texts.iloc[row]}'",
            expected="a number, or nothing where the sensor was silent",
        )
    return np.where(np.isfinite(values), values, np.nan)


def _usual_interval_s(times: NDArray[np.datetime64]) -> float:
    """Median interval between moments, s; 0 for a single one."""
    if times.size < 2:
        return 0.0
    return float(np.median(np.diff(times) / np.timedelta64(1, "s")))
