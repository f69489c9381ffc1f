"""What the map shows: one city and, when there is a run, one moment of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cim_models.city import City
from viz.layers.projection import Projector


@dataclass(frozen=True, slots=True)
class CaseMark:
    """An open case on the map: id, position (x, y in m), level 1 to 4, place by language."""

    id: str
    x: float
    y: float
    level: int
    place: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CrewMark:
    """A crew on the map: id, position (x, y in m) and state as in `viz.layers.colours.CREW_STATES`."""

    id: str
    x: float
    y: float
    state: str


@dataclass(frozen=True, slots=True)
class PatrolMark:
    """A patroller who is out: id and place in the city's CRS."""

    id: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class FailureMark:
    """Something that has failed and is not in order again: id, place in the city's CRS, kind of event."""

    id: str
    x: float
    y: float
    kind: str


@dataclass(frozen=True, slots=True)
class StructureMark:
    """A structure that is watched: id, place in the city's CRS, grade of health."""

    id: str
    x: float
    y: float
    grade: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A run at one simulated time.

    Parameters
    ----------
    time_s
        Simulated time, s since the start.
    water_depth
        Shape (rows, cols), mm.
    road_depth
        Largest depth per road segment, in the order of the layer, mm.
    closed_roads
        Ids of roads behind barriers.
    barriers
        Lines of barriers that stand, by id, each a list of (x, y) in m.
    cases
        Open cases.
    crews
        Crews on duty.
    failures
        What has failed in the networks and is not in order again.
    structures
        Structures that are watched, with their health.
    patrols
        Patrollers who are out.
    """

    time_s: float
    water_depth: NDArray[np.uint16]
    road_depth: NDArray[np.uint16]
    closed_roads: frozenset[str] = frozenset()
    barriers: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)
    cases: tuple[CaseMark, ...] = ()
    crews: tuple[CrewMark, ...] = ()
    failures: tuple[FailureMark, ...] = ()
    structures: tuple[StructureMark, ...] = ()
    patrols: tuple[PatrolMark, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """A city, the projector to longitude and latitude, a language, and maybe a moment of a run."""

    city: City
    project: Projector
    language: str = "zh"
    moment: Moment | None = None

    @classmethod
    def of(cls, city: City, *, language: str = "zh", moment: Moment | None = None) -> Scene:
        """Make the scene of a city."""
        return cls(city, Projector.of(city), language, moment)
