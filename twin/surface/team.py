"""Threads for one call: helpers that join a kernel's leader and go when it is done.

None is left over when the call returns, so that the process can fork between two calls.
"""

from collections.abc import Callable
from threading import Thread
from typing import Any

from twin.surface.kernel_team import DISMISSED


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
    team = [Thread(target=kernel, args=(rank, *arguments)) for rank in range(1, helpers + 1)]
    try:
        for member in team:
            member.start()
        return kernel(0, *arguments)
    finally:
        counters[DISMISSED, 0] = 1
        for member in team:
            if member.ident is not None:  # has started
                member.join()
