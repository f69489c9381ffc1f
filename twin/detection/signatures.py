"""What a leak at each pipe does to the sensors, by time of day."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twin.detection.leaks import FoundLeak
from twin.detection.settings import DetectionSettings
from twin.detection.shadow import Shadow


def probe(
    shadow: Shadow, settings: DetectionSettings, leaks: Sequence[FoundLeak] = (), day: int = 1
) -> NDArray[np.float64]:
    """Return the signatures of all pipes by time of day, in the middle of each block of a day.

    Parameters
    ----------
    leaks
        What leaks already.
    day
        Day since the readings began.

    Returns
    -------
    Shape (classes, pipes, sensors), m and m3/h per m3/h.
    """
    per_block, steps = settings.steps_per_block, len(shadow.observed)
    outflows = [leak.outflow(per_block, steps) for leak in leaks]
    first = day * settings.classes * per_block + per_block // 2
    return np.array(
        [
            shadow.signatures(first + clock * per_block, settings.probe_m3_h, outflows)
            for clock in range(settings.classes)
        ]
    )
