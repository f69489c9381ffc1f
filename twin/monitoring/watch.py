"""The gauges of a city in time, their alarms, and the health of their structures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cim_models.changes import Change
from cim_models.orders import OrderOutcome
from twin.chance import Chance
from twin.monitoring.damage import DamageBook
from twin.monitoring.faults import FaultBook
from twin.monitoring.group import GaugeGroup, group_gauges
from twin.monitoring.health import GaugeReading, StructureHealth, rate
from twin.monitoring.readings import Conditions
from twin.monitoring.settings import MonitoringSettings
from twin.monitoring.structures import (
    MINUTE_S,
    Gauge,
    GaugeFault,
    Structure,
    StructureDamage,
    check_troubles,
)


@dataclass(frozen=True, slots=True)
class Troubles:
    """What goes wrong with structures, and with their gauges."""

    damages: tuple[StructureDamage, ...] = ()
    faults: tuple[GaugeFault, ...] = ()


class StructureWatch:
    """All structures of a run, minute by minute; each gauge is read at its own interval.

    Parameters
    ----------
    structures
        With their gauges; ids are unique.
    settings
        Coefficients.
    chance
        Noise, looked up by gauge and day.
    day_of_year, hour
        At the start.
    troubles
        What goes wrong.

    Raises
    ------
    InputError
        If a trouble names no structure or gauge, or a gauge has too few readings to learn from.
    """

    def __init__(
        self,
        structures: Sequence[Structure],
        settings: MonitoringSettings,
        chance: Chance,
        day_of_year: float,
        hour: float,
        troubles: Troubles | None = None,
    ) -> None:
        troubles = troubles or Troubles()
        self.structures = tuple(structures)
        self._settings = settings
        self._structure_of = {gauge.id: each for each in structures for gauge in each.gauges}
        check_troubles(self.structures, troubles.damages, troubles.faults)
        conditions = Conditions(day_of_year, hour, settings.temperature, settings.traffic)
        self._groups = group_gauges(self.structures, settings, conditions, chance)
        self._place = {
            gauge.id: (group, row) for group in self._groups for row, gauge in enumerate(group.gauges)
        }
        self.book = DamageBook(self.structures, troubles.damages, settings)
        places = {name: (each.x, each.y) for name, each in self._structure_of.items()}
        self._faults = FaultBook(troubles.faults, places)
        self._open_share = dict.fromkeys((each.id for each in structures), 1.0)
        self._rain_mm_h, self._minute = 0.0, 0
        self._secured_s = dict.fromkeys((each.id for each in structures), -math.inf)
        self._grades = dict.fromkeys((each.id for each in structures), "A")
        self._silent: set[str] = set()
        self._changes: list[Change] = []
        self._readings: list[GaugeReading] = []

    @property
    def time_s(self) -> float:
        """Present time, s since the start."""
        return self._minute * MINUTE_S

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of all gauges, by structure."""
        return tuple(self._structure_of)

    @property
    def insensitive(self) -> tuple[str, ...]:
        """Ids of the gauges about whose temperature nothing could be learnt, because it never changed."""
        rows = {name: group.baseline.per_degree[row] for name, (group, row) in self._place.items()}
        return tuple(name for name in self.ids if rows[name] == 0.0)

    def set_rain(self, rain_mm_h: float) -> None:
        """Set the rain that holds from now on, mm/h."""
        self._rain_mm_h = rain_mm_h

    def set_open_share(self, structure: str, share: float) -> None:
        """Set how much of its usual traffic a structure carries from now on, 0 to 1."""
        self._open_share[structure] = share

    def advance_to(self, t_s: float) -> None:
        """Advance to a time, in whole minutes."""
        while (self._minute + 1) * MINUTE_S <= t_s + 1e-6:
            before_s = self.time_s if self._minute else -math.inf
            self._minute += 1
            self._changes += self.book.advance(self.time_s, self._rain_mm_h)
            self._changes += self._faults.changes(before_s, self.time_s)
            for group in self._groups:
                if self.time_s % group.interval_s == 0.0:
                    self._read(group)

    def secure(self, structure: str, order: str) -> OrderOutcome:
        """Let a structure have been inspected and secured: its present state is its new normal."""
        place = next((each for each in self.structures if each.id == structure), None)
        if place is None:
            return OrderOutcome(False, f"no structure '{structure}'")
        self.book.secure(structure, self.time_s)
        self._secured_s[structure] = self.time_s
        data = {"grade": self._grades[structure]}
        self._changes.append(Change(self.time_s, "structure.secured", structure, order, data))
        for gauge in place.gauges:
            group, row = self._place[gauge.id]
            if group.begin_anew(row):
                self._note(group, row, begins=False, because=f"structure.secured {structure}")
            if np.isfinite(group.residual[row]):
                self._readings.append(self._reading(group, row))
        self._grade(place)
        return OrderOutcome(True)

    def deviates(self, structure: Structure) -> bool:
        """Whether any gauge of a structure is in alarm."""
        return any(group.in_alarm[row] for group, row in self._rows(structure))

    def is_damaged(self, structure: Structure) -> bool:
        """Whether a gauge in alarm shows damage or a creeping slope, as somebody who looks would see."""
        since_s = self._secured_s[structure.id]
        return any(
            group.in_alarm[row]
            and self.book.because(structure.id, group.gauges[row].id, self.time_s, since_s) != ""
            for group, row in self._rows(structure)
        )

    def is_grave(self, structure: Structure) -> bool:
        """Whether the road at a structure is to be closed at once."""
        grades = [grade for grade, _ in self._settings.grades]
        grave = grades[: grades.index(self._settings.cordon_from) + 1]
        return self._grades[structure.id] in grave

    def health(self) -> list[StructureHealth]:
        """Report on each structure, in the order given."""
        return [
            rate(each, self._grades[each.id], list(self._rows(each)), self._silent)
            for each in self.structures
        ]

    def take_changes(self) -> list[Change]:
        """Hand out what has happened since the last call, in order."""
        changes, self._changes = self._changes, []
        return changes

    def take_readings(self) -> list[GaugeReading]:
        """Hand out what gauges have said since the last call, in order."""
        readings, self._readings = self._readings, []
        return readings

    # --- readings ---------------------------------------------------------------------------------

    def _rows(self, structure: Structure) -> Iterator[tuple[GaugeGroup, int]]:
        return (self._place[gauge.id] for gauge in structure.gauges)

    def _read(self, group: GaugeGroup) -> None:
        t_s = self.time_s
        places = [self._structure_of[gauge.id] for gauge in group.gauges]
        extra = [
            gauge.response.damage * self.book.severity(place.id, gauge.id, t_s)
            + self._faults.adds(gauge.id, t_s)
            for gauge, place in zip(group.gauges, places, strict=True)
        ]
        open_share = np.array([self._open_share[place.id] for place in places])
        for row in group.read(t_s, open_share, np.array(extra)):
            self._note(group, row, begins=bool(group.in_alarm[row]))
        self._listen(group)
        for place in dict.fromkeys(places):
            self._grade(place)
        self._readings += [
            self._reading(group, row) for row in np.flatnonzero(np.isfinite(group.residual)).tolist()
        ]

    def _reading(self, group: GaugeGroup, row: int) -> GaugeReading:
        gauge = group.gauges[row]
        return GaugeReading(
            t_s=self.time_s,
            gauge=gauge,
            structure=self._structure_of[gauge.id],
            value=float(group.reading[row]),
            expected=float(group.expected[row]),
            deviation=float(group.deviation[row]),
            observed=bool(group.observed[row]),
        )

    def _listen(self, group: GaugeGroup) -> None:
        """Note which gauges have gone silent, and which speak again."""
        longest_s = self._settings.silent_after * group.interval_s
        for row, gauge in enumerate(group.gauges):
            silence_s = self.time_s - float(group.read_s[row])
            if silence_s >= longest_s and gauge.id not in self._silent:
                self._silent.add(gauge.id)
                failed = (
                    f"gauge.failed {gauge.id}" if math.isnan(self._faults.adds(gauge.id, self.time_s)) else ""
                )
                self._say(gauge, "gauge.silent", failed, {"silent_s": silence_s})
            elif silence_s == 0.0 and gauge.id in self._silent:
                self._silent.remove(gauge.id)
                self._say(gauge, "gauge.heard", f"gauge.silent {gauge.id}", {})

    def _say(self, gauge: Gauge, kind: str, because: str, data: Mapping[str, Any]) -> None:
        structure = self._structure_of[gauge.id].id
        self._changes.append(Change(self.time_s, kind, gauge.id, because, {"structure": structure, **data}))

    def _note(self, group: GaugeGroup, row: int, *, begins: bool, because: str = "") -> None:
        gauge = group.gauges[row]
        data = {
            "quantity": gauge.quantity,
            "score": round(float(group.deviation[row] / group.chart.limit), 3),
            "residual": round(float(np.nan_to_num(group.residual[row])), 5),
        }
        if begins:
            self._say(gauge, "gauge.deviates", self.reason(gauge.id), data)
        else:
            self._say(gauge, "gauge.settled", because or f"gauge.deviates {gauge.id}", data)

    def reason(self, gauge: str) -> str:
        """Key of the change behind what a gauge says: its own fault, damage, a creeping slope, or none."""
        structure = self._structure_of[gauge].id
        since_s = self._secured_s[structure]
        if self._faults.misleads(gauge, self.time_s, since_s):
            return f"gauge.failed {gauge}"
        return self.book.because(structure, gauge, self.time_s, since_s)

    def _grade(self, structure: Structure) -> None:
        """Rate a structure anew, and note where that has changed."""
        rows = [
            (group.gauges[row].id, bool(group.in_alarm[row]))
            for group, row in self._rows(structure)
            if group.gauges[row].id not in self._silent
        ]
        outside = [name for name, is_out in rows if is_out]
        grade, was = self._settings.grade(len(outside), len(rows)), self._grades[structure.id]
        if grade == was:
            return
        self._grades[structure.id] = grade
        last = next(
            change
            for change in reversed(self._changes)
            if change.subject in {gauge.id for gauge in structure.gauges}
        )
        data = {"grade": grade, "was": was, "in_alarm": outside, "gauges": len(structure.gauges)}
        self._changes.append(Change(self.time_s, "structure.graded", structure.id, last.key, data))

    # --- checkpoints ------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Return all that a watch of the same gauges needs to go on."""
        return {
            "minute": self._minute,
            "rain_mm_h": self._rain_mm_h,
            "open_share": dict(self._open_share),
            "secured_s": dict(self._secured_s),
            "grades": dict(self._grades),
            "silent": sorted(self._silent),
            "book": self.book.state(),
            "groups": [group.state() for group in self._groups],
            "changes": list(self._changes),
            "readings": list(self._readings),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over such a state."""
        self._minute, self._rain_mm_h = state["minute"], state["rain_mm_h"]
        self._open_share, self._secured_s = dict(state["open_share"]), dict(state["secured_s"])
        self._grades, self._silent = dict(state["grades"]), set(state["silent"])
        self._changes, self._readings = list(state["changes"]), list(state["readings"])
        self.book.restore(state["book"])
        for group, kept in zip(self._groups, state["groups"], strict=True):
            group.restore(kept)
