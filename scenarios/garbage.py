"""The garbage collector while time runs: what has been set up is out of its sight, and it looks seldom.

Events, timers and cases come and go by the thousand and hold no cycles, so nearly every look finds nothing.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

NEW_OBJECTS = 50_000
"""Objects that may come into being before the collector looks at them; Python alone waits for 700 or 2000."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Let the collector leave alone what exists now, and look at what is new every `NEW_OBJECTS`."""
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
