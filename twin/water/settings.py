"""Settings of the coupled water system."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from cim_models.errors import InputError
from twin.exchange import ExchangeSettings
from twin.ground import GroundSettings
from twin.sewer import SewerSettings
from twin.surface import Edges, SurfaceSettings
from twin.water.blockage import GullyBlockage


@dataclass(frozen=True, slots=True)
class WaterSettings:
    """How the water of a city is computed.

    Parameters
    ----------
    manning_n
        Roughness of the ground where the city has no roughness layer, s/m^(1/3).
    edges
        Whether water leaves over the edges of the terrain.
    exchange_step_s
        Time between two exchanges of street and sewer, and SWMM's routing step, s, in whole
        milliseconds.
    blockages
        Gullies that are blocked at the start, besides what the layer says.
    pump_radius_m
        How far a pump truck's suction reaches around its point, m, > 0.
    pump_residual_m
        Depth that a pump leaves behind, m, >= 0.
    ground
        What the ground takes; None where nothing soaks in.
    surface, sewer, exchange
        Settings of the parts.
    """

    manning_n: float = 0.03
    edges: Edges | Literal["closed", "open"] = "open"
    exchange_step_s: float = 1.0
    blockages: tuple[GullyBlockage, ...] = ()
    pump_radius_m: float = 6.0
    pump_residual_m: float = 0.02
    ground: GroundSettings | None = None
    surface: SurfaceSettings = field(default_factory=SurfaceSettings)
    sewer: SewerSettings = field(default_factory=SewerSettings)
    exchange: ExchangeSettings = field(default_factory=ExchangeSettings)

    def __post_init__(self) -> None:
        for name, unit in (("manning_n", "s/m^(1/3)"), ("exchange_step_s", "s"), ("pump_radius_m", "m")):
            value = getattr(self, name)
            if not value > 0.0:
                raise InputError(f"Water setting '{name}'", got=f"{value} {unit}", expected=f"> 0 {unit}")
        if not self.pump_residual_m >= 0.0:
            raise InputError(
                "Water setting 'pump_residual_m'", got=f"{self.pump_residual_m} m", expected=">= 0 m"
            )
