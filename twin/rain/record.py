"""A record of measured rain: its gaps, and whether it covers the simulation."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cim_models.errors import InputError
from twin.rain.series import RainSeries

Gaps = Literal["refuse", "dry"]
FILL_GAPS = "Fill the gap, or set gaps to 'dry' to count it as no rain"
_SINGLE_NOTES = 20


@dataclass(frozen=True, slots=True, eq=False)
class RainRecord:
    """Rain as it was measured; a value holds from its time to the next.

    Parameters
    ----------
    what
        Names the source in messages.
    times_s
        Shape (n,), s since the start of the simulation.
    values
        Shape (n, places), NaN where there is none.
    row_name, place_name
        How messages call a row and a place.
    last_s
        How long the last value holds, s; as long as the one before it where None.
    """

    what: str
    times_s: NDArray[np.float64]
    values: NDArray[np.float64]
    row_name: Callable[[int], str]
    place_name: Callable[[int], str]
    last_s: float | None = None

    def edges_s(self) -> NDArray[np.float64]:
        """Return where values begin and end, shape (n + 1,), s.

        Raises
        ------
        InputError
            If times do not ascend, or the only value has no length.
        """
        lengths = np.diff(self.times_s)
        if not (lengths > 0.0).all():
            row = int(np.argmax(~(lengths > 0.0))) + 1
            raise InputError(
                f"{self.what}, {self.row_name(row)}",
                got="a time not after the one before",
                expected="ascending times",
            )
        last = self.last_s if self.last_s is not None else (lengths[-1] if lengths.size else np.nan)
        if not last > 0.0:
            raise InputError(
                self.what,
                got="a single time",
                expected="at least two times, or the length of a value",
                remedy="Give the interval",
            )
        return np.append(self.times_s, self.times_s[-1] + last)


def close_gaps(
    record: RainRecord, gaps: Gaps
) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[str, ...]]:
    """Refuse gaps, or make them dry; refuse negative and infinite values in any case.

    A gap is a missing value, or an interval longer than 1.5 times the usual one.

    Returns
    -------
    Edges, shape (n + 1,), s; values, shape (n, places); what was done, in words.

    Raises
    ------
    InputError
        Naming row and place.
    """
    values, edges = record.values, record.edges_s()
    wrong = ~np.isnan(values) & ~((values >= 0.0) & (values < np.inf))
    if wrong.any():
        row, place = np.argwhere(wrong)[0]
        raise InputError(
            f"{record.what}, {record.row_name(row)}, {record.place_name(place)}",
            got=f"{values[row, place]:g}",
            expected=">= 0",
        )
    missing = np.isnan(values)
    usual_s = float(np.median(np.diff(edges)[: max(len(edges) - 2, 1)]))
    late = np.diff(edges) > 1.5 * usual_s
    if gaps == "refuse":
        _refuse(record, missing, late, usual_s)
    notes = _missing_notes(record, missing)
    values = np.where(missing, 0.0, values)
    if late.any():
        notes.append(f"rain: {int(late.sum())} pauses between rows counted as no rain")
        after = np.flatnonzero(late) + 1
        edges = np.insert(edges, after, edges[after - 1] + usual_s)
        values = np.insert(values, after, 0.0, axis=0)
    return edges, values, tuple(notes)


def check_coverage(rain: RainSeries, what: str, duration_s: float) -> RainSeries:
    """Note where a record leaves a part of the simulation without rain; it is counted as dry.

    Raises
    ------
    InputError
        If no part of the record lies within the simulation.
    """
    first, last = float(rain.edges_s[0]), float(rain.edges_s[-1])
    if last <= 0.0 or first >= duration_s:
        raise InputError(
            what,
            got=f"times from {first:g} to {last:g} s after the start of the simulation",
            expected=f"some between 0 and {duration_s:g} s",
            remedy="Check the start of the scenario and the time zone of the record",
        )
    notes = []
    if first > 0.0:
        notes.append(f"the rain record begins {first:g} s after the simulation; before it no rain falls")
    if last < duration_s:
        early_s = duration_s - last
        notes.append(f"the rain record ends {early_s:g} s before the simulation; after it no rain falls")
    return replace(rain, notes=(*rain.notes, *notes))


def _refuse(record: RainRecord, missing: NDArray[np.bool_], late: NDArray[np.bool_], usual_s: float) -> None:
    if missing.any():
        row, place = np.argwhere(missing)[0]
        raise InputError(
            f"{record.what}, {record.row_name(row)}, {record.place_name(place)}",
            got="no value",
            expected="a value",
            remedy=FILL_GAPS,
        )
    if late.any():
        row = int(np.argmax(late))
        raise InputError(
            f"{record.what}, after {record.row_name(row)}",
            got=f"no row for {np.diff(record.times_s)[row]:g} s",
            expected=f"a row every {usual_s:g} s",
            remedy=FILL_GAPS,
        )


def _missing_notes(record: RainRecord, missing: NDArray[np.bool_]) -> list[str]:
    counts = missing.sum(axis=0)
    places = np.flatnonzero(counts).tolist()
    if len(places) > _SINGLE_NOTES:
        total = f"{int(counts.sum())} missing values in {len(places)} places"
        return [f"rain: {total} counted as no rain"]
    return [
        f"{record.place_name(place)}: {counts[place]} missing values counted as no rain" for place in places
    ]
