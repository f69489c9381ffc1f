"""Patrollers: agents who walk the streets of their grid and report the water they come upon."""

from collections.abc import Mapping, Sequence

import mesa

from agents.channels import Receiver
from agents.places import RoadPlace
from agents.reports import Report
from agents.settings import PatrolSettings
from agents.worktime import DAY_S, Shift
from agents.world import World


class Beat:
    """The streets of one patrol grid and how they meet.

    Parameters
    ----------
    grid
        Id of the patrol grid.
    roads
        Its streets.
    """

    def __init__(self, grid: str, roads: Sequence[RoadPlace]) -> None:
        self.grid = grid
        self.roads = tuple(roads)
        self.at: dict[str, list[RoadPlace]] = {}
        for road in self.roads:
            for name in dict.fromkeys(road.end_names):
                self.at.setdefault(name, []).append(road)


def beats(roads: Sequence[RoadPlace], grids: Sequence[str] | None) -> list[Beat]:
    """Make the beats of the named grids, or of all, sorted by grid."""
    by_grid: dict[str, list[RoadPlace]] = {}
    for road in roads:
        if road.patrol_grid and (grids is None or road.patrol_grid in grids):
            by_grid.setdefault(road.patrol_grid, []).append(road)
    return [Beat(grid, by_grid[grid]) for grid in sorted(by_grid)]


class Patrol(mesa.Agent):
    """One patroller.

    They walk from junction to junction, choose the street they have not walked for the longest time
    (chance decides between equals), avoid deep water, and report what they see on the streets that
    meet at the next junction.

    Parameters
    ----------
    model
        The Mesa model they belong to.
    world, settings
        Surroundings and settings.
    name
        Id.
    beat
        Where they walk.
    receive
        Where reports go.
    class_code
        Event class of the reports.
    """

    def __init__(
        self,
        model: mesa.Model,
        world: World,
        settings: PatrolSettings,
        name: str,
        beat: Beat,
        receive: Receiver,
        class_code: str,
    ) -> None:
        super().__init__(model)
        self.world = world
        self.settings = settings
        self.id = name
        self.beat = beat
        self.receive = receive
        self.class_code = class_code
        self.draws = world.draws(f"patrol {name}")
        self.legs = 0
        self.shift = Shift("patrol", settings.from_h, (settings.to_h - settings.from_h) % 24.0 or 24.0)
        first = int(self.draws.of("start").integers(len(beat.roads)))
        self.junction = beat.roads[first].end_names[0]
        self._walked: dict[str, int] = {}
        self._reported_s: dict[str, float] = {}
        world.env.after(0.0, self._walk)

    def _walk(self, _: object = None) -> None:
        """Set out on the next street, or wait for the next day."""
        hour = self.world.hour()
        if not self.shift.is_on(hour):
            self.world.env.after(max(self.shift.seconds_to_start(hour), 1.0), self._walk)
            return
        self.legs += 1
        depth = self.world.water.road_depth()
        ways = [
            road
            for road in self.beat.at[self.junction]
            if depth[road.index] < self.settings.impassable_from_m
        ]
        luck = self.draws.of("way", self.legs).random(len(self.beat.at[self.junction]))
        if not ways:
            self._arrive(self.junction)
            return
        ranked = sorted(
            zip(ways, luck, strict=False), key=lambda pair: (self._walked.get(pair[0].id, 0), pair[1])
        )
        road = ranked[0][0]
        self._walked[road.id] = self.legs
        start, end = road.end_names
        far = end if start == self.junction else start
        self.world.env.after(max(road.length_m, 1.0) / self.settings.speed_m_s, self._arrive, far)

    def _arrive(self, junction: str) -> None:
        """Look around at a junction, then walk on."""
        waited = junction == self.junction
        self.junction = junction
        depth = self.world.water.road_depth()
        roads = self.beat.at[junction]
        draw = self.draws.of("look", self.legs).random(len(roads) + 1)
        for road, luck in zip(roads, draw, strict=False):
            if depth[road.index] >= self.settings.visible_from_m and luck < self.settings.recall:
                self._report(road, float(depth[road.index]), genuine=True)
        is_dry = depth[roads[0].index] < self.settings.visible_from_m
        if is_dry and draw[-1] < self._false_chance(roads):
            self._report(roads[0], None, genuine=False)
        self.world.env.after(_WAIT_S if waited else 0.0, self._walk)

    def _false_chance(self, roads: Sequence[RoadPlace]) -> float:
        leg_s = sum(road.length_m for road in roads) / len(roads) / self.settings.speed_m_s
        return self.settings.false_alarms_per_day * leg_s / DAY_S

    def _report(self, road: RoadPlace, depth_m: float | None, *, genuine: bool) -> None:
        last_s = self._reported_s.get(road.id, float("-inf"))
        if self.world.now_s < last_s + self.settings.repeat_s:
            return
        self._reported_s[road.id] = self.world.now_s
        report = Report(
            channel="patrol",
            class_code=self.class_code,
            x=road.x,
            y=road.y,
            reporter=self.id,
            depth_m=None if depth_m is None else round(depth_m, 2),
            genuine=genuine,
            road=road.id,
        )
        self.world.env.after(self.settings.delay_s, self._send, report)

    def _send(self, report: Report) -> None:
        self.receive(report)


_WAIT_S = 600.0
"""A patroller enclosed by deep water looks again after this time, s; own assumption."""


def post_patrols(
    model: mesa.Model, world: World, settings: PatrolSettings, receive: Receiver, class_code: str
) -> Mapping[str, Patrol]:
    """Send patrollers out on every beat; none where the city has no patrol grids."""
    return {
        name: Patrol(model, world, settings, name, beat, receive, class_code)
        for beat in beats(world.places.roads, settings.grids)
        for number in range(1, settings.per_grid + 1)
        for name in [f"patrol-{beat.grid}-{number}"]
    }
