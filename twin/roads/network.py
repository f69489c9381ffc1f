"""The road graph as drivers meet it: depths slow and cut its edges, barriers close them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING
from weakref import WeakMethod

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import KDTree

from cim_models.errors import InputError
from cim_models.journeys import Way
from cim_models.orders import CloseRoad, OpenRoad, Order, OrderOutcome
from twin.roads.drives import Drives
from twin.roads.graph import RoadGraph
from twin.roads.search import RoadSearch
from twin.roads.vehicles import VehicleClass, vehicle_classes

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

_KM_H = 1.0 / 3.6
_SHORTEST_S = 1e-3


class RoadNetwork:
    """Directed road graph with travel times by vehicle class.

    Junctions are numbered in the sorted order of their ids, roads in the order of the layer. Vehicle
    classes that are equally fast everywhere share their searches, and a search is kept until a change
    of depths or barriers changes a travel time.

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
        self.broken = np.zeros(len(roads), dtype=bool)
        self._road = {name: index for index, name in enumerate(self.road_ids)}
        self._lines = list(roads.geometry)
        self._length_m = np.array([line.length for line in self._lines])
        self._speed_km_h = roads["speed_km_h"].to_numpy(dtype=np.float64)
        self._oneway = roads["oneway"].to_numpy(dtype=bool)
        self._number_junctions(roads)
        self._graph = RoadGraph.of(self._ends, self._oneway, len(self.node_ids))
        self._road_tree = shapely.STRtree(self._lines)
        self._node_tree = KDTree(self._xy)
        self._node_at = {(x, y): node for node, (x, y) in reversed([*enumerate(self._xy.tolist())])}
        dry_s = self._segment_times(np.zeros(len(roads)), next(iter(self.vehicles.values())))
        self._dry = RoadSearch(self._graph, dry_s)
        self._drives = Drives((self._ends, *self._vertices_of(), self._oneway, dry_s), len(self.node_ids))
        self._searches: dict[str, RoadSearch] = {}
        self._up_to_date: set[str] = set()
        self._listeners: list[WeakMethod[Callable[[], None]]] = []

    def _number_junctions(self, roads: GeoDataFrame) -> None:
        tail = roads["from_node"].astype(str).to_numpy()
        head = roads["to_node"].astype(str).to_numpy()
        ids, numbers = np.unique(np.concatenate([tail, head]), return_inverse=True)
        self.node_ids = tuple(str(name) for name in ids)
        self._ends = np.column_stack([numbers[: len(tail)], numbers[len(tail) :]]).astype(np.int64)
        self._xy = np.zeros((len(ids), 2))
        ends = np.array([[line.coords[0][:2], line.coords[-1][:2]] for line in self._lines])
        self._xy[self._ends[:, 1]] = ends[:, 1]
        self._xy[self._ends[:, 0]] = ends[:, 0]

    def _vertices_of(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """First vertex of each road, one more than roads, and all vertices, m."""
        vertices = [np.asarray(line.coords, dtype=np.float64)[:, :2] for line in self._lines]
        return np.cumsum([0, *map(len, vertices)]), np.concatenate(vertices)

    # --- what changes the roads -------------------------------------------------------------------

    def update(self, road_depth: NDArray[np.float64]) -> None:
        """Take over the present depth on each road, m, in the order of the layer."""
        if not np.array_equal(road_depth, self.depth):
            self.depth[:] = road_depth
            self._changed()

    def close(self, road: str) -> None:
        """Put barriers on a road; classes that pass barriers still drive it."""
        self.closed[self._index(road)] = True
        self._changed()

    def open(self, road: str) -> None:
        """Take the barriers of a road away."""
        self.closed[self._index(road)] = False
        self._changed()

    def break_up(self, road: str, *, broken: bool = True) -> None:
        """Let a road have a hole that no vehicle passes, or let it be mended."""
        self.broken[self._index(road)] = broken
        self._changed()

    def watch(self, listener: Callable[[], None]) -> None:
        """Call a bound method after each change of depths or barriers, as long as its object lives."""
        self._listeners.append(WeakMethod(listener))

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

    def state(self) -> dict[str, NDArray[np.float64] | NDArray[np.bool_]]:
        """Return depth, barriers and holes of each road, which a network of the same roads goes on from."""
        return {"depth": self.depth.copy(), "closed": self.closed.copy(), "broken": self.broken.copy()}

    def restore(self, state: Mapping[str, NDArray[np.float64] | NDArray[np.bool_]]) -> None:
        """Take over such a state."""
        self.depth[:], self.closed[:] = state["depth"], state["closed"]
        self.broken[:] = state["broken"]
        self._changed()

    # --- what drivers ask -------------------------------------------------------------------------

    def nearest_node(self, x: float, y: float) -> int:
        """Index of the junction nearest to a point; at a junction, that one, the first of several."""
        here = self._node_at.get((x, y))
        return int(self._node_tree.query((x, y))[1]) if here is None else here

    def nearest_road(self, x: float, y: float) -> str:
        """Id of the road segment nearest to a point."""
        return self.road_ids[int(self._road_tree.nearest(shapely.Point(x, y)))]

    def node_xy(self, node: int) -> tuple[float, float]:
        """Coordinates of a junction, m."""
        return float(self._xy[node, 0]), float(self._xy[node, 1])

    def road_id(self, road: int) -> str:
        """Id of a road segment by its index."""
        return self.road_ids[road]

    def road_times(self, vehicle: str) -> NDArray[np.float64]:
        """Present travel time of each road, s; ``inf`` where it is cut or closed to the vehicle.

        To be read only; a change of the roads makes a new array.
        """
        return self._search(vehicle).road_s

    def approach_times(
        self,
        origins: Sequence[int],
        vehicles: Sequence[str],
        targets: Sequence[Sequence[int]],
        wanted: NDArray[np.bool_],
        limit_s: float,
    ) -> NDArray[np.float64]:
        """Present times to whichever junction of each target is reached first.

        Vehicle classes that are equally fast at the present depths share one search from each target.

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
        nodes = np.asarray(origins, dtype=np.int64)
        groups = self._drivers_by_search(vehicles)
        if len(groups) == 1 and len(targets):
            return groups[0][0].times(nodes, targets, wanted, float(limit_s))
        times = np.full((len(origins), len(targets)), np.inf)
        for search, rows in groups:
            columns = np.flatnonzero(wanted[rows].any(axis=0))
            if columns.size:
                block = np.ix_(rows, columns)
                ends = [targets[column] for column in columns.tolist()]
                times[block] = search.times(nodes[rows], ends, wanted[block], float(limit_s))
        return times

    def dry_time_s(self, origin: int, destinations: Sequence[int]) -> float:
        """Fastest travel time to any destination on dry and open roads, s; ``inf`` where there is no way.

        All vehicle classes are equally fast there: what slows them is water.
        """
        return self._dry.nearest(origin, destinations)[0]

    def way(self, origin: int, destinations: Sequence[int], vehicle: str, depart_s: float) -> Way | None:
        """Fastest way at the present depths to whichever of some other junctions is reached first.

        Of destinations that are reached at the same time the first counts. None when all are cut off.
        """
        search = self._search(vehicle)
        least_s, nearest = search.nearest(origin, destinations)
        if least_s == np.inf:
            return None
        number = search.roads(origin, nearest, self._drives.roads)
        return self._drives.drive(search.road_s, origin, number, depart_s)

    def drive(self, node: int, roads: Sequence[int], vehicle: str, depart_s: float) -> Way:
        """Drive given roads, each beginning where the one before ends, at the present depths.

        Raises
        ------
        InputError
            If the first road does not end at the junction.
        """
        if len(roads) and node not in self._ends[roads[0]]:
            raise InputError(
                f"Road '{self.road_ids[roads[0]]}' does not end at junction {node}",
                expected=" or ".join(map(str, self._ends[roads[0]].tolist())),
            )
        self._drives.roads[: len(roads)] = roads
        return self._drives.drive(self._search(vehicle).road_s, node, len(roads), depart_s)

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

    def _changed(self) -> None:
        self._up_to_date.clear()
        listeners = [listener() for listener in self._listeners]
        if None in listeners:
            self._listeners = [listener for listener in self._listeners if listener() is not None]
        for listener in listeners:
            if listener is not None:
                listener()

    def _search(self, vehicle: str) -> RoadSearch:
        """Return the searches of a vehicle class at the present depths, shared where equally fast."""
        if vehicle in self._up_to_date:
            return self._searches[vehicle]
        kind = self._vehicle(vehicle)
        road_s = self._segment_times(self.depth, kind)
        if not kind.passes_barriers:
            road_s[self.closed] = np.inf
        road_s[self.broken] = np.inf
        known = (self._dry, *self._searches.values())  # an outdated one may be right again
        equal = (search for search in known if np.array_equal(search.road_s, road_s))
        self._searches[vehicle] = next(equal, None) or RoadSearch(self._graph, road_s)
        self._up_to_date.add(vehicle)
        return self._searches[vehicle]

    def _drivers_by_search(self, vehicles: Sequence[str]) -> list[tuple[RoadSearch, list[int]]]:
        """Group drivers, by their place in the list, whose vehicles are equally fast everywhere now."""
        searches = {vehicle: self._search(vehicle) for vehicle in sorted(set(vehicles))}
        if len({id(search) for search in searches.values()}) == 1:
            return [(next(iter(searches.values())), [*range(len(vehicles))])]
        groups: dict[int, tuple[RoadSearch, list[int]]] = {}
        for row, vehicle in enumerate(vehicles):
            search = searches[vehicle]
            groups.setdefault(id(search), (search, []))[1].append(row)
        return list(groups.values())
