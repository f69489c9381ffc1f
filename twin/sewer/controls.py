"""What may be changed of SWMM while it runs: losses of conduits, settings of links, stages of outfalls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from swmm.toolkit import solver
from swmm.toolkit.shared_enum import LinkProperty, LinkResult, ObjectType

HELD = 1e-9
"""Setting of a pump that is held: as good as nothing, and above 0 so that its wet well does not start it."""

LATENT_LOSS = 1e-9
"""Loss coefficient of a conduit that may be throttled: SWMM computes no losses where the file has none."""


def hold_rules(pumps: list[str]) -> tuple[str, ...]:
    """Control rules that keep pumps held against the rules and levels of the file.

    A rule of the file that finds its level would switch a pump on again within SWMM's own step. These have
    a higher priority, and act only on a setting that nothing but `SewerControls.hold` gives.
    """
    return tuple(
        line
        for pump in pumps
        for line in (
            f"RULE citytwin_hold_{pump}",
            f"IF PUMP {pump} SETTING > 0",
            f"AND PUMP {pump} SETTING < {10 * HELD:g}",
            f"THEN PUMP {pump} SETTING = {HELD:g}",
            "PRIORITY 1000000",
        )
    )


class SewerControls:
    """Changes of a running SWMM, remembered so that a SWMM that is opened again has them too.

    Parameters
    ----------
    length_m, flow_m3_s
        Metres per unit of length and m3/s per unit of flow of the input file.
    """

    def __init__(self, length_m: float, flow_m3_s: float) -> None:
        self._length_m, self._flow_m3_s = length_m, flow_m3_s
        self._links: dict[str, int] = {}
        self._nodes: dict[str, int] = {}
        self._own_loss: dict[str, float] = {}
        self._losses: dict[str, float] = {}
        self._settings: dict[str, float] = {}
        self._stages_m: dict[str, float] = {}

    def attach(self) -> None:
        """Take hold of a SWMM that has just been started, and change it as it was before."""
        self._links, self._nodes = _indices(ObjectType.LINK), _indices(ObjectType.NODE)
        self._own_loss = {}
        for conduit, coefficient in self._losses.items():
            self._set_loss(conduit, coefficient)
        for link, setting in self._settings.items():
            solver.link_set_target_setting(self._links[link], setting)
        for node, stage_m in self._stages_m.items():
            solver.outfall_set_stage(self._nodes[node], stage_m / self._length_m)

    def throttle(self, conduit: str, coefficient: float) -> None:
        """Give a conduit a loss coefficient besides its own, in velocity heads of the full section."""
        self._losses[conduit] = coefficient
        self._set_loss(conduit, coefficient)
        self._set(conduit, 1.0)

    def shut(self, conduit: str) -> None:
        """Let nothing pass a conduit."""
        self._set(conduit, 0.0)

    def hold(self, pump: str) -> None:
        """Keep a pump still, whatever the file's rules and levels say."""
        self._set(pump, HELD)

    def release(self, pump: str) -> None:
        """Leave a pump to the file's rules and levels again, running."""
        self._set(pump, 1.0)
        del self._settings[pump]

    def set_stage(self, outfall: str, stage_m: float) -> None:
        """Set the level outside an outfall, m above the datum."""
        self._stages_m[outfall] = stage_m
        solver.outfall_set_stage(self._nodes[outfall], stage_m / self._length_m)

    def rows(self, links: Iterable[str]) -> NDArray[np.int64]:
        """Return SWMM's own numbers of links."""
        return np.array([self._links[link] for link in links], dtype=np.int64)

    def flow_m3_s(self, link: str) -> float:
        """Present flow through a link, m3/s, positive from its first node."""
        flow: float = solver.link_get_result(self._links[link], LinkResult.FLOW)
        return flow * self._flow_m3_s

    def state(self) -> dict[str, Any]:
        """Return what has been changed."""
        return {
            "losses": dict(self._losses),
            "settings": dict(self._settings),
            "stages_m": dict(self._stages_m),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over such a state, for the SWMM that is attached next."""
        self._losses, self._settings = dict(state["losses"]), dict(state["settings"])
        self._stages_m = dict(state["stages_m"])

    def _set(self, link: str, setting: float) -> None:
        self._settings[link] = setting
        solver.link_set_target_setting(self._links[link], setting)

    def _set_loss(self, conduit: str, coefficient: float) -> None:
        index = self._links[conduit]
        own = self._own_loss.get(conduit)
        if own is None:
            own = self._own_loss[conduit] = solver.link_get_parameter(index, LinkProperty.AVERAGE_LOSS)
        solver.link_set_parameter(index, LinkProperty.AVERAGE_LOSS, own + coefficient)


def _indices(kind: ObjectType) -> dict[str, int]:
    return {solver.project_get_id(kind, index): index for index in range(solver.project_get_count(kind))}
