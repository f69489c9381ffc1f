"""The cavities of a city in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from cim_models.changes import Change
from cim_models.orders import OrderOutcome
from twin.cavities.growth import (
    QUANTUM_M3,
    Floats,
    Washing,
    rain_inflow_m3_s,
    volume_m3,
    wash_out,
    wetness_after,
)
from twin.cavities.radar import detection_probability
from twin.cavities.roof import Shape, Strength, safety_factor, shape_of
from twin.cavities.settings import CavitySettings
from twin.chance import Chance

STEP_S = 60.0


class CavityState(IntEnum):
    """Where a cavity stands."""

    GROWING = 0
    COLLAPSED = 1
    FILLED = 2


@dataclass(frozen=True, slots=True)
class Cavity:
    """A cavity as the run begins, or a place where one may grow.

    Parameters
    ----------
    id, road
        Id, and id of the road above.
    x, y
        Place, m.
    depth_m
        Of the pipe on which it stands, m below the road.
    soil
        Soil of catalogue ``cavities``.
    road_class
        Class of the road, for its traffic.
    volume_m3
        At the beginning, m3.
    leak_m3_h
        Water that passes it all the time, m3/h.
    pipe
        Supply pipe whose leak feeds it besides; empty for none.
    strength
        Factor on the strength of the ground.
    """

    id: str
    road: str
    x: float
    y: float
    depth_m: float
    soil: str
    road_class: str = "residential"
    volume_m3: float = 0.0
    leak_m3_h: float = 0.0
    pipe: str = ""
    strength: float = 1.0


@dataclass(frozen=True, slots=True)
class SoilAccount:
    """Solids that left the ground around all cavities, m3, and the water that took them, m3.

    Parameters
    ----------
    washed_out
        Solids that water carried away since the start.
    missing
        Solids that cavities lack against the start, counted from their volumes.
    water
        That passed the cavities.
    """

    washed_out: float
    missing: float
    water: float


class CavitySystem:
    """All cavities of a run; it advances by whole minutes.

    Parameters
    ----------
    cavities
        As the run begins.
    settings
        Coefficients.
    chance
        Luck of the radar, looked up by survey and cavity.
    """

    def __init__(self, cavities: Sequence[Cavity], settings: CavitySettings, chance: Chance) -> None:
        self.cavities, self._settings, self._chance = tuple(cavities), settings, chance
        self._passes: list[tuple[float, str, str]] = []
        self._row = {cavity.id: row for row, cavity in enumerate(self.cavities)}
        soils = [settings.soils[cavity.soil] for cavity in self.cavities]
        self._porosity = np.array([soil.porosity for soil in soils])
        self._depth_m = np.array([cavity.depth_m for cavity in self.cavities])
        self._dry_kpa = np.array([soil.cohesion_dry_kpa for soil in soils])
        self._wet_kpa = np.array([soil.cohesion_wet_kpa for soil in soils])
        self._friction = np.radians([soil.friction_deg for soil in soils])
        self._factor = np.array([cavity.strength for cavity in self.cavities])
        traffic = settings.roof.traffic
        self._traffic = np.array([traffic.get(cavity.road_class, 1.0) for cavity in self.cavities])
        self._washing = Washing(
            np.array([soil.carried for soil in soils]),
            np.array([soil.threshold_m3_h for soil in soils]) / 3600.0,
        )
        steady = np.array([cavity.leak_m3_h for cavity in self.cavities]) / 3600.0
        self._steady_m3_s = steady
        self._leak_m3_s = np.zeros(len(self.cavities))
        beginning = np.array([cavity.volume_m3 for cavity in self.cavities])
        self.solids = np.round(beginning * (1.0 - self._porosity) / QUANTUM_M3).astype(np.int64)
        self._first_solids = self.solids.copy()
        self._washed = np.zeros(len(self.cavities), dtype=np.int64)
        self._rest = np.zeros(len(self.cavities))
        self.wetness = np.zeros(len(self.cavities))
        self.state_of = np.full(len(self.cavities), CavityState.GROWING, dtype=np.int64)
        self.found = np.zeros(len(self.cavities), dtype=bool)
        self._water_m3 = 0.0
        self._rain_mm_h = 0.0
        self._tick = 0
        self._changes: list[Change] = []

    @property
    def time_s(self) -> float:
        """Time reached, s since the start."""
        return self._tick * STEP_S

    def set_rain(self, intensity_mm_h: float) -> None:
        """Let so much rain fall from now on, mm/h."""
        self._rain_mm_h = intensity_mm_h

    def set_leaks(self, flow_m3_s: Mapping[str, float]) -> None:
        """Let supply pipes lose so much from now on, m3/s by pipe; those not named lose nothing."""
        self._leak_m3_s = np.array([flow_m3_s.get(cavity.pipe, 0.0) for cavity in self.cavities])

    def advance_to(self, t_s: float) -> None:
        """Let all whole minutes until a time pass."""
        while (self._tick + 1) * STEP_S <= t_s + 1e-6:
            self._step()

    def _step(self) -> None:
        growing = self.state_of == CavityState.GROWING
        rain_m3_s = rain_inflow_m3_s(self._rain_mm_h, self._settings.rain)
        water = np.where(growing, self._steady_m3_s + self._leak_m3_s + rain_m3_s, 0.0)
        quanta, self._rest = wash_out(water, self._washing, self._rest, STEP_S)
        self.solids += quanta
        self._washed += quanta
        self._water_m3 += float(water.sum()) * STEP_S
        self.wetness = wetness_after(self.wetness, self._rain_mm_h, self._settings.rain, STEP_S)
        self._tick += 1
        while self._passes and self._passes[0][0] <= self.time_s:
            _, road, order = self._passes.pop(0)
            self._look(road, order)
        for row in np.flatnonzero(growing & (self.safety < 1.0)).tolist():
            self._collapse(row)

    @property
    def volume_m3(self) -> Floats:
        """Volume of each cavity, m3; 0 once filled."""
        return np.where(self.state_of == CavityState.FILLED, 0.0, volume_m3(self.solids, self._porosity))

    @property
    def shape(self) -> Shape:
        """Shape of each cavity."""
        return shape_of(self.volume_m3, self._depth_m, self._settings.roof.pavement_m)

    @property
    def safety(self) -> Floats:
        """Resistance over load of each roof, as wet as the ground is now."""
        cohesion = self._dry_kpa + self.wetness * (self._wet_kpa - self._dry_kpa)
        strength = Strength(cohesion, self._friction, self._factor, self._traffic)
        return safety_factor(self.shape, strength, self._settings.roof)

    def _collapse(self, row: int) -> None:
        self.state_of[row] = CavityState.COLLAPSED
        cavity = self.cavities[row]
        data = {**self._describe(row), "wetness": round(float(self.wetness[row]), 3)}
        leak = f"supply.leaking {cavity.pipe}" if cavity.pipe and self._leak_m3_s[row] > 0.0 else ""
        because = f"cavity.found {cavity.id}" if self.found[row] else leak
        self._changes.append(Change(self.time_s, "cavity.collapsed", cavity.id, because, data))

    def _describe(self, row: int) -> dict[str, Any]:
        cavity, shape = self.cavities[row], self.shape
        return {
            "x": cavity.x,
            "y": cavity.y,
            "road": cavity.road,
            "volume_m3": round(float(self.volume_m3[row]), 3),
            "area_m2": round(float(shape.area_m2[row]), 3),
            "cover_m": round(float(shape.cover_m[row]), 3),
        }

    # --- what is done about them ------------------------------------------------------------------

    def detection_probability(self) -> Floats:
        """Chance that one pass of the radar finds each cavity; 0 for those that are no secret."""
        roof, radar = self._settings.roof, self._settings.radar
        hidden = (self.state_of == CavityState.GROWING) & ~self.found
        return np.where(hidden, detection_probability(self.shape, roof.pavement_m, radar), 0.0)

    def survey(self, roads: Sequence[tuple[str, float]], order: str, begin_s: float) -> None:
        """Drive the radar along roads, one after the other; each is looked at when its end is reached.

        Parameters
        ----------
        roads
            Id and length, m, of each, in the order of the way.
        order
            Id of the order that sent the radar.
        begin_s
            When it sets out, s.
        """
        speed_m_s = self._settings.radar.speed_km_h / 3.6
        reached_s = begin_s
        for road, length_m in roads:
            reached_s += length_m / speed_m_s
            self._passes.append((reached_s, road, order))
        self._passes.sort()

    def _look(self, road: str, order: str) -> None:
        chance = self.detection_probability()
        for row, cavity in enumerate(self.cavities):
            if cavity.road == road and self._chance.of(order, cavity.id).random() < chance[row]:
                self.found[row] = True
                data = {**self._describe(row), "probability": round(float(chance[row]), 3)}
                self._changes.append(Change(self.time_s, "cavity.found", cavity.id, order, data))

    def fill(self, cavity: str, order: str) -> OrderOutcome:
        """Fill a cavity or the hole that it left."""
        row = self._row.get(cavity)
        if row is None or self.state_of[row] == CavityState.FILLED:
            return OrderOutcome(False, f"no open cavity '{cavity}'")
        data = {"volume_m3": round(float(self.volume_m3[row]), 3), "road": self.cavities[row].road}
        self.state_of[row] = CavityState.FILLED
        self._changes.append(Change(self.time_s, "cavity.filled", cavity, order, data))
        return OrderOutcome(True)

    def take_changes(self) -> list[Change]:
        """Hand out what has happened since the last call, in order."""
        changes, self._changes = self._changes, []
        return changes

    @property
    def account(self) -> SoilAccount:
        """Where the soil went; filled cavities count with what they had lost."""
        solid_share = 1.0 - self._porosity
        lost = volume_m3(self.solids, self._porosity) - volume_m3(self._first_solids, self._porosity)
        return SoilAccount(
            washed_out=float(self._washed.sum()) * QUANTUM_M3,
            missing=float(np.sum(lost * solid_share)),
            water=self._water_m3,
        )

    def state(self) -> dict[str, Any]:
        """Return all that a system of the same cavities needs to go on."""
        return {
            "tick": self._tick,
            "rain_mm_h": self._rain_mm_h,
            "water_m3": self._water_m3,
            "arrays": {name: getattr(self, name).copy() for name in _ARRAYS},
            "passes": list(self._passes),
            "changes": list(self._changes),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over such a state."""
        self._tick, self._rain_mm_h = state["tick"], state["rain_mm_h"]
        self._water_m3, self._changes = state["water_m3"], list(state["changes"])
        self._passes = list(state["passes"])
        for name, values in state["arrays"].items():
            setattr(self, name, values.copy())


_ARRAYS = ("solids", "_washed", "_rest", "wetness", "state_of", "found", "_leak_m3_s")
