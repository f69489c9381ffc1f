"""What the road graph tells a driver, shared by the twin that knows and the agents that ask."""

from collections.abc import Sequence
from typing import NamedTuple


class Way(NamedTuple):
    """A way along road segments, timed as the roads are when the driver sets out.

    Its columns are tuples or arrays of plain numbers, to be read only: most of them nobody looks at.

    Parameters
    ----------
    nodes
        Indices of the junctions, from where the driver sets out to the end; one more than roads.
    roads
        Indices of the road segments in the order of the layer ``roads``.
    reached_s
        When each junction is reached, s since the scenario's start; ``inf`` behind a road that is cut.
    leg_s
        Travel time of each road, s.
    delay_s
        Time lost to water on the way to each junction, against the same roads when dry, s.
    path
        Places with times as plain lists, [x m, y m, t s since the scenario's start], without those that
        lie within 1 m of where the remaining ones have the driver at that time.
    """

    nodes: Sequence[int]
    roads: Sequence[int]
    reached_s: Sequence[float]
    leg_s: Sequence[float]
    delay_s: Sequence[float]
    path: Sequence[Sequence[float]]

    @property
    def slowest(self) -> int:
        """Index of the road that costs most time against a dry one; the first where none does."""
        if not self.delay_s[-1]:
            return self.roads[0]
        losses = [after - before for before, after in zip(self.delay_s, self.delay_s[1:], strict=False)]
        return self.roads[losses.index(max(losses))]
