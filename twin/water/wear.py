"""What wears and fails in a sewer and its gullies in the course of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim_models.changes import Change
from cim_models.city import City
from twin.exchange import SewerExchange
from twin.rain import RainSeries
from twin.sewer import SewerEngine
from twin.sewer.faults import SewerFaults
from twin.water.fouling import GullyFouling
from twin.water.settings import WaterSettings

#: How often rain is counted for what grows with it, s.
_RAIN_EVERY_S = 60.0


class SewerWear:
    """The failures of a sewer and the blockages of its gullies, in step with the rain.

    Parameters
    ----------
    city, settings, seed
        The city, what goes wrong, and the scenario's seed.
    sewer, exchange
        SWMM, and the gullies above it.
    share
        Blocked share of each gully, 0 to 1; changed in place, and shown to the exchange.

    Attributes
    ----------
    faults
        What is out of order in the sewer.
    """

    def __init__(
        self,
        city: City,
        settings: WaterSettings,
        seed: int,
        sewer: SewerEngine,
        exchange: SewerExchange,
        share: NDArray[np.float64],
    ) -> None:
        assert city.sewer is not None
        self.faults = SewerFaults(city.sewer, sewer, settings.sewer_failures, settings.outfall_levels)
        gullies = city.layer("gullies")
        self._fouling = None if gullies is None else GullyFouling(gullies, settings.blockages, seed, share)
        self._exchange = exchange
        self._rain_mm = self._counted_s = 0.0

    def advance_to(self, t_s: float, rain: RainSeries, shares: NDArray[np.float64]) -> None:
        """Let happen what is due by a time, s; ``shares`` are those of the gauges in the city's rain."""
        if t_s >= self._counted_s + _RAIN_EVERY_S:
            fallen = rain.depth_until_mm(t_s) - rain.depth_until_mm(self._counted_s)
            self._rain_mm += float(shares @ fallen)
            self._counted_s = t_s
            if self._fouling is not None and not self._fouling.is_idle:
                self._fouling.advance_to(t_s, self._rain_mm, self._exchange.set_blockage)
        self.faults.advance_to(t_s, self._rain_mm)

    def clear_gully(self, row: int, t_s: float) -> None:
        """Begin anew at a gully that has just been cleared, given by its row."""
        if self._fouling is not None:
            self._fouling.clear(row, t_s, self._rain_mm)

    def take_changes(self) -> list[Change]:
        """Hand out what has happened since the last call, in the order of time."""
        gullies = [] if self._fouling is None else self._fouling.take_changes()
        return sorted([*self.faults.take_changes(), *gullies], key=lambda change: change.t_s)

    def state(self) -> dict[str, Any]:
        """Return what the wear of the same city needs to go on."""
        return {
            "faults": self.faults.state(),
            "fouling": None if self._fouling is None else self._fouling.state(),
            "rain": (self._rain_mm, self._counted_s),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over such a state; SWMM has it once it is opened again."""
        self.faults.restore(state["faults"])
        if self._fouling is not None:
            self._fouling.restore(state["fouling"])
        self._rain_mm, self._counted_s = state["rain"]
