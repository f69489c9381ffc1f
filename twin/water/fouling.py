"""Gullies that leaves and litter block while it rains, and that crews clear."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cim_models.changes import Change
from twin.sewer.upkeep import upkeep
from twin.water.blockage import GullyBlockage, gullies_hit

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

_STREAM = zlib.crc32(b"leaves on gullies")

#: Because of rain: how a change names a cause that has no key of its own.
RAIN = "rain"


@dataclass(slots=True)
class _Growing:
    """A blockage that grows: its gullies, and since when, s, and after which rain, mm, each is growing."""

    blockage: GullyBlockage
    active: NDArray[np.bool_]
    since_s: NDArray[np.float64]
    since_mm: NDArray[np.float64]


class GullyFouling:
    """Blockages of gullies that come or grow in the course of a run.

    A gully that has been cleared is blocked anew by further rain where leaves are the reason, and stays
    clear otherwise.

    Parameters
    ----------
    gullies
        Layer ``gullies``.
    blockages
        All that the scenario names; those that are there at the start are passed over.
    seed
        Of the scenario; decides where leaves gather.
    share
        Blocked share of each gully, 0 to 1, changed in place.
    """

    def __init__(
        self,
        gullies: GeoDataFrame,
        blockages: Sequence[GullyBlockage],
        seed: int,
        share: NDArray[np.float64],
    ) -> None:
        self._ids = gullies["id"].astype(str).tolist()
        self._share = share
        least = upkeep().least_share_of_rain
        luck = np.random.default_rng(np.random.SeedSequence([seed, _STREAM])).random(len(gullies))
        self._more_rain = least + luck * (2.0 - 2.0 * least)
        self._growing = [
            _Growing(
                blockage,
                gullies_hit(gullies, blockage, seed),
                np.full(len(gullies), blockage.t_s),
                np.full(len(gullies), np.nan),
            )
            for blockage in blockages
            if not blockage.is_there_at_start
        ]
        self._told = np.zeros(len(gullies))
        self._changes: list[Change] = []

    @property
    def is_idle(self) -> bool:
        """Whether nothing will ever grow."""
        return not self._growing

    def advance_to(self, t_s: float, rain_mm: float, set_blockage: Callable[[str, float], None]) -> None:
        """Let blockages grow until a time, s, at which so much rain has fallen, mm."""
        before = self._share.copy()
        for growing in self._growing:
            self._grow(growing, t_s, rain_mm)
        for row in np.flatnonzero(self._share > before).tolist():
            set_blockage(self._ids[row], float(self._share[row]))
            self._tell(row, t_s)

    def clear(self, row: int, t_s: float, rain_mm: float) -> None:
        """Begin anew at a gully that has just been cleared."""
        self._share[row] = self._told[row] = 0.0
        for growing in self._growing:
            if t_s >= growing.blockage.t_s and growing.blockage.growth.rain_mm is None:
                growing.active[row] = False
            growing.since_mm[row] = rain_mm if t_s >= growing.blockage.t_s else np.nan

    def _grow(self, growing: _Growing, t_s: float, rain_mm: float) -> None:
        blockage, growth = growing.blockage, growing.blockage.growth
        if t_s < blockage.t_s:
            return
        growing.since_mm[np.isnan(growing.since_mm)] = rain_mm
        for row in np.flatnonzero(growing.active & (self._share < blockage.blocked)).tolist():
            rain = (rain_mm - growing.since_mm[row]) / self._more_rain[row]
            share = growth.share(blockage.blocked, t_s - growing.since_s[row], rain)
            self._share[row] = max(self._share[row], share)

    def _tell(self, row: int, t_s: float) -> None:
        """Note a gully that is blocked by half, and again when it is blocked as far as it will be."""
        share = float(self._share[row])
        most = max(
            (growing.blockage.blocked for growing in self._growing if growing.active[row]), default=share
        )
        steps = (min(upkeep().gully_told_from, most), most)
        reached = max((step for step in steps if share >= step), default=0.0)
        if reached > self._told[row]:
            self._told[row] = reached
            by_rain = any(g.active[row] and g.blockage.growth.rain_mm is not None for g in self._growing)
            because = RAIN if by_rain else ""
            self._changes.append(
                Change(t_s, "gully.blocked", self._ids[row], because, {"blockage": round(share, 3)})
            )

    def take_changes(self) -> list[Change]:
        """Hand out what has happened since the last call, in order."""
        changes, self._changes = self._changes, []
        return changes

    def state(self) -> dict[str, Any]:
        """Return what the same gullies need to go on; their blocked shares are kept by who owns them."""
        return {
            "growing": [(g.active.copy(), g.since_s.copy(), g.since_mm.copy()) for g in self._growing],
            "told": self._told.copy(),
            "changes": list(self._changes),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over such a state."""
        for growing, kept in zip(self._growing, state["growing"], strict=True):
            growing.active, growing.since_s, growing.since_mm = (values.copy() for values in kept)
        self._told, self._changes = state["told"].copy(), list(state["changes"])
