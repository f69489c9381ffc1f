"""Outfalls that a river or the tide drowns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim_models.changes import Change
from cim_models.city import Network
from cim_models.errors import InputError
from cim_models.timeseries import TimeSeries
from twin.sewer.engine import SewerEngine
from twin.sewer.upkeep import upkeep


@dataclass(frozen=True, slots=True)
class OutfallLevel:
    """Level of the water outside some outfalls, or all, in time, m above the datum."""

    level_m: TimeSeries
    outfalls: tuple[str, ...] | None = None


class OutfallLevels:
    """The water outside the outfalls of a sewer.

    Where it stands above the crown of the pipe the outfall is drowned: the sewer gives its water only
    against that level, and takes the river in where it has no flap gate. Of two levels for one outfall the
    later counts.

    Parameters
    ----------
    network
        The sewer; the ground of an outfall is the crown of its pipe.
    engine
        SWMM on it.
    levels
        What stands outside.

    Attributes
    ----------
    drowned
        Outfalls that are drowned now.

    Raises
    ------
    InputError
        If a level names no outfall of the sewer.
    """

    def __init__(self, network: Network, engine: SewerEngine, levels: Iterable[OutfallLevel] = ()) -> None:
        nodes = network.nodes[network.nodes["kind"] == "outfall"]
        ids = nodes["id"].astype(str).tolist()
        self._crown_m = dict(zip(ids, nodes["ground_elevation_m"].astype(float), strict=True))
        self._engine = engine
        self._levels: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
        for level in levels:
            for name in ids if level.outfalls is None else level.outfalls:
                if name not in self._crown_m:
                    raise InputError(f"Sewer: no outfall '{name}'", expected=", ".join(ids) or "an outfall")
                self._levels[name] = level.level_m.knots()
        self.drowned: set[str] = set()
        self._changes: list[Change] = []
        self.advance_to(0.0)

    def advance_to(self, t_s: float) -> None:
        """Let the water outside stand as it does at a time, s."""
        for name, (times_s, levels_m) in self._levels.items():
            level_m = float(np.interp(t_s, times_s, levels_m))
            self._engine.controls.set_stage(name, level_m)
            crown_m = self._crown_m[name]
            if name not in self.drowned and level_m > crown_m:
                self.drowned.add(name)
                self._note(t_s, "sewer.outfall_drowned", name, "", level_m)
            elif name in self.drowned and level_m < crown_m - upkeep().outfall_hysteresis_m:
                self.drowned.discard(name)
                self._note(t_s, "sewer.outfall_freed", name, f"sewer.outfall_drowned {name}", level_m)

    def take_changes(self) -> list[Change]:
        """Hand out what has happened since the last call, in order."""
        changes, self._changes = self._changes, []
        return changes

    def state(self) -> dict[str, Any]:
        """Return what the same outfalls need to go on; the levels themselves are given."""
        return {"drowned": sorted(self.drowned), "changes": list(self._changes)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over such a state."""
        self.drowned, self._changes = set(state["drowned"]), list(state["changes"])

    def _note(self, t_s: float, kind: str, name: str, because: str, level_m: float) -> None:
        data = {"level_m": round(level_m, 3), "crown_m": round(self._crown_m[name], 3)}
        self._changes.append(Change(t_s, kind, name, because, data))
