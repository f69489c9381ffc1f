"""What catalogue ``cavities`` says, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from cim_models.catalogues import load_catalogue

CATALOGUE = "cavities"


@dataclass(frozen=True, slots=True)
class CavitySoil:
    """A soil that water carries away.

    Parameters
    ----------
    carried
        Solids per volume of water beyond the threshold.
    threshold_m3_h
        Flow below which nothing is carried, m3/h.
    cohesion_dry_kpa, cohesion_wet_kpa, friction_deg
        Strength.
    porosity
        Share of pores, of catalogue ``soils``.
    """

    carried: float
    threshold_m3_h: float
    cohesion_dry_kpa: float
    cohesion_wet_kpa: float
    friction_deg: float
    porosity: float


@dataclass(frozen=True, slots=True)
class CrackRain:
    """How rain reaches a cavity and wets the ground; see catalogue ``cavities``."""

    catchment_m2: float
    cracks: float
    wet_mm_h: float
    wetting_h: float
    drying_h: float


@dataclass(frozen=True, slots=True)
class Roof:
    """Loads and pavement; see catalogue ``cavities``."""

    wheel_kn: float
    wheel_radius_m: float
    traffic: Mapping[str, float]
    unit_weight_kn_m3: float
    pavement_unit_weight_kn_m3: float
    pavement_m: float
    pavement_strength_kpa: float
    strength_spread: float


@dataclass(frozen=True, slots=True)
class Radar:
    """What a pass of the ground radar finds; see `twin.cavities.radar`."""

    best: float
    half_ratio: float
    steepness: float
    fading_m: float
    speed_km_h: float


@dataclass(frozen=True, slots=True)
class Collapse:
    """What a collapse takes with it: reach beyond the hole, m, and the holes it tears into pipes."""

    reach_m: float
    burst_area_fraction: float
    gas_hole_m: float


@dataclass(frozen=True, slots=True)
class CavitySettings:
    """Everything that the cavities take from their catalogue."""

    soils: Mapping[str, CavitySoil]
    rain: CrackRain
    roof: Roof
    radar: Radar
    collapse: Collapse


@cache
def cavity_settings() -> CavitySettings:
    """Read the catalogue that comes with the package."""
    content, ground = load_catalogue(CATALOGUE), load_catalogue("soils")["soils"]
    return CavitySettings(
        soils={
            name: CavitySoil(**entry, porosity=float(ground[name]["porosity"]))
            for name, entry in content["soils"].items()
        },
        rain=_pick(CrackRain, content["rain"]),
        roof=_pick(Roof, content["roof"]),
        radar=_pick(Radar, content["radar"]),
        collapse=_pick(Collapse, content["collapse"]),
    )


def _pick[Values](kind: type[Values], entry: Mapping[str, Any]) -> Values:
    return kind(**{field.name: entry[field.name] for field in fields(kind)})  # type: ignore[arg-type]
