"""How a leak's gas reaches the spaces around it: shares that fall with distance, with a lag."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.gas.box import Floats
from twin.gas.settings import Migration

_NEAREST_M = 0.5


class Pathways:
    """The ways from leaks to watched spaces; each carries a share of a leak's gas and lags behind it.

    A way is a first-order reservoir: what goes in comes out with a mean delay of distance over velocity, and
    goes on coming when the leak has been sealed. Nothing is lost on it.

    Parameters
    ----------
    x, y
        Places of the spaces, m.
    values
        Coefficients.
    """

    def __init__(self, x: Floats, y: Floats, values: Migration) -> None:
        self._x, self._y, self._values = x, y, values
        self.leak = np.zeros(0, dtype=np.int64)
        self.site = np.zeros(0, dtype=np.int64)
        self._share, self._lag_s = np.zeros(0), np.zeros(0)
        self._flow_m3_s = np.zeros(0)

    def add(self, leak: int, x: float, y: float, site: int | None = None) -> NDArray[np.int64]:
        """Find the ways from a leak.

        Parameters
        ----------
        leak
            Its number.
        x, y
            Its place, m.
        site
            Row of the cabinet that the leak is in: all of its gas goes there. None for one in the ground.

        Returns
        -------
        Rows of the spaces that it reaches.
        """
        values = self._values
        if site is None:
            distance_m = np.maximum(np.hypot(self._x - x, self._y - y), _NEAREST_M)
            rows = np.flatnonzero(distance_m <= values.reach_m)
            share = values.share * np.exp(-distance_m[rows] / values.falloff_m)
            share *= min(1.0, values.most_share / max(float(share.sum()), 1e-12))
            lag_s = 3600.0 * distance_m[rows] / values.velocity_m_h
        else:
            rows, share, lag_s = np.array([site]), np.ones(1), np.ones(1)
        self.leak = np.concatenate([self.leak, np.full(len(rows), leak, dtype=np.int64)])
        self.site = np.concatenate([self.site, rows.astype(np.int64)])
        self._share = np.concatenate([self._share, share])
        self._lag_s = np.concatenate([self._lag_s, lag_s])
        self._flow_m3_s = np.concatenate([self._flow_m3_s, np.zeros(len(rows))])
        return rows.astype(np.int64)

    def advance(self, leak_m3_s: Floats, dt_s: float) -> Floats:
        """Let a step pass and return the mean flow into each space, shape (spaces,), m3/s.

        Parameters
        ----------
        leak_m3_s
            What each leak lets out during the step, m3/s.
        dt_s
            Step, s, > 0.

        Source: solution of lag dq/dt = share Q - q for a constant Q, and its mean over the step.
        """
        target = self._share * leak_m3_s[self.leak] if len(self.leak) else self._share
        decay = np.exp(-dt_s / self._lag_s)
        mean = target + (self._flow_m3_s - target) * self._lag_s / dt_s * (1.0 - decay)
        self._flow_m3_s = target + (self._flow_m3_s - target) * decay
        into: Floats = np.bincount(self.site, weights=mean, minlength=len(self._x))
        return into

    @property
    def under_way_m3(self) -> float:
        """Gas that has entered ways and not come out yet, m3."""
        return float(np.sum(self._flow_m3_s * self._lag_s))

    def open_share(self, leak: int) -> float:
        """Share of a leak's gas that reaches no space."""
        return 1.0 - float(self._share[self.leak == leak].sum())

    def state(self) -> dict[str, Any]:
        """Return all that ways between the same places need to go on."""
        return {
            "leak": self.leak.copy(),
            "site": self.site.copy(),
            "share": self._share.copy(),
            "lag_s": self._lag_s.copy(),
            "flow_m3_s": self._flow_m3_s.copy(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over such a state."""
        self.leak, self.site = state["leak"].copy(), state["site"].copy()
        self._share, self._lag_s = state["share"].copy(), state["lag_s"].copy()
        self._flow_m3_s = state["flow_m3_s"].copy()
