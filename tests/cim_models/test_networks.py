import numpy as np
import pytest

from cim_models.errors import NetworkError
from cim_models.networks import read_sewer, read_supply

SEWER = """\
[TITLE]
[OPTIONS]
FLOW_UNITS  {units}
LINK_OFFSETS {offsets}
[JUNC]            ; names may be shortened
J1  10.0  2.0  0 0 0
J2   9.0  0    0 0 0   ; no depth: the crown stands in
[OUTFALLS]
O1  8.0  FREE
[STORAGE]
"T 1" 7.0 3.0 0 FUNCTIONAL 10 0 0
[DIVIDERS]
D1  9.5 C1 CUTOFF 0.1 1.5
[CONDUITS]
C1 J1 J2 100 0.013 {up} {down}
C2 J2 O1 50 0.013 * *
[PUMPS]
P1 "T 1" J2 *
[XSECTIONS]
C1 CIRCULAR 0.5 0 0 0
C2 IRREGULAR TR
[TRANSECTS]
NC 0.03 0.03 0.03
X1 TR 3 0 0 0 0 0 0 0
GR 12.0 0 10.5 5 12.2 10
[COORDINATES]
J1 0 0
J2 100 0
O1 150 0
T1 1 1
D1 50 50
[VERTICES]
C1 50 10
"""

SUPPLY = """\
[JUNCTIONS]
 J1 {elevation} 1.0
[RESERVOIRS]
 R1 100
[TANKS]
 T1 50 1 0 3 12 0
[PIPES]
 P1 R1 J1 {length} {diameter} 100 0 OPEN
[PUMPS]
 U1 R1 T1 POWER 5
[VALVES]
 V1 T1 J1 {diameter} PRV 30 0
[OPTIONS]
 Units {units}
[COORDINATES]
 J1 1 2
 R1 3 4
[END]
 this is beyond the end
"""


def sewer(units: str = "CMS", offsets: str = "DEPTH", up: str = "0", down: str = "0.2") -> str:
    return SEWER.format(units=units, offsets=offsets, up=up, down=down)


def test_sewer_tables_hold_kinds_elevations_and_lengths() -> None:
    network = read_sewer(sewer(), crs="EPSG:25831")
    nodes = network.nodes.set_index("id")
    assert nodes["kind"].to_dict() == {
        "J1": "junction",
        "J2": "junction",
        "O1": "outfall",
        "T 1": "storage",
        "D1": "divider",
    }
    assert nodes.loc["J1", "ground_elevation_m"] == 12.0
    assert nodes.loc["D1", "ground_elevation_m"] == 11.0
    links = network.links.set_index("id")
    assert links.loc["C1", "length_m"] == 100.0
    assert links.loc["C1", "diameter_m"] == 0.5
    assert links.loc["C2", "diameter_m"] == pytest.approx(1.7), "an irregular channel's own depth"
    assert links.loc["P1", ["kind", "from_node", "to_node"]].tolist() == ["pump", "T 1", "J2"]
    assert network.nodes.crs.to_epsg() == 25831


def test_crown_stands_in_for_a_missing_maximum_depth() -> None:
    by_depth = read_sewer(sewer()).nodes.set_index("id")["ground_elevation_m"]
    by_elevation = read_sewer(sewer(offsets="ELEVATION", up="*", down="9.2")).nodes.set_index("id")
    assert by_depth["J2"] == pytest.approx(9.0 + 1.7)
    assert by_depth["O1"] == pytest.approx(8.0 + 1.7)
    assert by_elevation.loc["J2", "ground_elevation_m"] == pytest.approx(by_depth["J2"])


def test_sewer_in_feet_comes_out_in_metres() -> None:
    network = read_sewer(sewer(units="CFS"))
    assert network.nodes["invert_elevation_m"].iloc[0] == pytest.approx(3.048)
    assert network.links["length_m"].iloc[0] == pytest.approx(30.48)
    assert network.links["diameter_m"].iloc[0] == pytest.approx(0.1524)


def test_geometry_follows_vertices_and_is_empty_without_coordinates() -> None:
    network = read_sewer(sewer())
    links = network.links.set_index("id").geometry
    assert list(links["C1"].coords) == [(0, 0), (50, 10), (100, 0)]
    nodes = network.nodes.set_index("id").geometry
    assert nodes["T 1"].is_empty
    assert links["P1"].is_empty
    assert np.isnan(nodes.x["T 1"])


@pytest.mark.parametrize(
    ("units", "elevation", "length", "diameter"),
    [("LPS", 30.48, 304.8, 254.0), ("GPM", 100.0, 1000.0, 10.0)],
)
def test_supply_tables_are_in_si_units(units: str, elevation: float, length: float, diameter: float) -> None:
    network = read_supply(SUPPLY.format(units=units, elevation=elevation, length=length, diameter=diameter))
    nodes, links = network.nodes.set_index("id"), network.links.set_index("id")
    assert nodes["kind"].tolist() == ["junction", "reservoir", "tank"]
    assert nodes.loc["J1", "ground_elevation_m"] == pytest.approx(30.48)
    assert links.loc["P1", "length_m"] == pytest.approx(304.8)
    assert links.loc[["P1", "V1"], "diameter_m"].tolist() == pytest.approx([0.254, 0.254])
    assert links.loc["U1", ["length_m", "diameter_m"]].tolist() == [0.0, 0.0]
    assert nodes.geometry["T1"].is_empty


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("C2 J2 O1", "C2 J2 O9", r"line 16, 'C2': node 'O9' does not exist.*correct the link"),
        ("J2   9.0", "J1   9.0", r"line 7, 'J1': second node of this id.*the first is on line 6"),
        ("C2 J2 O1", "C1 J2 O1", r"line 16, 'C1': second link"),
        ("J1  10.0", "J1  ten", r"line 6, 'J1': invert elevation is not a number: got 'ten'"),
        ("C2 J2 O1 50 0.013 * *", "C2 J2", r"line 16, 'C2': no (length|to node)"),
        ("CMS", "LITRES", r"FLOW_UNITS unknown: got LITRES; expected CFS"),
    ],
)
def test_wrong_sewer_line_is_named(old: str, new: str, message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        read_sewer(sewer().replace(old, new))


def test_wrong_supply_units_are_named() -> None:
    text = SUPPLY.format(units="FURLONGS", elevation=1, length=1, diameter=1)
    with pytest.raises(NetworkError, match="UNITS unknown: got FURLONGS"):
        read_supply(text)
