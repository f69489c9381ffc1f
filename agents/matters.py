"""Matters in the streets: they appear at a place and a time, and wait to be seen.

Litter, a vendor, a broken cover: each is there whether or not anybody knows. Who comes upon it on their
way, and whether before it has gone again, decides whether the command centre ever learns of it. Where and
when matters appear, how long they stay and when a citizen would tell of one is looked up by key, so every
policy meets the same ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from agents.channels import Receiver
from agents.places import RoadPlace
from agents.reports import HOURLY_WEIGHT, Report
from agents.worktime import HOUR_S
from agents.world import World
from cim_models.catalogues import load_catalogue

REACH_M = 30.0
"""What lies farther than this from a case is not what its crew deals with, m; own assumption."""


@dataclass(frozen=True, slots=True)
class MatterClass:
    """A class of matters; see catalogue ``matters`` for each value."""

    code: str
    weight: float
    lasts_h: float
    told_after_h: float
    seen: float
    on_video: bool


@dataclass(slots=True)
class Matter:
    """One matter.

    Parameters
    ----------
    id, kind
        Its id and class.
    road, along_m
        The road that it lies on and how far from its first vertex, m.
    x, y
        Where that is, m.
    event
        Id of the event of its appearance.
    is_noted
        Whether staff have it on record: patrollers and cameras report nothing twice.
    is_reported
        Whether anybody has reported it.
    is_gone
        Whether it has been handled or has gone by itself.
    """

    id: str
    kind: MatterClass
    road: RoadPlace
    along_m: float
    x: float
    y: float
    event: int
    is_noted: bool = False
    is_reported: bool = False
    is_gone: bool = False


class MatterWatcher(Protocol):
    """Who may come upon a matter."""

    def matter_appears(self, matter: Matter) -> None:
        """Learn of a matter that is there from now on; a watcher decides when it can be seen."""
        ...


def matter_classes() -> tuple[MatterClass, ...]:
    """Read the classes of matters."""
    return tuple(MatterClass(**entry) for entry in load_catalogue("matters")["classes"])


class Matters:
    """The matters of a city, and the citizens who tell of them.

    Parameters
    ----------
    world
        Surroundings.
    per_day
        Matters that appear a day in the whole city, spread over its streets by length.
    receive
        Where citizens' reports go.
    """

    def __init__(self, world: World, per_day: float, receive: Receiver) -> None:
        self.world = world
        self.per_day = per_day
        self.receive = receive
        self.watchers: list[MatterWatcher] = []
        self.present: dict[str, dict[str, Matter]] = {}
        self._number = 0
        self._draws = world.draws("matters")
        self._classes = matter_classes()
        weights = np.array([kind.weight for kind in self._classes])
        self._class_share = np.cumsum(weights) / weights.sum()
        lengths = np.array([road.length_m for road in world.places.roads])
        self._share = np.cumsum(lengths) / lengths.sum()
        world.env.after(0.0, self._plan_hour, 0)

    def on_road(self, road: str) -> Mapping[str, Matter]:
        """Matters that lie on a road now, by id."""
        return self.present.get(road, {})

    def report(self, matter: Matter, channel: str, reporter: str = "") -> None:
        """Report a matter that is there."""
        matter.is_reported = True
        self.receive(
            Report(
                channel=channel,
                class_code=matter.kind.code,
                x=matter.x,
                y=matter.y,
                reporter=reporter,
                road=matter.road.id,
                source=matter.id,
            )
        )

    def handled(self, code: str, x: float, y: float, cause: int) -> None:
        """Let a crew that attends a case deal with what has been reported of its class there."""
        near = [
            matter
            for matters in self.present.values()
            for matter in matters.values()
            if matter.kind.code == code and matter.is_reported
            if (matter.x - x) ** 2 + (matter.y - y) ** 2 <= REACH_M**2
        ]
        for matter in near:
            self._remove(matter, "handled", cause)

    def _plan_hour(self, hour: int) -> None:
        """Draw the matters of the next hour, all at once and whatever else happens."""
        self.world.env.after(HOUR_S, self._plan_hour, hour + 1)
        draw = self._draws.of(hour)
        weight = HOURLY_WEIGHT[int(self.world.hour())]
        number = int(draw.poisson(self.per_day / 24.0 * weight))
        moment, place, along, what, lasts, told = draw.random((6, number))
        for index in np.argsort(moment, kind="stable").tolist():
            road = self.world.places.roads[int(np.searchsorted(self._share, place[index], side="right"))]
            kind = self._classes[int(np.searchsorted(self._class_share, what[index], side="right"))]
            lasts_s = -np.log1p(-lasts[index]) * kind.lasts_h * HOUR_S
            told_s = -np.log1p(-told[index]) * kind.told_after_h * HOUR_S
            plan = (kind, road, float(along[index]) * road.length_m, float(lasts_s), float(told_s))
            self.world.env.after(float(moment[index]) * HOUR_S, self._appear, plan)

    def _appear(self, plan: tuple[MatterClass, RoadPlace, float, float, float]) -> None:
        kind, road, along_m, lasts_s, told_s = plan
        self._number += 1
        name = f"MT-{self._number:06d}"
        x, y = road.point(along_m)
        event = self.world.log("matter.appeared", name, class_code=kind.code, road=road.id, x=x, y=y)
        matter = Matter(name, kind, road, along_m, x, y, event)
        self.present.setdefault(road.id, {})[name] = matter
        self.world.flood_events[name] = event
        self.world.env.after(lasts_s, self._expire, matter)
        if told_s < lasts_s:
            self.world.env.after(told_s, self._tell, matter)
        for watcher in self.watchers:
            watcher.matter_appears(matter)

    def _tell(self, matter: Matter) -> None:
        if not matter.is_gone:
            self.report(matter, "citizen")

    def _expire(self, matter: Any) -> None:
        if not matter.is_gone:
            self._remove(matter, "by itself", matter.event)

    def _remove(self, matter: Matter, how: str, cause: int) -> None:
        matter.is_gone = True
        on_road = self.present[matter.road.id]
        del on_road[matter.id]
        if not on_road:
            del self.present[matter.road.id]
        self.world.log("matter.gone", matter.id, cause, how=how, reported=matter.is_reported)
