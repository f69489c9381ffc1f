"""Water supply tables from an EPANET 2.2 input file."""

from cim_models.city import Network
from cim_models.errors import NetworkError
from cim_models.networks.sections import Row, Sections
from cim_models.networks.tables import Link, Node, assemble, check_ends, collect

_US_UNITS = {"CFS", "GPM", "MGD", "IMGD", "AFD"}
_SI_UNITS = {"LPS", "LPM", "MLD", "CMH", "CMD", "CMS"}
_FOOT_M = 0.3048
_INCH_M = 0.0254
_MILLIMETRE_M = 0.001


def read_supply(text: str, *, crs: str | None = None, source: str = "supply.inp") -> Network:
    """Read the tables of an EPANET 2.2 model.

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
    Network in SI units; both elevations of a node are the one the file gives (the head of a
    reservoir), and a node without coordinates has an empty point.

    Raises
    ------
    NetworkError
        If there is no node, a line is incomplete, an id occurs twice or a link ends nowhere.

    Source: EPANET 2.2 user's manual, appendix C.2 (EPA/600/R-20/133).
    """
    sections = Sections(text, source)
    metre, bore = _units(sections)
    node_rows = _nodes(sections, metre)
    link_rows = _links(sections, metre, bore)
    nodes = collect(node_rows)
    links = collect(link_rows)
    if not nodes:
        raise NetworkError(
            f"Network '{source}'",
            got="no junction, reservoir or tank",
            expected="an input file of EPANET 2.2",
            remedy="Check that this is the right file",
        )
    check_ends(link_rows, nodes)
    return assemble(nodes, links, sections, text, crs)


def _units(sections: Sections) -> tuple[float, float]:
    """Return metres per unit of length and of diameter."""
    unit = sections.option("UNITS", "GPM")
    if unit in _US_UNITS:
        return _FOOT_M, _INCH_M
    if unit in _SI_UNITS:
        return 1.0, _MILLIMETRE_M
    raise NetworkError(
        f"{sections.source}: UNITS unknown",
        got=unit,
        expected=", ".join(sorted(_US_UNITS | _SI_UNITS)),
        remedy="Correct section [OPTIONS]",
    )


def _nodes(sections: Sections, metre: float) -> list[tuple[Row, Node]]:
    nodes = []
    for section, kind in (("JUNCTIONS", "junction"), ("RESERVOIRS", "reservoir"), ("TANKS", "tank")):
        for row in sections[section]:
            elevation = row.number(1, "elevation", 0.0 if kind == "junction" else None) * metre
            nodes.append((row, Node(row.id, kind, elevation, elevation)))
    return nodes


def _links(sections: Sections, metre: float, bore: float) -> list[tuple[Row, Link]]:
    links = []
    for section, kind in (("PIPES", "pipe"), ("PUMPS", "pump"), ("VALVES", "valve")):
        for row in sections[section]:
            ends = row.text(1, "from node"), row.text(2, "to node")
            length = row.number(3, "length") * metre if kind == "pipe" else 0.0
            column = {"pipe": 4, "valve": 3}.get(kind)
            diameter = row.number(column, "diameter") * bore if column else 0.0
            links.append((row, Link(row.id, kind, *ends, length, diameter)))
    return links
