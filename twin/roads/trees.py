"""Trees of fastest ways, one to each junction that somebody is bound for, kept while there is room."""

import numpy as np
from numpy.typing import NDArray

from twin.roads.graph import RoadGraph
from twin.roads.kernel_tree import follow, grow_tree, look_up

TREES_BYTES = 128_000_000
"""Memory for the trees of one state of the roads, at most."""

_TREE_BYTES = 12
"""Memory that a tree takes for each junction."""

_FIRST_TREES = 64

NO_TREE = -1


class Trees:
    """Trees while the speeds stay as they are; the one that nobody has asked for the longest makes way.

    Parameters
    ----------
    graph
        The road graph.
    road_s
        Travel time of each road, s; ``inf`` where cut.
    """

    def __init__(self, graph: RoadGraph, road_s: NDArray[np.float64]) -> None:
        self._graph = graph
        self.arc_s, self._arc_road = graph.fastest(road_s)
        self._most = max(TREES_BYTES // (_TREE_BYTES * max(graph.junctions, 1)), 2)
        self._row = np.full(graph.junctions, NO_TREE, dtype=np.int32)
        self._node: list[int] = []
        self._asked = np.empty(0, dtype=np.int64)
        self._askings = 0
        self._time_s = np.empty((0, graph.junctions))
        self._next_arc = np.empty((0, graph.junctions), dtype=np.int32)

    def time_s(self, origin: int, destination: int) -> float:
        """Return the time of the fastest way, s; ``inf`` where there is none."""
        row = self._row_of(destination)  # may make room for more trees
        return self._time_s.item(row, origin)

    def roads(self, origin: int, destination: int, room: NDArray[np.int64]) -> int:
        """Fill in the roads of the fastest way; see `RoadSearch.roads`."""
        row = self._row_of(destination)
        number: int = follow(self._next_arc[row], self._graph.head, self._arc_road, origin, room)
        return number

    def plant(self, destinations: NDArray[np.int64]) -> None:
        """See to it that there are trees to junctions, as far as there is room for them."""
        for node in destinations[self._row[destinations] == NO_TREE].tolist():
            self._row_of(node)

    def there(self, destinations: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether there is a tree to each junction."""
        return self._row[destinations] != NO_TREE

    def times(
        self,
        origins: NDArray[np.int64],
        ends: NDArray[np.int64],
        first: NDArray[np.int64],
        wanted: NDArray[np.bool_],
        limit_s: float,
    ) -> NDArray[np.float64]:
        """Look up the times from origins to the nearest junction of each target; all have trees.

        Parameters
        ----------
        origins
            Junctions.
        ends, first
            Junctions of target n: those of ``ends`` from ``first[n]`` to ``first[n + 1]``.
        wanted, limit_s
            See `RoadSearch.times`.

        Returns
        -------
        Shape (origins, targets), s; see `RoadSearch.times`.
        """
        rows = self._row[ends]
        self._askings += 1
        self._asked[rows] = self._askings
        found = np.full(wanted.shape, np.inf)
        look_up(self._time_s, rows, first, origins, np.ascontiguousarray(wanted), limit_s, found)
        return found

    def _row_of(self, destination: int) -> int:
        """Row of the tree to a junction."""
        row = self._row.item(destination)
        if row == NO_TREE:
            row = self._free_row()
            graph = self._graph
            grow_tree(
                graph.row_start, graph.tail, self.arc_s, destination, self._time_s[row], self._next_arc[row]
            )
            self._row[destination] = row
            self._node[row] = destination
        self._askings += 1
        self._asked[row] = self._askings
        return row

    def _free_row(self) -> int:
        row = len(self._node)
        if row == self._most:
            row = int(np.argmin(self._asked))
            self._row[self._node[row]] = NO_TREE
            return row
        if row == len(self._time_s):
            self._make_room(min(max(row, _FIRST_TREES), self._most - row))
        self._node.append(NO_TREE)
        return row

    def _make_room(self, more: int) -> None:
        junctions = self._graph.junctions
        self._time_s = np.concatenate([self._time_s, np.empty((more, junctions))])
        self._next_arc = np.concatenate([self._next_arc, np.empty((more, junctions), dtype=np.int32)])
        self._asked = np.concatenate([self._asked, np.zeros(more, dtype=np.int64)])
