"""Times from many drivers to many targets, searched from the targets against the traffic."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from twin.roads.kernel_search import search_all


@dataclass(frozen=True, slots=True)
class ReversedGraph:
    """Junctions with the arcs that lead to them, as compressed rows.

    Parameters
    ----------
    row_start
        Where the arcs of each junction begin, shape (junctions + 1,).
    neighbour
        Junction that each arc comes from.
    slot
        Position of each arc in the forward graph's list of junction pairs.
    """

    row_start: NDArray[np.int32]
    neighbour: NDArray[np.int32]
    slot: NDArray[np.int64]

    @classmethod
    def of(cls, pairs: NDArray[np.int64], count: int) -> Self:
        """Reverse a graph.

        Parameters
        ----------
        pairs
            Tail and head of each arc, shape (arcs, 2), sorted.
        count
            Number of junctions.
        """
        slot = np.argsort(pairs[:, 1], kind="stable")
        row_start = np.searchsorted(pairs[slot, 1], np.arange(count + 1)).astype(np.int32)
        return cls(row_start, pairs[slot, 0].astype(np.int32), slot)

    def times(
        self,
        slot_times: NDArray[np.float64],
        origins: NDArray[np.int64],
        targets: Sequence[Sequence[int]],
        limit_s: float,
    ) -> NDArray[np.float64]:
        """Return the times from each origin to the nearest junction of each target.

        Parameters
        ----------
        slot_times
            Time of each arc of the forward graph, s; ``inf`` where it is cut.
        origins
            Junctions.
        targets
            Junctions of each target, at least one.
        limit_s
            Where a search ends, s.

        Returns
        -------
        Shape (origins, targets), s; ``inf`` where there is no way within the limit.
        """
        asked_nodes, position = np.unique(origins, return_inverse=True)
        asked = np.full(len(self.row_start) - 1, -1, dtype=np.int32)
        asked[asked_nodes] = np.arange(len(asked_nodes), dtype=np.int32)
        start_row = np.concatenate([[0], np.cumsum([len(ends) for ends in targets])]).astype(np.int32)
        starts = np.array([node for ends in targets for node in ends], dtype=np.int32)
        out = np.full((len(targets), len(asked_nodes)), np.inf)
        search_all(
            self.row_start,
            self.neighbour,
            slot_times[self.slot],
            start_row,
            starts,
            asked,
            float(limit_s),
            out,
        )
        return out[:, position].T
