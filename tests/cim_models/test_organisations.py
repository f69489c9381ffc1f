"""The tree of organisations: what it refuses, whom it finds, and the large one."""

from dataclasses import replace

import geopandas as gpd
import pytest
from shapely.geometry import Point

from cim_models.checks import check_city
from cim_models.errors import BundleError, InputError
from cim_models.layers import LAYERS
from cim_models.organisation_model import (
    OrganisationNumbers,
    grid_cell_codes,
    make_organisations,
    organisation_columns,
)
from cim_models.organisations import (
    Organisation,
    OrganisationKind,
    organisation_tree,
    read_organisations,
    tree_defects,
)

K = OrganisationKind


def member(name, kind, parent="", skills=(), areas=()):
    return Organisation(name, kind, f"{name}中文", name, parent, frozenset(skills), tuple(areas))


SMALL = (
    member("C", K.CENTRE),
    member("D", K.DEPARTMENT, "C", ["drainage"]),
    member("Q", K.DISTRICT, "C", areas=["509901"]),
    member("S1", K.STATION, "Q", areas=["509901001"]),
    member("S2", K.STATION, "Q", areas=["509901002"]),
    member("U1", K.UNIT, "S1", ["drainage", "road"]),
    member("U2", K.UNIT, "S2", ["drainage"]),
    member("U3", K.UNIT, "D", ["drainage", "pump"]),
    member("U4", K.UNIT, "U3", ["gas"]),
)


def changed(name, **values):
    return [replace(item, **values) if item.id == name else item for item in SMALL]


@pytest.mark.parametrize(
    ("members", "what"),
    [
        (changed("U1", parent="X"), "names the parent 'X', which is not there"),
        (changed("U1", parent=""), "is an orphan"),
        (changed("S1", parent="U1"), "belongs to itself by way of S1 > U1 > S1"),
        (changed("U3", parent="U4"), "belongs to itself"),
        (changed("S1", parent="D"), "is a station below a department; expected below a district or centre"),
        (changed("C", parent="D"), "is a centre below a department; expected below nothing"),
        (changed("D", kind=K.CENTRE, parent=""), "is a second centre besides 'C'"),
        (changed("C", kind=K.DEPARTMENT), "there is no centre"),
        ([*SMALL, SMALL[-1]], "is there 2 times"),
    ],
)
def test_what_is_no_tree_is_refused(members, what):
    assert any(what in defect.what for defect in tree_defects(members))
    with pytest.raises(BundleError, match="layer organisations: organisation"):
        organisation_tree(members, "layer organisations")


def test_a_good_tree_has_no_defects():
    assert list(tree_defects(SMALL)) == []
    assert organisation_tree(SMALL, "here").counts() == {
        "centre": 1, "department": 1, "district": 1, "station": 2, "unit": 4,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("skill", "cell", "unit"),
    [
        ("drainage", "509901001004017", "U1"),  # the station's own
        ("drainage", "509901002004017", "U2"),
        ("drainage", "509902001004017", "U3"),  # another district: who serves everywhere
        ("drainage", "", "U3"),
        ("road", "509901002004017", None),
        ("pump", "509901002004017", "U3"),
        ("gas", "anywhere", "U4"),
        ("magic", "509901001004017", None),
    ],
)
def test_the_unit_of_the_smallest_area_handles(skill, cell, unit):
    found = organisation_tree(SMALL, "here").unit_for(skill, cell)
    assert (found.id if found else None) == unit


def test_who_supervises_whom():
    tree = organisation_tree(SMALL, "here")
    assert tree.regulator_of("U4", "gas").id == "D"  # the department above
    assert tree.regulator_of("U1", "drainage").id == "D"  # that of the skill
    assert tree.regulator_of("U1", "road").id == "C"  # nobody but the centre
    assert [above.id for above in tree.ancestors("U1")] == ["S1", "Q", "C"]
    assert tree.find("U2中文").id == tree.find("U2").id == "U2"
    assert tree.find("nobody") is None


def test_the_large_tree_loads_and_serves_every_street():
    members = make_organisations()
    tree = organisation_tree(members, "large")
    assert tree.counts() == {"centre": 1, "department": 32, "district": 10, "station": 141, "unit": 443}
    assert len({item.name_zh for item in members}) == len({item.name_en for item in members}) == len(members)
    everybody = {skill for item in members if item.kind is K.UNIT for skill in item.skills}
    for station in tree.members.values():
        if station.kind is not K.STATION:
            continue
        cell = f"{station.areas[0]}001001"
        own = {
            tree.unit_for(skill, cell).parent for skill in ("drainage", "road", "sanitation", "enforcement")
        }
        assert own == {station.id}
        assert all(tree.unit_for(skill, cell) is not None for skill in everybody)
    assert everybody >= {"drainage", "pump", "water", "gas", "power", "traffic", "inspection"}


def test_cells_are_dealt_out_to_the_streets_and_lead_back_to_their_units():
    members = make_organisations()
    codes = grid_cell_codes(members, 750)
    assert len(set(codes)) == 750
    assert {len(code) for code in codes} == {15}
    tree = organisation_tree(members, "large")
    served = {tree.unit_for("sanitation", code).parent for code in codes}
    assert len(served) == 141


def test_the_large_tree_survives_its_layer():
    members = make_organisations(OrganisationNumbers(9, 2, 3, 12))
    frame = gpd.GeoDataFrame(
        organisation_columns(members), geometry=[Point(0, 0)] * len(members), crs="EPSG:4544"
    )
    assert list(read_organisations(frame, "layer").members.values()) == members


@pytest.mark.parametrize("stations", [3, 7])
def test_small_numbers_give_a_tree_as_well(stations):
    numbers = OrganisationNumbers(departments=9, districts=2, stations=stations, units=3 * stations)
    assert organisation_tree(make_organisations(numbers), "small").counts()["station"] == stations


def test_impossible_numbers_are_refused():
    with pytest.raises(InputError, match=r"Number of units is out of range: got 100; expected 423 to"):
        OrganisationNumbers(units=100)


def layer(rows):
    ids, kinds, parents = zip(*rows, strict=True)
    values = {"id": ids, "kind": kinds, "parent": parents}
    for column in LAYERS["organisations"].columns:
        values.setdefault(column.name, [""] * len(rows))
    return gpd.GeoDataFrame(values, geometry=[Point(500_010, 3_270_010)] * len(rows), crs="EPSG:4544")


@pytest.mark.parametrize(
    ("rows", "id_", "what"),
    [
        ([("C", "centre", ""), ("U", "unit", "X")], "U", "names the parent 'X'"),
        ([("C", "centre", ""), ("U", "team", "C")], "", "organisation 'U' has an unknown kind: got 'team'"),
    ],
)
def test_the_check_of_a_city_names_them(tiny_city, rows, id_, what):
    frame = layer(rows).set_crs(tiny_city.crs, allow_override=True)
    found = [
        d for d in check_city(tiny_city.with_layer("organisations", frame)) if d.layer == "organisations"
    ]
    assert [(d.id, what in d.what, str(d.severity)) for d in found] == [(id_, True, "error")]


def test_components_of_unknown_units_are_named(tiny_city):
    frame = layer([("C", "centre", "")]).set_crs(tiny_city.crs, allow_override=True)
    components = gpd.GeoDataFrame(
        {"id": ["K1", "K2"], "class_code": ["01-04"] * 2, "owner_unit": ["", "Nobody"],
         "maint_unit": ["", ""], "supervising_dept": ["", ""], "grid_cell": ["", ""]},
        geometry=[Point(500_010, 3_270_010)] * 2,
        crs=tiny_city.crs,
    )  # fmt: skip
    city = tiny_city.with_layer("organisations", frame).with_layer("components", components)
    found = [d for d in check_city(city) if "owner_unit" in d.what]
    assert [d.what for d in found] == [
        "1 components name 'Nobody' in owner_unit, no organisation of the city"
    ]
