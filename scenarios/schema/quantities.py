"""Durations and clock times as people write them in a scenario file."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

_UNIT_S = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(s|min|h|d)\s*")
_LENGTH = re.compile(r"\s*(\d+(?:\.\d+)?)\s*m\s*")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")

DURATION_FORMS = "a duration such as 90s, 2min, 6h or 1h 30min"
TIME_FORMS = "a clock time such as 17:40, an offset such as +40min, or a date with time"


def parse_duration(value: Any) -> float:
    """Read a duration: ``90s``, ``2min``, ``1h 30min``, or a number of seconds.

    Returns
    -------
    Seconds.

    Raises
    ------
    ValueError
        If it is none of these.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    text = str(value)
    parts = _DURATION.findall(text)
    if not parts or _DURATION.sub("", text):
        msg = f"expected {DURATION_FORMS}"
        raise ValueError(msg)
    return sum(float(number) * _UNIT_S[unit] for number, unit in parts)


def duration_text(duration_s: float) -> str:
    """Write a duration as a scenario takes it, in the largest unit that it fills: ``22h``, ``90min``."""
    for unit in ("h", "min"):
        if duration_s and duration_s % _UNIT_S[unit] == 0.0:
            return f"{duration_s / _UNIT_S[unit]:.0f}{unit}"
    return f"{duration_s:.10g}s"


def parse_length(value: Any) -> float:
    """Read a length in metres: ``8m``, ``2.5 m``, or a number.

    Raises
    ------
    ValueError
        If it is none of these.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    found = _LENGTH.fullmatch(str(value))
    if found is None:
        msg = "expected a length such as 8m"
        raise ValueError(msg)
    return float(found.group(1))


def check_time(value: Any) -> str:
    """Accept a moment in any of the three forms and return it as text."""
    text = value.isoformat() if isinstance(value, datetime) else str(value).strip()
    offset_s(text, datetime.fromisoformat("2026-01-01T00:00:00+00:00"))
    return text


def offset_s(moment: str, start: datetime) -> float:
    """Seconds from the start of a scenario to a moment.

    Parameters
    ----------
    moment
        A clock time (the first one at or after the start), an offset, or an ISO date with time,
        taken in the time zone of the start when it names none.
    start
        Start of the scenario, with its time zone.
    """
    if moment.startswith("+"):
        return parse_duration(moment[1:])
    clock = _CLOCK.fullmatch(moment)
    if clock:
        hour, minute, second = (int(part or 0) for part in clock.groups())
        time = start.replace(hour=hour, minute=minute, second=second, microsecond=0)
        return (
            (time - start).total_seconds()
            if time >= start
            else (time + timedelta(days=1) - start).total_seconds()
        )
    try:
        time = datetime.fromisoformat(moment)
    except ValueError as exc:
        msg = f"expected {TIME_FORMS}"
        raise ValueError(msg) from exc
    time = time if time.tzinfo else time.replace(tzinfo=start.tzinfo)
    return (time - start).total_seconds()


Duration = Annotated[float, BeforeValidator(parse_duration), Field(ge=0, allow_inf_nan=False)]
PositiveDuration = Annotated[float, BeforeValidator(parse_duration), Field(gt=0, allow_inf_nan=False)]
PositiveLength = Annotated[float, BeforeValidator(parse_length), Field(gt=0, allow_inf_nan=False)]
Moment = Annotated[str, BeforeValidator(check_time)]
Fraction = Annotated[float, Field(ge=0, le=1)]
