"""The keys of a scenario about what fails in its sewer, and what is done by plan."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from scenarios.schema.quantities import Duration, Fraction, Moment
from scenarios.schema.section import Section


class GullyChoice(Section):
    """Some gullies: a random fraction of all, or named ones."""

    fraction: Fraction | None = None
    ids: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.fraction is None) == (self.ids is None):
            msg = "expected exactly one of fraction, ids"
            raise ValueError(msg)
        return self


class Blockage(Section):
    """Gullies, or a ``conduit`` of the sewer, blocked up to the share ``blocked`` of their open section.

    It begins ``at`` some moment, from the start of the run where omitted, and is there at once, or ``grows``
    evenly over a time, or grows with the rain that washes ``leaves`` together (catalogue ``sewer_upkeep``).
    Gullies that crews clear are blocked anew by leaves alone. A conduit blocked in part costs head, see
    `twin.sewer.throttle`.
    """

    gullies: GullyChoice | None = None
    conduit: str | None = None
    blocked: Annotated[float, Field(ge=0, le=1)] = 1.0
    at: Moment | None = None
    grows: Duration | None = None
    leaves: Literal["light", "autumn", "heavy"] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.gullies is None) == (self.conduit is None):
            msg = "expected exactly one of gullies, conduit"
            raise ValueError(msg)
        if self.grows is not None and self.leaves is not None:
            msg = "expected at most one of grows, leaves"
            raise ValueError(msg)
        if self.conduit is not None and self.blocked == 0.0:
            msg = "expected blocked above 0 for a conduit"
            raise ValueError(msg)
        return self


class SewerCollapse(Section):
    """A conduit of the sewer falls in and loses the share ``blocked`` of its section until it is rebuilt."""

    conduit: str
    at: Moment
    blocked: Annotated[float, Field(gt=0, le=1)] = 1.0


class PumpStationFailure(Section):
    """A pump of the sewer stands still, ``until`` it starts by itself or a crew restarts it."""

    pump: str
    at: Moment
    until: Moment | None = None


class SewerMending(Section):
    """A conduit of the sewer freed, or rebuilt, by plan."""

    conduit: str
    at: Moment


class PumpRestart(Section):
    """A pump of the sewer restarted by plan."""

    pump: str
    at: Moment
