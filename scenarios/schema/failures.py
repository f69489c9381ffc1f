"""The keys of a scenario about failures of lifelines that are drawn, or given without a hydraulic model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from scenarios.schema.quantities import Moment
from scenarios.schema.section import Section

Rate = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class FailureDraw(Section):
    """Failures drawn at the rates of catalogue ``failure_rates``, the same ones whatever anybody does.

    ``kinds`` names kinds of the catalogue; ``all`` are those whose pipes, sites or sensors the city has.
    ``factor`` multiplies every rate. ``rates`` replaces rates by kind and material, a km and year, or with
    ``site`` in place of a material, a site and year. Pipes are those of layer ``lifelines``. A city without
    that layer and with a water supply has its mains burst, each of ``material`` and of ``age`` years, for its
    model says neither.
    """

    kinds: Literal["all"] | tuple[str, ...] = "all"
    factor: Annotated[float, Field(ge=0, le=1e6)] = 1.0
    rates: dict[str, dict[str, Rate]] = Field(default_factory=dict)
    material: str = "ductile_iron"
    age: Annotated[float, Field(ge=0, le=200)] = 30.0


class LifelineFailure(Section):
    """A pipe of layer ``lifelines``, a site or a sensor that fails in a ``kind`` of way at a moment.

    ``position`` is the place on a pipe as a share of its length. ``severity`` is how much it shows at
    sensors, from the least (0) to the most (1) that the catalogue gives; drawn where omitted.
    """

    kind: str
    asset: str
    at: Moment
    position: Annotated[float, Field(ge=0, le=1)] = 0.5
    severity: Annotated[float, Field(ge=0, le=1)] | None = None


class AlarmShelf(Section):
    """Alarms that are put aside: of a ``rule``, of a ``sensor``, or both, with a ``reason``."""

    rule: str = ""
    sensor: str = ""
    begin: Moment | None = Field(default=None, alias="from")
    until: Moment | None = None
    reason: str = "by plan"


class Alarms(Section):
    """How readings become alarms, see `agents.alarms`.

    ``rules`` names a file in place of catalogue ``alarm_rules``, from the scenario's own folder. With alarms,
    level sensors report through them, and no longer by their own thresholds.
    """

    rules: str | None = None
    shelve: tuple[AlarmShelf, ...] = ()
