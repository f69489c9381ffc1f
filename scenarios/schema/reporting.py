"""How a scenario's city learns of what happens in it, and what there is to learn of besides water."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from scenarios.schema.quantities import Fraction, PositiveDuration
from scenarios.schema.section import Section

Rate = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Hour = Annotated[float, Field(ge=0, le=24)]
HourlyFractions = Annotated[tuple[Fraction, ...], Field(min_length=24, max_length=24)]


class DayAndNight(Section):
    """A value by day, from hour ``from`` until hour ``to``, and another one by night."""

    day: Fraction
    night: Fraction
    begin: Annotated[int, Field(ge=0, le=23, alias="from")] = 7
    to: Annotated[int, Field(ge=1, le=24)] = 19


class Video(Section):
    """Cameras that recognise standing water and matters.

    ``recall`` is the chance that one look finds what is in view: one value, 24 values by the hour of the
    day, or ``day`` and ``night``. False alarms are for each camera and day.
    """

    recall: Fraction | HourlyFractions | DayAndNight = 0.4
    false_alarms_per_day: Rate = 0.1
    interval: PositiveDuration = 600.0


class Citizens(Section):
    """Citizens who report what they see; ``per_day`` reports have nothing to do with the storm.

    Of those, ``false_share`` turn out to be nothing, and ``placeless_share`` do not say where; the desk
    reaches ``reached_share`` of these callers again.
    """

    per_day: Rate = 350.0
    false_share: Fraction = 0.1
    placeless_share: Fraction = 0.0
    reached_share: Fraction = 0.8


class Patrols(Section):
    """Patrollers who walk the streets of their grids, ``per_grid`` in each, between two ``hours`` of the day.

    What they find follows from where they walk; ``recall`` is the chance that they see the water that they
    reach. False alarms are for each patroller and day.
    """

    grids: Literal["all"] | tuple[str, ...] = "all"
    per_grid: Annotated[int, Field(ge=0, le=1000)] = 1
    speed_m_s: Annotated[float, Field(ge=0.1, le=10)] = 1.2
    hours: tuple[Hour, Hour] = (7.0, 22.0)
    recall: Fraction = 0.9
    false_alarms_per_day: Rate = 0.1


class Reporting(Section):
    """How the city learns of water; a channel set to false or null is switched off."""

    sensors: bool = True
    video: Video | Literal[False] | None = Video()
    citizens: Citizens | Literal[False] | None = Citizens()
    patrols: Patrols | Literal[False] | None = Patrols()


class StreetMatters(Section):
    """Ordinary matters, such as litter or a vendor, that appear in the streets and wait to be seen.

    ``per_day`` of them appear in the whole city. Classes, how long they stay and who sees them are those of
    catalogue ``matters``.
    """

    per_day: Rate = 0.0
