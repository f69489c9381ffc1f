"""Measured rain: gauges in a table, and the zone of the ground that each one speaks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from cim_models.city import Terrain
from cim_models.errors import InputError
from cim_models.values import ValueKind
from twin.rain.series import RainSeries


def gauge_rain(
    path: Path | str,
    *,
    quantity: Literal["intensity_mm_h", "depth_mm"] = "intensity_mm_h",
    start: str | pd.Timestamp | None = None,
    positions: Mapping[str, tuple[float, float]] | None = None,
    gaps: Literal["refuse", "dry"] = "refuse",
    between: Literal["nearest", "inverse_distance"] = "nearest",
) -> RainSeries:
    """Read measured rain.

    The first column holds the time, seconds or ISO date-times, every other column a gauge. A row's value
    holds from its time to the next row's; the last row is as long as the one before it. A gap is an empty
    value, or a row interval longer than 1.5 times the usual one; it is refused, or counted as no rain and
    noted. It is never filled in silence.

    Parameters
    ----------
    path
        CSV file.
    quantity
        Whether values are intensities, mm/h, or depths per row, mm.
    start
        Date-time of simulated time 0; the first row's where omitted.
    positions
        Coordinates of each gauge, m; needed when there are several gauges.
    gaps
        ``"refuse"`` or ``"dry"``.
    between
        What falls between the gauges, see `RainSeries`.

    Raises
    ------
    InputError
        Naming the file, row and gauge.
    """
    table = _read_table(Path(path))
    times = _seconds(table.iloc[:, 0], Path(path), start)
    gauges = tuple(map(str, table.columns[1:]))
    values = table.iloc[:, 1:].to_numpy(dtype=np.float64)
    lengths = np.diff(times)
    usual = float(np.median(lengths))
    if not (lengths > 0.0).all():
        row = int(np.argmax(lengths <= 0.0)) + 1
        raise InputError(
            f"Rain file {path}, row {row + 2}",
            got="a time not after the one before",
            expected="ascending times",
        )
    edges = np.append(times, times[-1] + lengths[-1])
    values, edges, notes = _treat_gaps(values, edges, usual, gauges, f"Rain file {path}", gaps)
    rates = values if quantity == "intensity_mm_h" else values / np.diff(edges)[:, None] * 3600.0
    places = _places(gauges, positions, path)
    return RainSeries(edges, rates, gauges, places, ValueKind.OBSERVED, notes, between)


def nearest_gauge_zones(terrain: Terrain, positions: NDArray[np.float64]) -> NDArray[np.uint16]:
    """Return the index of the nearest gauge for each cell (Thiessen polygons), shape (rows, cols)."""
    rows, cols = terrain.shape
    x, y = terrain.centre(*np.mgrid[0:rows, 0:cols])
    _, nearest = cKDTree(positions).query(np.column_stack([x.ravel(), y.ravel()]))
    return np.asarray(nearest).reshape(rows, cols).astype(np.uint16)


@dataclass(frozen=True, slots=True, eq=False)
class RainField:
    """Rain over the ground from rain at gauges.

    Parameters
    ----------
    zones
        Zone of each cell, shape (rows, cols).
    weights
        Share of each gauge in the rain of each zone, shape (zones, gauges); rows add up to 1.
    """

    zones: NDArray[np.uint16]
    weights: NDArray[np.float64]


def rain_field(terrain: Terrain, rain: RainSeries) -> RainField | None:
    """Return how the rain at the gauges of a series spreads over the ground; None for uniform rain."""
    if rain.positions is None or len(rain.gauges) < 2:
        return None
    if rain.between == "inverse_distance":
        return inverse_distance_field(terrain, rain.positions)
    return RainField(nearest_gauge_zones(terrain, rain.positions), np.eye(len(rain.gauges)))


def inverse_distance_field(
    terrain: Terrain, positions: NDArray[np.float64], power: float = 2.0, most_zones: int = 4096
) -> RainField:
    """Return the means of all gauges weighted by inverse distance to a power.

    Rain is uniform within square blocks of cells, as small as ``most_zones`` allows; distances are those
    of a block's centre. A block whose centre is a gauge has that gauge's rain.

    Parameters
    ----------
    terrain
        The grid.
    positions
        Gauge coordinates, shape (gauges, 2), m.
    power
        Of the distance, > 0.
    most_zones
        Largest number of blocks.

    Source: Shepard (1968).
    """
    rows, cols = terrain.shape
    edge = 1
    while -(-rows // edge) * -(-cols // edge) > most_zones:
        edge += 1
    across = -(-cols // edge)
    row, col = np.mgrid[0:rows, 0:cols]
    zones = (row // edge * across + col // edge).astype(np.uint16)
    first_row, first_col = (edge * part for part in np.divmod(np.arange(-(-rows // edge) * across), across))
    last_row, last_col = np.minimum(first_row + edge, rows) - 1, np.minimum(first_col + edge, cols) - 1
    x, y = terrain.centre(0.5 * (first_row + last_row), 0.5 * (first_col + last_col))
    distance = np.hypot(x[:, None] - positions[:, 0], y[:, None] - positions[:, 1])
    nearest = np.maximum(distance.min(axis=1, keepdims=True), 1e-6)
    weights = (nearest / np.maximum(distance, 1e-6)) ** power
    return RainField(zones, weights / weights.sum(axis=1, keepdims=True))


def _read_table(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as exc:
        raise InputError(f"Rain file {path} cannot be read", got=exc, expected="a CSV file") from exc
    if table.shape[1] < 2 or len(table) < 2:
        raise InputError(
            f"Rain file {path}",
            got=f"{len(table)} rows and {table.shape[1]} columns",
            expected="at least 2 rows, and the time followed by one column per gauge",
        )
    for gauge in table.columns[1:]:
        numbers = pd.to_numeric(table[gauge], errors="coerce")
        wrong = (numbers.isna() & table[gauge].notna()) | (numbers < 0.0) | np.isinf(numbers)
        if wrong.any():
            row = int(np.argmax(wrong.to_numpy()))
            raise InputError(
                f"Rain file {path}, row {row + 2}, gauge '{gauge}'",
                got=table[gauge].iloc[row],
                expected=">= 0",
            )
        table[gauge] = numbers
    return table


def _seconds(column: pd.Series, path: Path, start: str | pd.Timestamp | None) -> NDArray[np.float64]:
    if pd.api.types.is_numeric_dtype(column):
        return np.asarray(column, dtype=np.float64)
    try:
        stamps = pd.to_datetime(column, format="ISO8601")
        origin = stamps.iloc[0] if start is None else pd.Timestamp(start)
        seconds = (stamps - origin) / pd.Timedelta(seconds=1)
    except (ValueError, TypeError) as exc:
        raise InputError(
            f"Rain file {path}, column '{column.name}'",
            got=exc,
            expected="seconds or ISO date-times, with a time zone where the start has one",
        ) from exc
    return np.asarray(seconds, dtype=np.float64)


def _treat_gaps(
    values: NDArray[np.float64],
    edges: NDArray[np.float64],
    usual_s: float,
    gauges: tuple[str, ...],
    what: str,
    gaps: str,
) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[str, ...]]:
    """Refuse gaps, or make them dry; return values, edges and notes."""
    missing = np.isnan(values)
    late = np.diff(edges) > 1.5 * usual_s
    if gaps == "refuse" and missing.any():
        row, gauge = np.argwhere(missing)[0]
        raise InputError(
            f"{what}, row {row + 2}, gauge '{gauges[gauge]}'",
            got="no value",
            expected="a value",
            remedy="Fill the gap, or set gaps to 'dry' to count it as no rain",
        )
    if gaps == "refuse" and late.any():
        row = int(np.argmax(late))
        raise InputError(
            f"{what}, after row {row + 2}",
            got=f"no row for {np.diff(edges)[row]:g} s",
            expected=f"a row every {usual_s:g} s",
            remedy="Fill the gap, or set gaps to 'dry' to count it as no rain",
        )
    notes = [
        f"gauge '{name}': {count} missing values counted as no rain"
        for name, count in zip(gauges, missing.sum(axis=0), strict=True)
        if count
    ]
    values = np.where(missing, 0.0, values)
    if late.any():
        notes.append(f"{int(late.sum())} pauses between rows counted as no rain")
        after = np.flatnonzero(late) + 1
        edges = np.insert(edges, after, edges[after - 1] + usual_s)
        values = np.insert(values, after, 0.0, axis=0)
    return values, edges, tuple(notes)


def _places(
    gauges: tuple[str, ...], positions: Mapping[str, tuple[float, float]] | None, path: Path | str
) -> NDArray[np.float64] | None:
    if positions is None and len(gauges) == 1:
        return None
    absent = [gauge for gauge in gauges if gauge not in (positions or {})]
    if positions is None or absent:
        raise InputError(
            f"Rain file {path}",
            got=f"no position for gauge {', '.join(map(repr, absent))}",
            expected="coordinates of every gauge, since there are several",
        )
    return np.array([positions[gauge] for gauge in gauges], dtype=np.float64)
