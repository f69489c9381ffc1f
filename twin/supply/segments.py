"""Isolation valves, and the segments of a network that they can cut off."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from cim_models.city import Network
from cim_models.networks.sections import Sections

ValveSource = Literal["junctions", "model"]


@dataclass(frozen=True, slots=True)
class IsolationValve:
    """A valve at one end of a link.

    Parameters
    ----------
    id
        Id of the link where the valve is a link of the model, else ``LINK@NODE``.
    link, node
        Where it sits; shut, the link no longer meets the node.
    """

    id: str
    link: str
    node: str


def isolation_valves(network: Network, source: ValveSource = "junctions") -> tuple[IsolationValve, ...]:
    """Find the valves with which a network can be cut into segments.

    Every valve and pump of the model can be shut, and each reservoir and tank is taken to have a valve on
    each pipe that leaves it. EPANET files seldom hold the isolating valves of the streets; with ``junctions``
    they are assumed at every junction of three or more links on all pipes but the first by id: the n - 1
    rule. Pipes with a check valve get none, because EPANET cannot shut them.

    Parameters
    ----------
    network
        The supply.
    source
        ``junctions``, or ``model`` where the file is complete.

    Source: Walski (1993), "Water distribution valve topology for reliability analysis", for the n - 1 rule.
    """
    links, nodes = network.links, network.nodes
    ends = _ends(network)
    kinds = dict(zip(nodes["id"].astype(str), nodes["kind"], strict=True))
    checked = _check_valves(network)
    found = {
        str(name): IsolationValve(str(name), str(name), ends[str(name)][1])
        for name in links.loc[links["kind"] == "valve", "id"]
    }
    degree = Counter(node for pair in ends.values() for node in pair)
    spared: set[str] = set()
    for name in sorted(str(link) for link in links.loc[links["kind"] == "pipe", "id"]):
        for node in ends[name]:
            at_source = kinds[node] != "junction"
            assumed = source == "junctions" and degree[node] >= 3 and node in spared
            spared.add(node)
            if (at_source or assumed) and name not in checked:
                valve = IsolationValve(f"{name}@{node}", name, node)
                found[valve.id] = valve
    for name in sorted(str(link) for link in links.loc[links["kind"] == "pump", "id"]):
        for node in ends[name]:
            if kinds[node] != "junction":
                found[name] = IsolationValve(name, name, node)
    return tuple(found[key] for key in sorted(found))


def _ends(network: Network) -> dict[str, tuple[str, str]]:
    links = network.links
    columns = (links[name].astype(str) for name in ("id", "from_node", "to_node"))
    return {name: (start, end) for name, start, end in zip(*columns, strict=True)}


def _check_valves(network: Network) -> frozenset[str]:
    """Ids of the pipes with a check valve."""
    rows = Sections(network.inp, "supply.inp")["PIPES"]
    return frozenset(row.id for row in rows if row.words[-1].upper() == "CV")


class Segments:
    """The parts of a network between isolation valves.

    Parameters
    ----------
    network
        The supply.
    valves
        Its isolation valves.
    demand_m3_s
        Mean demand of each node of the table, m3/s.
    persons
        Customers of each node.

    Attributes
    ----------
    count
        Number of segments.
    of_node, of_link
        Segment of each node and link, in the order of the tables.
    sides
        The two segments that each valve lies between, shape (valves, 2); equal where the valve lies inside
        one segment and cuts nothing.
    has_source, demand, persons
        Per segment: whether a reservoir or tank is in it, mean demand, m3/s, and customers.
    """

    def __init__(
        self,
        network: Network,
        valves: tuple[IsolationValve, ...],
        demand_m3_s: NDArray[np.float64],
        persons: NDArray[np.float64],
    ) -> None:
        self.valves = valves
        node_row = {str(name): row for row, name in enumerate(network.nodes["id"])}
        self._link_row = {str(name): row for row, name in enumerate(network.links["id"])}
        nodes = len(node_row)
        start = network.links["from_node"].astype(str).map(node_row).to_numpy(dtype=np.int64)
        end = network.links["to_node"].astype(str).map(node_row).to_numpy(dtype=np.int64)
        links = np.arange(start.size) + nodes
        joined = np.ones((2, start.size), dtype=bool)
        for valve in valves:
            row = self._link_row[valve.link]
            joined[0 if start[row] == node_row[valve.node] else 1, row] = False
        one = np.concatenate([links[joined[0]], links[joined[1]]])
        other = np.concatenate([start[joined[0]], end[joined[1]]])
        self.count, labels = _pieces(one, other, nodes + start.size)
        self.of_node, self.of_link = labels[:nodes], labels[nodes:]
        self.sides = np.array(
            [(self.of_link[self._link_row[v.link]], self.of_node[node_row[v.node]]) for v in valves], np.int64
        ).reshape(len(valves), 2)
        is_source = (network.nodes["kind"] != "junction").to_numpy()
        self.has_source = np.zeros(self.count, dtype=bool)
        self.has_source[self.of_node[is_source]] = True
        self.demand_m3_s = np.bincount(self.of_node, weights=demand_m3_s, minlength=self.count)
        self.persons = np.bincount(self.of_node, weights=persons, minlength=self.count)

    def of(self, link: str) -> int:
        """Segment of a link."""
        return int(self.of_link[self._link_row[link]])

    def fed(self, open_valves: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether each segment is connected to a source through the valves that are open."""
        left, right = self.sides[open_valves].T
        pieces, piece = _pieces(left, right, self.count)
        has_source = np.zeros(pieces, dtype=bool)
        has_source[piece[self.has_source]] = True
        return has_source[piece]


def _pieces(one: NDArray[np.int64], other: NDArray[np.int64], count: int) -> tuple[int, NDArray[np.int32]]:
    """Return the number of connected pieces, and the piece of each of ``count`` things joined in pairs."""
    graph = coo_array((np.ones(one.size), (one, other)), shape=(count, count))
    pieces, piece = connected_components(graph, directed=False)
    return int(pieces), piece
