"""Who works in a scenario: crews, shifts, breaks, and the barriers that crews lay."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from scenarios.schema.quantities import Duration, PositiveDuration
from scenarios.schema.section import Section
from scenarios.schema.structures import BarrierPlan, Positive

CrewCount = Annotated[int, Field(ge=0, le=10_000)]


class CrewGroupPlan(Section):
    """Crews that are alike: with several ``skills``, the main one first, or at a ``depot``.

    Their ids are ``id-1``, ``id-2``, …. ``vehicle`` is a class of catalogue ``vehicles``, that of the main
    skill where omitted; ``shifts`` replaces the pattern of the roster; ``pump`` is the kind of pump truck,
    of catalogue ``skills``, that each brings along where ``pump`` is among the skills.
    """

    id: str
    skills: Annotated[tuple[str, ...], Field(min_length=1)]
    crews: CrewCount
    depot: str | None = None
    vehicle: str | None = None
    shifts: str | None = None
    pump: str = "large"


class Breaks(Section):
    """Breaks of a shift: ``every`` so long on duty, in ``turns``; a crew with a task finishes it first."""

    every: Annotated[PositiveDuration, Field(ge=60)] = 4 * 3600.0
    length: PositiveDuration = 1800.0
    turns: Annotated[int, Field(ge=1)] = 2


class GuardedRoad(BarrierPlan):
    """A barrier that a crew lays when the ``road`` takes on water, and takes away afterwards."""

    id: str
    road: str


class CrewBarriers(Section):
    """Where crews lay barriers: at the mouths of all underpasses, ``underpasses`` m high, and ``sites``."""

    underpasses: Positive | None = None
    sites: tuple[GuardedRoad, ...] = ()


class Staffing(Section):
    """Crews and their shifts.

    ``crews`` gives the number of crews by skill, or by skill and depot; all shifts together. ``groups`` are
    further crews. ``breaks: false`` lets nobody rest. A crew that is still out ``overtime`` after the end of
    its shift leaves its task to another.
    """

    crews: dict[str, CrewCount | dict[str, CrewCount]] = Field(default_factory=dict)
    groups: tuple[CrewGroupPlan, ...] = ()
    shifts: str = "two_by_twelve"
    breaks: Breaks | Literal[False] = Breaks()
    overtime: Duration = 3 * 3600.0
    barriers: CrewBarriers = CrewBarriers()
