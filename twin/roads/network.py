"""The road graph as drivers meet it: depths slow and cut its edges, barriers close them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree

from cim_models.errors import InputError
from cim_models.journeys import Leg
from cim_models.orders import CloseRoad, OpenRoad, Order, OrderOutcome
from twin.roads.approach import ReversedGraph
from twin.roads.vehicles import VehicleClass, vehicle_classes

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

_KM_H = 1.0 / 3.6
_SHORTEST_S = 1e-3


class RoadNetwork:
    """Directed road graph with travel times by vehicle class.

    Junctions are numbered in the sorted order of their ids, roads in the order of the layer.

    Parameters
    ----------
    roads
        Layer ``roads`` with the columns of `cim_models.layers`.
    vehicles
        Vehicle classes by name; None for the catalogue's.
    """

    def __init__(self, roads: GeoDataFrame, vehicles: Mapping[str, VehicleClass] | None = None) -> None:
        self.vehicles = dict(vehicle_classes() if vehicles is None else vehicles)
        self.road_ids = tuple(str(name) for name in roads["id"])
        self.depth = np.zeros(len(roads))
        self.closed = np.zeros(len(roads), dtype=bool)
        self._road = {name: index for index, name in enumerate(self.road_ids)}
        self._lines = list(roads.geometry)
        self._length_m = np.array([line.length for line in self._lines])
        self._speed_km_h = roads["speed_km_h"].to_numpy(dtype=np.float64)
        self._oneway = roads["oneway"].to_numpy(dtype=bool)
        self._number_junctions(roads)
        self._build_graph()
        self._road_tree = shapely.STRtree(self._lines)
        self._node_tree = KDTree(self._xy)
        self._times: dict[str, NDArray[np.float64]] = {}
        self._dry_s = self._segment_times(np.zeros(len(roads)), next(iter(self.vehicles.values())))

    def _number_junctions(self, roads: GeoDataFrame) -> None:
        tail = roads["from_node"].astype(str).to_numpy()
        head = roads["to_node"].astype(str).to_numpy()
        ids, numbers = np.unique(np.concatenate([tail, head]), return_inverse=True)
        self.node_ids = tuple(str(name) for name in ids)
        self._tail, self._head = numbers[: len(tail)], numbers[len(tail) :]
        self._xy = np.zeros((len(ids), 2))
        ends = np.array([[line.coords[0][:2], line.coords[-1][:2]] for line in self._lines])
        self._xy[self._head] = ends[:, 1]
        self._xy[self._tail] = ends[:, 0]

    def _build_graph(self) -> None:
        """Sort arcs by junction pair; parallel roads share a slot of the matrix."""
        roads = np.arange(len(self.road_ids))
        back = roads[~self._oneway]
        tail = np.concatenate([self._tail, self._head[back]])
        head = np.concatenate([self._head, self._tail[back]])
        road = np.concatenate([roads, back])
        keep = tail != head
        tail, head, road = tail[keep], head[keep], road[keep]
        order = np.lexsort((road, head, tail))
        self._arc_road = road[order]
        pairs = np.column_stack([tail[order], head[order]])
        slots, self._slot_start = np.unique(pairs, axis=0, return_index=True)
        self._slot_head = slots[:, 1]
        self._row_start = np.searchsorted(slots[:, 0], np.arange(len(self.node_ids) + 1))
        self._against = ReversedGraph.of(slots, len(self.node_ids))

    # --- what changes the roads -------------------------------------------------------------------

    def update(self, road_depth: NDArray[np.float64]) -> None:
        """Take over the present depth on each road, m, in the order of the layer."""
        self.depth[:] = road_depth
        self._times.clear()

    def close(self, road: str) -> None:
        """Put barriers on a road; classes that pass barriers still drive it."""
        self.closed[self._index(road)] = True
        self._times.clear()

    def open(self, road: str) -> None:
        """Take the barriers of a road away."""
        self.closed[self._index(road)] = False
        self._times.clear()

    def apply(self, order: Order) -> OrderOutcome:
        """Close or open a road; any other order is refused."""
        if not isinstance(order, CloseRoad | OpenRoad):
            return OrderOutcome(False, f"{type(order).__name__} is no order for roads")
        if order.road not in self._road:
            return OrderOutcome(False, f"no road '{order.road}'")
        closing = isinstance(order, CloseRoad)
        if self.closed[self._road[order.road]] == closing:
            return OrderOutcome(False, f"road '{order.road}' is already {'closed' if closing else 'open'}")
        if closing:
            self.close(order.road)
        else:
            self.open(order.road)
        return OrderOutcome(True)

    def state(self) -> dict[str, NDArray[Any]]:
        """Return depth and barriers of each road: all that a network of the same roads needs to go on."""
        return {"depth": self.depth.copy(), "closed": self.closed.copy()}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over such a state."""
        self.closed[:] = state["closed"]
        self.update(state["depth"])

    # --- what drivers ask -------------------------------------------------------------------------

    def nearest_node(self, x: float, y: float) -> int:
        """Index of the junction nearest to a point."""
        return int(self._node_tree.query((x, y))[1])

    def nearest_road(self, x: float, y: float) -> str:
        """Id of the road segment nearest to a point."""
        return self.road_ids[int(self._road_tree.nearest(shapely.Point(x, y)))]

    def node_xy(self, node: int) -> tuple[float, float]:
        """Coordinates of a junction, m."""
        return float(self._xy[node, 0]), float(self._xy[node, 1])

    def is_passable(self, road: str, vehicle: str) -> bool:
        """Whether the vehicle can drive the segment now."""
        return bool(np.isfinite(self._present_times(vehicle)[self._index(road)]))

    def travel_times(
        self, origins: Sequence[int], destinations: Sequence[int], vehicle: str
    ) -> NDArray[np.float64]:
        """Present travel times, shape (origins, destinations), s; ``inf`` where there is no way.

        Searches from the shorter of the two lists, from destinations on the reversed graph.
        """
        if not len(origins) or not len(destinations):
            return np.zeros((len(origins), len(destinations)))
        graph = self._matrix(self._present_times(vehicle))
        if len(set(destinations)) <= len(set(origins)):
            ends, position = np.unique(np.asarray(destinations), return_inverse=True)
            return np.asarray(dijkstra(graph.T.tocsr(), indices=ends))[position][:, list(origins)].T
        starts, position = np.unique(np.asarray(origins), return_inverse=True)
        return np.asarray(dijkstra(graph, indices=starts))[position][:, list(destinations)]

    def approach_times(
        self,
        origins: Sequence[int],
        vehicles: Sequence[str],
        targets: Sequence[Sequence[int]],
        wanted: NDArray[np.bool_],
        limit_s: float,
    ) -> NDArray[np.float64]:
        """Present times to whichever junction of each target is reached first.

        One search runs from each target, against the direction of traffic, for all vehicle classes that
        are equally fast at the present depths.

        Parameters
        ----------
        origins, vehicles
            Junction and vehicle class of each driver.
        targets
            Junctions of each target, any of which will do.
        wanted
            Which pairs are asked for, shape (origins, targets).
        limit_s
            Longer ways are not looked for, s; may be ``inf``.

        Returns
        -------
        Shape (origins, targets), s; ``inf`` where there is no way within the limit, and for pairs
        that were not asked for.
        """
        times = np.full((len(origins), len(targets)), np.inf)
        nodes, classes = np.asarray(origins, dtype=np.int64), np.asarray(vehicles, dtype=str)
        for alike in self._equally_fast(sorted(set(vehicles))):
            rows = np.flatnonzero(np.isin(classes, alike))
            columns = np.flatnonzero(wanted[rows].any(axis=0))
            if columns.size:
                ends = [targets[column] for column in columns.tolist()]
                block = np.ix_(rows, columns)
                arcs = self._slot_times(self._present_times(alike[0]))
                found = self._against.times(arcs, nodes[rows], ends, limit_s)
                times[block] = np.where(wanted[block], found, np.inf)
        return times

    def dry_time_s(self, origin: int, destination: int, vehicle: str) -> float:
        """Fastest travel time on dry and open roads, s; ``inf`` where there is no way."""
        self._vehicle(vehicle)
        distance = dijkstra(self._matrix(self._dry_s), indices=origin)
        return float(distance[destination])

    def route(self, origin: int, destination: int, vehicle: str) -> list[Leg] | None:
        """Fastest way at the present depths; empty when already there, None when cut off."""
        if origin == destination:
            return []
        times = self._present_times(vehicle)
        distance, before = dijkstra(self._matrix(times), indices=origin, return_predecessors=True)
        if not np.isfinite(distance[destination]):
            return None
        nodes = [destination]
        while nodes[-1] != origin:
            nodes.append(int(before[nodes[-1]]))
        nodes.reverse()
        return [
            self._leg(tail, self._fastest_road(tail, head, times), times) for tail, head in pairwise(nodes)
        ]

    def leg(self, node: int, road: str, vehicle: str) -> Leg:
        """Drive ``road`` from junction ``node``: its travel time as things stand now.

        Raises
        ------
        InputError
            If the road does not end at the junction.
        """
        index = self._index(road)
        if node not in (self._tail[index], self._head[index]):
            raise InputError(
                f"Road '{road}' does not end at junction {node}",
                expected=f"{self._tail[index]} or {self._head[index]}",
            )
        return self._leg(node, index, self._present_times(vehicle))

    # --- inside -----------------------------------------------------------------------------------

    def _index(self, road: str) -> int:
        try:
            return self._road[road]
        except KeyError:
            raise InputError(
                f"Road '{road}' is unknown", expected="an id of layer roads", remedy="Correct the id"
            ) from None

    def _vehicle(self, vehicle: str) -> VehicleClass:
        try:
            return self.vehicles[vehicle]
        except KeyError:
            raise InputError(
                f"Vehicle class '{vehicle}' is unknown", expected=f"one of {', '.join(self.vehicles)}"
            ) from None

    def _segment_times(self, depth: NDArray[np.float64], vehicle: VehicleClass) -> NDArray[np.float64]:
        speed = vehicle.speed_km_h(depth, self._speed_km_h) * _KM_H
        with np.errstate(divide="ignore"):
            return np.where(speed > 0.0, np.maximum(self._length_m / speed, _SHORTEST_S), np.inf)

    def _present_times(self, vehicle: str) -> NDArray[np.float64]:
        """Travel time of each road now, s; ``inf`` when cut or closed to this class."""
        times = self._times.get(vehicle)
        if times is None:
            kind = self._vehicle(vehicle)
            times = self._segment_times(self.depth, kind)
            if not kind.passes_barriers:
                times[self.closed] = np.inf
            self._times[vehicle] = times
        return times

    def _equally_fast(self, vehicles: Sequence[str]) -> list[list[str]]:
        """Group vehicle classes that need the same time on every road now."""
        groups: list[list[str]] = []
        for vehicle in vehicles:
            times = self._present_times(vehicle)
            alike = [group for group in groups if np.array_equal(self._present_times(group[0]), times)]
            if alike:
                alike[0].append(vehicle)
            else:
                groups.append([vehicle])
        return groups

    def _slot_times(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Travel time between each pair of neighbouring junctions, s; of parallel roads the fastest."""
        fastest: NDArray[np.float64] = np.minimum.reduceat(times[self._arc_road], self._slot_start)
        return fastest

    def _matrix(self, times: NDArray[np.float64]) -> Any:
        """Sparse matrix of travel times between junctions."""
        fastest = self._slot_times(times)
        count = len(self.node_ids)
        return csr_array((fastest, self._slot_head, self._row_start), shape=(count, count))

    def _fastest_road(self, tail: int, head: int, times: NDArray[np.float64]) -> int:
        first, last = self._row_start[tail], self._row_start[tail + 1]
        slot = first + int(np.searchsorted(self._slot_head[first:last], head))
        end = self._slot_start[slot + 1] if slot + 1 < len(self._slot_start) else len(self._arc_road)
        roads = self._arc_road[self._slot_start[slot] : end]
        return int(roads[np.argmin(times[roads])])

    def _leg(self, node: int, road: int, times: NDArray[np.float64]) -> Leg:
        path = np.asarray(self._lines[road].coords)[:, :2]
        forward = node == self._tail[road]
        against = not forward and self._oneway[road]
        return Leg(
            road=self.road_ids[road],
            to_node=int(self._head[road] if forward else self._tail[road]),
            path=path if forward else path[::-1],
            travel_time_s=float(np.inf if against else times[road]),
            dry_time_s=float(np.inf if against else self._dry_s[road]),
        )
