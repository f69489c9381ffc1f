"""Patrollers: agents who walk the streets of their grid and report what they come upon.

What they find follows from where they walk and when: they see the water in a street when they reach its
low point, and a matter when they walk past it. There is no rate of discovery anywhere.
"""

from collections.abc import Sequence
from typing import Any

import mesa
import numpy as np
from numpy.typing import NDArray

from agents.channels import Receiver
from agents.channels.beats import Beat, Round, beats
from agents.matters import Matter, Matters
from agents.places import RoadPlace
from agents.reports import Report
from agents.settings import PatrolSettings
from agents.worktime import DAY_S, Shift
from agents.world import World

_WAIT_S = 600.0
"""A patroller enclosed by deep water looks again after this time, s; own assumption."""

_SHUT_S = 3600.0
"""A patroller keeps out of a street where the water was too deep for so long, s; own assumption."""

LOOK_S = 60.0
"""What they have walked past is compared with the water of the moment so often, s."""


class Patrol(mesa.Agent):
    """One patroller.

    They walk round after round over all streets of their grid, turn back where the water is too deep, and
    start from the same junction each day.

    Parameters
    ----------
    model
        The Mesa model they belong to.
    world, settings
        Surroundings and settings.
    beat, lane
        Where they walk, and which of the patrollers there they are, from 1.
    post
        Whom they belong to.
    """

    def __init__(
        self, model: mesa.Model, world: World, settings: PatrolSettings, beat: Beat, lane: int, post: "Post"
    ) -> None:
        super().__init__(model)
        self.world = world
        self.settings = settings
        self.id = f"patrol-{beat.grid}-{lane}"
        self.beat = beat
        self.lane = lane
        self.post = post
        self.draws = world.draws(f"patrol {self.id}")
        self.shift = Shift("patrol", settings.from_h, (settings.to_h - settings.from_h) % 24.0 or 24.0)
        first = int(self.draws.of("start").integers(len(beat.roads)))
        self.first = beat.roads[first].end_names[0]
        self.junction = self.first
        self.rounds = 0
        self.round: Round | None = None
        self._began_s = self._until_s = 0.0
        self._shut: dict[str, float] = {}
        self._reported_s: dict[str, float] = {}
        world.env.after(0.0, self._set_out)

    # --- walking ----------------------------------------------------------------------------------

    def walked_m(self, t_s: float) -> float:
        """Distance walked on the present round at a time, m."""
        return max(min(t_s, self._until_s) - self._began_s, 0.0) * self.settings.speed_m_s

    def reached_s(self, distance_m: float) -> float:
        """Time at which a distance on the present round, m, is reached, s."""
        return self._began_s + distance_m / self.settings.speed_m_s

    def _set_out(self, _: object = None) -> None:
        """Begin a round where they are, or wait for the next day."""
        hour = self.world.hour()
        if not self.shift.is_on(hour):
            self.round, self.junction = None, self.first
            self.world.env.after(max(self.shift.seconds_to_start(hour), 1.0), self._set_out)
            return
        self._begin(self.world.now_s)

    def _begin(self, began_s: float) -> None:
        now_s = self.world.now_s
        self._shut = {road: until_s for road, until_s in self._shut.items() if until_s > now_s}
        way = self.beat.round_from(self.junction, frozenset(self._shut), self.lane, self.post.draws)
        self.rounds += 1
        if not way.steps:
            self.round = None
            self._shut.clear()
            self.world.env.after(_WAIT_S, self._set_out)
            return
        self.round, self._began_s = way, began_s
        left_s = max(self.shift.seconds_to_end(self.world.hour()), 1.0)
        self._until_s = min(began_s + way.length_m / self.settings.speed_m_s, now_s + left_s)
        self.world.env.at(max(self._until_s, now_s), self._end, self.rounds)
        self._plan_false_alarms()
        for matter in self.post.matters_on(self.beat):
            self._plan_pass(matter, 0)

    def _end(self, number: int) -> None:
        if number == self.rounds:
            self.post.look(self)  # at what they passed since the last look
        if number == self.rounds and self.round is not None:
            self.junction = self.round.legs[-1].end
            self._set_out()

    def _turn_back(self, leg: int) -> None:
        """Walk back to the last junction and begin another round there, out of the deep street."""
        assert self.round is not None
        street = self.round.legs[leg]
        assert street.road is not None
        now_s = self.world.now_s
        back_s = max(self.walked_m(now_s) - street.from_m, 0.0) / self.settings.speed_m_s
        self._shut[street.road.id] = now_s + _SHUT_S
        self.junction = street.start
        self._begin(now_s + back_s)

    # --- water ------------------------------------------------------------------------------------

    def look_around(self, after_s: float, depth: NDArray[np.float64]) -> None:
        """See the water in the streets whose low point has been passed since a time.

        Parameters
        ----------
        after_s
            Time of the look before, s.
        depth
            Water on each road now, shape (roads,), m.
        """
        way = self.round
        if way is None:
            return
        after_m, until_m = self.walked_m(after_s), self.walked_m(self.world.now_s)
        for index in way.legs_between(after_m, until_m):
            leg = way.legs[index]
            if leg.road is None:
                continue
            if after_m < leg.passes_m(leg.road.low_m) <= until_m:
                self._see(leg.road, depth, index)
                if depth[leg.road.index] >= self.settings.impassable_from_m:
                    self._turn_back(index)
                    return
            if after_m < leg.from_m + leg.length_m <= until_m:
                for road in self.post.in_sight(self.beat, leg.end):
                    self._see(road, depth, index)

    def _see(self, road: RoadPlace, depth: NDArray[np.float64], leg: int) -> None:
        depth_m = float(depth[road.index])
        if depth_m < self.settings.visible_from_m:
            return
        if self.draws.of("water", road.id, self.rounds, leg).random() < self.settings.recall:
            self._report(road, depth_m, genuine=True)

    def _plan_false_alarms(self) -> None:
        walk_s = max(self._until_s - max(self._began_s, self.world.now_s), 0.0)
        draw = self.draws.of("false", self.rounds)
        number = int(draw.poisson(self.settings.false_alarms_per_day * walk_s / DAY_S))
        for share in draw.random(number).tolist():
            t_s = max(self._until_s - share * walk_s, self.world.now_s)
            self.world.env.at(t_s, self._imagine, self.rounds)

    def _imagine(self, number: int) -> None:
        """Report water that is not there."""
        if number != self.rounds or self.round is None:
            return
        road = self.round.legs[self.round.leg_at(self.walked_m(self.world.now_s))].road
        depth = self.world.water.road_depth()
        if road is not None and depth[road.index] < self.settings.visible_from_m:
            self._report(road, None, genuine=False)

    def _report(self, road: RoadPlace, depth_m: float | None, *, genuine: bool) -> None:
        last_s = self._reported_s.get(road.id, float("-inf"))
        if self.world.now_s < last_s + self.settings.repeat_s:
            return
        self._reported_s[road.id] = self.world.now_s
        report = Report(
            channel="patrol",
            class_code=self.post.class_code,
            x=road.x,
            y=road.y,
            reporter=self.id,
            depth_m=None if depth_m is None else round(depth_m, 2),
            genuine=genuine,
            road=road.id,
        )
        self.world.env.after(self.settings.delay_s, self._send, report)

    def _send(self, report: Report) -> None:
        self.post.receive(report)

    # --- matters ----------------------------------------------------------------------------------

    def meets(self, matter: Matter) -> None:
        """Learn of a matter that is there from now on; they see it when they come past."""
        if self.round is not None:
            first = self.round.leg_at(self.walked_m(self.world.now_s))
            self._plan_pass(matter, first)

    def _plan_pass(self, matter: Matter, first: int) -> None:
        """Set the time at which they next come past a matter on this round, from a leg on."""
        assert self.round is not None
        if matter.is_noted or matter.is_gone:
            return
        for index in self.round.passes.get(matter.road.id, ()):
            if index < first:
                continue
            passed_m = self.round.legs[index].passes_m(matter.along_m)
            t_s = self._began_s + passed_m / self.settings.speed_m_s
            if self.world.now_s <= t_s <= self._until_s:
                self.world.env.at(t_s, self._pass, (matter, self.rounds, index))
                return

    def _pass(self, arg: tuple[Matter, int, int]) -> None:
        matter, number, leg = arg
        if number != self.rounds or matter.is_noted or matter.is_gone:
            return
        if self.draws.of(matter.id, self.rounds, leg).random() < matter.kind.seen:
            matter.is_noted = True
            self.world.env.after(self.settings.delay_s, self._report_matter, matter)
        else:
            self._plan_pass(matter, leg + 1)

    def _report_matter(self, matter: Matter) -> None:
        assert self.post.matters is not None
        self.post.matters.report(matter, "patrol", self.id)


class Post:
    """All patrollers of a city, and where their reports go.

    Parameters
    ----------
    model
        The Mesa model they belong to.
    world, settings
        Surroundings and settings.
    receive
        Where reports go.
    class_code
        Event class of reports of water.
    matters
        What else there is to see; None for nothing.
    """

    def __init__(
        self,
        model: mesa.Model,
        world: World,
        settings: PatrolSettings,
        receive: Receiver,
        class_code: str,
        matters: Matters | None,
    ) -> None:
        self.world = world
        self.settings = settings
        self.receive = receive
        self.class_code = class_code
        self.matters = matters
        self.draws = world.draws("patrols")
        self._looked_s = world.now_s
        self._sights: dict[tuple[str, str], tuple[RoadPlace, ...]] = {}
        grounds = beats(world.places.roads, settings.grids)
        self._by_road: dict[str, list[Patrol]] = {}
        self.patrols: dict[str, Patrol] = {}
        for beat in grounds:
            here = [
                Patrol(model, world, settings, beat, lane, self) for lane in range(1, settings.per_grid + 1)
            ]
            self.patrols.update((patrol.id, patrol) for patrol in here)
            self._by_road.update((road.id, here) for road in beat.roads)
        if matters is not None:
            matters.watchers.append(self)
        if self.patrols:
            world.env.after(LOOK_S, self._look_all)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_sights": {}}  # what is looked up again when it is needed

    def matter_appears(self, matter: Matter) -> None:
        """Tell those whose beat a matter lies on."""
        for patrol in self._by_road.get(matter.road.id, ()):
            patrol.meets(matter)

    def matters_on(self, beat: Beat) -> list[Matter]:
        """Matters that lie on the streets of a beat."""
        if self.matters is None:
            return []
        return [matter for road in beat.roads for matter in self.matters.on_road(road.id).values()]

    def in_sight(self, beat: Beat, junction: str) -> Sequence[RoadPlace]:
        """Streets at a junction whose low point can be seen from there."""
        key = (beat.grid, junction)
        if key not in self._sights:
            x, y = beat.xy[junction]
            reach_m = self.settings.sight_m
            self._sights[key] = tuple(
                road for road in beat.at[junction] if (road.x - x) ** 2 + (road.y - y) ** 2 <= reach_m**2
            )
        return self._sights[key]

    def look(self, *patrols: Patrol) -> None:
        """Let patrollers see the water that they have come upon since the last look of all."""
        depth = self.world.water.road_depth()
        if depth.size and float(depth.max()) >= self.settings.visible_from_m:
            for patrol in patrols:
                patrol.look_around(self._looked_s, depth)

    def _look_all(self, _: object) -> None:
        self.world.env.after(LOOK_S, self._look_all)
        self.look(*self.patrols.values())
        self._looked_s = self.world.now_s
