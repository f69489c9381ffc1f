"""Where orders go: roads take closures, the water system takes everything else."""

from __future__ import annotations

import math
from collections.abc import Mapping

from cim_models.errors import RunError
from cim_models.orders import (
    CloseRoad,
    HazardOrder,
    OpenRoad,
    Order,
    OrderOutcome,
    SecureStructure,
    SewerOrder,
    StartPump,
    StopPump,
    StructureOrder,
    SupplyOrder,
)
from cim_models.standing import log_structure
from scenarios.hazardstory import HazardStory
from scenarios.planned import PlannedOrder
from scenarios.sewerstory import SewerStory
from scenarios.storylog import StoryLog
from scenarios.structurestory import StructureStory
from scenarios.supplystory import SupplyStory
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
    supply, hazards
        The water supply, and gas and cavities; None where they are not simulated.
    sewer
        What fails in the sewer, or None without one.

    Attributes
    ----------
    structures
        Structures that are watched; None for none.
    """

    def __init__(
        self,
        water: WaterSystem,
        roads: RoadNetwork | None,
        log: StoryLog,
        supply: SupplyStory | None = None,
        hazards: HazardStory | None = None,
        sewer: SewerStory | None = None,
    ) -> None:
        self._water, self._roads, self._log, self._supply = water, roads, log, supply
        self._hazards, self._sewer = hazards, sewer
        self.structures: StructureStory | None = None
        self._issued: dict[str, int] = {}

    def apply(self, order: Order) -> OrderOutcome:
        """Carry out an order at once."""
        if isinstance(order, CloseRoad | OpenRoad):
            if self._roads is None:
                return OrderOutcome(False, "the city has no roads")
            return self._roads.apply(order)
        if isinstance(order, SupplyOrder):
            if self._supply is None:
                return OrderOutcome(False, "the water supply is not simulated")
            return self._supply.apply(order)
        if isinstance(order, HazardOrder):
            if self._hazards is None:
                return OrderOutcome(False, "gas and cavities are not simulated")
            return self._hazards.apply(order)
        if isinstance(order, SecureStructure):
            if self.structures is None:
                return OrderOutcome(False, "no structures are watched")
            return self.structures.apply(order)
        if isinstance(order, SewerOrder):
            return OrderOutcome(False, "no sewer") if self._sewer is None else self._sewer.apply(order)
        return self._water.apply(order)

    def state(self) -> dict[str, int]:
        """Return the events of the scenario's orders by id: all that a desk of the same city needs."""
        return dict(self._issued)

    def restore(self, issued: Mapping[str, int]) -> None:
        """Take over such a memory."""
        self._issued = dict(issued)

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
            "x": planned.x if math.isfinite(planned.x) else None,
            "y": planned.y if math.isfinite(planned.y) else None,
            "target": planned.target,
            "capacity_m3_h": order.capacity_m3_h if isinstance(order, StartPump) else None,
        }
        cause = self._issued.get(planned.after or begun, cause)
        event = self._log.append(t_s, "order.issued", order.id, cause=cause, data=data)
        self._issued[order.id] = event
        outcome = self.apply(order)
        if not outcome.done:
            self._log.append(t_s, "order.refused", order.id, cause=event, data={"reason": outcome.reason})
            if isinstance(order, SupplyOrder | SewerOrder):  # what is stuck or has collapsed is found out
                return
            raise RunError(
                f"Measure '{order.id}' of the scenario cannot be carried out at {t_s:.0f} s",
                got=outcome.reason,
                remedy="Change the measure",
            )
        if isinstance(order, StopPump):
            self._log.append(t_s, "order.ended", begun, cause=event, data={"pumped_m3": outcome.pumped_m3})
        if isinstance(order, StructureOrder):
            log_structure(self._log, order, t_s, event)
