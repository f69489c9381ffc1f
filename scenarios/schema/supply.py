"""The keys of a scenario about its water supply."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from scenarios.schema.quantities import Duration, Moment, PositiveLength
from scenarios.schema.section import Section

Place = Annotated[float, Field(gt=0, lt=1)]
"""Place on a pipe as a share of its length, from its first node."""


class Supply(Section):
    """How the water supply is computed, see `twin.supply.SupplySettings`.

    It is simulated where a failure or a measure concerns it, and with ``simulate: true`` in any case.
    ``valves`` says where isolation valves are: those of the model and one on all pipes but one of each
    junction (``junctions``), or only those of the model (``model``). ``pressure_every`` writes the pressure
    at every node into the readings at that interval.
    """

    simulate: bool = False
    demand_model: Literal["pressure_driven", "file"] = "pressure_driven"
    minimum_pressure_m: Annotated[float, Field(ge=0)] = 0.0
    required_pressure_m: Annotated[float, Field(gt=0)] = 15.0
    low_pressure_m: Annotated[float, Field(ge=0)] = 15.0
    valves: Literal["junctions", "model"] = "junctions"
    pressure_every: Annotated[Duration, Field(gt=0)] | None = None


class Burst(Section):
    """A supply pipe breaks: a hole of ``area_fraction`` of its section, at ``position`` of its length."""

    pipe: str
    at: Moment
    area_fraction: Annotated[float, Field(gt=0, le=1)]
    position: Place = 0.5


class PipeLeak(Section):
    """A round hole in a supply pipe that grows to its ``diameter``, such as ``0.02m``, in the time ``grows``.

    Its water seeps into the ground and does not come up.
    """

    pipe: str
    at: Moment
    diameter: PositiveLength
    grows: Duration = 0.0
    position: Place = 0.5


class PumpOutage(Section):
    """A pump of the supply stands still."""

    pump: str
    at: Moment
    until: Moment | None = None


class ValveOutage(Section):
    """A valve of the supply falls ``shut``, stands ``open``, or is ``stuck`` so that nobody can turn it."""

    valve: str
    at: Moment
    until: Moment | None = None
    state: Literal["shut", "open", "stuck"] = "stuck"


class ValveClosure(Section):
    """An isolation valve shut by plan."""

    valve: str
    begin: Moment = Field(alias="from")
    until: Moment | None = None


class PipeRepair(Section):
    """A broken pipe repaired by plan; it must have been cut off."""

    pipe: str
    at: Moment
