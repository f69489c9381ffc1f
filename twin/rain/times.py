"""Times of rain data, as seconds since the start of the simulation."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cim_models.errors import InputError

Start = str | None
"""An ISO date-time."""
_UNIT_S = {"s": 1.0, "sec": 1.0, "second": 1.0, "min": 60.0, "minute": 60.0, "h": 3600.0, "hr": 3600.0}
_UNIT_S |= {"hour": 3600.0, "d": 86400.0, "day": 86400.0}
_CF_UNITS = re.compile(r"\s*([A-Za-z]+?)s?(?:\s+since\s+(.+?))?\s*")


def seconds_since(times: Sequence[Any] | pd.Series, start: Start, what: str) -> NDArray[np.float64]:
    """Read times that are seconds, or ISO date-times.

    Parameters
    ----------
    times
        Numbers, or text.
    start
        Date-time of simulated time 0; the first time's where None.
    what
        Names the source in messages.

    Raises
    ------
    InputError
        If they are neither, or some have a time zone and the start has none or the other way round.
    """
    column = pd.Series(times)
    numbers = pd.to_numeric(column, errors="coerce")
    if numbers.notna().all():
        return np.asarray(numbers, dtype=np.float64)
    try:
        stamps = [datetime.fromisoformat(text.strip()) for text in column]
        origin = stamps[0] if start is None else datetime.fromisoformat(start)
        return np.array([(stamp - origin).total_seconds() for stamp in stamps])
    except (ValueError, TypeError, AttributeError) as exc:
        raise InputError(
            what,
            got=exc,
            expected="seconds or ISO date-times, with a time zone where the start has one",
        ) from exc


def cf_seconds(times: ArrayLike, units: str, start: Start, what: str) -> NDArray[np.float64]:
    """Read a time coordinate in the manner of the CF conventions.

    Parameters
    ----------
    times
        Numbers in the unit.
    units
        ``"minutes since 2007-06-08 15:00"``, in UTC unless it names a zone; or a unit alone, such as
        ``"s"``, for times since the start of the simulation.
    start
        Date-time of simulated time 0.
    what
        Names the source in messages.

    Raises
    ------
    InputError
        If the units are not understood, or the start lacks a time zone.

    Source: CF conventions 1.11, section 4.4.
    """
    found = _CF_UNITS.fullmatch(units)
    unit_s = _UNIT_S.get(found[1].lower()) if found else None
    if found is None or unit_s is None:
        raise InputError(
            f"{what}, units of the time",
            got=repr(units),
            expected="seconds, minutes, hours or days, alone or since a date-time",
        )
    seconds = np.asarray(times, dtype=np.float64) * unit_s
    if found[2] is None:
        return seconds
    try:
        origin = datetime.fromisoformat(found[2].strip().replace(" UTC", "Z"))
        origin = origin.replace(tzinfo=UTC) if origin.tzinfo is None else origin
        offset_s = 0.0 if start is None else (origin - datetime.fromisoformat(start)).total_seconds()
    except (ValueError, TypeError) as exc:
        raise InputError(
            f"{what}, units of the time",
            got=exc,
            expected="a date-time after 'since', and a start with a time zone",
        ) from exc
    return seconds + offset_s
