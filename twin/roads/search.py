"""Fastest ways on the road graph, searched from the destinations against the traffic."""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from numba import get_num_threads
from numpy.typing import NDArray

from twin.roads.graph import RoadGraph
from twin.roads.kernel_search import search_all
from twin.roads.trees import Trees

WIDTH_OF_MEAN_ARC = 0.5
"""Width of a bucket against the mean time of an arc; measured, and nothing but speed depends on it."""

MOST_BUCKETS = 50_000

SMALL = 5_000
"""Junctions up to which a tree costs no more than a search that ends early, so that it is kept at once."""


class RoadSearch:
    """Fastest ways while the speeds stay as they are.

    A tree to a destination serves everybody who is bound for it; see `twin.roads.trees`.

    Parameters
    ----------
    graph
        The road graph.
    road_s
        Travel time of each road, s; ``inf`` where cut.
    """

    def __init__(self, graph: RoadGraph, road_s: NDArray[np.float64]) -> None:
        self.road_s = road_s
        self._graph = graph
        self._trees = Trees(graph, road_s)
        self._last_asked: tuple[int, tuple[int, ...]] | None = None
        self._last_answer = np.inf, 0

    def nearest(self, origin: int, destinations: Sequence[int]) -> tuple[float, int]:
        """Return the travel time, s, and which of some destinations is reached first, the first of equals.

        The time is ``inf`` where there is no way to any, and the destination then the origin.
        """
        asked = origin, tuple(destinations)
        if asked == self._last_asked:  # on dry roads a driver asks twice, see `RoadNetwork.dry_time_s`
            return self._last_answer
        least_s, nearest, trees = np.inf, origin, self._trees
        for node in destinations:
            time_s = trees.time_s(origin, node)
            if time_s < least_s:
                least_s, nearest = time_s, node
        self._last_asked, self._last_answer = asked, (least_s, nearest)
        return least_s, nearest

    def roads(self, origin: int, destination: int, room: NDArray[np.int64]) -> int:
        """Fill in the roads of the fastest way in driving order, and return how many they are.

        None where there is no way, or none is needed. ``room`` has space for one to each junction.
        """
        return self._trees.roads(origin, destination, room)

    def times(
        self,
        origins: NDArray[np.int64],
        targets: Sequence[Sequence[int]],
        wanted: NDArray[np.bool_],
        limit_s: float,
    ) -> NDArray[np.float64]:
        """Return the times from each origin to the nearest junction of each target.

        Looked up where all trees to a target's junctions are there, searched as far as needed elsewhere;
        both add up the same roads in the same order.

        Parameters
        ----------
        origins
            Junctions.
        targets
            Junctions of each target, at least one.
        wanted
            Which pairs are asked for, shape (origins, targets).
        limit_s
            Longer ways count as none, s.

        Returns
        -------
        Shape (origins, targets), s; ``inf`` where there is no way within the limit, and for pairs that
        were not asked for.
        """
        ends, first = _flat(targets)
        if self._graph.junctions <= SMALL:
            self._trees.plant(ends)
        known = np.logical_and.reduceat(self._trees.there(ends), first[:-1])
        if known.all():
            return self._trees.times(origins, ends, first, wanted, limit_s)
        found = np.full(wanted.shape, np.inf)
        here, elsewhere = np.flatnonzero(known).tolist(), np.flatnonzero(~known).tolist()
        if here:
            ends, first = _flat([targets[index] for index in here])
            found[:, here] = self._trees.times(origins, ends, first, wanted[:, here], limit_s)
        places = [targets[index] for index in elsewhere]
        found[:, elsewhere] = self._search(origins, places, wanted[:, elsewhere], limit_s)
        return found

    def _search(
        self,
        origins: NDArray[np.int64],
        targets: Sequence[Sequence[int]],
        wanted: NDArray[np.bool_],
        limit_s: float,
    ) -> NDArray[np.float64]:
        asked_nodes, position = np.unique(origins, return_inverse=True)
        junctions = self._graph.junctions
        asked = np.full(junctions, -1, dtype=np.int32)
        asked[asked_nodes] = np.arange(len(asked_nodes), dtype=np.int32)
        places = {ends: index for index, ends in enumerate(dict.fromkeys(map(tuple, targets)))}
        start_row = np.concatenate([[0], np.cumsum([len(ends) for ends in places])]).astype(np.uint32)
        starts = np.array([node for ends in places for node in ends], dtype=np.uint32)
        workers = min(get_num_threads(), len(places))
        width_s, buckets = _buckets(self._trees.arc_s)
        out = np.full((len(places), len(asked_nodes)), np.inf)
        search_all(
            self._graph.row_start.view(np.uint32),
            self._graph.tail.view(np.uint32),
            self._trees.arc_s,
            start_row,
            starts,
            asked,
            1.0 / width_s,
            float(limit_s),
            np.empty((workers, junctions)),
            np.empty((workers, junctions, 3), dtype=np.int32),
            np.empty((workers, buckets), dtype=np.int32),
            out,
        )
        found = out[np.ix_([places[tuple(ends)] for ends in targets], position)].T
        return np.where(wanted, found, np.inf)


def _buckets(arc_s: NDArray[np.float64]) -> tuple[float, int]:
    """Choose the width of a bucket, s, and how many, a power of two, it takes to span the longest arc."""
    finite = arc_s[np.isfinite(arc_s)]
    if not finite.size:
        return 1.0, 2
    longest_s = float(finite.max())
    width_s = max(WIDTH_OF_MEAN_ARC * float(finite.mean()), longest_s / MOST_BUCKETS)
    return width_s, 1 << (int(longest_s / width_s) + 3).bit_length()


def _flat(targets: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Junctions of all targets in turn; where those of each begin, and where the last ones end."""
    ends = np.array([node for nodes in targets for node in nodes], dtype=np.int64)
    return ends, np.array([0, *accumulate(map(len, targets))], dtype=np.int64)
