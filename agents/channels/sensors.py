"""Fixed level sensors: readings with noise, reports at thresholds, or all readings for the alarm desk."""

from typing import Any

import numpy as np

from agents.alarms.desk import AlarmDesk
from agents.channels import Receiver
from agents.places import SensorPlace
from agents.reports import Report
from agents.settings import SensorSettings
from agents.worktime import DAY_S
from agents.world import RAIN, World
from cim_models.alarm_readings import Reading

KINDS = ("road_level", "sewer_level")

HIGHER_THRESHOLDS_M = (0.30, 0.50)
"""Depths at which a road sensor reports once more, m: the two lines of the Wujin underpass rules."""

HYSTERESIS = 0.8
"""A sensor is ready for a threshold again below this share of it; own assumption."""


class Sensors:
    """All level sensors of a city.

    A road sensor reports at each threshold that its reading passes, and again from time to time while
    the water stands. A sewer sensor reports when the water in the manhole reaches the ground.

    Parameters
    ----------
    world, settings
        Surroundings and settings.
    receive
        Where reports go.
    class_code
        Event class of the reports.
    alarms
        Who judges the readings by the rules of a scenario; None where each sensor has its own thresholds.
    """

    def __init__(
        self,
        world: World,
        settings: SensorSettings,
        receive: Receiver,
        class_code: str,
        alarms: AlarmDesk | None = None,
    ) -> None:
        self.world = world
        self.alarms = alarms
        self.settings = settings
        self.receive = receive
        self.class_code = class_code
        self.draws = world.draws("sensors")
        self._level: dict[str, int] = {}
        self._reported_s: dict[str, float] = {}
        groups: dict[float, list[SensorPlace]] = {}
        for sensor in world.places.sensors:
            if sensor.kind in KINDS:
                groups.setdefault(sensor.interval_s, []).append(sensor)
        for interval_s, group in sorted(groups.items()):
            world.env.after(interval_s, self._read, (interval_s, tuple(group)))

    def _read(self, arg: tuple[float, tuple[SensorPlace, ...]]) -> None:
        interval_s, group = arg
        depths = self.world.water.sensor_depth()
        tick = round(self.world.now_s / interval_s)
        for sensor in group:
            self._read_one(sensor, float(depths[sensor.index]), tick)
        self.world.env.after(interval_s, self._read, arg)

    def _read_one(self, sensor: SensorPlace, depth_m: float, tick: int) -> None:
        draw = self.draws.of(sensor.id, tick)
        lost, false, noise = draw.random(), draw.random(), draw.standard_normal()
        if not np.isfinite(depth_m) or lost >= self.settings.recall:
            return
        reading = min(max(depth_m + sensor.noise_m * noise, 0.0), sensor.range_m)
        genuine = True
        if false < self.settings.false_alarms_per_day * sensor.interval_s / DAY_S and reading < 0.05:
            reading, genuine = self._thresholds(sensor)[0] * 1.1, False
        if self.alarms is None:
            self._judge(sensor, reading, genuine)
        else:
            self.alarms.observe(self._reading(sensor, reading, genuine))

    def _reading(self, sensor: SensorPlace, value_m: float, genuine: bool) -> Reading:
        on_road = sensor.kind == "road_level"
        causes = self.world.flood_events if genuine else {}
        return Reading(
            sensor=sensor.id,
            values={"water_depth": value_m} if on_road else {"sewer_freeboard": sensor.full_m - value_m},
            x=sensor.x,
            y=sensor.y,
            source=sensor.target,
            road=sensor.target if sensor.target in self.world.places.road_by_id else "",
            origin=causes.get(sensor.target),
            root=causes.get(RAIN),
            genuine=genuine,
            periodic=True,
        )

    def _judge(self, sensor: SensorPlace, reading_m: float, genuine: bool) -> None:
        thresholds = self._thresholds(sensor)
        level = sum(reading_m >= threshold for threshold in thresholds)
        before = self._level.get(sensor.id, 0)
        if level < before and reading_m >= thresholds[before - 1] * HYSTERESIS:
            level = before
        self._level[sensor.id] = level
        if level == 0:
            return
        since_s = self.world.now_s - self._reported_s.get(sensor.id, -np.inf)
        if level > before or since_s >= self.settings.repeat_s:
            self._reported_s[sensor.id] = self.world.now_s
            report = Report(
                channel="sensor",
                class_code=self.class_code,
                x=sensor.x,
                y=sensor.y,
                reporter=sensor.id,
                depth_m=round(reading_m, 3) if sensor.kind == "road_level" else None,
                genuine=genuine,
                road=sensor.target if sensor.target in self.world.places.road_by_id else "",
                source=sensor.target,
            )
            self.world.env.after(self.settings.delay_s, self._send, report)

    def _thresholds(self, sensor: SensorPlace) -> tuple[float, ...]:
        if sensor.kind == "sewer_level":
            return (sensor.full_m,)
        first = self.settings.report_from_m
        return first, *(depth for depth in HIGHER_THRESHOLDS_M if depth > first)

    def _send(self, report: Any) -> None:
        self.receive(report)
