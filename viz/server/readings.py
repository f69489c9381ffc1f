"""Readings of a run as they grow: each Parquet part is read once, however often browsers ask."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import pyarrow.parquet as pq

from scenarios.runfolder.readings import POSITION

_COLUMNS = ("t_s", "subject", "quantity", "value", "unit", "value_kind")


@dataclass(slots=True)
class Line:
    """Readings of one quantity of one subject in order of time."""

    unit: str
    value_kind: str
    t_s: list[float] = field(default_factory=list)
    values: list[float | None] = field(default_factory=list)


class GrowingReadings:
    """Read the parts of a run folder's readings as they appear.

    Parameters
    ----------
    folder
        The run folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "readings"
        self._read: set[str] = set()
        self._lines: dict[tuple[str, str], Line] = {}
        self._lock = Lock()

    def after(self, t_s: float) -> dict[str, dict[str, Any]]:
        """Return readings at or after a simulated time by subject and quantity, as JSON values."""
        with self._lock:
            self._read_new_parts()
            found: dict[str, dict[str, Any]] = {}
            for (subject, quantity), line in sorted(self._lines.items()):
                if quantity in POSITION:
                    continue
                first = bisect_left(line.t_s, t_s)
                if first < len(line.t_s):
                    found.setdefault(subject, {})[quantity] = {
                        "unit": line.unit,
                        "value_kind": line.value_kind,
                        "t_s": line.t_s[first:],
                        "values": line.values[first:],
                    }
        return found

    def ways_after(self, t_s: float) -> dict[str, list[tuple[float, float, float]]]:
        """Where those who walk were at or after a simulated time: by subject times, s, and places, m."""
        with self._lock:
            self._read_new_parts()
            found: dict[str, list[tuple[float, float, float]]] = {}
            for (subject, quantity), line in sorted(self._lines.items()):
                first = bisect_left(line.t_s, t_s)
                if quantity == POSITION[0] and first < len(line.t_s):
                    across = self._lines[subject, POSITION[1]]
                    found[subject] = [
                        (t, float(x or 0.0), float(y or 0.0))
                        for t, x, y in zip(
                            line.t_s[first:], line.values[first:], across.values[first:], strict=True
                        )
                    ]
        return found

    def _read_new_parts(self) -> None:
        for path in sorted(self._folder.glob("part-*.parquet")):
            if path.name in self._read:
                continue
            table = pq.read_table(path, columns=list(_COLUMNS))
            for row in zip(*(table[name].to_pylist() for name in _COLUMNS), strict=True):
                self._take(*row)
            self._read.add(path.name)

    def _take(
        self, t_s: float, subject: str, quantity: str, value: float, unit: str, value_kind: str
    ) -> None:
        line = self._lines.setdefault((subject, quantity), Line(unit, value_kind))
        line.t_s.append(t_s)
        line.values.append(None if math.isnan(value) else round(value, 5))
