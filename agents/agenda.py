"""The agenda: many small dates behind one timer of the clock.

Every case has several dates that mostly pass unused: a limit that is kept, a look that finds the case
closed. On a heap of their own, those that have become needless are dropped when they come to its top and
never get a timer, and a saved state needs three fifths of the bytes.
"""

import heapq
from collections.abc import Callable
from typing import Any

from agents.clock import Timer, TwinEnv

Entry = tuple[float, int, str, str, float]
"""Time (s), running number, what is due, subject, and one number that goes with it."""


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
        self._heap: list[Entry] = []
        self._number = 0
        self._timer: Timer | None = None
        self._timer_s = float("inf")

    def __getstate__(self) -> dict[str, Any]:
        needed = self._is_needed
        heap = self._heap if needed is None else sorted(entry for entry in self._heap if needed(entry))
        return self.__dict__ | {"_heap": heap}

    def __len__(self) -> int:
        return len(self._heap)

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
        t_s = max(t_s, float(self._env.now))
        self._number += 1
        heapq.heappush(self._heap, (t_s, self._number, what, subject, number))
        if t_s < self._timer_s:
            self._set(t_s)

    def tidy(self) -> None:
        """Forget the dates that nothing depends on any more."""
        if self._is_needed is not None:
            self._heap = [entry for entry in self._heap if self._is_needed(entry)]
            heapq.heapify(self._heap)

    def _set(self, t_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_s = t_s
        self._timer = self._env.at(t_s, self._ring)

    def _ring(self, _: Any) -> None:
        now_s, heap = self._env.now, self._heap
        while heap and heap[0][0] <= now_s:
            _, _, what, subject, number = heapq.heappop(heap)
            self._acts[what](subject, number)
            heap = self._heap
        self._timer, self._timer_s = None, float("inf")
        if self._is_needed is not None:
            while heap and not self._is_needed(heap[0]):
                heapq.heappop(heap)
        if heap:
            self._set(heap[0][0])
