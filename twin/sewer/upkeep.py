"""Catalogue ``sewer_upkeep``: how blockages grow and when they matter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from cim_models.catalogues import load_catalogue


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What the catalogue says.

    Parameters
    ----------
    leaves_mm
        Rain that blocks a clear grate entirely, mm, by the name of the leaf fall.
    least_share_of_rain
        Share of that rain which blocks the gully that is blocked first, 0 to 1.
    gully_told_from
        Blocked share from which a gully is told of.
    closed_from
        Blocked share from which a conduit passes nothing.
    damming_head_m
        Loss of head from which a blocked conduit is a cause, m.
    outfall_hysteresis_m
        Fall below the crown after which an outfall is free again, m.
    """

    leaves_mm: Mapping[str, float]
    least_share_of_rain: float
    gully_told_from: float
    closed_from: float
    damming_head_m: float
    outfall_hysteresis_m: float


@cache
def upkeep() -> Upkeep:
    """Read the catalogue that comes with the package."""
    content = load_catalogue("sewer_upkeep")
    names = (
        "least_share_of_rain",
        "gully_told_from",
        "closed_from",
        "damming_head_m",
        "outfall_hysteresis_m",
    )
    return Upkeep(
        leaves_mm={str(row["name"]): float(row["rain_mm"]) for row in content["leaves"]},
        **{name: float(content[name]) for name in names},
    )
