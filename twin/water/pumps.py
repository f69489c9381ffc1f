"""Pump trucks: water from the street to a sewer node, to other ground or out of the model."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim_models.orders import GROUND, OUTSIDE, OrderOutcome, StartPump, StopPump
from twin.exchange.coupler import Surface

NO_NODE = -1
_SECONDS_AN_HOUR = 3600.0


@dataclass(slots=True)
class PumpTruck:
    """One pump at work.

    Parameters
    ----------
    id
        Id of the order that started it.
    x, y
        Where the suction hose lies, m.
    target
        Id of a sewer node, or one of `cim_models.orders.OUTSIDE` and `GROUND`.
    node
        Position of that node among the sewer's, or -1 for none.
    capacity_m3_s
        Largest flow, m3/s.
    cells
        Flat indices of the cells within reach of the suction.
    outlet
        Flat indices of the cells on which the water runs out; none unless the target is the ground.
    pumped_m3
        Moved so far.
    flow_m3_s
        Moved in the last step, per second.
    """

    id: str
    x: float
    y: float
    target: str
    node: int
    capacity_m3_s: float
    cells: NDArray[np.int64]
    outlet: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    pumped_m3: float = 0.0
    flow_m3_s: float = 0.0

    def step(self, surface: Surface, dt_s: float, residual_m: float) -> int:
        """Take water from the street for one step.

        Each cell within reach gives in proportion to the water that it holds above the residual
        depth, so the lowest give most and none is pumped dry before the others.

        Returns
        -------
        Units taken: what the surface really gave.
        """
        above = np.maximum(surface.depth_of(self.cells) - residual_m, 0.0) * surface.cell_size_m**2
        there = float(above.sum())
        wanted = min(self.capacity_m3_s * dt_s, there)
        taken = 0
        if wanted > 0.0:
            units = (above * (wanted / there / surface.unit_m3)).astype(np.int64)
            taken = -int(surface.exchange_units(self.cells, -units).sum())
        taken_m3 = taken * surface.unit_m3
        self.pumped_m3 += taken_m3
        self.flow_m3_s = taken_m3 / dt_s
        return taken

    def pour(self, surface: Surface, units: int) -> int:
        """Let water run out at the outlet, the same on each of its cells but for odd units.

        Returns
        -------
        Units poured, which are those given.
        """
        each, odd = divmod(units, self.outlet.size)
        shares = np.full(self.outlet.size, each, np.int64)
        shares[:odd] += 1
        return int(surface.exchange_units(self.outlet, shares).sum())


@dataclass(frozen=True, slots=True)
class PumpSite:
    """What pump trucks meet in a city.

    Parameters
    ----------
    cells_at
        From a point to the open cells within reach of a hose there.
    node_xy
        Sewer nodes that a pump may deliver to, m, by id, in the order of the sewer's.
    bounds
        Outer edges of the terrain as (x_min, y_min, x_max, y_max), m.
    residual_m
        Depth that a pump leaves behind, m.
    """

    cells_at: Callable[[float, float], NDArray[np.int64]]
    node_xy: dict[str, tuple[float, float]]
    bounds: tuple[float, float, float, float]
    residual_m: float

    def hose_m(self, order: StartPump) -> float:
        """Straight length from the suction to where the water goes, m."""
        x, y = order.x, order.y
        if order.target == OUTSIDE:
            x_min, y_min, x_max, y_max = self.bounds
            return min(x - x_min, x_max - x, y - y_min, y_max - y)
        to_x, to_y = order.outlet if order.outlet is not None else self.node_xy[order.target]
        return math.hypot(to_x - x, to_y - y)


class PumpFleet:
    """The pump trucks at work, and what they have moved.

    Parameters
    ----------
    site
        What they meet.

    Attributes
    ----------
    pumped_units, pumped_outside_units, pumped_to_ground_units
        Whole units taken from the street since the start; of that, what left the model, and what was
        put back on the ground elsewhere.
    """

    def __init__(self, site: PumpSite) -> None:
        self.pumped_units = self.pumped_outside_units = self.pumped_to_ground_units = 0
        self._site = site
        self._node = {name: index for index, name in enumerate(site.node_xy)}
        self._running: dict[str, PumpTruck] = {}

    @property
    def running(self) -> tuple[PumpTruck, ...]:
        """Trucks at work, in the order they were started."""
        return tuple(self._running.values())

    def start(self, order: StartPump) -> OrderOutcome:
        """Put a truck to work."""
        cells = self._site.cells_at(order.x, order.y)
        outlet = np.zeros(0, np.int64)
        if order.outlet is not None:
            outlet = self._site.cells_at(*order.outlet)
        reason = self._why_not(order, cells, outlet)
        if reason:
            return OrderOutcome(False, reason)
        self._running[order.id] = PumpTruck(
            id=order.id,
            x=order.x,
            y=order.y,
            target=order.target,
            node=self._node.get(order.target, NO_NODE),
            capacity_m3_s=order.capacity_m3_h / _SECONDS_AN_HOUR,
            cells=cells,
            outlet=outlet,
        )
        return OrderOutcome(True)

    def _why_not(self, order: StartPump, cells: NDArray[np.int64], outlet: NDArray[np.int64]) -> str:
        """Say what keeps a truck from working; empty for nothing."""
        if order.id in self._running:
            return f"pump '{order.id}' is running already"
        if not order.capacity_m3_h > 0.0:
            return f"capacity of {order.capacity_m3_h} m3/h is not above 0"
        if order.target not in (OUTSIDE, GROUND) and order.target not in self._node:
            return f"no sewer node '{order.target}'"
        if (order.target == GROUND) != (order.outlet is not None):
            return "a pump needs an outlet if its water goes to the ground, and none otherwise"
        if cells.size == 0:
            return f"no open ground at {order.x:.1f}, {order.y:.1f}"
        if order.outlet is not None and outlet.size == 0:
            return "no open ground at the outlet {:.1f}, {:.1f}".format(*order.outlet)
        if np.isin(outlet, cells).any():
            return "the outlet lies within reach of the suction"
        distance_m = self._site.hose_m(order)
        if distance_m > order.hose_m:
            return f"{distance_m:.0f} m to '{order.target}' and a hose of {order.hose_m:.0f} m"
        return ""

    def stop(self, order: StopPump) -> OrderOutcome:
        """Take a truck away; the outcome says what it moved."""
        pump = self._running.pop(order.pump, None)
        if pump is None:
            return OrderOutcome(False, f"no pump '{order.pump}' is running")
        return OrderOutcome(True, pumped_m3=pump.pumped_m3)

    def step(self, surface: Surface, dt_s: float) -> NDArray[np.int64]:
        """Run all trucks for one step and return the units that each sewer node receives."""
        units = np.zeros(len(self._node), np.int64)
        for pump in self._running.values():
            taken = pump.step(surface, dt_s, self._site.residual_m)
            self.pumped_units += taken
            if pump.target == OUTSIDE:
                self.pumped_outside_units += taken
            elif pump.target == GROUND:
                self.pumped_to_ground_units += pump.pour(surface, taken)
            else:
                units[pump.node] += taken
        return units

    def state(self) -> dict[str, Any]:
        """Return all that a fleet of the same city needs to go on."""
        return {
            "running": tuple(replace(pump) for pump in self._running.values()),
            "counts": (self.pumped_units, self.pumped_outside_units, self.pumped_to_ground_units),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over such a state."""
        self._running = {pump.id: replace(pump) for pump in state["running"]}
        self.pumped_units, self.pumped_outside_units, self.pumped_to_ground_units = state["counts"]
