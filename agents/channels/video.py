"""Cameras whose pictures are searched for water."""

from typing import Any

from agents.channels import Receiver
from agents.places import SensorPlace
from agents.reports import Report
from agents.settings import VideoSettings
from agents.worktime import DAY_S
from agents.world import World


class Cameras:
    """All cameras of a city; each look finds water within view by chance.

    Parameters
    ----------
    world, settings
        Surroundings and settings.
    receive
        Where reports go.
    class_code
        Event class of the reports.
    """

    def __init__(self, world: World, settings: VideoSettings, receive: Receiver, class_code: str) -> None:
        self.world = world
        self.settings = settings
        self.receive = receive
        self.class_code = class_code
        self.draws = world.draws("video")
        self.cameras = tuple(sensor for sensor in world.places.sensors if sensor.kind == "camera")
        self._reported_s: dict[str, float] = {}
        for number, camera in enumerate(self.cameras):
            # the looks go round, so that not all pictures are searched in the same second
            first_s = settings.interval_s * (number + 1) / len(self.cameras)
            world.env.after(first_s, self._look, (camera, 0))

    def _look(self, arg: tuple[SensorPlace, int]) -> None:
        camera, tick = arg
        seen, false = self.draws.of(camera.id, tick).random(2)
        self.world.env.after(self.settings.interval_s, self._look, (camera, tick + 1))
        depth = self.world.water.depth_near(camera.x, camera.y, camera.range_m)
        wet = depth >= self.settings.visible_from_m
        false_chance = self.settings.false_alarms_per_day * self.settings.interval_s / DAY_S
        if not (seen < self.settings.recall if wet else false < false_chance):
            return
        if self.world.now_s < self._reported_s.get(camera.id, float("-inf")) + self.settings.repeat_s:
            return
        self._reported_s[camera.id] = self.world.now_s
        report = Report(
            channel="video",
            class_code=self.class_code,
            x=camera.x,
            y=camera.y,
            reporter=camera.id,
            depth_m=round(float(depth), 2) if wet else None,
            genuine=wet,
        )
        self.world.env.after(self.settings.delay_s, self._send, report)

    def _send(self, report: Any) -> None:
        self.receive(report)
