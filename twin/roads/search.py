"""Fastest ways on the road graph, searched from the destinations against the traffic."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Self

import numpy as np
from numba import get_num_threads
from numpy.typing import NDArray

from twin.roads.kernel_search import search_all
from twin.roads.kernel_tree import follow, grow_tree, look_up

TREES_BYTES = 128_000_000
"""Memory for the trees of one state of the roads, at most."""

_TREE_BYTES = 12
"""Memory that a tree takes for each junction."""

_FIRST_TREES = 64

WIDTH_OF_MEAN_ARC = 0.5
"""Width of a bucket against the mean time of an arc; measured, and nothing but speed depends on it."""

MOST_BUCKETS = 50_000

SMALL = 5_000
"""Junctions up to which a tree costs no more than a search that ends early, so that it is kept at once."""


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


class RoadSearch:
    """Fastest ways while the speeds stay as they are.

    A tree to a destination serves everybody who is bound for it. Trees are kept while there is room; the
    one that nobody has asked for the longest makes way.

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
        self._arc_s, self._arc_road = graph.fastest(road_s)
        junctions = len(graph.row_start) - 1
        self._most = max(TREES_BYTES // (_TREE_BYTES * max(junctions, 1)), 2)
        self._row: OrderedDict[int, int] = OrderedDict()
        self._time_s = np.empty((0, junctions))
        self._next_arc = np.empty((0, junctions), dtype=np.int32)

    def nearest(self, origin: int, destinations: Sequence[int]) -> tuple[float, int]:
        """Return the travel time, s, and which of some destinations is reached first, the first of equals.

        The time is ``inf`` where there is no way to any, and the destination then the origin.
        """
        least_s, nearest = np.inf, origin
        for node in destinations:
            row = self._tree(node)  # may make room for more trees
            time_s = self._time_s.item(row, origin)
            if time_s < least_s:
                least_s, nearest = time_s, node
        return least_s, nearest

    def roads(self, origin: int, destination: int, room: NDArray[np.int64]) -> int:
        """Fill in the roads of the fastest way in driving order, and return how many they are.

        None where there is no way, or none is needed. ``room`` has space for one to each junction.
        """
        row = self._tree(destination)
        number: int = follow(self._next_arc[row], self._graph.head, self._arc_road, origin, room)
        return number

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
        if self._time_s.shape[1] <= SMALL:
            for node in dict.fromkeys(node for ends in targets for node in ends):
                self._tree(node)
        known = [all(node in self._row for node in ends) for ends in targets]
        if all(known):
            return self._look_up(origins, targets, wanted, limit_s)
        found = np.full(wanted.shape, np.inf)
        for is_known, times in ((True, self._look_up), (False, self._search)):
            chosen = [index for index, here in enumerate(known) if here is is_known]
            if chosen:
                places = [targets[index] for index in chosen]
                found[:, chosen] = times(origins, places, wanted[:, chosen], limit_s)
        return found

    def _look_up(
        self,
        origins: NDArray[np.int64],
        targets: Sequence[Sequence[int]],
        wanted: NDArray[np.bool_],
        limit_s: float,
    ) -> NDArray[np.float64]:
        rows = np.array([self._row[node] for ends in targets for node in ends], dtype=np.int64)
        first = np.array([0, *accumulate(map(len, targets))], dtype=np.int64)
        found = np.full(wanted.shape, np.inf)
        look_up(self._time_s, rows, first, origins, np.ascontiguousarray(wanted), limit_s, found)
        return found

    def _search(
        self,
        origins: NDArray[np.int64],
        targets: Sequence[Sequence[int]],
        wanted: NDArray[np.bool_],
        limit_s: float,
    ) -> NDArray[np.float64]:
        asked_nodes, position = np.unique(origins, return_inverse=True)
        junctions = self._time_s.shape[1]
        asked = np.full(junctions, -1, dtype=np.int32)
        asked[asked_nodes] = np.arange(len(asked_nodes), dtype=np.int32)
        places = {ends: index for index, ends in enumerate(dict.fromkeys(map(tuple, targets)))}
        start_row = np.concatenate([[0], np.cumsum([len(ends) for ends in places])]).astype(np.uint32)
        starts = np.array([node for ends in places for node in ends], dtype=np.uint32)
        workers = min(get_num_threads(), len(places))
        width_s, buckets = _buckets(self._arc_s)
        out = np.full((len(places), len(asked_nodes)), np.inf)
        search_all(
            self._graph.row_start.view(np.uint32),
            self._graph.tail.view(np.uint32),
            self._arc_s,
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

    def _tree(self, destination: int) -> int:
        """Row of the tree to a junction."""
        row = self._row.get(destination)
        if row is not None:
            self._row.move_to_end(destination)
            return row
        row = self._free_row()
        graph = self._graph
        grow_tree(
            graph.row_start, graph.tail, self._arc_s, destination, self._time_s[row], self._next_arc[row]
        )
        self._row[destination] = row
        return row

    def _free_row(self) -> int:
        if len(self._row) >= self._most:
            return self._row.popitem(last=False)[1]
        row = len(self._row)
        if row == len(self._time_s):
            more = min(max(row, _FIRST_TREES), self._most - row)
            self._time_s = np.concatenate([self._time_s, np.empty((more, self._time_s.shape[1]))])
            self._next_arc = np.concatenate(
                [self._next_arc, np.empty((more, self._next_arc.shape[1]), dtype=np.int32)]
            )
        return row


def _buckets(arc_s: NDArray[np.float64]) -> tuple[float, int]:
    """Choose the width of a bucket, s, and how many, a power of two, it takes to span the longest arc."""
    finite = arc_s[np.isfinite(arc_s)]
    if not finite.size:
        return 1.0, 2
    longest_s = float(finite.max())
    width_s = max(WIDTH_OF_MEAN_ARC * float(finite.mean()), longest_s / MOST_BUCKETS)
    return width_s, 1 << (int(longest_s / width_s) + 3).bit_length()
