"""The garbage collector rests while Numba compiles.

A compilation makes some millions of small objects, most of which live until it is over: the collector looks
at them again and again and finds next to nothing, for a tenth of the time.
"""

import gc
from typing import Any

from numba.core import event


class CollectorAtRest(event.Listener):
    """Switches the collector off for each compilation, and on again if it was on before.

    Numba compiles under a lock of the process, one kernel within another.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._was_on = False

    def on_start(self, _event: Any) -> None:
        """Note that a compilation begins."""
        if self._depth == 0:
            self._was_on = gc.isenabled()
            gc.disable()
        self._depth += 1

    def on_end(self, _event: Any) -> None:
        """Note that a compilation is over, or has failed."""
        self._depth -= 1
        if self._depth == 0 and self._was_on:
            gc.enable()


def rest_while_compiling() -> None:
    """Let the collector rest during all compilations of this process from now on."""
    event.register("numba:compile", CollectorAtRest())
