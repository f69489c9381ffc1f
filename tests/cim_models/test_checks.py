import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString, Point, Polygon

from cim_models.bundle import write_city
from cim_models.checks import Defect, Severity, check_city, describe_city
from cim_models.city import City
from cim_models.networks import read_sewer

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE


def change(layer: str, row: int, **values: object) -> Callable[[City], City]:
    """Return a function that changes one feature of a layer."""

    def apply(city: City) -> City:
        frame = city.layers[layer].copy()
        for column, value in values.items():
            frame.at[row, column] = value
        return city.with_layer(layer, frame)

    return apply


def rewrite_sewer(old: str, new: str) -> Callable[[City], City]:
    def apply(city: City) -> City:
        assert city.sewer is not None
        assert old in city.sewer.inp
        return replace(city, sewer=read_sewer(city.sewer.inp.replace(old, new), crs=city.crs))

    return apply


def lift_sewer(city: City) -> City:
    assert city.sewer is not None
    nodes = city.sewer.nodes.copy()
    nodes.loc[nodes["id"] == "J2", "invert_elevation_m"] = nodes["ground_elevation_m"].max() + 5
    return replace(city, sewer=replace(city.sewer, nodes=nodes))


def sink_terrain(city: City) -> City:
    return replace(city, terrain=replace(city.terrain, elevation=city.terrain.elevation - 10))


def spoil_terrain(value: float) -> Callable[[City], City]:
    def apply(city: City) -> City:
        elevation = city.terrain.elevation.copy()
        elevation[:3, :3] = value
        return replace(city, terrain=replace(city.terrain, elevation=elevation))

    return apply


def cut_roads(city: City) -> City:
    far = LineString([(p[0], p[1] - 30) for p in city.layers["roads"].geometry[0].coords])
    return change("roads", 0, from_node="X", to_node="Y", geometry=far)(city)


def make_one_way(city: City) -> City:
    roads = city.layers["roads"].copy()
    roads["oneway"] = [True, False, False, False, False]
    return city.with_layer("roads", roads)


def without_outfall(city: City) -> City:
    assert city.sewer is not None
    nodes = city.sewer.nodes.copy()
    nodes["kind"] = nodes["kind"].replace("outfall", "junction")
    return replace(city, sewer=replace(city.sewer, nodes=nodes))


def other_crs(city: City) -> City:
    return city.with_layer("depots", city.layers["depots"].set_crs("EPSG:25831", allow_override=True))


def bow_tie(city: City) -> City:
    x, y = city.terrain.centre(10, 10)
    ring = [(x, y), (x + 4, y + 4), (x + 4, y), (x, y + 4)]
    return change("buildings", 0, geometry=Polygon(ring))(city)


CASES = [
    (spoil_terrain(9999.0), ERROR, "terrain", "", "9 cells of 9999 m"),
    (spoil_terrain(-9999.0), ERROR, "terrain", "", "9 cells of -9999 m"),
    (spoil_terrain(0.0), WARNING, "terrain", "", "9 cells of exactly 0 m"),
    (spoil_terrain(np.nan), NOTE, "terrain", "", "9 of 1600 cells without ground"),
    (spoil_terrain(1e6), ERROR, "terrain", "", "9 cells below -450 m or above 9000 m, the first at row"),
    (spoil_terrain(1e38), ERROR, "terrain", "", "with 1e+38 m"),
    (spoil_terrain(np.inf), ERROR, "terrain", "", "with inf m"),
    (lambda city: replace(city, crs=""), ERROR, "city", "", "not a coordinate reference system"),
    (lambda city: replace(city, crs="EPSG:4326"), ERROR, "city", "", "not projected in metres"),
    (other_crs, ERROR, "depots", "", "not in the city's CRS"),
    (change("gullies", 1, id="G1"), ERROR, "gullies", "", "'G1' occurs more than once"),
    (change("gullies", 1, node="J9"), ERROR, "gullies", "G2", "'J9', which does not exist"),
    (change("gullies", 1, open_ratio=2.0), ERROR, "gullies", "G2", "open_ratio is 2"),
    (change("buildings", 1, height_m=9999.0), ERROR, "buildings", "B2", "height_m is 9999"),
    (change("buildings", 1, geometry=Point(0, 0).buffer(5)), WARNING, "buildings", "B2", "off the terrain"),
    (bow_tie, WARNING, "buildings", "B1", "Self-intersection[500023 3270061]"),
    (change("roads", 0, width_m=0.0), ERROR, "roads", "R1", "width_m is 0"),
    (change("roads", 0, road_class="goat track"), WARNING, "roads", "R1", "class 'goat track'"),
    (change("roads", 0, to_node="E"), ERROR, "roads", "R1", "away from where other roads meet"),
    (cut_roads, WARNING, "roads", "R1", "1 segments, 30 m, are not connected"),
    (make_one_way, WARNING, "roads", "R1", "cannot be both reached and left"),
    (change("sensors", 0, target="R99"), ERROR, "sensors", "S-road", "road 'R99', which does not exist"),
    (change("sensors", 1, target="J99"), ERROR, "sensors", "S-sewer", "sewer node 'J99'"),
    (change("sensors", 2, kind="nose"), ERROR, "sensors", "S-rain", "kind 'nose' is unknown"),
    (lift_sewer, ERROR, "sewer", "J2", "lies above its rim"),
    (sink_terrain, ERROR, "sewer", "J1", "lies above the terrain"),
    (rewrite_sewer("C2 J2 J3", "C2 J2 J2"), ERROR, "sewer", "J1", "2 nodes without a way to an outfall"),
    (rewrite_sewer("C1 J1 J2", "C1 J2 J3"), WARNING, "sewer", "J1", "no pipe is connected"),
    (rewrite_sewer("C1 J1 J2 16.00", "C1 J1 J2 9999"), ERROR, "sewer", "C1", "length is 9999 m"),
    (rewrite_sewer("C1 J1 J2 16.00", "C1 J1 J2 66.00"), NOTE, "sewer", "C1", "16 m on the map"),
    (rewrite_sewer("C1 CIRCULAR 0.3", "C1 CIRCULAR 0.0"), WARNING, "sewer", "C1", "diameter is 0"),
    (without_outfall, ERROR, "sewer", "", "no outfall"),
    (lambda city: replace(city, sewer=None), ERROR, "gullies", "", "4 gullies but no sewer"),
    (lambda city: replace(city, layers={}), NOTE, "roads", "", "no road is flooded and no crew drives"),
]


@pytest.mark.parametrize(("spoil", "severity", "layer", "id_", "what"), CASES)
def test_each_defect_is_named(
    tiny_city: City, spoil: Callable[[City], City], severity: Severity, layer: str, id_: str, what: str
) -> None:
    found = check_city(spoil(tiny_city))
    matches = [item for item in found if (item.layer, item.id) == (layer, id_) and what in item.what]
    assert matches, "\n".join(map(str, found))
    assert matches[0].severity == severity
    assert matches[0].remedy
    assert found == sorted(found, key=lambda item: (item.severity, item.layer, item.id, item.what))


def test_zero_length_road_is_an_error(tiny_city: City) -> None:
    line = tiny_city.layers["roads"].geometry[0]
    dot = LineString([line.coords[0], line.coords[0]])
    found = check_city(change("roads", 0, geometry=dot)(tiny_city))
    assert any(item.layer == "roads" and item.id == "R1" and "0.000 m long" in item.what for item in found)


def test_depot_far_from_roads_is_an_error(tiny_city: City) -> None:
    depot = tiny_city.layers["depots"].geometry[0]
    moved = change("depots", 0, geometry=Point(depot.x - 200, depot.y))(tiny_city)
    assert any(item.id == "DP1" and "200 m from the nearest road" in item.what for item in check_city(moved))


def test_tiny_city_has_no_defect_but_absences(tiny_city: City) -> None:
    assert {(item.layer, item.severity) for item in check_city(tiny_city)} == {
        ("supply", NOTE),
        ("organisations", NOTE),
    }


def test_folder_is_checked_and_an_unreadable_one_is_a_defect(tiny_city: City, tmp_path: Path) -> None:
    write_city(tiny_city, tmp_path / "tiny")
    assert check_city(tmp_path / "tiny") == check_city(tiny_city)
    (tmp_path / "tiny" / "terrain.tif").unlink()
    (defect,) = check_city(tmp_path / "tiny")
    assert defect.severity == ERROR
    assert "terrain.tif is missing" in str(defect)


def test_defect_reads_as_one_line() -> None:
    defect = Defect("roads", "R1", "0.000 m long", "Remove it", WARNING)
    assert str(defect) == "warning: roads 'R1': 0.000 m long. Remove it."


def test_info_counts_and_measures(tiny_city: City) -> None:
    info = describe_city(tiny_city)
    layers = {layer.name: layer for layer in info.layers}
    assert info.shape == (40, 40)
    assert layers["terrain"].area_m2 == pytest.approx(6400.0)
    assert layers["terrain"].origin == "made up for the tests"
    assert layers["roads"].count == 5
    assert layers["roads"].length_m == pytest.approx(166.0)
    assert layers["buildings"].area_m2 == pytest.approx(16 * 16 + 14 * 16)
    assert layers["buildings"].cim_level == 2
    assert layers["sewer"].length_m == pytest.approx(58.0)
    assert isinstance(tiny_city.layers["roads"], gpd.GeoDataFrame)


def test_built_in_district_has_no_error() -> None:
    from cim_models.district import make_district

    errors = [str(item) for item in check_city(make_district()) if item.severity == ERROR]
    assert errors == []


def test_places_of_faults_are_told_to_a_decimetre(tiny_city: City) -> None:
    crossed = Polygon(
        [(500010.0, 3270050.0), (500013.3, 3270060.0), (500013.7, 3270050.0), (500010.0, 3270061.0)]
    )
    found = check_city(change("buildings", 0, geometry=crossed)(tiny_city))
    (told,) = [item.what for item in found if "invalid geometry" in item.what]
    assert re.fullmatch(r"invalid geometry: Self-intersection\[\d+\.\d \d+\.\d\]", told)
