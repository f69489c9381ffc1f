"""Citizens: reports of water in front of them, and of all that has nothing to do with the storm."""

import math
from collections import deque
from dataclasses import replace
from typing import Any, NamedTuple

import mesa
import numpy as np
from numpy.typing import NDArray

from agents.catalogue import EventCatalogue
from agents.channels import Receiver
from agents.places import RoadPlace
from agents.reports import HOURLY_WEIGHT, Report
from agents.settings import CitizenSettings
from agents.worktime import HOUR_S
from agents.world import World

FULL_RATE_DEPTH_M = 0.5
"""Depth at which people report at the full rate, m; own assumption."""


class _Matter(NamedTuple):
    """A matter that has nothing to do with the storm, as it was drawn.

    Parameters
    ----------
    t_s
        When it is reported, s since start.
    road, code
        Number of the road and of the event class.
    genuine
        Whether it exists; of water only the moment itself tells.
    depth_m
        Depth that is stated where it is water, m.
    says_where, answers
        Whether the caller says where, and whether one who does not says so when called back.
    """

    t_s: float
    road: int
    code: int
    genuine: bool
    depth_m: float
    says_where: bool
    answers: bool


class _Streets(NamedTuple):
    """Persons who see each street, and the share of all up to and with it by length, shape (roads,)."""

    persons: NDArray[np.float64]
    share: NDArray[np.float64]


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
        self._streets: _Streets | None = None
        self._codes = tuple(catalogue.classes)
        weights = np.array([entry.background_weight for entry in catalogue.classes.values()])
        self._class_share = np.cumsum(weights) / weights.sum()
        self._coming: deque[_Matter] = deque()
        world.env.after(settings.interval_s, self._watch, 1)
        world.env.after(0.0, self._plan_hour, 0)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_streets": None}  # read from the city again when they are needed

    @property
    def streets(self) -> _Streets:
        """Where people are, street by street."""
        if self._streets is None:
            roads = self.world.places.roads
            lengths = np.array([road.length_m for road in roads])
            persons = np.array([road.persons for road in roads])
            self._streets = _Streets(persons, np.cumsum(lengths) / lengths.sum())
        return self._streets

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
        rate_h = self.settings.reports_per_person_h * self.streets.persons[wet] * severity
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
        order = np.argsort(moment, kind="stable")
        columns = (
            self.world.now_s + moment * HOUR_S,
            np.searchsorted(self.streets.share, place, side="right"),
            np.searchsorted(self._class_share, what, side="right"),
            false >= self.settings.false_share,
            0.05 + 0.25 * depth,
            placeless >= self.settings.placeless_share,
            reached < self.settings.reached_share,
        )
        is_waiting = bool(self._coming)  # one that is due in this very moment is said next
        self._coming.extend(map(_Matter, *(column[order].tolist() for column in columns)))
        if not is_waiting:
            self._wait()

    def _wait(self) -> None:
        if self._coming:
            self.world.env.at(self._coming[0].t_s, self._say)

    def _say(self, _: None) -> None:
        """Report the next other matter; one of water is true if there happens to be some."""
        matter = self._coming.popleft()
        self._wait()
        code, road = self._codes[matter.code], self.world.places.roads[matter.road]
        depth_m, genuine = None, matter.genuine
        if code == self.catalogue.waterlogging:
            depth_m, genuine = _to_five_cm(matter.depth_m), False
            if matter.says_where:
                genuine = float(self.world.water.road_depth()[road.index]) >= self.settings.visible_from_m
        report = self._report(road, code, depth_m, genuine=genuine)
        self.receive(report if matter.says_where else _without_place(report, answers=matter.answers))

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


def _without_place(report: Report, *, answers: bool) -> Report:
    """Let a caller forget to say where; one who ``answers`` says so when the desk calls back."""
    answer = (report.x, report.y) if answers else None
    return replace(report, x=math.nan, y=math.nan, road="", answer=answer)


def _to_five_cm(depth_m: float) -> float:
    return round(max(round(depth_m / 0.05), 1) * 0.05, 2)
