"""Orders that the scenario itself gives, and the measures that they come from."""

from __future__ import annotations

from dataclasses import dataclass

from cim_models.city import City
from cim_models.orders import Order
from scenarios.moments import check_time
from scenarios.schema.model import Scenario


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """An order that the scenario gives at a time, s, with the place of its effect, m.

    ``after`` is the id of an order that this one is part of, or None.
    """

    t_s: float
    order: Order
    x: float
    y: float
    target: str
    after: str | None = None


@dataclass(frozen=True, slots=True)
class MeasureEntry:
    """Where a measure stands, and what it is checked against.

    Parameters
    ----------
    id
        Of the measure; the ids of its orders begin with it.
    key
        In the scenario, such as ``measures.0.pump_truck``.
    scenario, city, source
        The scenario, its city and its file, for messages.
    """

    id: str
    key: str
    scenario: Scenario
    city: City
    source: str

    def time_s(self, moment: str, name: str, after: tuple[str, float] | None = None) -> float:
        """Return what a key below this one names as a time of the run, s; see `check_time`."""
        return check_time(self.scenario, moment, f"{self.key}.{name}", self.source, after)
