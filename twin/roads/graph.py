"""The road graph by its arcs, whatever the speeds are."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class RoadGraph:
    """Junctions with the arcs that lead to them, as compressed rows, whatever the speeds are.

    Parallel roads from one junction to another share an arc; the fastest of them counts.

    Parameters
    ----------
    row_start
        Where the arcs to each junction begin, shape (junctions + 1,).
    tail, head
        Junctions that each arc leads from and to.
    road
        Roads of all arcs, those of one arc together in the order of the layer.
    first
        Where the roads of each arc begin.
    """

    row_start: NDArray[np.int32]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    road: NDArray[np.int64]
    first: NDArray[np.int64]

    @property
    def junctions(self) -> int:
        """Number of junctions."""
        return len(self.row_start) - 1

    @classmethod
    def of(cls, ends: NDArray[np.int64], oneway: NDArray[np.bool_], junctions: int) -> Self:
        """Make the graph of roads; one that ends where it begins leads nowhere.

        Parameters
        ----------
        ends
            First and last junction of each road, shape (roads, 2).
        oneway
            Roads that are driven from the first to the last junction only, shape (roads,).
        junctions
            Number of junctions.
        """
        roads, (tail, head) = np.arange(len(ends)), ends.T
        back = roads[~oneway]
        tails, heads = np.concatenate([tail, head[back]]), np.concatenate([head, tail[back]])
        road = np.concatenate([roads, back])
        leads = tails != heads
        tails, heads, road = tails[leads], heads[leads], road[leads]
        order = np.lexsort((road, tails, heads))
        arcs, first = np.unique(np.column_stack([heads[order], tails[order]]), axis=0, return_index=True)
        row_start = np.searchsorted(arcs[:, 0], np.arange(junctions + 1))
        return cls(
            row_start.astype(np.int32),
            arcs[:, 1].astype(np.int32),
            arcs[:, 0].astype(np.int32),
            road[order],
            first,
        )

    def fastest(self, road_s: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Travel time and road of each arc; of parallel roads the fastest, of equals the first."""
        if not len(self.first):
            return np.zeros(0), np.zeros(0, dtype=np.int64)
        times = road_s[self.road]
        arc_s = np.minimum.reduceat(times, self.first)
        roads = np.diff(self.first, append=len(times))
        fastest = np.flatnonzero(times == np.repeat(arc_s, roads))
        _, first = np.unique(np.repeat(np.arange(len(arc_s)), roads)[fastest], return_index=True)
        return arc_s, self.road[fastest[first]]
