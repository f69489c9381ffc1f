"""A road graph from street axes."""

from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely
from shapely.ops import substring

from cim_models.importers.recipe import RoadGraph
from cim_models.importers.report import LayerReport

_GRID_M = 0.01  # coordinates snap to a centimetre, so that cuts meet exactly


@dataclass(frozen=True, slots=True)
class _Segment:
    axis: int
    along_m: float
    line: shapely.LineString


def build_graph(axes: gpd.GeoDataFrame, recipe: RoadGraph, report: LayerReport) -> gpd.GeoDataFrame:
    """Cut axes into segments between junctions.

    Parameters
    ----------
    axes
        Street axes with ``id`` and the columns of ``roads`` other than the nodes.
    recipe
        Snapping and which pieces of the graph to keep.
    report
        Takes what was found.

    Returns
    -------
    Segments with ``from_node`` and ``to_node``, ids ``AXIS-1``, ``AXIS-2``, … along each axis.
    """
    lines, moved = _snap_ends(axes.geometry.to_numpy(), recipe.snap_m)
    if moved:
        report.notes.append(f"{moved} loose ends drawn to an axis within {recipe.snap_m:g} m")
    segments = [
        part
        for segment in _cut(lines)
        for part in _divide(segment, recipe.max_length_m or segment.line.length)
    ]
    number = np.zeros(len(axes), dtype=int)
    ids = []
    for segment in segments:
        number[segment.axis] += 1
        ids.append(f"{axes['id'].iloc[segment.axis]}-{number[segment.axis]}")
    roads = axes.iloc[[segment.axis for segment in segments]].reset_index(drop=True)
    roads["id"] = ids
    roads = roads.set_geometry([segment.line for segment in segments], crs=axes.crs)
    _name_junctions(roads)
    report.notes.append(
        f"{len(axes)} axes cut into {len(roads)} segments where they cross or touch"
        + (f", and into parts of at most {recipe.max_length_m:g} m" if recipe.max_length_m else "")
        + "; the source has no levels, so every crossing is a junction"
    )
    return _keep_pieces(roads, recipe, report)


def _snap_ends(lines: np.ndarray, snap_m: float) -> tuple[list[shapely.LineString], int]:
    """Move ends that nearly touch another line onto it."""
    tree = shapely.STRtree(lines)
    snapped, moved = [], 0
    for index, line in enumerate(lines):
        coords = [tuple(point) for point in shapely.get_coordinates(line)]
        for end in (0, -1):
            point = shapely.Point(coords[end])
            others = [other for other in sorted(tree.query(point.buffer(snap_m))) if other != index]
            distances = [lines[other].distance(point) for other in others]
            if distances and _GRID_M < min(distances) <= snap_m:
                target = lines[others[int(np.argmin(distances))]]
                coords[end] = target.interpolate(target.project(point)).coords[0]
                moved += 1
        snapped.append(shapely.LineString(coords))
    return snapped, moved


def _cut(lines: list[shapely.LineString]) -> list[_Segment]:
    """Return the segments in the order of the axes, and along each."""
    network = shapely.union_all(lines, grid_size=_GRID_M)
    pieces = [part for part in shapely.get_parts(network) if part.length > _GRID_M]
    tree = shapely.STRtree(lines)
    segments = []
    for piece in pieces:
        middle = piece.interpolate(0.5, normalized=True)
        axis = int(tree.nearest(middle))
        start, end = (lines[axis].project(shapely.Point(piece.coords[place])) for place in (0, -1))
        line = piece if start <= end else shapely.reverse(piece)
        segments.append(_Segment(axis, lines[axis].project(middle), line))
    return sorted(segments, key=lambda segment: (segment.axis, segment.along_m))


def _divide(segment: _Segment, max_length_m: float) -> list[_Segment]:
    """Cut a segment into equal parts no longer than a limit."""
    line = segment.line
    count = int(np.ceil(line.length / max_length_m))
    marks = np.linspace(0.0, line.length, count + 1)
    return [
        _Segment(
            segment.axis,
            segment.along_m,
            shapely.LineString(shapely.get_coordinates(substring(line, start, end))),
        )
        for start, end in pairwise(marks)
    ]


def _name_junctions(roads: gpd.GeoDataFrame) -> None:
    ends = [(line.coords[0], line.coords[-1]) for line in roads.geometry]
    places = sorted({place for pair in ends for place in pair})
    names = {place: f"N{number}" for number, place in enumerate(places, start=1)}
    roads["from_node"] = [names[start] for start, _ in ends]
    roads["to_node"] = [names[end] for _, end in ends]


def _keep_pieces(roads: gpd.GeoDataFrame, recipe: RoadGraph, report: LayerReport) -> gpd.GeoDataFrame:
    graph: nx.MultiGraph[str] = nx.MultiGraph()
    for row in roads.itertuples():
        graph.add_edge(row.from_node, row.to_node)
    pieces = sorted(nx.connected_components(graph), key=lambda piece: (-len(piece), min(piece)))
    report.notes.append(f"road graph: {len(pieces)} piece(s), {roads.length.sum():.0f} m")
    if len(pieces) == 1 or recipe.keep == "all":
        return roads
    inside = roads["from_node"].isin(pieces[0])
    report.dropped.append(f"{int((~inside).sum())} segments not connected to the largest piece")
    return roads[inside].reset_index(drop=True)
