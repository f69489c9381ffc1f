"""The keys of a scenario about structures that are watched: bridges, tunnels, slopes and their gauges."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from scenarios.schema.quantities import Moment, PositiveDuration
from scenarios.schema.section import Point, Section

Number = Annotated[float, Field(allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class GaugeValues(Section):
    """What a gauge reads; what is left out is that of its quantity in catalogue ``monitoring``.

    It is read every ``step``. Without damage its reading changes ``per_degree`` with the temperature and
    ``per_load`` with the traffic over its mean, by noise that hangs together (``slow``) and does not
    (``noise``); a damage of severity 1 adds ``damage``; all in the unit of the quantity. With ``file`` it
    reads what a CSV file says in place of that: a column of times (seconds since the start, or date-times),
    the ``column`` of readings, the gauge's id where omitted, and where it has one the ``temperature``,
    degrees Celsius. Empty cells are gaps. Rows before the start teach the baseline; it needs 48 of them.
    """

    step: PositiveDuration | None = None
    per_degree: Number | None = None
    per_load: Number | None = None
    slow: Positive | None = None
    noise: Positive | None = None
    damage: Number | None = None
    file: str | None = None
    column: str | None = None
    temperature: str | None = None

    @model_validator(mode="after")
    def _columns_of_a_file(self) -> Self:
        if self.file is None and (self.column is not None or self.temperature is not None):
            msg = "expected file beside column and temperature"
            raise ValueError(msg)
        return self


class NewGauge(GaugeValues):
    """A gauge that measures a ``quantity`` of catalogue ``monitoring``."""

    id: str | None = None
    quantity: str


class WatchedStructure(Section):
    """A structure of a ``kind`` at a place, or at a component, bridge, road, spot or node of the city.

    Its ``road`` is the one it carries or that is below it, the nearest where omitted. Its ``gauges`` are
    those that are usual for its kind where omitted.
    """

    id: str
    kind: Literal["bridge", "tunnel", "slope"]
    at: str | Point
    road: str | None = None
    gauges: tuple[NewGauge, ...] = ()


class StructureTemperature(Section):
    """Temperature of structures: mean and amplitudes over the year and the day, degrees Celsius."""

    mean_c: Annotated[float, Field(ge=-40, le=60)] | None = None
    yearly_c: Annotated[float, Field(ge=0, le=40)] | None = None
    daily_c: Annotated[float, Field(gt=0, le=30)] | None = None


class Monitoring(Section):
    """Structures that are watched, see `twin.monitoring`.

    They are those of the city's layer ``gauges`` and the ``structures`` named here; ``gauges`` says by id
    what is different with the former. All are watched where a failure concerns one, a structure is named, or
    with ``simulate: true``. Gauges are read every ``step``, an hour where omitted. ``wetness_mm`` is the rain
    that slopes still hold at the start. Health is reported every ``report_every``, and at the end. Gauges
    tell by alarms, so a scenario with structures on watch has alarms, see `Alarms`.
    """

    simulate: bool = False
    structures: tuple[WatchedStructure, ...] = ()
    gauges: dict[str, GaugeValues] = Field(default_factory=dict)
    step: PositiveDuration | None = None
    temperature: StructureTemperature = StructureTemperature()
    wetness_mm: Annotated[float, Field(ge=0, le=1000)] | None = None
    report_every: PositiveDuration = 86_400.0


class StructureDamage(Section):
    """A structure gets worse: a ``jump`` of severity at once, and ``growth_per_day`` until it is secured.

    Severity 1 is what anybody would close it for. ``gauges`` are those that show it, all of the structure
    where omitted.
    """

    structure: str
    at: Moment
    jump: NotNegative = 0.0
    growth_per_day: NotNegative = 0.0
    gauges: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _some_damage(self) -> Self:
        if self.jump == 0.0 and self.growth_per_day == 0.0:
            msg = "expected jump or growth_per_day"
            raise ValueError(msg)
        return self


class GaugeDamage(Section):
    """A gauge says too much by ``jump`` and more by ``drift_per_day``, in its unit; if ``silent``, nothing.

    That lasts ``until``, to the end of the run where omitted.
    """

    gauge: str
    at: Moment
    jump: Number = 0.0
    drift_per_day: Number = 0.0
    silent: bool = False
    until: Moment | None = None

    @model_validator(mode="after")
    def _wrong_or_silent(self) -> Self:
        if self.silent == (self.jump != 0.0 or self.drift_per_day != 0.0):
            msg = "expected either silent, or jump and drift_per_day"
            raise ValueError(msg)
        return self
