"""Citizens: reports of water in front of them, and of all that has nothing to do with the storm."""

import math
from dataclasses import replace
from typing import Any

import mesa
import numpy as np

from agents.catalogue import EventCatalogue
from agents.channels import Receiver
from agents.places import RoadPlace
from agents.reports import HOURLY_WEIGHT, Report
from agents.settings import CitizenSettings
from agents.worktime import HOUR_S
from agents.world import World

FULL_RATE_DEPTH_M = 0.5
"""Depth at which people report at the full rate, m; own assumption."""


class Citizens(mesa.Agent):
    """All people of a city as reporters.

    Parameters
    ----------
    model
        The Mesa model they belong to.
    world, settings, catalogue
        Surroundings, settings, and the classes of what they report.
    receive
        Where reports go.
    """

    def __init__(
        self,
        model: mesa.Model,
        world: World,
        settings: CitizenSettings,
        catalogue: EventCatalogue,
        receive: Receiver,
    ) -> None:
        super().__init__(model)
        self.world = world
        self.settings = settings
        self.catalogue = catalogue
        self.receive = receive
        self.of_water = world.draws("citizens of water")
        self.of_other = world.draws("citizens of other matters")
        self.persons = np.array([road.persons for road in world.places.roads])
        lengths = np.array([road.length_m for road in world.places.roads])
        self._share = np.cumsum(lengths) / lengths.sum()
        self._codes = tuple(catalogue.classes)
        weights = np.array([entry.background_weight for entry in catalogue.classes.values()])
        self._class_share = np.cumsum(weights) / weights.sum()
        world.env.after(settings.interval_s, self._watch, 1)
        world.env.after(0.0, self._plan_hour, 0)

    def _watch(self, tick: int) -> None:
        """Let people see the water of this moment; one draw decides for each street."""
        self.world.env.after(self.settings.interval_s, self._watch, tick + 1)
        depth = self.world.water.road_depth()
        wet = np.flatnonzero(depth >= self.settings.visible_from_m)
        if not wet.size:
            return
        chance, delay, error = self.of_water.of(tick).random((3, len(depth)))
        visible = self.settings.visible_from_m
        severity = np.clip((depth[wet] - visible) / (FULL_RATE_DEPTH_M - visible), 0.0, 1.0)
        rate_h = self.settings.reports_per_person_h * self.persons[wet] * severity
        says = chance[wet] < -np.expm1(-rate_h * self.settings.interval_s / HOUR_S)
        for index in wet[says].tolist():
            road = self.world.places.roads[index]
            stated = float(depth[index]) * np.exp(
                self.settings.depth_error * (2.0 * error[index] - 1.0) * 3**0.5
            )
            report = self._report(road, self.catalogue.waterlogging, _to_five_cm(stated), genuine=True)
            self.world.env.after(-np.log1p(-delay[index]) * self.settings.delay_s, self._send, report)

    def _plan_hour(self, hour: int) -> None:
        """Draw the other matters of the next hour, all at once and whatever else happens."""
        self.world.env.after(HOUR_S, self._plan_hour, hour + 1)
        draw = self.of_other.of(hour)
        weight = HOURLY_WEIGHT[int(self.world.hour())]
        number = int(draw.poisson(self.settings.per_day / 24.0 * weight))
        moment, place, what, false, depth, placeless, reached = draw.random((7, number))
        roads = np.searchsorted(self._share, place, side="right").tolist()
        codes = np.searchsorted(self._class_share, what, side="right").tolist()
        genuine = (false >= self.settings.false_share).tolist()
        lost, answers = placeless < self.settings.placeless_share, reached < self.settings.reached_share
        moment_s = (moment * HOUR_S).tolist()
        for index in np.argsort(moment, kind="stable").tolist():
            code = self._codes[codes[index]]
            is_water = code == self.catalogue.waterlogging
            report = self._report(
                self.world.places.roads[roads[index]],
                code,
                _to_five_cm(0.05 + 0.25 * depth[index]) if is_water else None,
                genuine=not is_water and genuine[index],
            )
            if lost[index]:
                report = _without_place(report, answers=bool(answers[index]))
            self.world.env.after(moment_s[index], self._send_other, report)

    def _report(self, road: RoadPlace, code: str, depth_m: float | None, *, genuine: bool) -> Report:
        return Report(
            channel="citizen",
            class_code=code,
            x=road.x,
            y=road.y,
            depth_m=depth_m,
            genuine=genuine,
            road=road.id,
        )

    def _send(self, report: Any) -> None:
        self.receive(report)

    def _send_other(self, report: Report) -> None:
        """Send a report that was drawn beforehand; one of water is true if there happens to be some."""
        if report.class_code == self.catalogue.waterlogging and report.road:
            index = self.world.places.road_by_id[report.road].index
            depth = float(self.world.water.road_depth()[index])
            report = replace(report, genuine=depth >= self.settings.visible_from_m)
        self.receive(report)


def _without_place(report: Report, *, answers: bool) -> Report:
    """Let a caller forget to say where; one who ``answers`` says so when the desk calls back."""
    answer = (report.x, report.y) if answers else None
    return replace(report, x=math.nan, y=math.nan, road="", answer=answer)


def _to_five_cm(depth_m: float) -> float:
    return round(max(round(depth_m / 0.05), 1) * 0.05, 2)
