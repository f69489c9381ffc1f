"""A sewer that fails, on the run's clock: its changes are written, and what it dams up names its cause."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim_models.changes import Change
from cim_models.orders import OrderOutcome, SewerOrder
from cim_models.sewer_faults import FaultKind, PumpNews, SewerFaultPlace
from scenarios.storylog import StoryLog
from twin.supply.repair import repair_times
from twin.water import WaterSystem
from twin.water.fouling import RAIN
from twin.water.wear import SewerWear

_ENDS = {
    "sewer.pump_started": "sewer.pump_stopped",
    "sewer.outfall_freed": "sewer.outfall_drowned",
}

_PUMPS = frozenset({"sewer.pump_stopped", "sewer.pump_started"})


class SewerStory:
    """The failures of a sewer as a part of a run.

    Parameters
    ----------
    water, wear
        The water system, and what fails in its sewer.
    node_xy
        Places of the sewer's nodes, shape (nodes, 2), m; NaN where unknown.
    log
        The event log.

    Attributes
    ----------
    ended
        Event that ended a failure, by the event with which that began.
    """

    def __init__(
        self, water: WaterSystem, wear: SewerWear, node_xy: NDArray[np.float64], log: StoryLog
    ) -> None:
        self._water, self._wear, self._node_xy, self._log = water, wear, node_xy, log
        self._started: int | None = None
        self._events: dict[str, int] = {}
        self.ended: dict[int, int] = {}
        self._blocked: dict[str, int] = {}
        self._row_of = {name: row for row, name in enumerate(water.node_ids)}
        self._overflowed: dict[int, str] = {}
        self._news: list[PumpNews] = []
        gullies = water.city.layer("gullies")
        self._gullies = (
            {}
            if gullies is None
            else {
                str(name): (row, float(point.x), float(point.y))
                for row, (name, point) in enumerate(zip(gullies["id"], gullies.geometry, strict=True))
            }
        )

    def begin(self, started: int) -> None:
        """Say to which event everything goes back that comes from outside."""
        self._started = started

    def write(self, rain_event: int | None) -> None:
        """Write what has happened since the last call; ``rain_event`` is that of the rain."""
        for change in self._wear.take_changes():
            cause = self._cause(change, rain_event)
            t_s = max(change.t_s, self._log.last_s)  # the log goes forward in time
            event = self._log.append(t_s, change.kind, change.subject, cause=cause, data=dict(change.data))
            self._events[change.key] = event
            if change.kind in _PUMPS and change.data.get("x") is not None:
                self._tell(change, event)
            if change.kind == "gully.blocked":
                self._blocked.setdefault(change.subject, event)
            begun = _ENDS.get(change.kind) or change.data.get("fault")
            before = self._events.get(f"{begun} {change.subject}") if begun else None
            if before is not None:
                self.ended[before] = event

    def causes(self, nodes: NDArray[np.int64]) -> dict[int, int]:
        """Return the event of what dams the water at nodes, given by their rows, where something does.

        The nodes are those that have begun to overflow; what was behind it is remembered.
        """
        for node in nodes.tolist():
            fault = self._wear.faults.behind(node)
            if fault is not None:
                self._overflowed[node] = fault.id
        keys = ((int(node), self._wear.faults.cause(int(node))) for node in nodes)
        return {node: self._events[key] for node, key in keys if key in self._events}

    def blocked_gullies(self) -> list[tuple[int, float, float]]:
        """Event and place, m, of every gully that was blocked in the course of the run and still is."""
        share = self._water.gully_blockage
        self._blocked = {
            name: event for name, event in self._blocked.items() if share[self._gullies[name][0]] > 0
        }
        return [(event, *self._gullies[name][1:]) for name, event in self._blocked.items()]

    def take_news(self) -> list[PumpNews]:
        """Hand out what pumping stations have told since the last call."""
        news, self._news = self._news, []
        return news

    def apply(self, order: SewerOrder) -> OrderOutcome:
        """Carry out an order now."""
        outcome = self._water.apply(order)
        self.write(None)
        return outcome

    # --- as crews see it --------------------------------------------------------------------------

    def fault_near(self, x: float, y: float, radius_m: float) -> SewerFaultPlace | None:
        """Find what dams the water that comes up within a radius; satisfies `agents.views.SewerView`.

        Where nothing overflows any more, manholes that did so show it by what was washed up.
        """
        if not self._wear.faults.faults:
            return None
        now = np.flatnonzero(self._water.surcharged)
        before = np.array(sorted(self._overflowed), dtype=np.int64)
        for rows in (now, before):
            distance = np.hypot(self._node_xy[rows, 0] - x, self._node_xy[rows, 1] - y)
            for row in rows[np.argsort(distance, kind="stable")][: int((distance <= radius_m).sum())]:
                place = self._behind(int(row))
                if place is not None:
                    return place
        return self._stopped_pump_near(x, y, radius_m)

    def fault_behind(self, manhole: str) -> SewerFaultPlace | None:
        """Find what dams or dammed the water up in a manhole; satisfies `agents.views.SewerView`."""
        row = self._row_of.get(manhole)
        return None if row is None else self._behind(row)

    def is_out_of_order(self, fault: str) -> bool:
        """Whether a conduit or pump is still out of order."""
        return fault in self._wear.faults.faults

    def rebuild_s(self, conduit: str) -> float:
        """Time that rebuilding a conduit takes on site, s: that of a water main of its bore and depth."""
        return repair_times().repair_s(*self._wear.faults.dimensions_m(conduit))

    # --- checkpoints ------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Return what a story of the same sewer needs to go on; the water keeps the sewer itself."""
        return {
            "started": self._started,
            "events": dict(self._events),
            "ended": dict(self.ended),
            "blocked": dict(self._blocked),
            "overflowed": dict(self._overflowed),
            "news": list(self._news),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over such a state."""
        self._started, self._events = state["started"], dict(state["events"])
        self.ended, self._blocked = dict(state["ended"]), dict(state["blocked"])
        self._overflowed = dict(state["overflowed"])
        self._news = list(state["news"])

    def _tell(self, change: Change, event: int) -> None:
        stands_still = change.kind == "sewer.pump_stopped"
        x, y = float(change.data["x"]), float(change.data["y"])
        self._news.append(PumpNews(change.subject, stands_still, x, y, event))

    def _behind(self, row: int) -> SewerFaultPlace | None:
        """Return what dams the water up at a node, or did so when it overflowed and is not mended yet."""
        faults = self._wear.faults
        fault = faults.behind(row) or faults.faults.get(self._overflowed.get(row, ""))
        return None if fault is None else faults.place(fault)

    def _stopped_pump_near(self, x: float, y: float, radius_m: float) -> SewerFaultPlace | None:
        """Find the nearest pump that stands still at a place itself."""
        places = [
            self._wear.faults.place(fault)
            for fault in self._wear.faults.faults.values()
            if fault.kind is FaultKind.PUMP_STOPPED
        ]
        near = [(float(np.hypot(place.x - x, place.y - y)), place.id, place) for place in places]
        return min((entry for entry in near if entry[0] <= radius_m), default=(0.0, "", None))[2]

    def _cause(self, change: Change, rain_event: int | None) -> int | None:
        if change.because == RAIN:
            return rain_event or self._started
        if not change.because:
            return self._started
        known = self._events.get(change.because) or self._log.event_of_order(change.because)
        return known or self._started
