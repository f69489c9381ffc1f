"""Levels of response I to IV: what asks for them, and what each asks of whom, by when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from cim_models.catalogues import load_catalogue

LEVELS = (1, 2, 3, 4)
"""From the most urgent to the least."""


@dataclass(frozen=True, slots=True)
class RoleTask:
    """What a role has to do at a level.

    Parameters
    ----------
    id, zh, en
        Its name, for the log and for people.
    role
        Who has to do it.
    within_s
        How long after the level began, s.
    done_by
        What shows in a run that it is done: the class of an order, ``arrived`` for a crew of the role on a
        site; empty for what nobody in a run does.
    """

    id: str
    zh: str
    en: str
    role: str
    within_s: float
    done_by: str = ""


@dataclass(frozen=True, slots=True)
class ResponseLevel:
    """One level.

    Parameters
    ----------
    level
        1 (most urgent) to 4.
    zh, en, colour
        What it is called and its colour of warning.
    respond_s, feed_back_s
        By when the owning unit of an alarm of this level must have sent somebody, and by when the first
        report from the site must be there, s since the alarm.
    report_every_s
        How often reports go up, s.
    tasks
        What roles have to do once the level is declared for the whole city.
    """

    level: int
    zh: str
    en: str
    colour: str
    respond_s: float
    feed_back_s: float
    report_every_s: float
    tasks: tuple[RoleTask, ...]


@dataclass(frozen=True, slots=True)
class RainTrigger:
    """So much rain in so long asks for a level."""

    level: int
    window_s: float
    depth_mm: float


@dataclass(frozen=True, slots=True)
class RoadTrigger:
    """So many roads of some classes (all where empty) at a depth or above it for so long ask for a level."""

    level: int
    depth_m: float
    for_s: float
    number: int
    classes: frozenset[str]


@dataclass(frozen=True, slots=True)
class FloodRule:
    """When alarms are a flood: so many within a window, s, and when that is over."""

    window_s: float
    begins_at: int
    ends_below: int


@dataclass(frozen=True, slots=True)
class ResponsePlan:
    """All that the catalogue of response levels says."""

    levels: Mapping[int, ResponseLevel]
    rain: tuple[RainTrigger, ...]
    roads: tuple[RoadTrigger, ...]
    lowered_after_s: float
    flood: FloodRule
    renew_after_s: float
    version: str


@cache
def read_response_plan() -> ResponsePlan:
    """Read the catalogue of response levels that comes with the package."""
    content = load_catalogue("response_levels")
    return ResponsePlan(
        levels={
            entry["level"]: ResponseLevel(
                level=entry["level"],
                zh=entry["zh"],
                en=entry["en"],
                colour=entry["colour"],
                respond_s=float(entry["alarm"]["respond_s"]),
                feed_back_s=float(entry["alarm"]["feed_back_s"]),
                report_every_s=float(entry["report_every_s"]),
                tasks=tuple(RoleTask(**task) for task in entry["tasks"]),
            )
            for entry in content["levels"]
        },
        rain=tuple(
            RainTrigger(entry["level"], 3600.0 * entry["window_h"], float(entry["depth_mm"]))
            for entry in content["rain"]
        ),
        roads=tuple(
            RoadTrigger(**{**entry, "classes": frozenset(entry["classes"])}) for entry in content["roads"]
        ),
        lowered_after_s=float(content["lowered_after_s"]),
        flood=FloodRule(**content["flood"]),
        renew_after_s=float(content["renew_after_s"]),
        version=str(content["version"]),
    )
