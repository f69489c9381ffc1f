"""Which gullies are blocked when the storm begins, and which will be."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cim_models.errors import InputError, ScenarioError
from twin.sewer.failures import AT_ONCE, Growth

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

_STREAM = zlib.crc32(b"gully blockage")


@dataclass(frozen=True, slots=True)
class GullyBlockage:
    """Some gullies blocked by leaves and litter: a random fraction of all, or named ones.

    Parameters
    ----------
    blocked
        Share of each such gully that is blocked, 0 to 1.
    fraction
        Share of all gullies that are hit, 0 to 1; None when ``gullies`` names them.
    gullies
        Ids; None when ``fraction`` is given.
    t_s
        When it begins, s since the start.
    growth
        How it comes to that share.
    """

    blocked: float = 1.0
    fraction: float | None = None
    gullies: tuple[str, ...] | None = None
    t_s: float = 0.0
    growth: Growth = AT_ONCE

    @property
    def is_there_at_start(self) -> bool:
        """Whether it is there from the beginning, as it will stay until somebody clears the gullies."""
        return self.t_s <= 0.0 and self.growth == AT_ONCE

    def __post_init__(self) -> None:
        if (self.fraction is None) == (self.gullies is None):
            raise InputError("Gully blockage", expected="exactly one of fraction and gullies")
        for name, value in (("blocked", self.blocked), ("fraction", self.fraction or 0.0)):
            if not 0.0 <= value <= 1.0:
                raise InputError(f"Gully blockage, '{name}'", got=value, expected="0 to 1")


def blockage_at_start(
    gullies: GeoDataFrame, blockages: tuple[GullyBlockage, ...], seed: int
) -> NDArray[np.float64]:
    """Blocked share of each gully: what the layer says, and what the scenario adds.

    Every gully has its own number from the seed, so a larger fraction blocks the same gullies and
    some more.

    Parameters
    ----------
    gullies
        Layer ``gullies``.
    blockages
        What the scenario blocks.
    seed
        Of the scenario.

    Returns
    -------
    Shape (gullies,), 0 to 1, in the order of the layer.

    Raises
    ------
    ScenarioError
        If a named gully does not exist.
    """
    share = np.clip(gullies["blockage"].to_numpy(dtype=np.float64), 0.0, 1.0)
    for blockage in blockages:
        if blockage.is_there_at_start:
            share = np.where(gullies_hit(gullies, blockage, seed), np.maximum(share, blockage.blocked), share)
    return share


def gullies_hit(gullies: GeoDataFrame, blockage: GullyBlockage, seed: int) -> NDArray[np.bool_]:
    """Which gullies a blockage concerns; see `blockage_at_start`."""
    if blockage.gullies is None:
        luck = np.random.default_rng(np.random.SeedSequence([seed, _STREAM])).random(len(gullies))
        return luck < (blockage.fraction or 0.0)
    rows = {name: row for row, name in enumerate(gullies["id"].astype(str))}
    hit = np.zeros(len(gullies), dtype=bool)
    hit[[_row(rows, name) for name in blockage.gullies]] = True
    return hit


def _row(rows: dict[str, int], name: str) -> int:
    if name not in rows:
        raise ScenarioError(
            f"Blocked gully '{name}' is unknown", expected="an id of layer gullies", remedy="Correct the id"
        )
    return rows[name]
