"""A toy town that really floods: 4 by 4 junctions, a depth on each street, gullies, pumps, barriers.

Streets fill at a rate, drain through gullies that are not blocked, and are pumped; crews drive at a
speed that falls with depth. It implements the protocols of `agents.views` and nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from heapq import heappop, heappush
from typing import Any
from weakref import WeakMethod

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, Point, box

from agents.clock import PHYSICS_FIRST, TwinEnv
from agents.operations import Operations
from agents.settings import CitizenSettings, OperationsSettings, StaffingSettings
from cim_models.city import City, Terrain
from cim_models.events import EVENT_KINDS, Event
from cim_models.journeys import Way
from cim_models.layers import LAYERS
from cim_models.orders import (
    ClearGullies,
    CloseRoad,
    LayBarrier,
    OpenRoad,
    Order,
    OrderOutcome,
    RemoveBarrier,
    StartPump,
    StopPump,
)
from cim_models.structures import Barrier

SIDE = 4
BLOCK_M = 200.0
STEP_S = 10.0
DRY_S = BLOCK_M / 10.0
LIMITS_M = {"van": 0.3, "truck": 0.5, "pump_truck": 0.6, "car": 0.3}
STREET_AREA_M2 = BLOCK_M * 8.0
START = datetime(2026, 6, 18, 9, 0, tzinfo=timezone(timedelta(hours=8)))


def junction(col: int, row: int) -> int:
    return row * SIDE + col


def street_ends() -> dict[str, tuple[int, int]]:
    """Streets by id: ``H<col><row>`` runs east from a junction, ``V<col><row>`` north."""
    streets = {}
    for row in range(SIDE):
        for col in range(SIDE):
            if col + 1 < SIDE:
                streets[f"H{col}{row}"] = (junction(col, row), junction(col + 1, row))
            if row + 1 < SIDE:
                streets[f"V{col}{row}"] = (junction(col, row), junction(col, row + 1))
    return streets


def junction_xy(node: int) -> tuple[float, float]:
    return BLOCK_M * (node % SIDE) + 100.0, BLOCK_M * (node // SIDE) + 100.0


def frame(layer: str, ids: Sequence[str], shapes: Sequence[Any], **columns: Any) -> gpd.GeoDataFrame:
    values: dict[str, Any] = {"id": list(ids)}
    for column in LAYERS[layer].columns:
        values[column.name] = columns.get(column.name, column.default)
    return gpd.GeoDataFrame(values, geometry=list(shapes), crs="EPSG:4544")


def make_toy_city(without: Sequence[str] = (), underpasses: Sequence[str] = ()) -> City:
    """The toy town's city model; ``without`` names layers to leave out."""
    streets = street_ends()
    lines = {name: LineString([junction_xy(a), junction_xy(b)]) for name, (a, b) in streets.items()}
    middles = {name: line.interpolate(0.5, normalized=True) for name, line in lines.items()}
    size = BLOCK_M * SIDE
    layers = {
        "roads": frame(
            "roads",
            list(streets),
            list(lines.values()),
            from_node=[f"J{a}" for a, _ in streets.values()],
            to_node=[f"J{b}" for _, b in streets.values()],
            name_zh=[f"{name}路" for name in streets],
            name_en=[f"{name} Road" for name in streets],
            underpass=[name in underpasses for name in streets],
        ),
        "gullies": frame(
            "gullies", [f"G-{name}" for name in streets], list(middles.values()), node=["N"] * len(streets)
        ),
        "depots": frame("depots", ["D1", "D2"], [Point(*junction_xy(0)), Point(*junction_xy(15))]),
        "grid_cells": frame("grid_cells", ["C1"], [box(0, 0, size, size)], persons=8000.0),
        "patrol_grids": frame("patrol_grids", ["P1"], [box(0, 0, size, size)]),
        "sensors": frame(
            "sensors",
            ["S-H11", "S-camera"],
            [middles["H11"], middles["H22"]],
            kind=["road_level", "camera"],
            target=["H11", ""],
            range_m=[1.5, 60.0],
        ),
    }
    rows, cols = np.mgrid[0:80, 0:80]
    dips = (
        -(np.sin(np.pi * (rows * 10.0 - 95.0) / BLOCK_M) ** 2)
        - np.sin(np.pi * (cols * 10.0 - 95.0) / BLOCK_M) ** 2
    )
    terrain = Terrain((10.0 + dips).astype(np.float32), 0.0, size, 10.0)
    return City(
        name="toy",
        title={"en": "Toy town"},
        crs="EPSG:4544",
        vertical_datum="made up",
        time_zone="Asia/Shanghai",
        terrain=terrain,
        layers={name: layer for name, layer in layers.items() if name not in without},
    )


@dataclass
class EventList:
    """An event log in memory that knows the vocabulary."""

    events: list[Event] = field(default_factory=list)

    def append(
        self,
        t_s: float,
        kind: str,
        subject: str,
        cause: int | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> int:
        declared = EVENT_KINDS[kind].data
        data = dict(data or {})
        assert set(data) == set(declared), f"{kind}: {sorted(set(data) ^ set(declared))}"
        number = len(self.events) + 1
        assert cause is None or 0 < cause < number, f"{kind} {subject} names the event {cause}"
        self.events.append(Event(number, t_s, kind, subject, cause, data=data))
        return number

    def of(self, kind: str) -> list[Event]:
        return [event for event in self.events if event.kind == kind]

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    def chain(self, event: Event) -> list[str]:
        """Kinds of an event and its causes, back to the first."""
        kinds = [event.kind]
        while event.cause is not None:
            event = self.events[event.cause - 1]
            kinds.append(event.kind)
        return kinds

    def text(self) -> str:
        return "\n".join(f"{e.id} {e.t_s!r} {e.kind} {e.subject} {e.cause} {e.data!r}" for e in self.events)


class ToyTown:
    """Water, roads and orders of the toy town.

    Parameters
    ----------
    inflow_m_h
        Rise of the water by street while it rains, m/h.
    rain_s
        From when to when it rains, s.
    """

    def __init__(self, inflow_m_h: Mapping[str, float], rain_s: tuple[float, float] = (0.0, 3600.0)) -> None:
        self.streets = street_ends()
        self.ids = list(self.streets)
        self.lines = [LineString([junction_xy(a), junction_xy(b)]) for a, b in self.streets.values()]
        self.index = {name: index for index, name in enumerate(self.ids)}
        self.depth = np.zeros(len(self.ids))
        self.inflow = np.array([inflow_m_h.get(name, 0.0) for name in self.ids]) / 3600.0
        self.rain_s = rain_s
        self.blocked = self.inflow > 0.0
        self.closed: set[str] = set()
        self.pumps: dict[str, tuple[int, float, float]] = {}
        self.barriers: dict[str, Barrier] = {}
        self.fixed: dict[str, float] = {}
        self.orders: list[Order] = []
        self.refuse: set[str] = set()
        self.listeners: list[WeakMethod[Callable[[], None]]] = []

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"listeners": []}  # whoever listens says so again when it is restored

    # --- physics ----------------------------------------------------------------------------------

    def advance(self, now_s: float) -> None:
        before = self.depth.copy()
        raining = self.rain_s[0] <= now_s < self.rain_s[1]
        rate = np.where(self.blocked, 0.0, -0.8 / 3600.0)
        if raining:
            rate = rate + self.inflow
        for pump, (street, capacity_m_s, moved) in list(self.pumps.items()):
            taken = min(capacity_m_s * STEP_S, self.depth[street])
            self.depth[street] -= taken
            self.pumps[pump] = (street, capacity_m_s, moved + taken * STREET_AREA_M2)
        self.depth = np.maximum(self.depth + rate * STEP_S, 0.0)
        for name, depth_m in self.fixed.items():
            self.depth[self.index[name]] = depth_m
        if not np.array_equal(self.depth, before):
            for listener in [listener() for listener in self.listeners]:
                if listener is not None:
                    listener()

    # --- WaterView --------------------------------------------------------------------------------

    def depth_near(self, x: float, y: float, radius_m: float) -> float:
        near = self.depth[shapely.dwithin(self.lines, Point(x, y), radius_m)]
        return float(near.max(initial=0.0))

    def road_depth(self) -> NDArray[np.float64]:
        return self.depth.copy()

    def sensor_depth(self) -> NDArray[np.float64]:
        return np.array([self.depth[self.index["H11"]], np.nan])

    # --- RoadView ---------------------------------------------------------------------------------

    def nearest_node(self, x: float, y: float) -> int:
        return min(range(SIDE * SIDE), key=lambda node: np.hypot(*np.subtract(junction_xy(node), (x, y))))

    def nearest_road(self, x: float, y: float) -> str:
        return self.ids[int(np.argmin(shapely.distance(self.lines, Point(x, y))))]

    def node_xy(self, node: int) -> tuple[float, float]:
        return junction_xy(node)

    def road_id(self, road: int) -> str:
        return self.ids[road]

    def road_times(self, vehicle: str) -> NDArray[np.float64]:
        share = self.depth / LIMITS_M[vehicle]
        return np.where(share < 1.0, DRY_S / np.where(share < 1.0, 1.0 - share, 1.0), np.inf)

    def approach_times(
        self,
        origins: Sequence[int],
        vehicles: Sequence[str],
        targets: Sequence[Sequence[int]],
        wanted: NDArray[np.bool_],
        limit_s: float,
    ) -> NDArray[np.float64]:
        times = np.full((len(origins), len(targets)), np.inf)
        for row, column in np.argwhere(wanted).tolist():
            reach = self._search(origins[row], vehicles[row])[0]
            reached = min(reach.get(node, np.inf) for node in targets[column])
            times[row, column] = reached if reached <= limit_s else np.inf
        return times

    def dry_time_s(self, origin: int, destinations: Sequence[int]) -> float:
        steps = (
            abs(origin % SIDE - node % SIDE) + abs(origin // SIDE - node // SIDE) for node in destinations
        )
        return min((step * DRY_S for step in steps), default=np.inf)

    def way(self, origin: int, destinations: Sequence[int], vehicle: str, depart_s: float) -> Way | None:
        times, before = self._search(origin, vehicle)
        reached = [node for node in destinations if node in times]
        if not reached:
            return None
        node, roads = min(reached, key=lambda node: times[node]), []
        while node != origin:
            node, road = before[node]
            roads.insert(0, self.index[road])
        return self.drive(origin, roads, vehicle, depart_s)

    def drive(self, node: int, roads: Sequence[int], vehicle: str, depart_s: float) -> Way:
        nodes, reached_s, lost_s = [node], [depart_s], [0.0]
        legs = [float(self.road_times(vehicle)[road]) for road in roads]
        for road, leg_s in zip(roads, legs, strict=True):
            start, end = self.streets[self.ids[road]]
            nodes.append(end if nodes[-1] == start else start)
            reached_s.append(reached_s[-1] + leg_s)
            lost_s.append(lost_s[-1] + leg_s - DRY_S)
        path = [[*junction_xy(node), at_s] for node, at_s in zip(nodes, reached_s, strict=True)]
        return Way(tuple(nodes), tuple(roads), tuple(reached_s), tuple(legs), tuple(lost_s), path)

    def watch(self, listener: Callable[[], None]) -> None:
        self.listeners.append(WeakMethod(listener))

    def _search(self, origin: int, vehicle: str) -> tuple[dict[int, float], dict[int, tuple[int, str]]]:
        times: dict[int, float] = {}
        before: dict[int, tuple[int, str]] = {}
        road_s = self.road_times(vehicle)
        queue: list[tuple[float, int, int, str]] = [(0.0, origin, -1, "")]
        while queue:
            time_s, node, previous, road = heappop(queue)
            if node in times:
                continue
            times[node] = time_s
            before[node] = (previous, road)
            for name, ends in self.streets.items():
                if node in ends and np.isfinite(road_s[self.index[name]]):
                    far = ends[1] if node == ends[0] else ends[0]
                    heappush(queue, (time_s + float(road_s[self.index[name]]), far, node, name))
        return times, before

    # --- OrderPort --------------------------------------------------------------------------------

    def apply(self, order: Order) -> OrderOutcome:
        self.orders.append(order)
        if type(order).__name__ in self.refuse:
            return OrderOutcome(False, "the toy town refuses it")
        if isinstance(order, CloseRoad):
            self.closed.add(order.road)
        elif isinstance(order, OpenRoad):
            self.closed.discard(order.road)
        elif isinstance(order, ClearGullies):
            for gully in order.gullies:
                self.blocked[self.index[gully.removeprefix("G-")]] = False
        elif isinstance(order, StartPump):
            street = self.index[self.nearest_road(order.x, order.y)]
            self.pumps[order.id] = (street, order.capacity_m3_h / 3600.0 / STREET_AREA_M2, 0.0)
        elif isinstance(order, StopPump):
            return OrderOutcome(True, pumped_m3=float(self.pumps.pop(order.pump)[2]))
        elif isinstance(order, LayBarrier):
            self.barriers[order.id] = order.barrier
        elif isinstance(order, RemoveBarrier):
            del self.barriers[order.barrier]
        return OrderOutcome(True)


class ToyRun:
    """The toy town and its operations on one clock, with flood events as causes."""

    def __init__(
        self,
        inflow_m_h: Mapping[str, float] | None = None,
        *,
        settings: OperationsSettings | None = None,
        city: City | None = None,
        seed: int = 1,
        policy: Any = None,
        roads: bool = True,
        rain_s: tuple[float, float] = (0.0, 3600.0),
    ) -> None:
        self.town = ToyTown({"H11": 0.5} if inflow_m_h is None else inflow_m_h, rain_s)
        self.log = EventList()
        self.env = TwinEnv()
        self.flooded: set[str] = set()
        self.env.after(STEP_S, self._step, priority=PHYSICS_FIRST)
        self.operations = Operations(
            city=city or make_toy_city(),
            water=self.town,
            roads=self.town if roads else None,
            orders=self.town,
            events=self.log,
            settings=settings or toy_settings(),
            seed=seed,
            env=self.env,
            policy=policy,
        )

    def _step(self, _: Any) -> None:
        self.town.advance(self.env.now)
        for name, depth in zip(self.town.ids, self.town.depth.tolist(), strict=True):
            if depth >= 0.15 and name not in self.flooded:
                self.flooded.add(name)
                event = self.log.append(
                    self.env.now, "road.flooded", name, data={"depth_m": depth, "threshold_m": 0.15}
                )
                self.operations.note_cause("road.flooded", name, event)
            elif depth < 0.12:
                self.flooded.discard(name)
        self.env.after(STEP_S, self._step, priority=PHYSICS_FIRST)

    def run(self, to_s: float) -> "ToyRun":
        self.env.run_to(to_s)
        return self


def toy_settings(**changes: Any) -> OperationsSettings:
    """Settings of a small town: few crews, all on duty, and no reports of other matters."""
    values: dict[str, Any] = {
        "start": START,
        "citizens": CitizenSettings(per_day=0.0),
        "staffing": StaffingSettings(crews={"drainage": 2, "traffic": 2, "pump": 1}, shifts="always"),
    }
    return OperationsSettings(**(values | changes))
