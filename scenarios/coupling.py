"""Physics and people on one clock: the water moves, roads follow, crossings become events."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.channels.whereabouts import way_since
from agents.clock import PHYSICS_FIRST, Timer, TwinEnv
from agents.operations import Operations
from agents.snapshot import restore, save
from agents.world import RAIN
from cim_models.city import City
from cim_models.standing import log_standing
from scenarios.blame import blame
from scenarios.composition import Setup
from scenarios.floodwatch import FloodBands, FloodWatch, WatchedNodes, WatchedRoads
from scenarios.hazardstory import HazardStory, open_hazards
from scenarios.hazardviews import join_hazards
from scenarios.lifelinestory import LifelineStory
from scenarios.operations import CrewLossPlan
from scenarios.orderdesk import OrderDesk
from scenarios.planned import PlannedOrder
from scenarios.points import PointRecorder
from scenarios.recorder import Recorder
from scenarios.runfolder import RunWriter
from scenarios.schema.flooding import FloodEvents
from scenarios.sewerstory import SewerStory
from scenarios.storylog import StoryLog
from scenarios.structurestory import open_structures
from scenarios.summary.water import volume_series
from scenarios.supplystory import SupplyStory
from twin.rain import RainSeries
from twin.roads import RoadNetwork
from twin.supply.system import SupplySystem
from twin.water import WaterSystem

_WAYS_UP_TO_S = 900.0
"""Readings further apart, s, leave out where patrollers walk: between them nobody could follow one."""


@dataclass(slots=True)
class _Loop:
    """Something done at intervals: when it was done last, s, how often, and the timer of the next time."""

    last_s: float
    interval_s: float
    timer: Timer | None


class Coupling:
    """The parts of one run, joined.

    Every coupling interval the water advances to now, before anybody acts at the same moment; then
    road depths, events and recordings follow.

    Parameters
    ----------
    setup
        What was checked.
    water
        The water system, at time 0.
    writer
        The run folder.
    kept
        What `state` returned at some moment of a run with the same setup, to go on from there; its water
        has been restored already. None for a run that begins.
    supply
        The water supply at time 0; None where it is not simulated.

    Attributes
    ----------
    env
        The clock.
    operations
        Those who act.
    """

    def __init__(
        self,
        setup: Setup,
        water: WaterSystem,
        writer: RunWriter,
        kept: bytes | None = None,
        supply: SupplySystem | None = None,
    ) -> None:
        self._setup, self._water = setup, water
        city = setup.city
        self._log = StoryLog(writer.events)
        roads = city.layer("roads")
        self._roads = None if roads is None else RoadNetwork(roads)
        self._supply = None if supply is None else SupplyStory(supply, water, self._log)
        self._lifelines = None if setup.lifelines is None else LifelineStory(setup.lifelines, self._log)
        self._hazards = open_hazards(setup, self._roads, self._supply, self._log)
        self._structures = open_structures(setup, self._roads, self._log)
        nodes = _watched_nodes(city, water)
        self._sewer = None if water.wear is None else SewerStory(water, water.wear, nodes.xy, self._log)
        self._desk = OrderDesk(water, self._roads, self._log, self._supply, self._hazards, self._sewer)
        self._desk.structures = self._structures
        self._watch = FloodWatch(_watched_roads(city), nodes, self._log, _bands(setup.scenario.flood_events))
        self._recorder = Recorder(city, water, writer, _followed_points(setup, water, writer))
        self._rain_event: int | None = None
        self._raining = False
        self._earlier_rain_mm = 0.0
        self._loops: dict[str, _Loop] = {}
        self._pending: dict[str, Timer] = {}
        self._branched: dict[str, int] = {}
        self.env: TwinEnv
        self.operations: Operations
        self._started: int
        if kept is not None:
            self._restore(kept)
            return
        self.env = TwinEnv()
        self._started = self._begin()
        self.operations = Operations(
            env=self.env,
            city=city,
            settings=setup.operations,
            water=water,
            roads=self._roads,
            orders=self._desk,
            events=self._log,
            seed=setup.scenario.seed,
            supply=self._supply,
            lifelines=self._lifelines,
            hazards=join_hazards(self._hazards, self._structures),
            sewer=self._sewer,
        )
        self._join()
        if self._lifelines is not None:
            self._lifelines.schedule()
        self._schedule()

    @property
    def setup(self) -> Setup:
        """What the run is made from, with all changes so far."""
        return self._setup

    @property
    def supply(self) -> SupplyStory | None:
        """The water supply, where it is simulated."""
        return self._supply

    @property
    def hazards(self) -> HazardStory | None:
        """Gas and cavities, where they are simulated."""
        return self._hazards

    def end(self, t_s: float, status: str) -> None:
        """Write the last event and what is recorded per cell and point."""
        if self._supply is not None:
            self._supply.end()
        if self._structures is not None:
            self._structures.end(t_s)
            self._recorder.structures(self._structures)
        self._recorder.rasters()
        self._log.append(t_s, "run.ended", "run", cause=self._started, data={"status": status})

    def _begin(self) -> int:
        scenario = self._setup.scenario
        data = {"scenario": scenario.name, "seed": scenario.seed}
        started = self._log.append(0.0, "run.started", "run", data=data)
        for note in self._setup.notes:
            self._log.append(0.0, "run.noted", "run", cause=started, data={"text": note})
        for name, structure in self._water.structures.items():
            log_standing(self._log, name, structure, 0.0, started)
        gullies = self._setup.city.layer("gullies")
        if gullies is not None:
            blockage = self._water.gully_blockage
            for row in np.flatnonzero(blockage > 0.0).tolist():
                data = {"blockage": float(blockage[row])}
                self._log.append(0.0, "gully.blocked", str(gullies["id"].iloc[row]), cause=started, data=data)
        if self._supply is not None:
            self._supply.begin(started)
        if self._hazards is not None:
            self._hazards.begin(started)
        if self._sewer is not None:
            self._sewer.begin(started)
        if self._structures is not None:
            self._structures.begin(started)
        return started

    def _schedule(self) -> None:
        numerics, output = self._setup.scenario.numerics, self._setup.scenario.output
        for planned in self._setup.planned:
            self._plan(planned)
        for loss in self._setup.losses:
            self.env.at(loss.t_s, self._lose_crew, loss)
        self._repeat(self._step, numerics.coupling)
        self._repeat(self._frame, output.depth_every)
        self._repeat(self._read, output.sensors_every)
        if output.velocity_every is not None:
            self._repeat(self._velocity, output.velocity_every)
        supply = self._setup.supply
        if supply is not None and supply.pressure_every_s is not None:
            self._repeat(self._pressures, supply.pressure_every_s)
        if self._setup.points:
            self._repeat(self._points, output.points_every or output.sensors_every)

    # --- checkpoints and branches -----------------------------------------------------------------

    def state(self) -> bytes:
        """Return all but the water that a run with the same setup needs to go on."""
        kept = {
            "env": self.env,
            "operations": self.operations,
            "loops": self._loops,
            "pending": self._pending,
            "branched": self._branched,
            "started": self._started,
            "rain": (self._rain_event, self._raining, self._earlier_rain_mm),
            **{name: part.state() for name, part in self._parts().items()},
        }
        return save(kept, self._outside())

    def _restore(self, data: bytes) -> None:
        kept = restore(data, self._outside())
        self.env = kept["env"]
        self.operations = kept["operations"]
        self._loops, self._pending, self._branched = kept["loops"], kept["pending"], kept["branched"]
        self._started = kept["started"]
        self._rain_event, self._raining, self._earlier_rain_mm = kept["rain"]
        self._join()
        for name, part in self._parts().items():
            part.restore(kept[name])

    def _join(self) -> None:
        """Tell the lifelines on which clock they are and who acts there."""
        if self._lifelines is not None:
            self._lifelines.join(self.env, self.operations, self._started)

    def _parts(self) -> dict[str, Any]:
        parts = {
            "log": self._log,
            "desk": self._desk,
            "watch": self._watch,
            "roads": self._roads,
            "recorder": self._recorder,
            "supply": self._supply,
            "lifelines": self._lifelines,
            "hazards": self._hazards,
            "structures": self._structures,
            "sewer": self._sewer,
        }
        return {name: part for name, part in parts.items() if part is not None}

    def _outside(self) -> dict[str, Any]:
        """Return what a snapshot of the agents and the clock refers to by name."""
        return {"coupling": self, "water": self._water, **self._parts()}

    def change(self, setup: Setup, t_s: float, changed: Mapping[str, Any]) -> None:
        """Go on by another setup from now on, and write down what has changed.

        Parameters
        ----------
        setup
            Differs from the present one in rain, duration, measures, staffing and dispatch at most.
        t_s
            Present time, s.
        changed
            The new values by key, for the log.
        """
        data = {"changed": dict(changed)}
        event = self._log.append(t_s, "run.branched", "run", cause=self._started, data=data)
        before, self._setup = self._setup, setup
        if setup.rain is not before.rain:
            self._earlier_rain_mm += _depth_mm(before.rain, t_s) - _depth_mm(setup.rain, t_s)
            self._water.set_rain(setup.rain)
        if setup.scenario.duration != before.scenario.duration:
            for name, loop in self._loops.items():
                if loop.timer is not None:
                    loop.timer.cancel()
                self._set(getattr(self, name), loop.last_s, loop.interval_s)
        self._replan(before.measure_ids, event)
        if setup.operations.dispatch != before.operations.dispatch:
            self.operations.change_dispatch(setup.operations.dispatch)
        if setup.operations.staffing != before.operations.staffing:
            self.operations.reinforce(setup.operations.staffing)

    def _replan(self, earlier: Collection[str], event: int) -> None:
        """Withdraw the orders of measures that are no longer planned, and set those of new ones."""
        ids = self._setup.measure_ids
        for name in [name for name in self._pending if _measure_of(name) not in ids]:
            self._pending.pop(name).cancel()
        for planned in self._setup.planned:
            name = planned.order.id
            if _measure_of(name) not in earlier:
                self._branched[name] = event
                self._plan(planned)

    def _plan(self, planned: PlannedOrder) -> None:
        due_s = max(planned.t_s, self.env.now)
        self._pending[planned.order.id] = self.env.at(due_s, self._carry_out, planned)

    def _step(self, interval_s: float) -> None:
        now_s = self.env.now
        self._water.advance_to(now_s)
        if self._supply is not None:
            self._supply.advance_to(now_s, now_s + interval_s)
            self._watch.springs = self._supply.springs()
        road_depth = self._water.road_depth()
        if self._roads is not None:
            self._roads.update(road_depth)
        self._watch_rain(now_s)
        if self._sewer is not None:
            self._watch_failures(self._sewer)
        self._watch.watch_sewer(now_s, self._water.surcharged, self._water.node_heads, self._rain_event)
        self._watch.watch_roads(now_s, road_depth, self._rain_event)
        self._watch_response(now_s, road_depth)
        news = [] if self._supply is None else self._supply.take_news()
        for kind, subject, event in [*news, *self._watch.take_news()]:
            self.operations.note_cause(kind, subject, event)
        if self._hazards is not None:
            self._hazards.advance_to(now_s, self._water.rain_intensity_mm_h)
            for told in self._hazards.take_news():
                self.operations.tell(told)
        if self._structures is not None:
            rain_mm_h = self._water.rain_intensity_mm_h
            self._structures.advance_to(now_s, rain_mm_h, self._rain_event)
        self._again(interval_s, self._step)

    def _watch_failures(self, sewer: SewerStory) -> None:
        """Write what has failed in the sewer, and say what it dams up and which gullies it blocked."""
        sewer.write(self._rain_event)
        for news in sewer.take_news():
            self.operations.tell_of_pump(news)
        new = np.flatnonzero(self._water.surcharged & ~self._watch.surcharged)
        self._watch.dammed, self._watch.ended = sewer.causes(new), sewer.ended
        self._watch.blocked = sewer.blocked_gullies()

    def _watch_rain(self, now_s: float) -> None:
        intensity = self._water.rain_intensity_mm_h
        if (intensity > 0.0) == self._raining:
            return
        self._raining = intensity > 0.0
        if self._raining:
            data, kind, cause = {"intensity_mm_h": round(intensity, 3)}, "rain.started", self._started
        else:
            depth_mm = self._earlier_rain_mm + _depth_mm(self._setup.rain, now_s)
            data, kind, cause = (
                {"depth_mm": round(depth_mm, 3)},
                "rain.stopped",
                self._rain_event or self._started,
            )
        event = self._log.append(now_s, kind, "run", cause=cause, data=data)
        self._rain_event = event if self._raining else self._rain_event
        self.operations.note_cause(kind, RAIN, event)

    def _watch_response(self, now_s: float, road_depth: NDArray[np.float64]) -> None:
        """Let those who decide on the level of response look at rain and roads."""
        board = self.operations.response
        if board is not None:
            fallen_mm = _depth_mm(self._setup.rain, now_s)
            rain_mm = {
                window_s: fallen_mm - _depth_mm(self._setup.rain, max(now_s - window_s, 0.0))
                for window_s in board.rain_windows_s
            }
            board.look(rain_mm, road_depth)

    def _frame(self, interval_s: float) -> None:
        self._recorder.frame(self._now_with_water())
        self._again(interval_s, self._frame)

    def _read(self, interval_s: float) -> None:
        now_s = self._now_with_water()
        rain_mm_h = self._water.rain_intensity_mm_h
        self._recorder.sensors(now_s, rain_mm_h)
        volumes = volume_series(
            self._water.balance(),
            with_ground=self._water.ground is not None,
            with_roofs=self._water.settings.roofs.to_sewer > 0.0,
        )
        self._recorder.volumes(now_s, rain_mm_h, volumes)
        if self._supply is not None:
            self._recorder.supply(now_s, self._supply)
        if self._hazards is not None:
            self._recorder.hazards(now_s, self._hazards)
        if self._structures is not None:
            self._recorder.structures(self._structures)
        if interval_s <= _WAYS_UP_TO_S:
            patrols = sorted(self.operations.patrols.items())
            after_s = now_s - interval_s
            self._recorder.patrols({name: way_since(patrol, after_s, now_s) for name, patrol in patrols})
        self._again(interval_s, self._read)

    def _velocity(self, interval_s: float) -> None:
        self._recorder.velocity(self._now_with_water())
        self._again(interval_s, self._velocity)

    def _points(self, interval_s: float) -> None:
        self._recorder.points(self._now_with_water())
        self._again(interval_s, self._points)

    def _pressures(self, interval_s: float) -> None:
        if self._supply is not None:
            self._supply.supply.advance_to(self.env.now)
            self._recorder.pressures(self.env.now, self._supply)
        self._again(interval_s, self._pressures)

    def _now_with_water(self) -> float:
        """Present time, with the water advanced to it where the intervals do not match."""
        now_s: float = self.env.now
        self._water.advance_to(now_s)
        return now_s

    def _repeat(self, step: Callable[[float], None], interval_s: float) -> None:
        """Do something now and then at intervals, the last time at the very end."""
        timer = self.env.at(self.env.now, step, interval_s, priority=PHYSICS_FIRST)
        self._loops[step.__name__] = _Loop(self.env.now, interval_s, timer)

    def _again(self, interval_s: float, step: Callable[[float], None]) -> None:
        self._set(step, self.env.now, interval_s)

    def _set(self, step: Callable[[float], None], last_s: float, interval_s: float) -> None:
        end_s = self._setup.scenario.duration
        timer = None
        if last_s < end_s:
            due_s = min(last_s + interval_s, end_s)
            timer = self.env.at(due_s, step, interval_s, priority=PHYSICS_FIRST)
        self._loops[step.__name__] = _Loop(last_s, interval_s, timer)

    def _lose_crew(self, loss: CrewLossPlan) -> None:
        self.operations.lose_crew(loss.crew, loss.reason, self._started)

    def _carry_out(self, planned: PlannedOrder) -> None:
        del self._pending[planned.order.id]
        cause = self._branched.get(planned.order.id, self._started)
        self._desk.carry_out(planned, planned.t_s, cause)


def _measure_of(order: str) -> str:
    """Id of the measure that an order of the scenario belongs to."""
    return order.split("-", 1)[0]


def _depth_mm(rain: RainSeries, t_s: float) -> float:
    """Mean depth of the rain at all gauges until a time, mm."""
    return float(np.mean(rain.depth_until_mm(t_s)))


def _followed_points(setup: Setup, water: WaterSystem, writer: RunWriter) -> PointRecorder | None:
    if not setup.points:
        return None
    with blame(setup.source, "output.points"):
        ground = replace(water.terrain, elevation=water.bed_elevation)
        return PointRecorder(setup.points, ground, water.open_cells, water.surface, writer)


def _bands(events: FloodEvents) -> FloodBands:
    return FloodBands(drained_share=events.drained_share, settle_s=events.settle)


def _watched_roads(city: City) -> WatchedRoads:
    roads = city.layer("roads")
    if roads is None:
        return WatchedRoads((), ())
    vertices = [np.asarray(line.coords)[:, :2] for line in roads.geometry]
    return WatchedRoads([str(name) for name in roads["id"]], vertices)


def _watched_nodes(city: City, water: WaterSystem) -> WatchedNodes:
    if city.sewer is None or not water.node_ids:
        return WatchedNodes((), np.zeros((0, 2)), np.zeros(0))
    points = city.sewer.nodes.geometry
    return WatchedNodes(water.node_ids, np.column_stack([points.x, points.y]), water.node_ground)
