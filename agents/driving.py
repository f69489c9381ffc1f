"""Driving: journeys on the road graph, through whatever water there is by then."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from agents.clock import Timer
from agents.settings import StaffingSettings
from agents.views import RoadView
from agents.world import World
from cim_models.journeys import Way


class Driver(Protocol):
    """Who makes a journey."""

    id: str
    vehicle: str
    node: int

    def goes_on(self) -> bool:
        """Whether to go on, asked at each junction at which the journey stops."""
        ...

    def turns_aside(self) -> None:
        """Learn that the journey has ended here, because it was not to go on."""
        ...

    def rolls(self) -> None:
        """Learn that the vehicle has set off."""
        ...

    def is_blocked(self) -> None:
        """Learn that there is no way for the time being."""
        ...

    def arrives(self) -> None:
        """Learn that the journey is over."""
        ...

    def gives_up(self) -> None:
        """Learn that no way opened in time."""
        ...


class Traffic:
    """Everybody on the road.

    Whoever drives needs one timer, for the arrival, as long as the roads stay as they are. When depths
    or barriers change, those whose way is touched look at the road again at the next junction.

    Parameters
    ----------
    world, roads, settings
        Surroundings, the road graph, and how long crews wait.

    Attributes
    ----------
    moving
        Journeys under way, by driver.
    """

    def __init__(self, world: World, roads: RoadView, settings: StaffingSettings) -> None:
        self.world = world
        self.roads = roads
        self.settings = settings
        self.moving: dict[str, Journey] = {}
        roads.watch(self.roads_changed)

    def roads_changed(self) -> None:
        """Let everybody under way look at the road ahead."""
        for journey in [*self.moving.values()]:
            journey.meet_change()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.roads.watch(self.roads_changed)


class Journey:
    """A driver's way to whichever of several junctions is reached first.

    Each road is driven at the speed that its depth allows when the driver enters it. At a junction where
    the roads have changed the driver looks at the way ahead: when it is cut they take another, and
    without another they wait.

    ``crew.moved`` tells the whole way ahead when the driver sets off, and again when it changes; where a
    driver stops before the end of what was told, it tells the place where they stand.

    Parameters
    ----------
    traffic
        Surroundings.
    driver
        Who drives; its ``node`` is where the journey starts.
    targets
        Junctions that will do.
    cause
        Id of the event behind the journey.

    Attributes
    ----------
    latest
        Id of the latest event of the journey.
    """

    __slots__ = (
        "_owed_s",
        "_planned",
        "_rest",
        "_stop",
        "_timer",
        "_told_s",
        "_way",
        "cause",
        "driver",
        "dry_s",
        "latest",
        "started_s",
        "targets",
        "traffic",
        "tries",
    )

    def __init__(self, traffic: Traffic, driver: Driver, targets: Sequence[int], cause: int) -> None:
        self.traffic = traffic
        self.driver = driver
        self.targets = targets
        self.latest = cause
        self.cause = cause
        self._rest: Sequence[int] = ()
        self.tries = 0
        self.started_s = traffic.world.now_s
        self.dry_s = traffic.roads.dry_time_s(driver.node, targets)
        self._planned: Way | None = None
        self._way: Way | None = None
        self._stop = 0
        self._told_s = -np.inf
        self._owed_s = 0.0
        self._timer: Timer | None = None

    # --- what the driver does ---------------------------------------------------------------------

    def plan(self) -> float:
        """Choose the fastest way as things stand and return when it would arrive, s; inf for none."""
        node, now_s = self.driver.node, self.traffic.world.now_s
        self._rest, self._planned = (), None
        if node in self.targets:
            return now_s
        self._planned = self.traffic.roads.way(node, self.targets, self.driver.vehicle, now_s)
        if self._planned is None:
            return float("inf")
        self._rest = self._planned.roads
        return self._planned.reached_s[-1]

    def go(self, _: Any = None) -> None:
        """Set out, or go on from the present junction."""
        self._timer = None
        driver = self.driver
        if not driver.goes_on():
            self._stand()
            driver.turns_aside()
        elif driver.node in self.targets:
            driver.arrives()
        elif self._planned is not None:
            self._drive(self._planned)
        else:
            blocked = self._blocked()
            if blocked or not self._rest:
                self._look_for_another_way(blocked)
            else:
                now_s = self.traffic.world.now_s
                self._drive(self.traffic.roads.drive(driver.node, self._rest, driver.vehicle, now_s))

    def look_up(self) -> None:
        """Stop at the next junction, to decide there how to go on; for a driver with other news."""
        if self._way is not None:
            self._stop_at(self._next())

    def meet_change(self) -> None:
        """Stop at the next junction if a road behind it is no longer as it was when it was told."""
        way = self._way
        if way is None:
            return
        stop = self._next()
        times = self.traffic.roads.road_times(self.driver.vehicle)
        if any(times[road] != leg_s for road, leg_s in zip(way.roads[stop:], way.leg_s[stop:], strict=True)):
            self._stop_at(stop)

    def stop(self) -> None:
        """End the journey where the driver is, on the road or waiting."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._way is not None:
            x, y = self.place
            self._reach(self._next())
            self._tell_standing(x, y)

    # --- where the driver is ----------------------------------------------------------------------

    @property
    def next_node(self) -> int | None:
        """Junction that the driver reaches next; None when not moving."""
        return None if self._way is None else self._way.nodes[self._next()]

    @property
    def place(self) -> tuple[float, float]:
        """Where the driver is, m."""
        if self._way is None:
            return self.traffic.roads.node_xy(self.driver.node)
        path, now_s = self._way.path, self.traffic.world.now_s
        times = [point[2] for point in path]
        x, y = (float(np.interp(now_s, times, [point[axis] for point in path])) for axis in (0, 1))
        return x, y

    @property
    def ahead(self) -> Sequence[int]:
        """Indices of the roads that begin at the next junction or behind it, to the end."""
        return self._rest if self._way is None else self._way.roads[self._next() :]

    @property
    def junction_s(self) -> float:
        """When the driver can decide anew, s: at the next junction, or now when not moving."""
        return self.traffic.world.now_s if self._way is None else self._way.reached_s[self._next()]

    @property
    def lost_s(self) -> float:
        """Time lost to water so far, s: slow roads, detours and waiting, against a dry city."""
        lost = self.traffic.world.now_s - self.started_s - self.dry_s
        return max(lost, 0.0) if math.isfinite(lost) else 0.0

    # --- inside -----------------------------------------------------------------------------------

    def _next(self) -> int:
        """Index of the next junction on the way; one that is reached just now is the next."""
        assert self._way is not None
        return min(bisect_left(self._way.reached_s, self.traffic.world.now_s, 1), self._stop)

    def _drive(self, way: Way) -> None:
        traffic, driver = self.traffic, self.driver
        self._planned = None
        self.tries = 0
        driver.rolls()
        self.latest = traffic.world.log(
            "crew.moved",
            driver.id,
            self.cause,
            path=way.path,
            road=traffic.roads.road_id(way.slowest),
            delay_s=round(way.delay_s[-1] + self._owed_s, 3),
        )
        self._owed_s = 0.0
        self._way, self._told_s, self._stop = way, way.reached_s[-1], len(way.roads)
        self._timer = traffic.world.env.at(self._told_s, self._arrive)
        traffic.moving[driver.id] = self

    def _stop_at(self, stop: int) -> None:
        if self._way is None or stop >= self._stop:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._stop = stop
        self._timer = self.traffic.world.env.at(self._way.reached_s[stop], self._arrive)

    def _arrive(self, _: Any) -> None:
        """Reach the junction at which the journey stops."""
        self._reach(self._stop)
        self.go()

    def _reach(self, stop: int) -> None:
        way = self._way
        assert way is not None
        del self.traffic.moving[self.driver.id]
        self.driver.node = way.nodes[stop]
        self._rest = way.roads[stop:]
        self._owed_s = way.delay_s[stop] - way.delay_s[-1]
        self._way = None

    def _blocked(self) -> str:
        """Id of the first road ahead that is cut; empty for none."""
        times = self.traffic.roads.road_times(self.driver.vehicle)
        cut = next((road for road in self._rest if times[road] == np.inf), None)
        return "" if cut is None else self.traffic.roads.road_id(cut)

    def _look_for_another_way(self, blocked: str) -> None:
        world, settings = self.traffic.world, self.traffic.settings
        eta_s = self.plan()
        if self._planned is not None:
            if blocked:
                self.latest = world.log(
                    "crew.rerouted", self.driver.id, self._why(blocked), road=blocked, eta_s=round(eta_s, 3)
                )
            self._drive(self._planned)
            return
        self._stand()
        self.tries += 1
        if self.tries > settings.cut_off_tries:
            self.driver.gives_up()
            return
        wait_s = settings.cut_off_wait_s
        self.latest = world.log(
            "crew.cut_off", self.driver.id, self._why(blocked), road=blocked, wait_s=wait_s
        )
        self.driver.is_blocked()
        self._timer = world.env.after(wait_s, self.go)

    def _stand(self) -> None:
        """Tell that the driver stands at a junction, where more of the way has been told."""
        if self.traffic.world.now_s < self._told_s:
            self._tell_standing(*self.traffic.roads.node_xy(self.driver.node))

    def _tell_standing(self, x: float, y: float) -> None:
        now_s = self.traffic.world.now_s
        road = self.traffic.roads.road_id(self._rest[0]) if self._rest else ""
        self.latest = self.traffic.world.log(
            "crew.moved",
            self.driver.id,
            self.cause,
            path=[[round(x, 2), round(y, 2), round(now_s, 3)]],
            road=road,
            delay_s=round(self._owed_s, 3),
        )
        self._told_s, self._owed_s = now_s, 0.0

    def _why(self, road: str) -> int:
        """Id of the flood that cut a road where there is one, else of what the journey is for."""
        return self.traffic.world.flood_events.get(road, self.cause)
