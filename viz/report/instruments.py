"""Gauges on structures and detectors of gas over time: those of a run that had most to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cim_models.catalogues import load_catalogue
from cim_models.values import ValueKind
from scenarios.runfolder import RunFolder
from viz.report.record import FloatArray, Series

MOST_GAUGES = 6
MOST_DETECTORS = 4
GAUGE, GAS = "gauge:", "gas:"
"""How the subjects of their readings begin; the id follows."""

_BINS = 300
_MOST_STEPS = 2.5
"""Where readings are further apart than so many usual steps, one is missing."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """What a gauge or detector has said.

    Parameters
    ----------
    id
        Of the gauge, or of the site that the detector stands in.
    quantity
        Name of the quantity in its catalogue.
    value
        Readings.
    expected
        What was expected of a gauge; None for a detector.
    observed
        Whether the readings were measured rather than simulated.
    secured_s
        When the structure of a gauge was secured, s since the start: what is expected begins anew there.
    """

    id: str
    quantity: str
    value: Series
    expected: Series | None
    observed: bool
    secured_s: tuple[float, ...] = ()

    def title(self, language: str) -> str:
        """Name it with its quantity."""
        words = _quantities().get(self.quantity, {language: self.quantity})
        return f"{self.id} {words[language]}"

    @property
    def unit(self) -> str:
        """Unit for people."""
        return self.value.unit.replace("1e-6", "10⁻⁶").replace("1e-3 deg", "10⁻³ °")


def read_instruments(run: RunFolder) -> tuple[Instrument, ...]:
    """Return the gauges that deviated most, then the detectors that read most."""
    gauges = _worst(run, "structure_deviation", GAUGE, MOST_GAUGES)
    detectors = _worst(run, "methane", GAS, MOST_DETECTORS)
    secured_s = _secured_s(run)
    return tuple(_read(run, subject, secured_s.get(subject, ())) for subject in (*gauges, *detectors))


def _secured_s(run: RunFolder) -> dict[str, tuple[float, ...]]:
    """When the structure of each gauge was secured, s since the start, by the subject of its readings."""
    events = run.events(kinds=("structure.watched", "structure.secured"))
    times: dict[str, list[float]] = {}
    for event in events:
        if event.kind == "structure.secured":
            times.setdefault(event.subject, []).append(event.t_s)
    return {
        f"{GAUGE}{gauge}": tuple(times[event.subject])
        for event in events
        if event.kind == "structure.watched" and event.subject in times
        for gauge in event.data["gauges"]
    }


def _worst(run: RunFolder, quantity: str, prefix: str, most: int) -> list[str]:
    """Subjects with the largest readings of a quantity, either way, the largest first."""
    table = run.readings(None, quantity)
    table = table[table["subject"].str.startswith(prefix) & table["value"].notna()]
    peaks = table["value"].abs().groupby(table["subject"]).max()
    ordered = sorted(peaks.items(), key=lambda item: (-item[1], str(item[0])))
    return [str(subject) for subject, _ in ordered[:most]]


def _read(run: RunFolder, subject: str, secured_s: tuple[float, ...]) -> Instrument:
    table = run.readings(subject)
    is_gauge = subject.startswith(GAUGE)
    own = "methane"
    if is_gauge:
        own = next(name for name in table["quantity"] if name not in ("expected", "structure_deviation"))
    parts = {str(name): part for name, part in table.groupby("quantity", sort=True)}
    return Instrument(
        id=subject.partition(":")[2],
        quantity=own,
        value=_series(parts[own]),
        expected=_series(parts["expected"], _first_anew(parts, secured_s)) if is_gauge else None,
        observed=bool((parts[own]["value_kind"] == ValueKind.OBSERVED.value).any()),
        secured_s=secured_s,
    )


def _first_anew(parts: Mapping[str, Any], secured_s: tuple[float, ...]) -> tuple[float, ...]:
    """Find the first readings that are judged anew once a structure has been secured, s since the start.

    The one that is taken with it does not deviate at all; where there is none it is the next.
    """
    time_s, deviation = (parts["structure_deviation"][name].to_numpy(np.float64) for name in ("t_s", "value"))
    found = []
    for t_s in secured_s:
        after = int(np.searchsorted(time_s, t_s, side="right"))
        first = after - 1 if after and deviation[after - 1] == 0.0 else after
        found += time_s[first : first + 1].tolist()
    return tuple(found)


def _series(part: Any, anew_s: tuple[float, ...] = ()) -> Series:
    time_s, value = part["t_s"].to_numpy(np.float64), part["value"].to_numpy(np.float64)
    time_s, value = _with_gaps(time_s, value, anew_s)
    kept = _extremes(value)
    return Series(time_s[kept], value[kept], str(part["unit"].iloc[0]))


def _with_gaps(
    time_s: FloatArray, value: FloatArray, anew_s: tuple[float, ...]
) -> tuple[FloatArray, FloatArray]:
    """Put a missing value where readings are much further apart than usual, and before those at `anew_s`."""
    steps = np.diff(time_s)
    if not steps.size:
        return time_s, value
    after = np.flatnonzero(steps > _MOST_STEPS * np.median(steps)) + 1
    anew = np.searchsorted(time_s, anew_s)
    after = np.union1d(after, anew[(anew > 0) & (anew < len(time_s))])
    return np.insert(time_s, after, time_s[after]), np.insert(value, after, np.nan)


def _extremes(value: FloatArray) -> Any:
    """Rows that a small chart needs: of each bin the smallest and the largest, and gaps."""
    if len(value) <= 2 * _BINS:
        return np.arange(len(value))
    kept = {0, len(value) - 1}
    for rows in np.array_split(np.arange(len(value)), _BINS):
        gaps = np.isnan(value[rows])
        kept |= {int(row) for row in rows[gaps][:1]}
        if not gaps.all():
            kept |= {int(rows[np.nanargmin(value[rows])]), int(rows[np.nanargmax(value[rows])])}
    return np.array(sorted(kept))


def _quantities() -> Mapping[str, Mapping[str, Any]]:
    return {**load_catalogue("alarm_rules")["quantities"], **load_catalogue("monitoring")["quantities"]}
