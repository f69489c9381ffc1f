"""What the road graph tells a driver, shared by the twin that knows and the agents that ask."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Leg:
    """One road segment of a journey.

    Parameters
    ----------
    road
        Id of the road segment.
    to_node
        Index of the junction at its far end.
    path
        Vertices in driving order, shape (n, 2), m.
    travel_time_s
        At the present depth; ``inf`` when the segment is cut.
    dry_time_s
        On a dry road, s.
    """

    road: str
    to_node: int
    path: NDArray[np.float64]
    travel_time_s: float
    dry_time_s: float
