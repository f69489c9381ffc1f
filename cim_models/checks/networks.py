"""Checks of sewer and supply."""

from collections.abc import Iterator

import networkx as nx
import numpy as np
import shapely

from cim_models.checks.defects import Defect, error, note, warning
from cim_models.checks.surface import SENTINELS
from cim_models.city import City, Network

_GROUND_GAP_M = 1.0  # what the accuracy of a terrain may explain
_GULLY_REACH_M = 100.0
_LENGTH_RATIO = 1.5
_SHORT_M = 5.0


def check_sewer(city: City) -> Iterator[Defect]:
    """Inverts, rims, pipes, connections, gullies."""
    if city.sewer is None:
        gullies = city.layer("gullies")
        if gullies is not None:
            text = f"{len(gullies)} gullies but no sewer"
            yield error("gullies", "", text, "Add sewer.inp or remove the layer")
        return
    yield from _nodes("sewer", city.sewer)
    yield from _rims(city)
    yield from _links("sewer", city.sewer, "conduit")
    yield from _drainage(city.sewer)
    yield from _gullies(city)


def check_supply(city: City) -> Iterator[Defect]:
    """Places, pipes, connection to a source."""
    if city.supply is None:
        return
    yield from _nodes("supply", city.supply)
    yield from _links("supply", city.supply, "pipe")
    nodes = city.supply.nodes
    sources = set(nodes.loc[nodes["kind"] != "junction", "id"])
    if not sources:
        yield error("supply", "", "neither reservoir nor tank", "Add a source of water")
    graph = _graph(city.supply)
    for piece in _pieces(graph):
        if not piece & sources:
            text = f"{len(piece)} nodes without a way to a reservoir or tank"
            yield error("supply", min(piece), text, "Connect them")


def _nodes(layer: str, network: Network) -> Iterator[Defect]:
    nodes = network.nodes
    for name in nodes.loc[nodes.geometry.is_empty, "id"]:
        yield warning(layer, name, "has no coordinates", "Add it to [COORDINATES]")
    for column in ("ground_elevation_m", "invert_elevation_m"):
        values = nodes[column].to_numpy(dtype=float)
        for row in np.flatnonzero(np.isin(values, SENTINELS) | ~np.isfinite(values)):
            text = f"{column} is {values[row]:g}, which usually means missing"
            yield error(layer, nodes["id"].iloc[row], text, "Give the elevation in metres")


def _rims(city: City) -> Iterator[Defect]:
    if city.sewer is None:
        return
    nodes = city.sewer.nodes[~city.sewer.nodes.geometry.is_empty]
    x, y = shapely.get_coordinates(nodes.geometry.to_numpy()).T
    inside = city.terrain.inside(x, y)
    row, col = city.terrain.row_col(x, y)
    terrain = np.full(len(nodes), np.nan)
    terrain[inside] = city.terrain.elevation[row[inside], col[inside]]
    columns = (nodes[name] for name in ("id", "kind", "ground_elevation_m", "invert_elevation_m"))
    for name, kind, rim, invert, ground in zip(*columns, terrain, strict=True):
        if kind != "outfall" and rim < invert:
            text = f"invert {invert:.2f} m lies above its rim {rim:.2f} m"
            yield error("sewer", name, text, "Correct invert or depth")
        elif kind == "outfall" or np.isnan(ground):
            continue
        elif invert > ground:
            text = f"invert {invert:.2f} m lies above the terrain {ground:.2f} m"
            defect = error if invert > ground + _GROUND_GAP_M else warning
            yield defect("sewer", name, text, "Correct the invert or the terrain")
        elif abs(rim - ground) > _GROUND_GAP_M:
            text = f"rim {rim:.2f} m is {rim - ground:+.2f} m off the terrain"
            yield warning("sewer", name, text, "Survey it; overflow starts at the rim")
    for name in nodes.loc[~inside, "id"]:
        yield note("sewer", name, "lies off the terrain", "It exchanges no water with the surface")


def _links(layer: str, network: Network, pipe: str) -> Iterator[Defect]:
    links = network.links[network.links["kind"] == pipe]
    drawn = links.geometry.length
    columns = (links["id"], links["length_m"], links["diameter_m"], drawn, links.geometry.is_empty)
    for name, length, diameter, path, empty in zip(*columns, strict=True):
        if length <= 0 or length in SENTINELS:
            yield error(layer, name, f"length is {length:g} m", "Give the length in metres")
        elif not empty and path > _SHORT_M and not 1 / _LENGTH_RATIO < length / path < _LENGTH_RATIO:
            text = f"length {length:.0f} m, but {path:.0f} m on the map"
            yield note(layer, name, text, "Nothing, if the length is the surveyed one")
        if diameter <= 0 or diameter in SENTINELS:
            yield warning(layer, name, f"diameter is {diameter:g} m", "Give the full depth in metres")


def _graph(network: Network) -> "nx.Graph[str]":
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(network.nodes["id"])
    graph.add_edges_from(zip(network.links["from_node"], network.links["to_node"], strict=True))
    return graph


def _pieces(graph: "nx.Graph[str]") -> list[set[str]]:
    return sorted(nx.connected_components(graph), key=lambda piece: (-len(piece), min(piece)))


def _drainage(network: Network) -> Iterator[Defect]:
    nodes = network.nodes
    outfalls = set(nodes.loc[nodes["kind"] == "outfall", "id"])
    if not outfalls:
        yield error("sewer", "", "no outfall", "Add one; SWMM needs it")
    for piece in _pieces(_graph(network)):
        if len(piece) == 1:
            yield warning("sewer", min(piece), "no pipe is connected to it", "Connect or remove it")
        elif not piece & outfalls:
            text = f"{len(piece)} nodes without a way to an outfall"
            yield error("sewer", min(piece), text, "Connect them")


def _gullies(city: City) -> Iterator[Defect]:
    gullies = city.layer("gullies")
    if gullies is None or city.sewer is None:
        return
    places = dict(zip(city.sewer.nodes["id"], city.sewer.nodes.geometry, strict=True))
    for name, node, point in zip(gullies["id"], gullies["node"], gullies.geometry, strict=True):
        if node not in places:
            yield error(
                "gullies", name, f"drains to sewer node '{node}', which does not exist", "Name a node"
            )
        elif not places[node].is_empty and point.distance(places[node]) > _GULLY_REACH_M:
            text = f"drains to node '{node}', {point.distance(places[node]):.0f} m away"
            yield warning("gullies", name, text, "Check the node")
