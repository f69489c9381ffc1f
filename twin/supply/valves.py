"""The isolation valves of a network as crews find them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim_models.city import Network
from cim_models.errors import InputError
from twin.supply.interventions import HoldShut, Intervention, LetGo
from twin.supply.segments import IsolationValve


class ValveYard:
    """Which valves are shut, which cannot be turned, and what that means for the links they sit on.

    Parameters
    ----------
    network
        The supply.
    valves
        Its isolation valves.

    Attributes
    ----------
    stuck
        Valves that cannot be turned, known or not.
    known_stuck
        Those of them that somebody has tried.
    """

    def __init__(self, network: Network, valves: tuple[IsolationValve, ...]) -> None:
        self.valves = valves
        self._row = {valve.id: row for row, valve in enumerate(valves)}
        nodes = network.nodes.set_index(network.nodes["id"].astype(str))
        self._xy = {
            valve.id: (float(point.x), float(point.y)) if not point.is_empty else (np.nan, np.nan)
            for valve in valves
            for point in (nodes.geometry[valve.node],)
        }
        ends = dict(zip(network.links["id"].astype(str), network.links["to_node"].astype(str), strict=True))
        kinds = dict(zip(network.links["id"].astype(str), network.links["kind"], strict=True))
        self._beyond = {v.id: kinds[v.link] == "pipe" and ends[v.link] == v.node for v in valves}
        self._shut: dict[str, set[str]] = {}
        self.stuck: set[str] = set()
        self.known_stuck: set[str] = set()

    def __contains__(self, valve: str) -> bool:
        return valve in self._row

    def check(self, valve: str) -> None:
        """Raise `InputError` unless there is such a valve."""
        if valve not in self._row:
            raise InputError(
                f"Water supply: no isolation valve '{valve}'",
                expected=f"one of the {len(self._row)} valves, such as {', '.join(list(self._row)[:3])}",
                remedy="Correct the id",
            )

    def place(self, valve: str) -> tuple[float, float]:
        """Where a valve lies, m; NaN where the model has no coordinates."""
        return self._xy[valve]

    def is_shut(self, valve: str) -> bool:
        """Whether a valve is shut, by whomever."""
        return bool(self._shut.get(valve))

    @property
    def shut(self) -> frozenset[str]:
        """Valves that are shut."""
        return frozenset(name for name, by in self._shut.items() if by)

    @property
    def open_mask(self) -> NDArray[np.bool_]:
        """Whether each valve is open, in the order of ``valves``."""
        return np.array([not self.is_shut(valve.id) for valve in self.valves], dtype=bool)

    def turn(self, valve: str, t_s: int, by: str, *, shut: bool) -> Intervention:
        """Note that a valve is shut or let go, and return what that is to the engine."""
        holders = self._shut.setdefault(valve, set())
        kind = HoldShut if shut else LetGo
        (holders.add if shut else holders.discard)(by)
        link = self.valves[self._row[valve]].link
        return kind(t_s, link, f"{by} {valve}", self._beyond[valve])

    def state(self) -> dict[str, Any]:
        """Return what a yard of the same network needs to go on."""
        shut = {name: sorted(by) for name, by in self._shut.items() if by}
        return {"shut": shut, "stuck": sorted(self.stuck), "known_stuck": sorted(self.known_stuck)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over such a state."""
        self._shut = {name: set(by) for name, by in state["shut"].items()}
        self.stuck, self.known_stuck = set(state["stuck"]), set(state["known_stuck"])
