"""The agenda: many small dates behind one timer of the clock.

Every case has several dates that mostly pass unused: a limit that is kept, a look that finds the case
closed. A date of this hour stands on a heap; a later one lies in the drawer of its hour, which costs next to
nothing, and most have become needless when the drawer is opened. Those never get a timer, nor a place in a
saved state.
"""

import heapq
import math
from collections.abc import Callable
from typing import Any

from agents.clock import Timer, TwinEnv

Entry = tuple[float, int, str, str, float]
"""Time (s), running number, what is due, subject, and one number that goes with it."""

DRAWER_S = 3600.0
"""Time whose dates lie in one drawer, s."""

_FEWEST_TO_TIDY = 256


class Agenda:
    """Dates in order of time; dates at one time in the order in which they were entered.

    Parameters
    ----------
    env
        The clock.
    acts
        Bound method that is called for each kind of date, with subject and number.
    is_needed
        Tells whether anything still depends on a date; None where every date is needed.
    """

    def __init__(
        self,
        env: TwinEnv,
        acts: dict[str, Callable[[str, float], Any]],
        is_needed: Callable[[Entry], bool] | None = None,
    ) -> None:
        self._env = env
        self._acts = acts
        self._is_needed = is_needed
        # dates before `_open_s`, and those of later hours by the number of the hour; where every date is
        # needed, drawers would spare nothing
        self._heap: list[Entry] = []
        self._drawers: dict[int, list[Entry]] = {}
        self._open_s = math.inf if is_needed is None else DRAWER_S * (env.now // DRAWER_S + 1.0)
        self._tidy_at = _FEWEST_TO_TIDY
        self._number = 0
        self._timer: Timer | None = None
        self._timer_s = math.inf

    def __getstate__(self) -> dict[str, Any]:
        drawers = {hour: kept for hour, dates in self._drawers.items() if (kept := self._needed(dates))}
        return self.__dict__ | {"_heap": sorted(self._needed(self._heap)), "_drawers": drawers}

    def __len__(self) -> int:
        return len(self._heap) + sum(map(len, self._drawers.values()))

    def enter(self, t_s: float, what: str, subject: str, number: float = 0.0) -> None:
        """Enter a date.

        Parameters
        ----------
        t_s
            When, s since start; a time that has passed means now.
        what
            Kind of date.
        subject, number
            What the act is called with.
        """
        now_s = self._env.now
        self._number += 1
        if t_s >= self._open_s <= now_s:
            self._open(now_s)
        if t_s < self._open_s:
            t_s = max(t_s, float(now_s))
            heapq.heappush(self._heap, (t_s, self._number, what, subject, number))
            if t_s < self._timer_s:
                self._set(t_s)
            return
        hour = int(t_s // DRAWER_S)
        self._drawers.setdefault(hour, []).append((t_s, self._number, what, subject, number))
        if DRAWER_S * hour < self._timer_s:
            self._set(DRAWER_S * hour)

    def tidy(self) -> None:
        """Forget the dates that nothing depends on any more."""
        self._heap = self._needed(self._heap)
        heapq.heapify(self._heap)
        self._drawers = {hour: kept for hour, dates in self._drawers.items() if (kept := self._needed(dates))}
        self._tidy_at = max(2 * len(self), _FEWEST_TO_TIDY)

    def _needed(self, dates: list[Entry]) -> list[Entry]:
        return dates if self._is_needed is None else [*filter(self._is_needed, dates)]

    def _set(self, t_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_s = t_s
        self._timer = self._env.at(t_s, self._ring)

    def _ring(self, _: Any) -> None:
        now_s = self._env.now
        if now_s >= self._open_s:
            self._open(now_s)
        heap = self._heap
        while heap and heap[0][0] <= now_s:
            _, _, what, subject, number = heapq.heappop(heap)
            self._acts[what](subject, number)
            heap = self._heap
        self._timer, self._timer_s = None, math.inf
        self._wait()

    def _open(self, now_s: float) -> None:
        """Put the dates of this hour on the heap."""
        if len(self) > self._tidy_at:
            self.tidy()
        hour = int(now_s // DRAWER_S)
        self._open_s = DRAWER_S * (hour + 1)
        self._heap += self._needed(self._drawers.pop(hour, []))
        heapq.heapify(self._heap)

    def _wait(self) -> None:
        """Set the timer for the next date that is needed, or for the next drawer."""
        heap = self._heap
        while heap and not (self._is_needed is None or self._is_needed(heap[0])):
            heapq.heappop(heap)
        if heap:
            self._set(heap[0][0])
        elif self._drawers:
            self._set(DRAWER_S * min(self._drawers))
