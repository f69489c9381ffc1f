"""What a pairing of crew and task costs."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agents.policies.situation import OpenTask

LEVEL_WORTH_S = 1800.0
"""A task one level more urgent is served even if that costs this much more travel, s; own assumption."""


def worth_s(tasks: Sequence[OpenTask]) -> NDArray[np.float64]:
    """Travel time that serving each task is worth, s: by its level, and every second that it has waited."""
    return np.array([LEVEL_WORTH_S * (4 - task.level) + task.waiting_s for task in tasks], dtype=np.float64)
