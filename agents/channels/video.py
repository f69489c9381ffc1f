"""Cameras whose pictures are searched for water and for what else they can recognise."""

from typing import Any

from agents.channels import Receiver
from agents.matters import Matter, Matters
from agents.places import SensorPlace
from agents.reports import Report
from agents.settings import VideoSettings
from agents.worktime import DAY_S
from agents.world import World


class Cameras:
    """All cameras of a city; each look finds what is within view by chance.

    Parameters
    ----------
    world, settings
        Surroundings and settings.
    receive
        Where reports go.
    class_code
        Event class of the reports of water.
    matters
        What else there is to see; None for nothing.
    """

    def __init__(
        self,
        world: World,
        settings: VideoSettings,
        receive: Receiver,
        class_code: str,
        matters: Matters | None = None,
    ) -> None:
        self.world = world
        self.settings = settings
        self.receive = receive
        self.class_code = class_code
        self.draws = world.draws("video")
        self.cameras = tuple(sensor for sensor in world.places.sensors if sensor.kind == "camera")
        self._reported_s: dict[str, float] = {}
        self.matters = matters
        self._in_view: dict[str, list[Matter]] = {}
        if matters is not None:
            matters.watchers.append(self)
        for number, camera in enumerate(self.cameras):
            # the looks go round, so that not all pictures are searched in the same second
            first_s = settings.interval_s * (number + 1) / len(self.cameras)
            world.env.after(first_s, self._look, (camera, 0))

    def matter_appears(self, matter: Matter) -> None:
        """Remember a matter that some cameras have in view and can recognise."""
        if not matter.kind.on_video:
            return
        for camera in self.cameras:
            if (camera.x - matter.x) ** 2 + (camera.y - matter.y) ** 2 <= camera.range_m**2:
                self._in_view.setdefault(camera.id, []).append(matter)

    def _look(self, arg: tuple[SensorPlace, int]) -> None:
        camera, tick = arg
        self.world.env.after(self.settings.interval_s, self._look, (camera, tick + 1))
        recall = self.settings.recall_at(self.world.hour())
        self._look_for_water(camera, tick, recall)
        if camera.id in self._in_view:
            self._look_for_matters(camera, tick, recall)

    def _look_for_matters(self, camera: SensorPlace, tick: int, recall: float) -> None:
        unknown = [
            matter for matter in self._in_view.pop(camera.id) if not (matter.is_noted or matter.is_gone)
        ]
        missed = []
        for matter in unknown:
            if self.draws.of(camera.id, tick, matter.id).random() < recall:
                matter.is_noted = True
                self.world.env.after(self.settings.delay_s, self._report_matter, (matter, camera.id))
            else:
                missed.append(matter)
        if missed:
            self._in_view[camera.id] = missed

    def _report_matter(self, arg: tuple[Matter, str]) -> None:
        assert self.matters is not None
        matter, camera = arg
        self.matters.report(matter, "video", camera)

    def _look_for_water(self, camera: SensorPlace, tick: int, recall: float) -> None:
        seen, false = self.draws.of(camera.id, tick).random(2)
        depth = self.world.water.depth_near(camera.x, camera.y, camera.range_m)
        wet = depth >= self.settings.visible_from_m
        false_chance = self.settings.false_alarms_per_day * self.settings.interval_s / DAY_S
        if not (seen < recall if wet else false < false_chance):
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
