"""Who is without water, with hysteresis, and what customers went without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.supply.customers import ServiceAccount

HOLD_S = 600
"""Customers have water again once their tap has run for so long without a break, s; own assumption. A tank
that runs dry lets water through for half a minute every few minutes, which serves nobody."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Nodes whose customers have just lost their water, or have it again.

    Parameters
    ----------
    is_out
        Whether they lost it.
    nodes
        Rows of the nodes.
    since_s
        When that began, s.
    because
        Key of the change behind it.
    """

    is_out: bool
    nodes: NDArray[np.int64]
    since_s: int
    because: str


class ServiceWatch:
    """Customers of each node as they lose their water and have it again.

    A node is out as soon as its tap is dry. It is back when the tap has run for `HOLD_S` without a break,
    and then the time since it began to run does not count as an interruption; if it runs dry before, it
    does.

    Parameters
    ----------
    persons
        Customers of each node.
    dry
        Which taps are dry at the start.

    Attributes
    ----------
    account
        What customers went without.
    out
        Nodes whose customers are without water now.
    """

    def __init__(self, persons: NDArray[np.float64], dry: NDArray[np.bool_]) -> None:
        self.account = ServiceAccount.empty(persons)
        self.out = dry.copy()
        self._running_since_s = np.full(persons.size, -1, np.int64)
        self._because: dict[int, str] = {}

    def count(self, span_s: int, dry: NDArray[np.bool_], low: NDArray[np.bool_]) -> None:
        """Count a time in which nothing changed, s: dry taps, and those with low pressure or none."""
        self.account.out_s += span_s * dry
        self.account.low_s += span_s * (low | dry)

    def update(self, t_s: int, dry: NDArray[np.bool_], because: str) -> list[Turn]:
        """Compare which taps are dry at a time, s, with before; ``because`` is the latest change.

        Returns
        -------
        Who lost the water or has it again, grouped by when and why.
        """
        turns = []
        broken_off = dry & (self._running_since_s >= 0)
        self.account.out_s[broken_off] += t_s - self._running_since_s[broken_off]
        self._forget(broken_off)
        lost = dry & ~self.out
        if lost.any():
            self.out |= lost
            turns.append(Turn(True, np.flatnonzero(lost), t_s, because))
        begins = self.out & ~dry & (self._running_since_s < 0)
        self._running_since_s[begins] = t_s
        self._because.update(dict.fromkeys(np.flatnonzero(begins).tolist(), because))
        back = (self._running_since_s >= 0) & (self._running_since_s + HOLD_S <= t_s)
        groups: dict[tuple[int, str], list[int]] = {}
        for row in np.flatnonzero(back).tolist():
            groups.setdefault((int(self._running_since_s[row]), self._because[row]), []).append(row)
        self.out &= ~back
        self._forget(back)
        turns += [Turn(False, np.array(rows), since_s, why) for (since_s, why), rows in groups.items()]
        return turns

    def next_s(self) -> int | None:
        """When the next node is back if nothing changes, s; None where none is on its way."""
        waiting = self._running_since_s[self._running_since_s >= 0]
        return int(waiting.min()) + HOLD_S if waiting.size else None

    def state(self) -> dict[str, Any]:
        """Return what a watch over the same nodes needs to go on."""
        account = self.account
        return {
            "times_s": (account.out_s.copy(), account.low_s.copy()),
            "volumes_m3": (account.required_m3.copy(), account.delivered_m3.copy()),
            "out": self.out.copy(),
            "running": (self._running_since_s.copy(), dict(self._because)),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over such a state."""
        times, volumes = state["times_s"], state["volumes_m3"]
        self.account = ServiceAccount(self.account.persons, *(v.copy() for v in (*times, *volumes)))
        self.out = state["out"].copy()
        self._running_since_s, self._because = state["running"][0].copy(), dict(state["running"][1])

    def _forget(self, nodes: NDArray[np.bool_]) -> None:
        self._running_since_s[nodes] = -1
        for row in np.flatnonzero(nodes).tolist():
            self._because.pop(row, None)
