"""Barriers and culverts in a scenario file: standing from the start, or placed and removed in time."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from scenarios.schema.quantities import Moment
from scenarios.schema.section import OneOf, Point, Section

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Level = Annotated[float, Field(allow_inf_nan=False)]
Line = Annotated[tuple[Point, ...], Field(min_length=2)]


class BarrierPlan(Section):
    """A wall, dyke or row of sandbags along ``line``: ``height`` above ground, or crest ``level``, m."""

    line: Line
    height: Positive | None = None
    level: Level | None = None

    @model_validator(mode="after")
    def _one_crest(self) -> Self:
        if (self.height is None) == (self.level is None):
            msg = "expected exactly one of height, level"
            raise ValueError(msg)
        return self


class CulvertPlan(Section):
    """A culvert, or the opening below a bridge, between the two ends of ``line``; lengths in m.

    Round with ``diameter``, rectangular with ``width`` and ``height``. ``inverts`` at both ends are levels
    above the city's datum, the ground where omitted; ``entrance`` is one of catalogue ``culverts``.
    """

    line: tuple[Point, Point]
    diameter: Positive | None = None
    width: Positive | None = None
    height: Positive | None = None
    inverts: tuple[Level, Level] | None = None
    length: Positive | None = None
    manning_n: Annotated[float, Field(gt=0, le=1)] | None = None
    entrance: str | None = None

    @model_validator(mode="after")
    def _one_section(self) -> Self:
        box = (self.width, self.height)
        if (self.diameter is None) == (None in box) or (self.diameter is not None and any(box)):
            msg = "expected either diameter, or width and height"
            raise ValueError(msg)
        return self


class StandingBarrier(BarrierPlan):
    """A barrier that stands from the start, with an id that measures may name."""

    id: str


class StandingCulvert(CulvertPlan):
    """A culvert that is open from the start, with an id that measures may name."""

    id: str


class StandingStructure(OneOf):
    """One structure that stands from the start."""

    barrier: StandingBarrier | None = None
    culvert: StandingCulvert | None = None


class BarrierMeasure(BarrierPlan):
    """A barrier placed at a time, and perhaps taken away again."""

    begin: Moment = Field(alias="from")
    until: Moment | None = None


class CulvertMeasure(CulvertPlan):
    """A culvert opened through an embankment at a time, and perhaps filled again."""

    begin: Moment = Field(alias="from")
    until: Moment | None = None


class CulvertClosure(Section):
    """The gate of a culvert, named by its id, shut at a time and perhaps opened again."""

    culvert: str
    begin: Moment = Field(alias="from")
    until: Moment | None = None
