"""Sewer tables from a SWMM 5.2 input file."""

from collections.abc import Callable

from cim_models.city import Network
from cim_models.errors import NetworkError
from cim_models.networks.sections import Row, Sections
from cim_models.networks.tables import Link, Node, assemble, check_ends, collect

_FOOT_M = 0.3048
_METRE_PER_UNIT = {"CFS": _FOOT_M, "GPM": _FOOT_M, "MGD": _FOOT_M, "CMS": 1.0, "LPS": 1.0, "MLD": 1.0}
_DIVIDER_WORDS = {"CUTOFF": 5, "OVERFLOW": 4, "TABULAR": 5, "WEIR": 7}
_SHAPES_WITHOUT_DEPTH = {"DUMMY", "STREET"}


def read_sewer(text: str, *, crs: str | None = None, source: str = "sewer.inp") -> Network:
    """Read the tables of a SWMM 5.2 model.

    Ground elevation is invert plus maximum depth; where the file gives no maximum depth, and at
    outfalls, the highest pipe crown at the node stands in for it, as SWMM itself does.

    Parameters
    ----------
    text
        The input file.
    crs
        Coordinate reference system of its coordinates.
    source
        Its name, for messages.

    Returns
    -------
    Network in SI units; a node without coordinates has an empty point.

    Raises
    ------
    NetworkError
        If a line is incomplete, an id occurs twice or a link ends nowhere.

    Source: SWMM 5.2 user's manual, appendix D.2 (EPA/600/R-22/030).
    """
    sections = Sections(text, source)
    scale = _metres_per_unit(sections)
    depth = _full_depths(sections, scale)
    link_rows = _links(sections, scale, depth)
    crowns = _crowns(sections, scale, depth)
    node_rows = _nodes(sections, scale, crowns)
    nodes = collect(node_rows)
    links = collect(link_rows)
    check_ends(link_rows, nodes)
    return assemble(nodes, links, sections, text, crs)


def _metres_per_unit(sections: Sections) -> float:
    unit = sections.option("FLOW_UNITS", "CFS")
    if unit not in _METRE_PER_UNIT:
        raise NetworkError(
            f"{sections.source}: FLOW_UNITS unknown",
            got=unit,
            expected=", ".join(_METRE_PER_UNIT),
            remedy="Correct section [OPTIONS]",
        )
    return _METRE_PER_UNIT[unit]


def _full_depths(sections: Sections, scale: float) -> dict[str, float]:
    transects = _transect_depths(sections)
    depths = {}
    for row in sections["XSECTIONS"]:
        shape = row.text(1, "shape").upper()
        if shape in _SHAPES_WITHOUT_DEPTH:
            depths[row.id] = 0.0
        elif shape == "IRREGULAR":
            depths[row.id] = transects.get(row.text(2, "transect"), 0.0) * scale
        else:
            depths[row.id] = row.number(2, "full depth") * scale
    return depths


def _transect_depths(sections: Sections) -> dict[str, float]:
    elevations: dict[str, list[float]] = {}
    name = ""
    for row in sections["TRANSECTS"]:
        if row.id.upper() == "X1":
            name = row.text(1, "transect")
        elif row.id.upper() == "GR":
            stations = range(1, len(row.words), 2)
            elevations.setdefault(name, []).extend(row.number(index, "elevation") for index in stations)
    return {name: max(values) - min(values) for name, values in elevations.items()}


def _links(sections: Sections, scale: float, depth: dict[str, float]) -> list[tuple[Row, Link]]:
    links = []
    for section, kind in (
        ("CONDUITS", "conduit"),
        ("PUMPS", "pump"),
        ("ORIFICES", "orifice"),
        ("WEIRS", "weir"),
        ("OUTLETS", "outlet"),
    ):
        for row in sections[section]:
            length = row.number(3, "length") * scale if kind == "conduit" else 0.0
            ends = row.text(1, "from node"), row.text(2, "to node")
            links.append((row, Link(row.id, kind, *ends, length, depth.get(row.id, 0.0))))
    return links


def _crowns(sections: Sections, scale: float, depth: dict[str, float]) -> dict[str, float]:
    """Return the highest pipe crown above the invert of each node, m."""
    by_elevation = sections.option("LINK_OFFSETS", "DEPTH") == "ELEVATION"
    inverts = {row.id: row.number(1, "invert elevation") for row in _node_rows(sections)}
    crowns: dict[str, float] = {}
    for row in sections["CONDUITS"]:
        for node, index in ((row.text(1, "from node"), 5), (row.text(2, "to node"), 6)):
            word = row.text(index, "offset") if index < len(row.words) else "*"
            offset = 0.0 if word == "*" else row.number(index, "offset")
            if by_elevation and word != "*":
                offset -= inverts.get(node, offset)
            crown = max(offset, 0.0) * scale + depth.get(row.id, 0.0)
            crowns[node] = max(crowns.get(node, 0.0), crown)
    return crowns


def _node_rows(sections: Sections) -> list[Row]:
    names = ("JUNCTIONS", "OUTFALLS", "STORAGE", "DIVIDERS")
    return [row for name in names for row in sections[name]]


def _nodes(sections: Sections, scale: float, crowns: dict[str, float]) -> list[tuple[Row, Node]]:
    kinds: tuple[tuple[str, str, Callable[[Row], float]], ...] = (
        ("JUNCTIONS", "junction", lambda row: row.number(2, "maximum depth", 0.0)),
        ("OUTFALLS", "outfall", lambda _: 0.0),
        ("STORAGE", "storage", lambda row: row.number(2, "maximum depth")),
        ("DIVIDERS", "divider", _divider_depth),
    )
    nodes = []
    for section, kind, depth_of in kinds:
        for row in sections[section]:
            invert = row.number(1, "invert elevation") * scale
            depth = depth_of(row) * scale or crowns.get(row.id, 0.0)
            nodes.append((row, Node(row.id, kind, invert + depth, invert)))
    return nodes


def _divider_depth(row: Row) -> float:
    return row.number(_DIVIDER_WORDS.get(row.text(3, "divider type").upper(), 5), "maximum depth", 0.0)
