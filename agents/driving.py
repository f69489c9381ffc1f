"""Driving: one journey on the road graph, leg by leg, through whatever water there is by then."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from agents.clock import Timer
from agents.settings import StaffingSettings
from agents.views import RoadView
from agents.world import World


class Driver(Protocol):
    """Who makes a journey."""

    id: str
    vehicle: str
    node: int

    def goes_on(self) -> bool:
        """Decide at a junction whether to go on; False ends the journey there."""
        ...

    def rolls(self) -> None:
        """Learn that the next leg has begun."""
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


class Journey:
    """A driver's way to whichever of several junctions is reached first.

    Each leg is driven at the speed that its depth allows when the driver enters it. At every junction
    the driver looks at the way ahead: when it is cut they take another, and without another they wait.

    Parameters
    ----------
    world, roads, settings
        Surroundings, the road graph, and how long crews wait.
    driver
        Who drives; its ``node`` is where the journey starts and is kept up to date.
    targets
        Junctions that will do.
    cause
        Id of the event behind the journey.
    """

    def __init__(
        self,
        world: World,
        roads: RoadView,
        settings: StaffingSettings,
        driver: Driver,
        targets: tuple[int, ...],
        cause: int,
    ) -> None:
        self.world = world
        self.roads = roads
        self.settings = settings
        self.driver = driver
        self.targets = targets
        self.latest = cause
        self.cause = cause
        self.way: list[str] = []
        self.tries = 0
        self.started_s = world.now_s
        self.junction_s = world.now_s
        dry_times = (roads.dry_time_s(driver.node, target, driver.vehicle) for target in targets)
        self.dry_s = float(min(dry_times, default=np.inf))
        self._timer: Timer | None = None

    def plan(self) -> float:
        """Choose the fastest way as things stand and return when it would arrive, s; inf for none."""
        self.way = []
        node, vehicle = self.driver.node, self.driver.vehicle
        if node in self.targets:
            return self.world.now_s
        times = self.roads.travel_times([node], list(self.targets), vehicle)[0]
        best = int(np.argmin(times))
        legs = self.roads.route(node, self.targets[best], vehicle) if np.isfinite(times[best]) else None
        if legs is None:
            return float("inf")
        self.way = [leg.road for leg in legs]
        return self.world.now_s + float(sum(leg.travel_time_s for leg in legs))

    def go(self, _: Any = None) -> None:
        """Set out, or go on from the present junction."""
        self._timer = None
        if not self.driver.goes_on():
            return
        if self.driver.node in self.targets:
            self.driver.arrives()
            return
        vehicle = self.driver.vehicle
        blocked = next((road for road in self.way if not self.roads.is_passable(road, vehicle)), "")
        if blocked or not self.way or not self._drive():
            self._look_for_another_way(blocked)

    def stop(self) -> None:
        """End the journey without another word; for a driver who waits."""
        if self._timer is not None:
            self._timer.cancel()

    @property
    def lost_s(self) -> float:
        """Time lost to water so far, s: slow legs, detours and waiting, against a dry city."""
        lost = self.world.now_s - self.started_s - self.dry_s
        return float(max(lost, 0.0)) if np.isfinite(lost) else 0.0

    def _drive(self) -> bool:
        leg = self.roads.leg(self.driver.node, self.way[0], self.driver.vehicle)
        travel_s = float(leg.travel_time_s)
        if not np.isfinite(travel_s):
            return False
        self.way.pop(0)
        self.tries = 0
        self.driver.rolls()
        self.latest = self.world.log(
            "crew.moved",
            self.driver.id,
            self.cause,
            path=_timed(leg.path, self.world.now_s, travel_s),
            road=leg.road,
            delay_s=round(max(travel_s - float(leg.dry_time_s), 0.0), 3),
        )
        self.driver.node = leg.to_node
        self.junction_s = self.world.now_s + travel_s
        self._timer = self.world.env.after(travel_s, self.go)
        return True

    def _look_for_another_way(self, blocked: str) -> None:
        eta_s = self.plan()
        if np.isfinite(eta_s):
            if blocked:
                self.latest = self.world.log(
                    "crew.rerouted", self.driver.id, self._why(blocked), road=blocked, eta_s=round(eta_s, 3)
                )
            if self._drive():
                return
        self.tries += 1
        if self.tries > self.settings.cut_off_tries:
            self.driver.gives_up()
            return
        wait_s = self.settings.cut_off_wait_s
        self.latest = self.world.log(
            "crew.cut_off", self.driver.id, self._why(blocked), road=blocked, wait_s=wait_s
        )
        self.driver.is_blocked()
        self.junction_s = self.world.now_s
        self._timer = self.world.env.after(wait_s, self.go)

    def _why(self, road: str) -> int:
        """Id of the flood that cut a road where there is one, else of what the journey is for."""
        return self.world.flood_events.get(road, self.cause)


def _timed(path: NDArray[np.float64], start_s: float, travel_s: float) -> list[list[float]]:
    steps = np.hypot(*np.diff(path, axis=0).T) if len(path) > 1 else np.zeros(0)
    along = np.concatenate(([0.0], np.cumsum(steps)))
    share = along / along[-1] if along[-1] > 0 else along
    return [
        [round(float(x), 2), round(float(y), 2), round(start_s + float(part) * travel_s, 3)]
        for (x, y), part in zip(path, share, strict=True)
    ]
