"""Physics and people on one clock: the water moves, roads follow, crossings become events."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from agents.clock import PHYSICS_FIRST, TwinEnv
from agents.operations import Operations
from cim_models.city import City
from scenarios.blame import blame
from scenarios.composition import Setup
from scenarios.floodwatch import FloodWatch, WatchedNodes, WatchedRoads
from scenarios.measures import PlannedOrder
from scenarios.orderdesk import OrderDesk, log_standing
from scenarios.points import PointRecorder
from scenarios.recorder import Recorder
from scenarios.runfolder import RunWriter
from scenarios.storylog import StoryLog
from scenarios.summary.water import volume_series
from twin.roads import RoadNetwork
from twin.water import WaterSystem


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

    Attributes
    ----------
    env
        The clock.
    """

    def __init__(self, setup: Setup, water: WaterSystem, writer: RunWriter) -> None:
        self._setup, self._water = setup, water
        scenario, city = setup.scenario, setup.city
        self.env = TwinEnv()
        self._log = StoryLog(writer.events)
        roads = city.layer("roads")
        self._roads = None if roads is None else RoadNetwork(roads)
        self._desk = OrderDesk(water, self._roads, self._log)
        self._watch = FloodWatch(_watched_roads(city), _watched_nodes(city, water), self._log)
        self._recorder = Recorder(city, water, writer, _followed_points(setup, water, writer))
        self._rain_event: int | None = None
        self._raining = False
        self._started = self._begin()
        self.operations = Operations(
            env=self.env,
            city=city,
            settings=setup.operations,
            water=water,
            roads=self._roads,
            orders=self._desk,
            events=self._log,
            seed=scenario.seed,
        )
        self._schedule()

    def end(self, t_s: float, status: str) -> None:
        """Write the last event and what is recorded per cell and point."""
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
        return started

    def _schedule(self) -> None:
        scenario = self._setup.scenario
        for planned in self._setup.planned:
            self.env.at(planned.t_s, self._carry_out, planned)
        self.env.at(0.0, self._step, scenario.numerics.coupling, priority=PHYSICS_FIRST)
        self.env.at(0.0, self._frame, scenario.output.depth_every, priority=PHYSICS_FIRST)
        output = scenario.output
        self.env.at(0.0, self._read, output.sensors_every, priority=PHYSICS_FIRST)
        if output.velocity_every is not None:
            self.env.at(0.0, self._velocity, output.velocity_every, priority=PHYSICS_FIRST)
        if self._setup.points:
            every_s = output.points_every or output.sensors_every
            self.env.at(0.0, self._points, every_s, priority=PHYSICS_FIRST)

    def _step(self, interval_s: float) -> None:
        now_s = self.env.now
        self._water.advance_to(now_s)
        road_depth = self._water.road_depth()
        if self._roads is not None:
            self._roads.update(road_depth)
        self._watch_rain(now_s)
        self._watch.watch_sewer(now_s, self._water.surcharged, self._water.node_heads, self._rain_event)
        self._watch.watch_roads(now_s, road_depth, self._rain_event)
        for kind, subject, event in self._watch.take_news():
            self.operations.note_cause(kind, subject, event)
        self._again(interval_s, self._step)

    def _watch_rain(self, now_s: float) -> None:
        intensity = self._water.rain_intensity_mm_h
        if (intensity > 0.0) == self._raining:
            return
        self._raining = intensity > 0.0
        if self._raining:
            data, kind, cause = {"intensity_mm_h": round(intensity, 3)}, "rain.started", self._started
        else:
            depth_mm = float(np.mean(self._setup.rain.depth_until_mm(now_s)))
            data, kind, cause = (
                {"depth_mm": round(depth_mm, 3)},
                "rain.stopped",
                self._rain_event or self._started,
            )
        event = self._log.append(now_s, kind, "run", cause=cause, data=data)
        self._rain_event = event if self._raining else self._rain_event

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
        self._again(interval_s, self._read)

    def _velocity(self, interval_s: float) -> None:
        self._recorder.velocity(self._now_with_water())
        self._again(interval_s, self._velocity)

    def _points(self, interval_s: float) -> None:
        self._recorder.points(self._now_with_water())
        self._again(interval_s, self._points)

    def _now_with_water(self) -> float:
        """Present time, with the water advanced to it where the intervals do not match."""
        now_s: float = self.env.now
        self._water.advance_to(now_s)
        return now_s

    def _again(self, interval_s: float, step: object) -> None:
        """Set the next step, the last one at the very end."""
        now_s, end_s = self.env.now, self._setup.scenario.duration
        if now_s < end_s:
            self.env.at(min(now_s + interval_s, end_s), step, interval_s, priority=PHYSICS_FIRST)  # type: ignore[arg-type]

    def _carry_out(self, planned: PlannedOrder) -> None:
        self._desk.carry_out(planned, self.env.now, self._started)


def _followed_points(setup: Setup, water: WaterSystem, writer: RunWriter) -> PointRecorder | None:
    if not setup.points:
        return None
    with blame(setup.source, "output.points"):
        ground = replace(water.terrain, elevation=water.bed_elevation)
        return PointRecorder(setup.points, ground, water.open_cells, water.surface, writer)


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
