"""How far pipes are from each other along the network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from cim_models.city import Network

_NAMED = 3
_LEAST_LENGTH_M = 1e-3


class PipeMap:
    """Distances along the pipes between their middles.

    Parameters
    ----------
    network
        The supply.
    pipes
        Ids of the pipes, in the order in which they are spoken of.
    """

    def __init__(self, network: Network, pipes: Sequence[str]) -> None:
        nodes = {str(name): row for row, name in enumerate(network.nodes["id"])}
        links = network.links
        ends = np.array(
            [
                (nodes[first], nodes[last])
                for first, last in zip(
                    links["from_node"].astype(str), links["to_node"].astype(str), strict=True
                )
            ]
        ).reshape(-1, 2)
        lengths = np.maximum(links["length_m"].to_numpy(float), _LEAST_LENGTH_M)
        shortest: dict[tuple[int, int], float] = {}
        for pair, length in zip(ends, lengths, strict=True):
            key = int(min(pair)), int(max(pair))
            shortest[key] = min(shortest.get(key, np.inf), float(length))
        keys = np.array(list(shortest)).reshape(-1, 2)
        size = (len(nodes), len(nodes))
        self._graph = coo_matrix(
            (np.array(list(shortest.values())), (keys[:, 0], keys[:, 1])), shape=size
        ).tocsr()
        rows = {name: row for row, name in enumerate(links["id"].astype(str))}
        chosen = [rows[name] for name in pipes]
        self._ends, self._half_m = ends[chosen], 0.5 * lengths[chosen]

    def distances(self, pipe: int) -> NDArray[np.float64]:
        """Distance from the middle of one pipe to those of all, m; inf where there is no way."""
        first, last = self._ends[pipe]
        from_first, from_last = dijkstra(self._graph, directed=False, indices=[first, last])
        reach = self._half_m[pipe] + np.minimum(from_first, from_last)
        found: NDArray[np.float64] = self._half_m + np.minimum(
            reach[self._ends[:, 0]], reach[self._ends[:, 1]]
        )
        found[pipe] = 0.0
        return found

    def describe(self, evidence: NDArray[np.float64], names: Sequence[str], share: float) -> str:
        """Say which pipes are most likely, and how far the others reach that make up a share.

        Parameters
        ----------
        evidence
            Logarithm of the likelihood of each pipe.
        names
            Their ids.
        share
            Part of the probability that the distance is to cover.
        """
        likelihood = np.exp(evidence - evidence.max())
        chances = likelihood / likelihood.sum()
        order = np.argsort(-chances, kind="stable")
        words = ", ".join(f"{names[pipe]} {chances[pipe]:.0%}" for pipe in order[:_NAMED])
        count = int(np.searchsorted(np.cumsum(chances[order]), share)) + 1
        reach_m = float(self.distances(int(order[0]))[order[:count]].max())
        return f"{words}; {share:.0%} within {reach_m:.0f} m"
