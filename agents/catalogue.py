"""The catalogues as agents use them: event classes, levels, skills and tasks."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.limits import Urgency
from agents.machine import Word
from cim_models.catalogues import load_catalogue

Triangle = tuple[float, float, float]
"""Least, most likely and largest value."""


class TaskKind(Word):
    """What a crew can be asked to do at a place, in the order in which they matter."""

    SEAL_LEAK = "seal_leak"
    VENTILATE = "ventilate"
    SHUT_VALVE = "shut_valve"
    CLOSE_ROAD = "close_road"
    REPAIR_PIPE = "repair_pipe"
    FILL_CAVITY = "fill_cavity"
    SECURE_STRUCTURE = "secure_structure"
    RESTART_PUMP = "restart_pump"
    UNBLOCK_SEWER = "unblock_sewer"
    REBUILD_SEWER = "rebuild_sewer"
    LAY_BARRIER = "lay_barrier"
    PUMP = "pump"
    CLEAR_GULLIES = "clear_gullies"
    INSPECT = "inspect"
    ATTEND = "attend"
    REMOVE_BARRIER = "remove_barrier"
    REOPEN_ROAD = "reopen_road"
    OPEN_VALVE = "open_valve"


@dataclass(frozen=True, slots=True)
class EventClass:
    """A class of matters that are reported.

    Parameters
    ----------
    code, zh, en
        Code and names of the catalogue.
    skill
        Skill of the crews that handle it.
    background_weight
        Share among reports that have nothing to do with the storm, >= 0.
    level
        How urgent a case of it is, 1 (most) to 4; waterlogging is graded by its depth instead.
    components
        Classes of the components that such a matter concerns.
    """

    code: str
    zh: str
    en: str
    skill: str
    background_weight: float
    level: int = 4
    components: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EventCatalogue:
    """Event classes, and the rules that grade a waterlogging case.

    Parameters
    ----------
    classes
        By code.
    burst_main, gas_leak, marsh_gas, drain, subsidence, structure
        Codes of the classes that belong to broken water mains, leaking gas, gas from sewage, drains that do
        not drain, roads that collapse or have a cavity below, and structures that deviate.
    waterlogging
        Code of the class that belongs to water on streets.
    waterlogged_from_m
        Depth from which a street counts as waterlogged, m.
    levels
        Pairs of depth (m) and level, deepest first.
    level_when_unknown
        Level of a waterlogging case without a depth.
    raised_road_classes, raised_in_underpass
        Where a waterlogging case is one level more urgent.
    urgencies
        Urgency by level.
    component_reach_m
        A component within this distance of a matter may be what it concerns, m.
    """

    classes: Mapping[str, EventClass]
    burst_main: str
    gas_leak: str
    marsh_gas: str
    drain: str
    subsidence: str
    structure: str
    waterlogging: str
    waterlogged_from_m: float
    levels: tuple[tuple[float, int], ...]
    level_when_unknown: int
    raised_road_classes: frozenset[str]
    raised_in_underpass: bool
    urgencies: Mapping[int, Urgency]
    component_reach_m: float

    def level(self, code: str, depth_m: float | None, road_class: str, underpass: bool) -> int:
        """Return how urgent a case is, 1 (most) to 4."""
        if code != self.waterlogging:
            return self.classes[code].level
        level = self.level_when_unknown
        if depth_m is not None:
            level = next((grade for from_m, grade in self.levels if depth_m >= from_m), 4)
        if road_class in self.raised_road_classes or (underpass and self.raised_in_underpass):
            level -= 1
        return max(level, 1)


@dataclass(frozen=True, slots=True)
class Skill:
    """What a crew can do and what it drives; ``vehicle`` is a class of the vehicle catalogue."""

    name: str
    zh: str
    en: str
    vehicle: str


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """What a task needs and takes.

    Parameters
    ----------
    kind, skill
        What it is and who can do it; an empty skill leaves that to the case.
    needed_from_m, needed_in_underpass_from_m
        Depth from which it is planned, m.
    useless_below_m
        Depth below which a crew on site leaves it, m.
    setup_min, each_min, pack_min
        Durations of setting up, of each item (a gully) and of packing up, min.
    works_up_to_m
        Depth of water above which it cannot be done, m.
    stop_below_m
        Depth at which a pump truck stops, m.
    """

    kind: TaskKind
    skill: str
    needed_from_m: float
    needed_in_underpass_from_m: float
    useless_below_m: float
    setup_min: Triangle
    each_min: Triangle = (0.0, 0.0, 0.0)
    pack_min: Triangle = (0.0, 0.0, 0.0)
    works_up_to_m: float = math.inf
    stop_below_m: float = 0.0

    def is_needed(self, depth_m: float | None, underpass: bool) -> bool:
        """Whether the task belongs to a place with this depth; an unknown depth counts as 0."""
        threshold = self.needed_in_underpass_from_m if underpass else self.needed_from_m
        return threshold <= (depth_m or 0.0) <= self.works_up_to_m

    def expected_s(self, items: int) -> float:
        """Mean time on site with a number of items, s: the mean of a triangle is that of its corners."""
        minutes = sum(self.setup_min) + items * sum(self.each_min) + sum(self.pack_min)
        return 60.0 * minutes / 3.0


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that the operations take from the catalogues."""

    events: EventCatalogue
    skills: Mapping[str, Skill]
    tasks: Mapping[TaskKind, TaskSpec]


def read_catalogue() -> Catalogue:
    """Read the catalogues that come with the package."""
    skills = load_catalogue("skills")
    return Catalogue(
        events=_event_catalogue(load_catalogue("event_classes")),
        skills={entry["name"]: _pick(Skill, entry) for entry in skills["skills"]},
        tasks={TaskKind(entry["kind"]): _task_spec(entry) for entry in skills["tasks"]},
    )


def _pick(kind: type[Any], entry: Mapping[str, Any]) -> Any:
    return kind(**{name: entry[name] for name in kind.__dataclass_fields__ if name in entry})


def _task_spec(entry: Mapping[str, Any]) -> TaskSpec:
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    values["kind"] = TaskKind(entry["kind"])
    spec: TaskSpec = _pick(TaskSpec, values)
    return spec


def _event_class(entry: Mapping[str, Any]) -> EventClass:
    event_class: EventClass = _pick(EventClass, {**entry, "components": tuple(entry.get("components", ()))})
    return event_class


def _event_catalogue(content: Mapping[str, Any]) -> EventCatalogue:
    water = content["waterlogging"]
    return EventCatalogue(
        classes={entry["code"]: _event_class(entry) for entry in content["classes"]},
        burst_main=content["burst_main"],
        gas_leak=content["gas_leak"],
        marsh_gas=content["marsh_gas"],
        drain=content["drain"],
        subsidence=content["subsidence"],
        structure=content["structure"],
        waterlogging=water["class"],
        waterlogged_from_m=water["waterlogged_from_m"],
        levels=tuple((entry["from_m"], entry["level"]) for entry in water["levels"]),
        level_when_unknown=water["level_when_depth_unknown"],
        raised_road_classes=frozenset(water["raised_for"]["road_classes"]),
        raised_in_underpass=water["raised_for"]["underpass"],
        urgencies={level: Urgency(name) for level, name in content["urgency"].items()},
        component_reach_m=float(content["component_reach_m"]),
    )
