"""The one clock: SimPy's event queue with timers that can be saved.

Everything that happens in a run, the steps of the physics included, is a `Timer` on one `TwinEnv`.
A timer is an event that holds a bound method and one argument, so the whole queue pickles. Ties at
one time break by priority, then by the order in which the timers were set.
"""

import heapq
from collections.abc import Callable
from itertools import count
from typing import Any

import simpy
from simpy.events import NORMAL, URGENT, Event

from cim_models.errors import RunError, SnapshotError

PHYSICS_FIRST = URGENT
"""Priority of what must have happened before anybody acts at the same moment."""

IN_TURN = NORMAL
"""Priority of everything else."""


class Timer(Event):
    """An event that calls ``fn(arg)`` when its time comes, unless it was cancelled."""

    __slots__ = ("arg", "fn", "live")

    def __init__(self, env: "TwinEnv", t_s: float, fn: Callable[[Any], Any], arg: Any, priority: int) -> None:
        self.env = env
        self.callbacks = _FIRE  # type: ignore[assignment]
        self._ok = True
        self._value = None
        self.fn = fn
        self.arg = arg
        self.live = True
        queue: list[Any] = env._queue
        heapq.heappush(queue, (t_s, priority, next(env._eid), self))

    def cancel(self) -> None:
        """Make the timer do nothing; cancelling one that has fired is harmless."""
        self.live = False


def _fire(timer: Timer) -> None:
    if timer.live:
        timer.live = False
        timer.fn(timer.arg)


_FIRE = (_fire,)


class TwinEnv(simpy.Environment):
    """A SimPy environment that can be saved and that stops without a trace.

    Parameters
    ----------
    initial_time
        Simulated time at the start, s.
    """

    def at(self, t_s: float, fn: Callable[[Any], Any], arg: Any = None, *, priority: int = IN_TURN) -> Timer:
        """Call ``fn(arg)`` at a time.

        Parameters
        ----------
        t_s
            Simulated time, s; not before now.
        fn
            A function of a module or a bound method; lambdas and closures cannot be saved.
        arg
            Its one argument.
        priority
            `PHYSICS_FIRST` or `IN_TURN`.

        Raises
        ------
        RunError
            If the time has passed or is not a number.
        """
        if not t_s >= self._now:
            raise RunError(
                f"A timer for {getattr(fn, '__qualname__', fn)} is set too late",
                got=f"{t_s} s",
                expected=f"a time from {self._now} s on",
            )
        return Timer(self, t_s, fn, arg, priority)

    def after(
        self, delay_s: float, fn: Callable[[Any], Any], arg: Any = None, *, priority: int = IN_TURN
    ) -> Timer:
        """Call ``fn(arg)`` after a delay of at least 0 s; see `at`."""
        return self.at(self._now + delay_s, fn, arg, priority=priority)

    def run_to(self, t_s: float) -> None:
        """Let everything happen that is due before ``t_s``, and set the clock to it.

        SimPy's own ``run(until=t)`` leaves its stop event in the queue; this leaves nothing, so a run
        cut in pieces goes as one in a single piece.

        Raises
        ------
        RunError
            If ``t_s`` has passed.
        """
        if not t_s >= self._now:
            raise RunError("The clock cannot run backwards", got=f"{t_s} s", expected=f">= {self._now} s")
        queue, step = self._queue, self.step
        while queue and queue[0][0] < t_s:
            step()
        self._now = t_s

    def __getstate__(self) -> dict[str, Any]:
        entries: list[Any] = self._queue
        foreign = [entry[3] for entry in entries if not isinstance(entry[3], Timer)]
        if foreign:
            raise SnapshotError(
                f"The clock cannot be saved at {self._now} s: events of generator processes are pending",
                got=f"{len(foreign)}, the first is {foreign[0]!r}",
                expected="timers only",
                remedy="Set timers with env.at or env.after instead of running generators",
            )
        next_id = next(self._eid)
        self._eid = count(next_id)  # itertools.count no longer pickles from Python 3.14 on
        return {
            "now": self._now,
            "next_id": next_id,
            "queue": [entry for entry in entries if entry[3].live],
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        simpy.Environment.__init__(self, state["now"])
        self._eid = count(state["next_id"])
        self._queue = state["queue"]
        heapq.heapify(self._queue)
