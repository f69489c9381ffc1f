"""How SWMM runs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cim_models.errors import InputError


@dataclass(frozen=True, slots=True)
class SewerSettings:
    """How SWMM runs.

    Parameters
    ----------
    rain
        True keeps the file's own rain on its subcatchments; false, the default, leaves rain to the
        surface, so that no drop falls twice.
    riser_area_m2
        Plan area of a shaft that stands on every node that is not sealed, m2, > 0. It holds what rises
        above the ground until the street takes it. SWMM carries it as ponded area: head above ground is
        volume over area, nothing is lost as flooding, and the water is in the sewer's account until it
        has left for the surface. None keeps the file's own ponding.
    surcharge_method
        ``SLOT`` keeps the volume of a full pipe in the balance; ``EXTRAN`` hides up to 15 % of the
        water in a network that is filling and gives it back later. None keeps the file's choice.
    start
        Calendar time of the start, for dry weather patterns; None keeps the file's.
    throttled
        Conduits that may be blocked while SWMM runs.
    """

    rain: bool = False
    riser_area_m2: float | None = 2.0
    surcharge_method: Literal["SLOT", "EXTRAN"] | None = "SLOT"
    start: datetime | None = None
    throttled: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.riser_area_m2 is not None and not self.riser_area_m2 > 0.0:
            raise InputError("SewerSettings.riser_area_m2", got=self.riser_area_m2, expected="> 0 m2")
