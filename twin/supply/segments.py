"""Isolation valves, and the segments of a network that they can cut off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from cim_models.city import Network

ValveSource = Literal["auto", "model", "junctions"]
_SHUT_OFF = ("TCV", "GPV")


@dataclass(frozen=True, slots=True)
class IsolationValve:
    """A valve at one end of a link.

    Parameters
    ----------
    id
        Id of the link where the valve is a link of the model, else ``LINK@NODE``.
    link, node
        Where it sits; shut, the link no longer meets the node.
    is_link
        Whether the valve is a link of the model itself.
    is_at_source
        Whether it is the outlet of a reservoir or tank.
    """

    id: str
    link: str
    node: str
    is_link: bool = False
    is_at_source: bool = False


def isolation_valves(network: Network, source: ValveSource = "auto") -> tuple[IsolationValve, ...]:
    """Find the valves with which a network can be cut into segments.

    EPANET files seldom hold them. Every valve of the model can be shut. Where none of them is a mere
    shut-off valve (TCV, GPV), or ``source`` says ``junctions``, valves are assumed at each junction of three
    or more pipes on all of them but the first: the n - 1 rule. Each reservoir and tank is taken to have a
    valve at its outlets. Pipes with a check valve get none, because EPANET cannot shut them.

    Parameters
    ----------
    network
        The supply.
    source
        Where valves are taken from: ``model`` assumes none but those of the sources.

    Source: n - 1 rule: Walski (1993), "Water distribution valve topology for reliability analysis".
    """
    links, nodes = network.links, network.nodes
    ends = _ends(network)
    kinds = dict(zip(nodes["id"].astype(str), nodes["kind"], strict=True))
    shut_off, checked = _valve_types(network)
    found = {
        str(name): IsolationValve(str(name), str(name), ends[str(name)][1], is_link=True)
        for name in links.loc[links["kind"] == "valve", "id"]
    }
    assumed = source == "junctions" or (source == "auto" and not shut_off)
    degree: dict[str, int] = {}
    for pair in ends.values():
        for node in pair:
            degree[node] = degree.get(node, 0) + 1
    first: set[str] = set()
    for name in sorted(str(link) for link in links.loc[links["kind"] == "pipe", "id"]):
        for node in ends[name]:
            at_source = kinds[node] != "junction"
            counted = assumed and degree[node] >= 3 and node in first
            first.add(node)
            if (at_source or counted) and name not in checked:
                valve = IsolationValve(f"{name}@{node}", name, node, is_at_source=at_source)
                found[valve.id] = valve
    for name in sorted(str(link) for link in links.loc[links["kind"] == "pump", "id"]):
        # a pump that stands still lets nothing pass: it is its own outlet valve
        for node in ends[name]:
            if kinds[node] != "junction":
                found[name] = IsolationValve(name, name, node, is_link=True, is_at_source=True)
    return tuple(found[key] for key in sorted(found))


def _ends(network: Network) -> dict[str, tuple[str, str]]:
    links = network.links
    columns = (links[name].astype(str) for name in ("id", "from_node", "to_node"))
    return {name: (start, end) for name, start, end in zip(*columns, strict=True)}


def _valve_types(network: Network) -> tuple[bool, frozenset[str]]:
    """Whether the model has shut-off valves, and its pipes with a check valve."""
    from cim_models.networks.sections import Sections

    sections = Sections(network.inp, "supply.inp")
    shut_off = any(len(row.words) > 4 and row.words[4].upper() in _SHUT_OFF for row in sections["VALVES"])
    checked = {row.id for row in sections["PIPES"] if row.words[-1].upper() == "CV"}
    return shut_off, frozenset(checked)


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
        row = np.concatenate([links[joined[0]], links[joined[1]]])
        col = np.concatenate([start[joined[0]], end[joined[1]]])
        size = nodes + start.size
        graph = coo_array((np.ones(row.size, bool), (row, col)), shape=(size, size))
        self.count, labels = connected_components(graph, directed=False)
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
        graph = coo_array((np.ones(left.size, bool), (left, right)), shape=(self.count, self.count))
        pieces, piece = connected_components(graph, directed=False)
        has_source = np.zeros(pieces, dtype=bool)
        has_source[piece[self.has_source]] = True
        return has_source[piece]
