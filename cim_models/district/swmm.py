"""The sewer as a SWMM 5.2 file and as tables."""

from __future__ import annotations

import geopandas as gpd
from shapely.geometry import LineString, Point

from cim_models.city import Network
from cim_models.district.plan import CRS
from cim_models.district.sewer import MANNING_N, Pipe, SewerPlan

_OPTIONS = """[TITLE]
Generated storm sewer; rain falls on the surface grid, so there are no subcatchments.

[OPTIONS]
FLOW_UNITS           CMS
INFILTRATION         HORTON
FLOW_ROUTING         DYNWAVE
LINK_OFFSETS         DEPTH
MIN_SLOPE            0
ALLOW_PONDING        NO
SKIP_STEADY_STATE    NO
START_DATE           06/18/2026
START_TIME           17:00:00
REPORT_START_DATE    06/18/2026
REPORT_START_TIME    17:00:00
END_DATE             06/19/2026
END_TIME             17:00:00
REPORT_STEP          00:01:00
WET_STEP             00:01:00
DRY_STEP             01:00:00
ROUTING_STEP         2
INERTIAL_DAMPING     PARTIAL
NORMAL_FLOW_LIMITED  BOTH
FORCE_MAIN_EQUATION  H-W
SURCHARGE_METHOD     EXTRAN
VARIABLE_STEP        0.75
LENGTHENING_STEP     1
MIN_SURFAREA         2.5
MAX_TRIALS           8
HEAD_TOLERANCE       0.0015
THREADS              1
"""


def make_network(sewer: SewerPlan) -> Network:
    """Turn the design into SWMM text and tables.

    Parameters
    ----------
    sewer
        The finished sewer.

    Returns
    -------
    Network in SI units; elevations in m.
    """
    manholes = list(sewer.manholes.values())
    pipes = list(sewer.pipes.values())
    nodes = gpd.GeoDataFrame(
        {
            "id": [m.id for m in manholes],
            "kind": [m.kind for m in manholes],
            "ground_elevation_m": [m.ground_m for m in manholes],
            "invert_elevation_m": [m.invert_m for m in manholes],
        },
        geometry=[Point(m.x, m.y) for m in manholes],
        crs=CRS,
    )
    links = gpd.GeoDataFrame(
        {
            "id": [p.id for p in pipes],
            "kind": ["conduit"] * len(pipes),
            "from_node": [p.from_node for p in pipes],
            "to_node": [p.to_node for p in pipes],
            "length_m": [p.length_m for p in pipes],
            "diameter_m": [p.diameter_m for p in pipes],
        },
        geometry=[LineString(p.points) for p in pipes],
        crs=CRS,
    )
    return Network(nodes, links, _text(sewer))


def _text(sewer: SewerPlan) -> str:
    manholes = sewer.manholes.values()
    junctions = [
        f"{m.id:<12} {m.invert_m:.3f} {m.ground_m - m.invert_m:.3f} 0 0 0"
        for m in manholes
        if m.kind == "junction"
    ]
    outfalls = [f"{m.id:<12} {m.invert_m:.3f} FREE NO" for m in manholes if m.kind == "outfall"]
    conduits = [_conduit(p) for p in sewer.pipes.values()]
    sections = [f"{p.id:<12} CIRCULAR {p.diameter_m:g} 0 0 0 1" for p in sewer.pipes.values()]
    points = [f"{m.id:<12} {m.x:.3f} {m.y:.3f}" for m in manholes]
    vertices = [f"{p.id:<12} {x:.3f} {y:.3f}" for p in sewer.pipes.values() for x, y in p.points[1:-1]]
    parts = [
        _OPTIONS,
        _section("JUNCTIONS", "Name Elevation MaxDepth InitDepth SurDepth Aponded", junctions),
        _section("OUTFALLS", "Name Elevation Type Gated", outfalls),
        _section("CONDUITS", "Name From To Length Roughness InOffset OutOffset InitFlow MaxFlow", conduits),
        _section("XSECTIONS", "Link Shape Geom1 Geom2 Geom3 Geom4 Barrels", sections),
        _section("LOSSES", "Link Kentry Kexit Kavg FlapGate Seepage", [f"{sewer.flap:<12} 0 0 0 YES 0"]),
        "[REPORT]\nINPUT NO\nCONTROLS NO\nNODES NONE\nLINKS NONE\n",
        _section("COORDINATES", "Node X Y", points),
        _section("VERTICES", "Link X Y", vertices),
    ]
    return "\n".join(parts)


def _conduit(pipe: Pipe) -> str:
    return f"{pipe.id:<12} {pipe.from_node:<12} {pipe.to_node:<12} {pipe.length_m:.2f} {MANNING_N:g} 0 0 0 0"


def _section(name: str, header: str, rows: list[str]) -> str:
    return f"[{name}]\n;;{header}\n" + "".join(f"{row}\n" for row in rows)
