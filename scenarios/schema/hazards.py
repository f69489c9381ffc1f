"""The keys of a scenario about gas and about cavities below roads."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from scenarios.schema.quantities import Fraction, Moment, PositiveLength
from scenarios.schema.section import Section
from scenarios.schema.supply import Place


class Gas(Section):
    """Gas in manholes, septic tanks and cabinets, see `twin.gas`.

    It is simulated where a failure concerns it, and with ``simulate: true`` in any case. In tanks and sewers
    it is as warm as ``temperature_c`` says: the warmer, the more marsh gas.
    """

    simulate: bool = False
    temperature_c: Annotated[float, Field(ge=-10, le=50)] = 20.0


class Cavities(Section):
    """Cavities below roads, see `twin.cavities`.

    They are simulated where a failure or a survey concerns them. With ``around_leaks`` one may grow around
    every leak of the supply that the scenario names, in ``soil`` where the cavity itself names none. A
    collapse breaks a supply pipe beside it with the chance ``breaks_water``, a gas main with ``breaks_gas``;
    both chances are own assumptions.
    """

    around_leaks: bool = False
    soil: str = "sandy_loam"
    breaks_water: Fraction = 0.3
    breaks_gas: Fraction = 0.2


class GasLeak(Section):
    """A hole in a gas ``main`` at ``position`` of its length, or in the regulator ``cabinet``."""

    main: str | None = None
    cabinet: str | None = None
    at: Moment
    hole: PositiveLength
    position: Place = 0.5

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.main is None) == (self.cabinet is None):
            msg = "expected exactly one of main, cabinet"
            raise ValueError(msg)
        return self


class CavityFault(Section):
    """A cavity below a ``road`` as the run begins, at ``position`` of its length.

    It stands on a pipe ``depth`` below the road; ``leak_m3_h`` of water passes it all the time, and
    what the leak of the supply ``pipe`` loses besides.
    """

    road: str
    position: Place = 0.5
    volume_m3: Annotated[float, Field(ge=0, le=1000)] = 0.0
    depth: PositiveLength = 1.5
    leak_m3_h: Annotated[float, Field(ge=0, le=1000)] = 0.0
    pipe: str | None = None
    soil: str | None = None


class RadarSurvey(Section):
    """A radar car that drives along roads, one after the other; ``all`` in the order of the city's layer."""

    roads: Literal["all"] | tuple[str, ...] = "all"
    begin: Moment = Field(alias="from")
