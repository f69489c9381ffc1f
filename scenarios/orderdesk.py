"""Where orders go: roads take closures, the water system takes everything else."""

from __future__ import annotations

from cim_models.errors import RunError
from cim_models.orders import CloseRoad, OpenRoad, Order, OrderOutcome, StartPump, StopPump
from scenarios.measures import PlannedOrder
from scenarios.storylog import StoryLog
from twin.roads import RoadNetwork
from twin.water import WaterSystem


class OrderDesk:
    """Carry out orders; satisfies `agents.views.OrderPort`.

    Parameters
    ----------
    water
        The water system.
    roads
        The road graph, or None where the city has no roads.
    log
        Where the orders of the scenario itself are written; agents write their own.
    """

    def __init__(self, water: WaterSystem, roads: RoadNetwork | None, log: StoryLog) -> None:
        self._water, self._roads, self._log = water, roads, log
        self._issued: dict[str, int] = {}

    def apply(self, order: Order) -> OrderOutcome:
        """Carry out an order at once."""
        if isinstance(order, CloseRoad | OpenRoad):
            if self._roads is None:
                return OrderOutcome(False, "the city has no roads")
            return self._roads.apply(order)
        return self._water.apply(order)

    def carry_out(self, planned: PlannedOrder, t_s: float, cause: int) -> None:
        """Carry out an order of the scenario and write it down.

        Raises
        ------
        RunError
            If the physical city refuses what the scenario demands.
        """
        order = planned.order
        begun = order.pump if isinstance(order, StopPump) else order.id.removesuffix("-end")
        data = {
            "order": type(order).__name__,
            "case": None,
            "crew": None,
            "x": planned.x,
            "y": planned.y,
            "target": planned.target,
            "capacity_m3_h": order.capacity_m3_h if isinstance(order, StartPump) else None,
        }
        event = self._log.append(
            t_s, "order.issued", order.id, cause=self._issued.get(begun, cause), data=data
        )
        self._issued[order.id] = event
        outcome = self.apply(order)
        if not outcome.done:
            self._log.append(t_s, "order.refused", order.id, cause=event, data={"reason": outcome.reason})
            raise RunError(
                f"Measure '{order.id}' of the scenario cannot be carried out at {t_s:.0f} s",
                got=outcome.reason,
                remedy="Change the measure",
            )
        if isinstance(order, StopPump):
            self._log.append(t_s, "order.ended", begun, cause=event, data={"pumped_m3": outcome.pumped_m3})
