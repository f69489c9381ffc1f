"""Entries of ``boundaries``: where water leaves the model, and where it comes in."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from scenarios.schema.quantities import Duration
from scenarios.schema.section import OneOf, Point, Section

Side = Literal["north", "east", "south", "west", "outside"]
Line = Annotated[tuple[Point, ...], Field(min_length=2)]


class Series(Section):
    """A value in time: ``constant``, or ``points`` as pairs of time and value, or a CSV ``file``.

    The first column of a file holds seconds since the start or ISO date-times, ``column`` names the one
    with the values where there are several. Between given times the value changes linearly. The times
    must begin at or before the start of the scenario; where they end before its end, ``after`` says
    whether the last value holds or the value drops to zero, and without it the scenario is refused.
    """

    constant: float | None = None
    points: tuple[tuple[Duration, float], ...] | None = None
    file: str | None = None
    column: str | None = None
    after: Literal["hold", "zero"] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(value is not None for value in (self.constant, self.points, self.file)) != 1:
            msg = "expected exactly one of constant, points, file"
            raise ValueError(msg)
        if self.column is not None and self.file is None:
            msg = "expected column only with file"
            raise ValueError(msg)
        return self


class EdgePlace(Section):
    """A side of the terrain, or the part of its edge that lies within one cell of a line.

    The side ``outside`` is the edge towards cells without an elevation.
    """

    side: Side | None = None
    line: Line | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.side is None) == (self.line is None):
            msg = "expected exactly one of side, line"
            raise ValueError(msg)
        return self


class LevelBoundary(EdgePlace):
    """Water stands at a given level beyond the edge, m above the city's datum, and goes both ways."""

    level_m: Series


class OutflowBoundary(EdgePlace):
    """Water leaves: as over a free edge, or, with ``slope``, as a river that flows on at that slope."""

    slope: Annotated[float, Field(gt=0, le=1)] | None = None


class InflowBoundary(Section):
    """A hydrograph enters along a line, m³/s, spread over the open cells by the length of line in each."""

    line: Line
    inflow_m3_s: Series


class OutfallBoundary(Section):
    """Water of a river or the tide outside outfalls of the sewer, m above the city's datum.

    Above the crown of an outfall's pipe it drowns the outfall; where that has no flap gate, it flows in.
    """

    outfalls: Literal["all"] | tuple[str, ...] = "all"
    level_m: Series


class Boundary(OneOf):
    """What happens at the border of the model; without any entry on ``edges`` all of them are open.

    ``edges`` is ``open``, ``closed`` or a list of the sides that are open. The other entries go before
    it, whatever their order: a level before an outflow, and of two alike the later one.
    """

    edges: Literal["open", "closed"] | tuple[Side, ...] | None = None
    level: LevelBoundary | None = None
    outflow: OutflowBoundary | None = None
    inflow: InflowBoundary | None = None
    outfall: OutfallBoundary | None = None
