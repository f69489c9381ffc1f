"""Pump trucks: water from the street to a sewer node or out of the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim_models.orders import OrderOutcome, StartPump, StopPump
from twin.exchange.coupler import Surface

OUTSIDE = -1
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
        Id of a sewer node, or ``outside``.
    node
        Position of that node among the sewer's, or -1 for outside.
    capacity_m3_s
        Largest flow, m3/s.
    cells
        Flat indices of the cells within reach of the suction.
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


class PumpFleet:
    """The pump trucks at work, and what they have moved.

    Parameters
    ----------
    cells_at
        From a point to the open cells within reach of a suction hose there.
    node_ids
        Sewer nodes that a pump may deliver to.
    residual_m
        Depth that a pump leaves behind, m.

    Attributes
    ----------
    pumped_units, pumped_outside_units
        Whole units taken from the street since the start, and of that, what left the model.
    """

    def __init__(
        self,
        cells_at: Callable[[float, float], NDArray[np.int64]],
        node_ids: Sequence[str],
        residual_m: float,
    ) -> None:
        self.pumped_units = self.pumped_outside_units = 0
        self._cells_at = cells_at
        self._node = {name: index for index, name in enumerate(node_ids)}
        self._residual_m = residual_m
        self._running: dict[str, PumpTruck] = {}

    @property
    def running(self) -> tuple[PumpTruck, ...]:
        """Trucks at work, in the order they were started."""
        return tuple(self._running.values())

    def start(self, order: StartPump) -> OrderOutcome:
        """Put a truck to work."""
        if order.id in self._running:
            return OrderOutcome(False, f"pump '{order.id}' is running already")
        if not order.capacity_m3_h > 0.0:
            return OrderOutcome(False, f"capacity of {order.capacity_m3_h} m3/h is not above 0")
        if order.target != "outside" and order.target not in self._node:
            return OrderOutcome(False, f"no sewer node '{order.target}'")
        cells = self._cells_at(order.x, order.y)
        if cells.size == 0:
            return OrderOutcome(False, f"no open ground at {order.x:.1f}, {order.y:.1f}")
        node = self._node.get(order.target, OUTSIDE)
        capacity_m3_s = order.capacity_m3_h / _SECONDS_AN_HOUR
        self._running[order.id] = PumpTruck(
            order.id, order.x, order.y, order.target, node, capacity_m3_s, cells
        )
        return OrderOutcome(True)

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
            taken = pump.step(surface, dt_s, self._residual_m)
            self.pumped_units += taken
            if pump.node == OUTSIDE:
                self.pumped_outside_units += taken
            else:
                units[pump.node] += taken
        return units

    def state(self) -> dict[str, Any]:
        """Return all that a fleet of the same city needs to go on."""
        return {
            "running": tuple(replace(pump) for pump in self._running.values()),
            "counts": (self.pumped_units, self.pumped_outside_units),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over such a state."""
        self._running = {pump.id: replace(pump) for pump in state["running"]}
        self.pumped_units, self.pumped_outside_units = state["counts"]
