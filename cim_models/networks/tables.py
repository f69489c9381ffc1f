"""Node and link tables with geometry, shared by both engines."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import geopandas as gpd
import pandas as pd
import shapely

from cim_models.city import Network
from cim_models.errors import NetworkError
from cim_models.networks.sections import Row, Sections

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Node:
    """A node as its section states it; elevations in m."""

    id: str
    kind: str
    ground_elevation_m: float
    invert_elevation_m: float


@dataclass(frozen=True, slots=True)
class Link:
    """A link as its section states it; ``length_m`` and ``diameter_m`` are 0 where it has none."""

    id: str
    kind: str
    from_node: str
    to_node: str
    length_m: float
    diameter_m: float


def collect[T: (Node, Link)](items: Sequence[tuple[Row, T]]) -> list[T]:
    """Return the items after checking that no id occurs twice."""
    first: dict[str, Row] = {}
    for row, item in items:
        if item.id in first:
            kind = "node" if isinstance(item, Node) else "link"
            raise NetworkError(
                f"{row.where}: second {kind} of this id",
                expected=f"one; the first is on line {first[item.id].line}",
                remedy="Rename or remove one of them",
            )
        first[item.id] = row
    return [item for _, item in items]


def check_ends(links: Sequence[tuple[Row, Link]], nodes: Sequence[Node]) -> None:
    """Raise `NetworkError` for a link whose end is not a node."""
    known = {node.id for node in nodes}
    for row, link in links:
        for end in (link.from_node, link.to_node):
            if end not in known:
                raise NetworkError(
                    f"{row.where}: node '{end}' does not exist",
                    expected="the id of a node of this file",
                    remedy="Add the node or correct the link",
                )


def assemble(nodes: list[Node], links: list[Link], sections: Sections, inp: str, crs: str | None) -> Network:
    """Build the network's tables; a node without coordinates gets an empty point."""
    places = {row.id: _point(row) for row in sections["COORDINATES"]}
    bends: dict[str, list[Point]] = {}
    for row in sections["VERTICES"]:
        bends.setdefault(row.id, []).append(_point(row))
    points = [shapely.Point(places[node.id]) if node.id in places else shapely.Point() for node in nodes]
    lines = [_line(link, places, bends.get(link.id, [])) for link in links]
    return Network(nodes=_table(nodes, Node, points, crs), links=_table(links, Link, lines, crs), inp=inp)


def _point(row: Row) -> Point:
    return row.number(1, "x coordinate"), row.number(2, "y coordinate")


def _line(link: Link, places: dict[str, Point], bends: list[Point]) -> shapely.LineString:
    ends = places.get(link.from_node), places.get(link.to_node)
    if ends[0] is None or ends[1] is None:
        return shapely.LineString()
    path = [ends[0]]
    path += [point for previous, point in zip([ends[0], *bends], bends, strict=False) if point != previous]
    return shapely.LineString([*path, ends[1]])


def _table(
    items: Sequence[Node | Link], kind: type, geometry: Sequence[shapely.Geometry], crs: str | None
) -> gpd.GeoDataFrame:
    columns = list(kind.__dataclass_fields__)  # type: ignore[attr-defined]
    data = pd.DataFrame([asdict(item) for item in items], columns=columns)
    return gpd.GeoDataFrame(data, geometry=list(geometry), crs=crs)
