"""How dangerous water is: hazard rating and AIDR class, with their limits from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim_models.catalogues import load_catalogue
from cim_models.errors import InputError

CATALOGUE = "flood_hazard"
AIDR_LIMITS = 5
"""Classes of the AIDR that have limits; the sixth is what lies beyond."""


@dataclass(frozen=True, slots=True)
class HazardRating:
    """Flood hazard rating HR = d (v + offset) + DF.

    Parameters
    ----------
    velocity_offset_m_s
        Added to the speed.
    depth_limits_m
        Depths up to which the first and the second debris factor hold.
    speed_limit_m_s
        Above this speed the third one holds whatever the depth.
    debris_factors
        Debris factor DF: shallow, middle, deep or fast.

    Source: Defra and Environment Agency (2006), FD2320.
    """

    velocity_offset_m_s: float
    depth_limits_m: tuple[float, float]
    speed_limit_m_s: float
    debris_factors: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class FloodLimits:
    """Limits by which a flood is recorded cell by cell.

    Parameters
    ----------
    rated_depth_m
        Shallower water has no recorded speed and no rating.
    arrival_depth_m
        Depth at which the water has arrived.
    duration_depths_m
        Three depths above which the time is counted, rising.
    rating
        Hazard rating.
    aidr_depth_m, aidr_speed_m_s, aidr_product_m2_s
        Largest depth, speed and their product of the classes H1 to H5; none falls from class to class.
    """

    rated_depth_m: float
    arrival_depth_m: float
    duration_depths_m: tuple[float, float, float]
    rating: HazardRating
    aidr_depth_m: tuple[float, ...]
    aidr_speed_m_s: tuple[float, ...]
    aidr_product_m2_s: tuple[float, ...]

    def __post_init__(self) -> None:
        depths = (self.rated_depth_m, self.arrival_depth_m, self.duration_depths_m[0])
        if not min(depths) > 0.0:
            raise InputError("Depth limit of the flood record", got=f"{min(depths)} m", expected="above 0 m")
        for name in ("duration_depths_m", "aidr_depth_m", "aidr_speed_m_s", "aidr_product_m2_s"):
            limits = getattr(self, name)
            if list(limits) != sorted(limits):
                raise InputError(f"Flood limits '{name}'", got=limits, expected="limits that do not fall")


def land_uses() -> tuple[str, ...]:
    """Return the land uses that the catalogue has debris factors for."""
    return tuple(load_catalogue(CATALOGUE)["hazard_rating"]["debris_factors"])


def flood_limits(land_use: str = "urban") -> FloodLimits:
    """Read the limits from catalogue ``flood_hazard``.

    Parameters
    ----------
    land_use
        Which debris factors: ``pasture``, ``woodland``, ``urban`` or ``conservative``.

    Raises
    ------
    InputError
        If the catalogue has no such land use.
    """
    content = load_catalogue(CATALOGUE)
    rating, aidr = content["hazard_rating"], content["aidr"]["classes"][:AIDR_LIMITS]
    if land_use not in rating["debris_factors"]:
        raise InputError("Debris factors", got=f"'{land_use}'", expected=f"one of {', '.join(land_uses())}")
    return FloodLimits(
        rated_depth_m=content["rated_depth_m"]["value"],
        arrival_depth_m=content["arrival_depth_m"]["value"],
        duration_depths_m=tuple(content["duration_depths_m"]["values"]),
        rating=HazardRating(
            rating["velocity_offset_m_s"],
            tuple(rating["depth_limits_m"]),
            rating["speed_limit_m_s"],
            tuple(rating["debris_factors"][land_use]),
        ),
        aidr_depth_m=tuple(entry["depth_m"] for entry in aidr),
        aidr_speed_m_s=tuple(entry["speed_m_s"] for entry in aidr),
        aidr_product_m2_s=tuple(entry["product_m2_s"] for entry in aidr),
    )


def rating_classes() -> tuple[Mapping[str, Any], ...]:
    """Return the classes of the hazard rating, mildest first, as the catalogue has them."""
    return tuple(load_catalogue(CATALOGUE)["hazard_rating"]["classes"])


def aidr_ids() -> tuple[str, ...]:
    """Return the ids of the AIDR classes, H1 first."""
    return tuple(entry["id"] for entry in load_catalogue(CATALOGUE)["aidr"]["classes"])


def hazard_class(hazard_rating: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Return the class of each rating: 1 for the mildest; 0 where nothing was rated (rating 0)."""
    limits = [entry["from_rating"] for entry in rating_classes()]
    classes = np.searchsorted(limits, np.asarray(hazard_rating, dtype=np.float64), side="right")
    return np.where(hazard_rating > 0.0, classes, 0).astype(np.uint8)
