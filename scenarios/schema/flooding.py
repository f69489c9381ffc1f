"""When streets and manholes count as free of water again."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from scenarios.schema.quantities import Duration, Fraction
from scenarios.schema.section import Section


class FloodEvents(Section):
    """When water counts as gone, so that what swings about a limit is one event; own assumptions.

    A road has drained once it has stayed below ``drained_share`` of the threshold that it was flooded above,
    and a manhole has recovered once its head has stayed ``relief_m`` below the cover, each for the time
    ``settle``. The events say since when.
    """

    drained_share: Fraction = 0.8
    relief_m: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.05
    settle: Duration = 300.0
