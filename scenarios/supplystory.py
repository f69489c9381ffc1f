"""The water supply on the run's clock: it advances, its water reaches the street, its changes are written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cim_models.changes import Change
from cim_models.errors import NetworkError
from cim_models.mains import OpenMain, ValvePlace
from cim_models.orders import OrderOutcome, SupplyOrder
from scenarios.floodwatch import Spring
from scenarios.runfolder.readings import ReadingsWriter
from scenarios.storylog import StoryLog
from twin.supply.damage import DamageState
from twin.supply.failures import PipeBurst
from twin.supply.system import SupplySystem

NOTED = ("supply.burst", "supply.customers_out")
"""Kinds that lead to reports."""

LINGERS_S = 1800.0
"""Water of a broken main is still on the streets for so long after it was cut off, s; own assumption."""


class Street(Protocol):
    """Where the water of a broken main comes up."""

    def let_rise(self, name: str, x: float, y: float, risen_m3: float, until_s: float) -> bool:
        """Let water come up at a place; False where there is no open ground."""
        ...

    def settle_springs(self) -> None:
        """Give the street what is still on its way."""
        ...

    def runs_from(self, x: float, y: float) -> NDArray[np.float64]:
        """Places that water from below wets on its way downhill, shape (n, 2), m."""
        ...


class SupplyStory:
    """A supply system as a part of a run.

    Parameters
    ----------
    supply
        The supply.
    street
        The water system that takes what escapes.
    log
        The event log.
    """

    def __init__(self, supply: SupplySystem, street: Street, log: StoryLog) -> None:
        self.supply = supply
        self._street, self._log = street, log
        self._started: int | None = None
        self._events: dict[str, int] = {}
        self._buried: set[str] = set()
        self._uncut: set[str] = set()
        self._flowing_s: dict[str, float] = {}
        self._paths: dict[str, NDArray[np.float64]] = {}
        self._news: list[tuple[str, str, int]] = []
        self._origins: dict[str, int] = {}

    def begin(self, started: int) -> None:
        """Say to which event everything goes back that comes from outside."""
        self._started = started

    def advance_to(self, now_s: float, next_s: float) -> None:
        """Advance the supply to now; the street has what rose until then by ``next_s``."""
        self.supply.advance_to(now_s)
        self._write()
        for pipe, volume_m3 in self.supply.street_m3.items():
            damage = self.supply.damages[pipe]
            if self.supply.engine.escape_m3_s.get(pipe, 0.0) > 0.0:
                self._flowing_s[pipe] = now_s
            if not self._street.let_rise(pipe, damage.x, damage.y, volume_m3, next_s):
                self._note_buried(pipe, now_s)

    def end(self) -> None:
        """Give the street what is still on its way."""
        self._street.settle_springs()

    def apply(self, order: SupplyOrder) -> OrderOutcome:
        """Carry out an order now: at the time of the event that issued it, the latest of the log."""
        self.supply.advance_to(self._log.last_s)
        outcome = self.supply.apply(order)
        self._write()
        return outcome

    def break_pipe(self, pipe: str, area_fraction: float, position: float, cause: int) -> None:
        """Let a pipe burst now, because of an event."""
        burst = PipeBurst(float(self.supply.time_s), pipe, area_fraction, position)
        self._origins[f"supply.burst {pipe}"] = cause
        self.supply.plan(burst)

    def event_of(self, key: str) -> int | None:
        """Event of a change of the supply by its key; None for none."""
        return self._events.get(key)

    def take_news(self) -> list[tuple[str, str, int]]:
        """Hand out kind, subject and id of what leads to reports, since the last call."""
        news, self._news = self._news, []
        return news

    def springs(self) -> list[Spring]:
        """Return the bursts whose water comes up, or did less than half an hour ago."""
        return [
            Spring(self._events[f"supply.burst {pipe}"], *self._place(pipe), self._path(pipe))
            for pipe, last_s in self._flowing_s.items()
            if last_s >= self.supply.time_s - LINGERS_S and all(map(math.isfinite, self._place(pipe)))
        ]

    def _place(self, pipe: str) -> tuple[float, float]:
        return self.supply.damages[pipe].x, self.supply.damages[pipe].y

    def _path(self, pipe: str) -> NDArray[np.float64]:
        if pipe not in self._paths:
            self._paths[pipe] = self._street.runs_from(*self._place(pipe))
        return self._paths[pipe]

    def read(self, t_s: float, readings: ReadingsWriter, subject: str) -> None:
        """Write how many customers are out and what has escaped."""
        supply = self.supply
        persons = supply.persons
        account = supply.account
        values = (
            ("customers_out", float(persons[supply.out].sum()), "persons"),
            ("customers_low_pressure", float(persons[supply.low].sum()), "persons"),
            ("supply_escaped", account.escaped_m3, "m3"),
            ("supply_delivered", account.delivered_m3, "m3"),
        )
        for quantity, value, unit in values:
            readings.add(t_s, subject, quantity, value, unit)

    def read_pressures(self, t_s: float, readings: ReadingsWriter) -> None:
        """Write the pressure at every node, m; a drained node has 0."""
        for name, value in zip(self.supply.engine.node_ids, self.supply.engine.pressure_m, strict=True):
            readings.add(t_s, f"supply:{name}", "supply_pressure", max(float(value), 0.0), "m")

    # --- as crews and passers-by see it -----------------------------------------------------------

    def open_mains(self) -> list[OpenMain]:
        """Broken mains whose water comes up now; satisfies `agents.views.SupplyView` with what follows."""
        flows = self.supply.engine.escape_m3_s
        return [
            OpenMain(damage.pipe, damage.x, damage.y, flows[damage.pipe])
            for damage in self.supply.damages.values()
            if damage.to_street and flows.get(damage.pipe, 0.0) > 0.0 and math.isfinite(damage.x)
        ]

    def broken_main(self, x: float, y: float, radius_m: float) -> str | None:
        """Id of the nearest broken main within a radius that is not in service again."""
        near = [
            (math.hypot(damage.x - x, damage.y - y), damage.pipe)
            for damage in self.supply.damages.values()
            if damage.state is not DamageState.WHOLE and math.isfinite(damage.x)
        ]
        distance, pipe = min(near, default=(math.inf, ""))
        return pipe if distance <= radius_m else None

    def is_cut_off(self, pipe: str) -> bool:
        """Whether no more water comes to a broken main."""
        return self.supply.damages[pipe].state is not DamageState.OPEN

    def is_repaired(self, pipe: str) -> bool:
        """Whether a broken main is whole again, filled or not."""
        return self.supply.damages[pipe].state in (DamageState.FILLING, DamageState.WHOLE)

    def valves_to_shut(self, pipe: str) -> list[ValvePlace]:
        """Valves that cut a broken main off; empty where those that can be turned do not."""
        try:
            valves = self.supply.choose_valves(pipe).valves
        except NetworkError as exc:
            self._note_uncut(pipe, f"{exc} Its water runs until then.")
            return []
        return [self._valve(valve) for valve in valves]

    def valves_to_open(self, pipe: str) -> list[ValvePlace]:
        """Valves that are still shut for a main and that nobody has begun to open."""
        return [self._valve(valve) for valve in self.supply.valves_to_open(pipe)]

    def repair_s(self, pipe: str) -> float:
        """Time that the repair of a main takes on site, s."""
        return self.supply.repair_s(pipe)

    def _valve(self, valve: str) -> ValvePlace:
        return ValvePlace(valve, *self.supply.yard.place(valve))

    # --- the log ----------------------------------------------------------------------------------

    def _write(self) -> None:
        for change in self.supply.take_changes():
            cause = self._cause(change)
            t_s = max(float(change.t_s), self._log.last_s)  # the log goes forward in time
            event = self._log.append(t_s, change.kind, change.subject, cause=cause, data=dict(change.data))
            self._events[change.key] = event
            if change.kind in NOTED:
                self._news.append((change.kind, change.subject, event))

    def _cause(self, change: Change) -> int | None:
        because = change.because
        if not because:
            return self._origins.get(change.key, self._started)
        return self._events.get(because) or self._log.event_of_order(because) or self._started

    def _note_uncut(self, pipe: str, text: str) -> None:
        """Say once where no valve that can be turned cuts a broken main off."""
        if pipe not in self._uncut:
            self._uncut.add(pipe)
            cause = self._events.get(f"supply.burst {pipe}", self._started)
            self._log.append(self._log.last_s, "run.noted", "run", cause=cause, data={"text": text})

    def _note_buried(self, pipe: str, now_s: float) -> None:
        if pipe in self._buried:
            return
        self._buried.add(pipe)
        text = f"water of pipe {pipe} finds no open ground within reach: it leaves the model"
        self._log.append(
            now_s, "run.noted", "run", cause=self._events[f"supply.burst {pipe}"], data={"text": text}
        )

    def state(self) -> dict[str, Any]:
        """Return what a story of the same supply needs to go on."""
        return {
            "supply": self.supply.state(),
            "started": self._started,
            "events": dict(self._events),
            "buried": sorted(self._buried),
            "uncut": sorted(self._uncut),
            "flowing_s": dict(self._flowing_s),
            "news": list(self._news),
            "origins": dict(self._origins),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over such a state."""
        self.supply.restore(state["supply"])
        self._started = state["started"]
        self._events, self._buried = dict(state["events"]), set(state["buried"])
        self._news, self._origins = list(state["news"]), dict(state["origins"])
        self._uncut, self._flowing_s = set(state["uncut"]), dict(state["flowing_s"])
