"""What is wrong with gauges themselves, so that they say what is not so, or nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from cim_models.changes import Change
from twin.monitoring.structures import DAY_S, GaugeFault


class FaultBook:
    """Faults of gauges in time; all follows from the time, so there is no state.

    Parameters
    ----------
    faults
        What goes wrong.
    places
        Where each gauge is, x and y, m.
    """

    def __init__(self, faults: Sequence[GaugeFault], places: Mapping[str, tuple[float, float]]) -> None:
        self._places = places
        self._faults = sorted(faults, key=lambda fault: (fault.t_s, fault.gauge))

    def adds(self, gauge: str, t_s: float) -> float:
        """Return what faults add to a reading, in the unit of the gauge; NaN where it says nothing."""
        present = [fault for fault in self._of(gauge) if fault.t_s <= t_s < fault.until_s]
        if any(fault.silent for fault in present):
            return math.nan
        return sum(fault.step + fault.per_day * (t_s - fault.t_s) / DAY_S for fault in present)

    def misleads(self, gauge: str, t_s: float, since_s: float) -> bool:
        """Whether a fault has changed what a gauge says since a time."""
        moved = self.adds(gauge, t_s) - self.adds(gauge, since_s)
        return not math.isnan(moved) and moved != 0.0

    def changes(self, after_s: float, until_s: float) -> list[Change]:
        """Return what begins and ends later than one time and not after another."""
        found = []
        for fault in self._faults:
            x, y = self._places[fault.gauge]
            data = {"step": fault.step, "per_day": fault.per_day, "silent": fault.silent, "x": x, "y": y}
            if after_s < fault.t_s <= until_s:
                found.append(Change(fault.t_s, "gauge.failed", fault.gauge, "", data))
            if after_s < fault.until_s <= until_s:
                because = f"gauge.failed {fault.gauge}"
                found.append(Change(fault.until_s, "gauge.restored", fault.gauge, because, {}))
        return sorted(found, key=lambda change: change.t_s)

    def _of(self, gauge: str) -> Iterator[GaugeFault]:
        return (fault for fault in self._faults if fault.gauge == gauge)
