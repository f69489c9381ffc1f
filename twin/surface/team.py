"""Threads for one call: helpers that join a kernel's leader and go when it is done.

None is left over when the call returns, so that the process can fork between two calls. The leader does not
wait for them to begin, as `threading.Thread.start` would: a call may be over in a millisecond, and waiting
for another thread to get the interpreter's lock and give it back takes as long.
"""

from _thread import allocate_lock, start_new_thread
from collections.abc import Callable
from typing import Any

from twin.surface.kernel_team import DISMISSED

LEADER = 0
"""Rank of the thread that leads."""


def lead_helpers(kernel: Callable[..., Any], helpers: int, arguments: tuple[Any, ...], counters: Any) -> Any:
    """Call a kernel as its leader, with helpers beside; return what the leader returns.

    Parameters
    ----------
    kernel
        Is given its rank and the arguments; must release the interpreter's lock. Rank 0 leads, the others
        return once `kernel_team.DISMISSED` is set.
    helpers
        Further threads, >= 0. The result does not depend on it.
    counters
        Of the team, among the arguments; reset here.
    """
    counters[...] = 0
    team = []

    def help_out(rank: int, gone: Any) -> None:
        try:
            kernel(rank, *arguments)
        finally:
            gone.release()

    try:
        for rank in range(1, helpers + 1):
            gone = allocate_lock()
            gone.acquire()
            start_new_thread(help_out, (rank, gone))
            team.append(gone)
        return kernel(LEADER, *arguments)
    finally:
        counters[DISMISSED, 0] = 1
        for gone in team:
            gone.acquire()
