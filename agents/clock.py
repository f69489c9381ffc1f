"""The one clock: SimPy's event queue with timers that can be saved.

Everything that happens in a run, the steps of the physics included, is a `Timer` on one `TwinEnv`.
A timer is an event that holds a bound method and one argument, so the whole queue pickles. Ties at
one time break by priority, then by the order in which the timers were set.
"""

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Any

import simpy
from simpy.events import NORMAL, URGENT

from cim_models.errors import RunError, SnapshotError

PHYSICS_FIRST = URGENT
"""Priority of what must have happened before anybody acts at the same moment."""

IN_TURN = NORMAL
"""Priority of everything else."""


class Timer:
    """An entry of the queue that calls ``fn(arg)`` when its time comes, unless it was cancelled.

    Light, because a run makes millions of them; for SimPy, which may step over one, it looks like an
    event that has succeeded.

    Parameters
    ----------
    fn
        What to call.
    arg
        Its one argument.
    """

    __slots__ = ("arg", "fn", "live")

    _ok = True

    def __init__(self, fn: Callable[[Any], Any], arg: Any) -> None:
        self.fn = fn
        self.arg = arg
        self.live = True

    def cancel(self) -> None:
        """Make the timer do nothing; cancelling one that has fired is harmless."""
        self.live = False

    @property
    def callbacks(self) -> tuple[Callable[["Timer"], None]]:
        """What SimPy calls when it steps over the timer."""
        return _FIRE

    @callbacks.setter
    def callbacks(self, _spent: None) -> None:
        """Let SimPy mark the timer as processed; ``live`` says so already."""


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
        timer = Timer(fn, arg)
        # a delay drawn by numpy makes a numpy number of the time, and whatever is reckoned from it
        heappush(self._queue, (float(t_s), priority, next(self._eid), timer))  # type: ignore[misc]
        return timer

    def after(
        self, delay_s: float, fn: Callable[[Any], Any], arg: Any = None, *, priority: int = IN_TURN
    ) -> Timer:
        """Call ``fn(arg)`` after a delay of at least 0 s; see `at`."""
        if not delay_s >= 0.0:
            return self.at(self._now + delay_s, fn, arg, priority=priority)  # which refuses it
        timer = Timer(fn, arg)
        heappush(self._queue, (float(self._now + delay_s), priority, next(self._eid), timer))  # type: ignore[misc]
        return timer

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
        queue: list[Any] = self._queue
        while queue and queue[0][0] < t_s:
            if type(queue[0][3]) is not Timer:
                self.step()
                continue
            self._now, _, _, timer = heappop(queue)
            if timer.live:
                timer.live = False
                timer.fn(timer.arg)
        self._now = float(t_s)

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
        heapify(self._queue)
