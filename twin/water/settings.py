"""Settings of the coupled water system."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from cim_models.errors import InputError
from cim_models.structures import Structure
from twin.exchange import ExchangeSettings
from twin.ground import GroundSettings
from twin.sewer import SewerSettings
from twin.sewer.failures import SewerFailure
from twin.sewer.outfalls import OutfallLevel
from twin.surface import Edges, SurfaceSettings
from twin.water.blockage import GullyBlockage
from twin.water.boundaries import Boundary
from twin.water.roofs import RoofSettings

_STEP_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class WaterSettings:
    """How the water of a city is computed.

    Parameters
    ----------
    manning_n
        Roughness of the ground where the city has no roughness layer, s/m^(1/3).
    edges
        Whether water leaves over the edges of the terrain.
    boundaries
        Given levels, outflows along lines and inflows; they go before ``edges``.
    exchange_step_s
        Time between two exchanges of street and sewer, s.
    sewer_step_s
        SWMM's routing step, s, in whole milliseconds; a whole number of exchange steps, or the other way
        round. None for the exchange step.
    blockages
        Gullies that are blocked at the start or later, besides what the layer says.
    sewer_failures
        What goes wrong in the sewer, and when.
    outfall_levels
        Water outside outfalls of the sewer.
    pump_radius_m
        How far a pump truck's suction reaches around its point, and its water runs out around an outlet
        on the ground, m, > 0.
    pump_residual_m
        Depth that a pump leaves behind, m, >= 0.
    relief_m
        How far below its cover the head of a manhole that overflowed must fall until it no longer counts as
        overflowing, m, >= 0; the default is an own assumption.
    ground
        What the ground takes; None where nothing soaks in.
    buildings
        ``walls``: water cannot enter them. ``raised``: blocks of ``building_height_m``, with rain on their
        roofs that runs down, and water over them when it is deep enough. ``none``: bare ground.
    building_height_m
        Height of raised buildings above their ground, m, > 0.
    structures
        Barriers and culverts that stand from the beginning, with their ids.
    roofs
        Where the water of roofs runs.
    coarse_factor
        Terrain cells along the edge of a cell of the surface; above 1 the coarse tier computes it.
    surface, sewer, exchange
        Settings of the parts.
    """

    manning_n: float = 0.03
    edges: Edges | Literal["closed", "open"] = "open"
    boundaries: tuple[Boundary, ...] = ()
    exchange_step_s: float = 1.0
    sewer_step_s: float | None = None
    blockages: tuple[GullyBlockage, ...] = ()
    sewer_failures: tuple[SewerFailure, ...] = ()
    outfall_levels: tuple[OutfallLevel, ...] = ()
    pump_radius_m: float = 6.0
    pump_residual_m: float = 0.02
    relief_m: float = 0.05
    ground: GroundSettings | None = None
    buildings: Literal["walls", "raised", "none"] = "walls"
    building_height_m: float = 3.0
    structures: tuple[tuple[str, Structure], ...] = ()
    roofs: RoofSettings = field(default_factory=RoofSettings)
    coarse_factor: int = 1
    surface: SurfaceSettings = field(default_factory=SurfaceSettings)
    sewer: SewerSettings = field(default_factory=SewerSettings)
    exchange: ExchangeSettings = field(default_factory=ExchangeSettings)

    def __post_init__(self) -> None:
        if self.coarse_factor > 1 and self.surface.scheme != "inertial":
            raise InputError(
                "Water setting 'coarse_factor'",
                got=f"{self.coarse_factor} with the {self.surface.scheme} scheme",
                expected="1, or the inertial scheme: the coarse tier has no other",
            )
        if self.coarse_factor > 1 and self.surface.wave_depth_m is not None:
            raise InputError(
                "Water setting 'coarse_factor'",
                got=f"{self.coarse_factor} with wave_depth_m {self.surface.wave_depth_m:g} m",
                expected="1, or no wave depth: the coarse tier has one of its own",
            )
        for name, unit in (
            ("manning_n", "s/m^(1/3)"),
            ("exchange_step_s", "s"),
            ("routing_step_s", "s"),
            ("pump_radius_m", "m"),
            ("building_height_m", "m"),
        ):
            value = getattr(self, name)
            if not value > 0.0:
                raise InputError(f"Water setting '{name}'", got=f"{value} {unit}", expected=f"> 0 {unit}")
        for name in ("pump_residual_m", "relief_m"):
            value = getattr(self, name)
            if not value >= 0.0:
                raise InputError(f"Water setting '{name}'", got=f"{value} m", expected=">= 0 m")
        longer = max(self.routing_step_s, self.exchange_step_s)
        count = longer / min(self.routing_step_s, self.exchange_step_s)
        if abs(count - round(count)) > _STEP_TOLERANCE:
            raise InputError(
                "Water setting 'sewer_step_s'",
                got=f"{self.sewer_step_s} s",
                expected=f"a multiple or a whole fraction of the exchange step of {self.exchange_step_s} s",
            )

    @property
    def routing_step_s(self) -> float:
        """SWMM's routing step, s: ``sewer_step_s`` or the exchange step."""
        return self.exchange_step_s if self.sewer_step_s is None else self.sewer_step_s
