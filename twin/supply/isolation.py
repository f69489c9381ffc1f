"""Which valves to shut so that no more water comes to a pipe, and who loses water by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cim_models.errors import NetworkError
from twin.supply.segments import Segments

VALVE_TIME_S = 900.0
"""Time to reach and shut one valve where nobody knows better, s; own assumption."""


@dataclass(frozen=True, slots=True)
class Isolation:
    """A way to cut off a pipe.

    Parameters
    ----------
    pipe
        What is cut off.
    valves
        Ids of the valves to shut, the first first.
    segments
        Segments that are cut off.
    unfed
        Segments beyond them that no source reaches any more.
    persons, demand_m3_s
        Customers without water, and their mean demand, m3/s.
    time_s
        Until the last valve is shut, s, by one crew, valve after valve.
    escape_m3
        Water that escapes until then, m3.
    lost_m3
        Demand that is not met until the pipe is repaired, m3.
    """

    pipe: str
    valves: tuple[str, ...]
    segments: frozenset[int]
    unfed: frozenset[int]
    persons: float
    demand_m3_s: float
    time_s: float
    escape_m3: float
    lost_m3: float

    @property
    def cost_m3(self) -> float:
        """What the choice minimises: water that runs away and water that customers do not get, m3."""
        return self.escape_m3 + self.lost_m3


@dataclass(frozen=True, slots=True)
class Leak:
    """What is to be cut off.

    Parameters
    ----------
    pipe
        The pipe.
    escape_m3_s
        Water that escapes as long as it is not cut off, m3/s.
    repair_s
        How long it then stays cut off, s.
    """

    pipe: str
    escape_m3_s: float
    repair_s: float


class IsolationPlanner:
    """Choose valves.

    The segment of the pipe is cut off by the valves on its border, but for those beyond which no source
    remains. A valve that cannot be turned joins the segment behind it to what is cut off. Beyond that, a
    larger area is taken whenever this makes the sum of water that escapes and water that customers miss
    smaller: a far valve may cost more than a few more customers. The search goes from the smallest area
    outwards and stops where no single further segment helps; it is a descent, not a proof of the best.

    Parameters
    ----------
    segments
        Segments of the network.
    """

    def __init__(self, segments: Segments) -> None:
        self._segments = segments
        self._row = {valve.id: row for row, valve in enumerate(segments.valves)}

    def choose(
        self,
        leak: Leak,
        *,
        stuck: frozenset[str] = frozenset(),
        shut: frozenset[str] = frozenset(),
        valve_time_s: Mapping[str, float] | Callable[[Sequence[str]], float] | None = None,
    ) -> Isolation:
        """Choose the valves to shut for a leak.

        Parameters
        ----------
        leak
            What is to be cut off.
        stuck
            Valves that cannot be turned.
        shut
            Valves that are shut already.
        valve_time_s
            Time to reach and shut each valve, s, or a function from valves to the time for all of them;
            a valve left out takes `VALVE_TIME_S`.

        Raises
        ------
        NetworkError
            If the valves that can be turned do not part the pipe from its sources.
        """
        movable = np.array([valve.id not in stuck for valve in self._segments.valves], dtype=bool)
        still_open = np.array([valve.id not in shut for valve in self._segments.valves], dtype=bool)
        best = self._weigh(
            leak,
            self._forced({self._segments.of(leak.pipe)}, movable | ~still_open),
            still_open,
            valve_time_s,
        )
        if best is None:
            raise NetworkError(
                f"Water supply, pipe '{leak.pipe}': no valves cut it off",
                got=f"{len(stuck)} valves that cannot be turned",
                expected="valves between the pipe and every reservoir and tank",
                remedy="Free a valve, or stop the source",
            )
        while True:
            wider = [
                option
                for segment in self._neighbours(best.segments)
                if (
                    option := self._weigh(
                        leak,
                        self._forced({*best.segments, segment}, movable | ~still_open),
                        still_open,
                        valve_time_s,
                    )
                )
                is not None
            ]
            better = min(wider, key=lambda option: (option.cost_m3, option.valves), default=best)
            if better.cost_m3 >= best.cost_m3:
                return best
            best = better

    def _border(self, area: frozenset[int] | set[int]) -> NDArray[np.int64]:
        inside = np.zeros(self._segments.count, dtype=bool)
        inside[list(area)] = True
        one, other = inside[self._segments.sides].T
        return np.flatnonzero(one != other)

    def _neighbours(self, area: frozenset[int]) -> list[int]:
        sides = self._segments.sides[self._border(area)]
        return sorted({int(segment) for segment in sides.ravel()} - area)

    def _forced(self, area: set[int], movable: NDArray[np.bool_]) -> frozenset[int]:
        """Join what lies behind valves that cannot be turned."""
        while True:
            fixed = [row for row in self._border(area) if not movable[row]]
            if not fixed:
                return frozenset(area)
            area |= {int(segment) for row in fixed for segment in self._segments.sides[row]}

    def _weigh(
        self,
        leak: Leak,
        area: frozenset[int],
        still_open: NDArray[np.bool_],
        valve_time_s: Mapping[str, float] | Callable[[Sequence[str]], float] | None,
    ) -> Isolation | None:
        segments = self._segments
        inside = np.zeros(segments.count, dtype=bool)
        inside[list(area)] = True
        if (inside & segments.has_source).any():
            return None
        border = self._border(area)
        to_shut = border[still_open[border]]
        after = still_open.copy()
        after[to_shut] = False
        dry = ~segments.fed(after)
        to_shut = to_shut[~dry[segments.sides[to_shut]].all(axis=1)]  # what lies beyond the others is dry too
        valves = tuple(segments.valves[row].id for row in to_shut)
        demand = float(segments.demand_m3_s[dry].sum())
        time_s = _time_for(valves, valve_time_s)
        return Isolation(
            pipe=leak.pipe,
            valves=valves,
            segments=area,
            unfed=frozenset(np.flatnonzero(dry & ~inside).tolist()),
            persons=float(segments.persons[dry].sum()),
            demand_m3_s=demand,
            time_s=time_s,
            escape_m3=leak.escape_m3_s * time_s,
            lost_m3=demand * leak.repair_s,
        )


def _time_for(
    valves: Sequence[str], valve_time_s: Mapping[str, float] | Callable[[Sequence[str]], float] | None
) -> float:
    if valve_time_s is None:
        return VALVE_TIME_S * len(valves)
    if callable(valve_time_s):
        return float(valve_time_s(valves))
    return sum(valve_time_s.get(name, VALVE_TIME_S) for name in valves)
