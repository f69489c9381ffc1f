"""What of the readings can be used: gaps, values that no sensor can read, sensors that stand still."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cim_models.errors import InputError
from twin.detection.readings import Readings, SensorKind

FROZEN_S = 86_400
_NAMED = 4


@dataclass(frozen=True, slots=True)
class CheckedReadings:
    """Readings without what cannot be used, nor columns without a number; lines that say what that was."""

    readings: Readings
    notes: tuple[str, ...]


def check_readings(
    readings: Readings, kinds: Sequence[SensorKind], source: str, *, frozen: bool
) -> CheckedReadings:
    """Take out what cannot be used.

    Parameters
    ----------
    readings
        As they came.
    kinds
        What the columns are, with the range of each.
    source
        Name of the file, for messages.
    frozen
        Whether a sensor that reads one and the same value for a day is broken, but for a flow of 0. A level
        in a sewer may stand still, a pressure does not.

    Raises
    ------
    InputError
        If no sensor is left that speaks.
    """
    by_prefix = {kind.prefix: kind for kind in kinds}
    values, notes, faults = readings.values.copy(), list(_gaps(readings)), {}
    for index, name in enumerate(readings.columns):
        prefix, _, element = name.partition("_")
        column, kind = values[:, index], by_prefix[prefix]
        if not np.isfinite(column).any():
            faults[name] = "silent"
            continue
        if element in kind.usual and (other := _unusual(column, kind.usual[element])):
            faults[name] = other
            column[:] = np.nan
            continue
        low, high = kind.ranges[element]
        words = _take_out(column, (column < low) | (column > high), f"outside {low:g} to {high:g}")
        if frozen and kind.speaks:
            still = still_parts(column, readings.times, zero_is_right=prefix == "q")
            words += _take_out(column, still, "the same for a day")
        if words:
            faults[name] = " and ".join(words)
    alive = np.isfinite(values).any(axis=0)
    speaks = [by_prefix[name.partition("_")[0]].speaks for name in readings.columns]
    left = sum(map(bool, alive & speaks))
    if not left:
        said = [f"{name} {words}" for name, words in faults.items()]
        raise InputError(
            f"Readings {source}: none of {sum(speaks)} sensors can be used",
            got="; ".join(said[:_NAMED]) or "no sensor that speaks",
            expected=f"numbers in at least one column {_speaking_words(kinds)}",
            remedy="Check the export of the telemetry",
        )
    if faults:
        notes.append(f"Degraded: {left} of {sum(speaks)} sensors can be used")
        notes += [f"{name} left out where it is {words}" for name, words in faults.items()]
    columns = tuple(name for name, there in zip(readings.columns, alive, strict=True) if there)
    return CheckedReadings(Readings(readings.times, columns, values[:, alive]), tuple(notes))


def _unusual(column: NDArray[np.float64], usual: tuple[float, float]) -> str:
    """Say that half of what a sensor reads is outside its usual range; nothing where it is not."""
    median = float(np.nanmedian(column))
    if usual[0] <= median <= usual[1]:
        return ""
    return f"in another unit, it seems: its median is {median:g}, outside {usual[0]:g} to {usual[1]:g}"


def _take_out(column: NDArray[np.float64], wrong: NDArray[np.bool_], words: str) -> list[str]:
    """Take values out of a column, in place; return how that is said, nothing where there is none."""
    if not wrong.any():
        return []
    said = f"{words} ({column[int(np.argmax(wrong))]:g}) in {wrong.mean():.0%} of the rows"
    column[wrong] = np.nan
    return [said]


def still_parts(
    column: NDArray[np.float64], times: NDArray[np.datetime64], *, zero_is_right: bool
) -> NDArray[np.bool_]:
    """Return when a sensor has read the same for a day or more, shape (moments,).

    Parameters
    ----------
    column, times
        Its readings in any unit, NaN where it was silent, and when; shape (moments,).
    zero_is_right
        Whether 0 may last, as of a flow.
    """
    known = np.flatnonzero(np.isfinite(column))
    result = np.zeros(column.size, dtype=bool)
    if known.size < 2:
        return result
    edges = np.concatenate([[0], np.flatnonzero(np.diff(column[known]) != 0.0) + 1, [known.size]])
    for begin, end in itertools.pairwise(edges):
        first, last = known[begin], known[end - 1]
        lasting = (times[last] - times[first]) >= np.timedelta64(FROZEN_S, "s")
        if lasting and not (zero_is_right and column[first] == 0.0):
            result[known[begin:end]] = True
    return result


def _gaps(readings: Readings) -> list[str]:
    """Say how many cells are missing."""
    missing = ~np.isfinite(readings.values)
    if not missing.any():
        return []
    rows = int(missing.any(axis=1).sum())
    return [
        f"{int(missing.sum())} of {missing.size} cells hold nothing and are ignored, in {rows} of"
        f" {len(missing)} rows"
    ]


def _speaking_words(kinds: Sequence[SensorKind]) -> str:
    return " or ".join(kind.words for kind in kinds if kind.speaks)
