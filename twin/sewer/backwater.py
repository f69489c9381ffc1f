"""How far up a sewer water is dammed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from cim_models.city import Network


class Backwater:
    """The links of a sewer, looked at against the flow.

    Water is dammed from a node into the one above it when its head there stands above the crown that a pipe
    laid at the upper node's invert would have: the pipe between them is full from end to end. A weir or a
    pump passes no backwater on.

    Parameters
    ----------
    network
        The sewer; its conduits are taken to be drawn in the direction of flow.
    """

    def __init__(self, network: Network) -> None:
        ids = network.nodes["id"].astype(str)
        self._rows = {name: row for row, name in enumerate(ids)}
        self._above: dict[int, list[tuple[int, float]]] = {}
        invert_m = network.nodes["invert_elevation_m"].to_numpy(float)
        links = network.links[network.links["kind"].isin(("conduit", "orifice"))]
        columns = (links["from_node"].astype(str), links["to_node"].astype(str), links["diameter_m"])
        for upper, lower, diameter_m in zip(*columns, strict=True):
            crown_m = float(invert_m[self._rows[upper]]) + float(diameter_m)
            self._above.setdefault(self._rows[lower], []).append((self._rows[upper], crown_m))

    def reach(self, from_nodes: Iterable[str], head_m: NDArray[np.float64]) -> dict[int, int]:
        """Rows of the nodes that are dammed from some nodes, these included, and how many pipes away.

        Parameters
        ----------
        from_nodes
            Ids of the nodes at the obstacle.
        head_m
            Present head at each node, m.
        """
        found = {self._rows[name]: 0 for name in from_nodes}
        queue = deque(found)
        while queue:
            lower = queue.popleft()
            for upper, crown_m in self._above.get(lower, ()):
                if upper not in found and head_m[lower] >= crown_m:
                    found[upper] = found[lower] + 1
                    queue.append(upper)
        return found
