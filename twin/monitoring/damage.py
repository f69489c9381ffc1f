"""How badly structures are damaged: what was given, and what wet ground does to slopes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from cim_models.changes import Change
from twin.monitoring.settings import MonitoringSettings
from twin.monitoring.structures import DAY_S, MINUTE_S, Structure, StructureDamage

RAIN = "rain"
"""What a change names that goes back to the rain."""


class DamageBook:
    """Severity of the damage of each structure in time.

    Parameters
    ----------
    structures, damages
        What there is, and what goes wrong with it.
    settings
        Coefficients of slopes.

    Attributes
    ----------
    wetness_mm
        Rain that has fallen and not drained from slopes, mm.
    crept
        Severity that each slope has gained by creeping.
    """

    def __init__(
        self,
        structures: Sequence[Structure],
        damages: Sequence[StructureDamage],
        settings: MonitoringSettings,
    ) -> None:
        self._slope = settings.slope
        self._slopes = [each.id for each in structures if settings.kinds[each.kind].slides]
        self._place = {each.id: {"x": each.x, "y": each.y} for each in structures}
        self._damages = sorted(damages, key=lambda damage: (damage.t_s, damage.id))
        self._ends_s = {damage.id: math.inf for damage in damages}
        self.wetness_mm = settings.slope.initial_mm
        self.crept = dict.fromkeys(self._slopes, 0.0)
        self._is_creeping = dict.fromkeys(self._slopes, False)
        self._held: set[str] = set()
        self._begun = 0

    def advance(self, t_s: float, rain_mm_h: float) -> list[Change]:
        """Advance by a minute to a time, under rain of an intensity; return what has begun and ended."""
        values = self._slope
        keep = math.exp(-MINUTE_S / (values.drains_days * DAY_S))
        # what falls drains in the mean for half of the minute; that is nothing
        self.wetness_mm = keep * self.wetness_mm + rain_mm_h * MINUTE_S / 3600.0
        excess = max(self.wetness_mm / values.critical_mm - 1.0, 0.0)
        changes = []
        for slope in self._slopes:
            creeps = excess > 0.0 and slope not in self._held
            if creeps:
                self.crept[slope] += values.per_day * excess * MINUTE_S / DAY_S
            if creeps != self._is_creeping[slope]:
                self._is_creeping[slope] = creeps
                changes.append(self._creeping(t_s, slope, begins=creeps))
        while self._begun < len(self._damages) and self._damages[self._begun].t_s <= t_s:
            changes.append(self._begin(self._damages[self._begun]))
            self._begun += 1
        return changes

    def severity(self, structure: str, gauge: str, t_s: float) -> float:
        """Severity that a gauge shows."""
        given = sum(self._of(damage, t_s) for damage in self._shown(structure, gauge, t_s))
        return self.crept.get(structure, 0.0) + given

    def because(self, structure: str, gauge: str, t_s: float, since_s: float) -> str:
        """Key of the change that has moved a gauge most since a time; empty for none."""
        reasons = [
            (self._of(damage, t_s) - self._of(damage, since_s), f"structure.damaged {structure}")
            for damage in self._shown(structure, gauge, t_s)
            if self._ends_s[damage.id] > since_s
        ]
        if structure in self.crept and structure not in self._held:
            reasons.append((self.crept[structure], f"structure.creeping {structure}"))
        amount, key = max(reasons, default=(0.0, ""))
        return key if amount > 0.0 else ""

    def secure(self, structure: str, t_s: float) -> None:
        """Let nothing get worse at a structure: damage grows no more, a slope is drained and held."""
        for damage in self._damages[: self._begun]:
            if damage.structure == structure:
                self._ends_s[damage.id] = min(self._ends_s[damage.id], t_s)
        self._held.add(structure)

    def _shown(self, structure: str, gauge: str, t_s: float) -> list[StructureDamage]:
        return [
            damage
            for damage in self._damages
            if damage.structure == structure
            and damage.t_s <= t_s
            and (not damage.gauges or gauge in damage.gauges)
        ]

    def _of(self, damage: StructureDamage, t_s: float) -> float:
        if t_s < damage.t_s:
            return 0.0
        return damage.jump + damage.per_day * (min(t_s, self._ends_s[damage.id]) - damage.t_s) / DAY_S

    def _begin(self, damage: StructureDamage) -> Change:
        data = {
            "damage": damage.id,
            "jump": damage.jump,
            "per_day": damage.per_day,
            **self._place[damage.structure],
        }
        return Change(damage.t_s, "structure.damaged", damage.structure, "", data)

    def _creeping(self, t_s: float, slope: str, *, begins: bool) -> Change:
        data = {"wetness_mm": round(self.wetness_mm, 3), "severity": round(self.crept[slope], 6)}
        if begins:
            return Change(t_s, "structure.creeping", slope, RAIN, data | self._place[slope])
        return Change(t_s, "structure.rests", slope, f"structure.creeping {slope}", data)

    def state(self) -> dict[str, Any]:
        """Return all that a book of the same structures needs to go on."""
        return {
            "wetness_mm": self.wetness_mm,
            "crept": dict(self.crept),
            "is_creeping": dict(self._is_creeping),
            "held": sorted(self._held),
            "ends_s": dict(self._ends_s),
            "begun": self._begun,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over such a state."""
        self.wetness_mm, self._begun = state["wetness_mm"], state["begun"]
        self.crept, self._is_creeping = dict(state["crept"]), dict(state["is_creeping"])
        self._held, self._ends_s = set(state["held"]), dict(state["ends_s"])
