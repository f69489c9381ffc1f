"""Checks of the road graph and of the depots on it."""

from collections.abc import Iterator

import networkx as nx
import numpy as np
import shapely

from cim_models.checks.defects import Defect, error, warning
from cim_models.city import City

_JUNCTION_GAP_M = 1.0
_ZERO_LENGTH_M = 0.01
_DEPOT_REACH_M = 100.0
_CLASSES = ("trunk", "primary", "secondary", "residential", "service")


def check_roads(city: City) -> Iterator[Defect]:
    """Zero lengths, torn junctions, pieces, unknown classes."""
    roads = city.layer("roads")
    if roads is None:
        return
    places: dict[str, tuple[float, float]] = {}
    rows = zip(
        roads["id"], roads["from_node"], roads["to_node"], roads["road_class"], roads.geometry, strict=True
    )
    for name, start, end, road_class, line in rows:
        if line.length < _ZERO_LENGTH_M:
            yield error("roads", name, f"{line.length:.3f} m long", "Remove it or redraw it")
        if road_class not in _CLASSES:
            yield warning("roads", name, f"class '{road_class}' is unknown", f"Use {', '.join(_CLASSES)}")
        for node, point in ((start, line.coords[0]), (end, line.coords[-1])):
            known = places.setdefault(node, point)
            gap = float(np.hypot(known[0] - point[0], known[1] - point[1]))
            if gap > _JUNCTION_GAP_M:
                text = f"ends {gap:.1f} m away from where other roads meet junction '{node}'"
                yield error("roads", name, text, "Correct its from_node or to_node")
    yield from _pieces(city)


def _pieces(city: City) -> Iterator[Defect]:
    roads = city.layers["roads"]
    graph: nx.Graph[str] = nx.Graph()
    graph.add_edges_from(zip(roads["from_node"], roads["to_node"], strict=True))
    pieces = sorted(nx.connected_components(graph), key=lambda piece: (-len(piece), min(piece)))
    for piece in pieces[1:]:
        inside = roads["from_node"].isin(piece)
        names = roads.loc[inside, "id"]
        text = f"{len(names)} segments, {roads.length[inside].sum():.0f} m, are not connected to the rest"
        yield warning("roads", names.iloc[0], text, "Join them to the graph; no crew reaches them")
    one_way = roads["oneway"].to_numpy(dtype=bool)
    if one_way.any() and len(pieces) == 1:
        yield from _traps(city, one_way)


def _traps(city: City, one_way: np.ndarray) -> Iterator[Defect]:
    """Junctions that one-way streets let nobody into, or out of."""
    roads = city.layers["roads"]
    graph: nx.DiGraph[str] = nx.DiGraph()
    for start, end, single in zip(roads["from_node"], roads["to_node"], one_way, strict=True):
        graph.add_edge(start, end)
        if not single:
            graph.add_edge(end, start)
    parts = sorted(nx.strongly_connected_components(graph), key=lambda part: (-len(part), min(part)))
    for part in parts[1:]:
        node = min(part)
        touching = roads.loc[(roads["from_node"] == node) | (roads["to_node"] == node), "id"]
        text = f"junction '{node}' cannot be both reached and left because of one-way streets"
        yield warning("roads", touching.iloc[0], text, "Check 'oneway' of the roads there")


def check_depots(city: City) -> Iterator[Defect]:
    """Depots far from every road."""
    depots, roads = city.layer("depots"), city.layer("roads")
    if depots is None or roads is None:
        return
    network = shapely.union_all(roads.geometry.to_numpy())
    for name, distance in zip(depots["id"], depots.geometry.distance(network), strict=True):
        if distance > _DEPOT_REACH_M:
            text = f"{distance:.0f} m from the nearest road"
            yield error("depots", name, text, f"Move it to within {_DEPOT_REACH_M:.0f} m of a road")
