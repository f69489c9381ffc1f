"""Checks of the road graph and of the depots on it."""

from collections import defaultdict
from collections.abc import Iterator

import geopandas as gpd
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
    for name, road_class, line in zip(roads["id"], roads["road_class"], roads.geometry, strict=True):
        if line.length < _ZERO_LENGTH_M:
            yield error("roads", name, f"{line.length:.3f} m long", "Remove it or redraw it")
        if road_class not in _CLASSES:
            yield warning("roads", name, f"class '{road_class}' is unknown", f"Use {', '.join(_CLASSES)}")
    yield from _torn_junctions(roads)
    yield from _pieces(roads)


def _torn_junctions(roads: gpd.GeoDataFrame) -> Iterator[Defect]:
    """Find ends that lie away from where most roads meet their junction."""
    ends: dict[str, list[tuple[str, float, float]]] = defaultdict(list)
    nodes = zip(roads["id"], roads["from_node"], roads["to_node"], roads.geometry, strict=True)
    for name, start, end, line in nodes:
        ends[start].append((name, *line.coords[0]))
        ends[end].append((name, *line.coords[-1]))
    for node, meeting in ends.items():
        points = np.array([(x, y) for _, x, y in meeting])
        gaps = np.hypot(*(points[:, None, :] - points[None, :, :]).transpose(2, 0, 1))
        place = int(np.median(gaps, axis=1).argmin())
        for (name, _, _), gap in zip(meeting, gaps[place], strict=True):
            if gap > _JUNCTION_GAP_M:
                text = f"ends {gap:.1f} m away from where other roads meet junction '{node}'"
                yield error("roads", name, text, "Correct its from_node or to_node")


def _pieces(roads: gpd.GeoDataFrame) -> Iterator[Defect]:
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
        yield from _traps(roads, one_way)


def _traps(roads: gpd.GeoDataFrame, one_way: np.ndarray) -> Iterator[Defect]:
    """Junctions that one-way streets let nobody into, or out of."""
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
