import pytest

from agents.places import read_places
from cim_models.city import City
from tests.agents.toy_town import make_toy_city


def places_of(city: City):
    return read_places(city, reach_m=100.0, persons_per_m=0.3)


def test_low_points_gullies_outfalls_and_names_of_the_tiny_city(tiny_city):
    places = places_of(tiny_city)
    dip = places.road_by_id["R2"]
    assert (dip.x - 500_000, dip.y - 3_270_000) == pytest.approx((60.0, 40.0), abs=2.0)
    assert (dip.grid_cell, dip.patrol_grid, dip.end_names) == ("GC1", "PG1", ("B", "C"))
    assert dip.persons == 260.0
    assert places.gullies_near(dip.x, dip.y, 10.0) == ["G3", "G4"]
    assert places.nearest_outfall(dip.x, dip.y, 2000.0) == "O1"
    assert places.nearest_outfall(dip.x, dip.y, 5.0) is None
    assert places.name(dip.x, dip.y, dip) == ("河街低洼处", "River Street dip")
    far = places.road_by_id["R1"]
    assert places.name(far.x - 90.0, far.y, far) == ("河街", "River Street")
    sewer = next(sensor for sensor in places.sensors if sensor.kind == "sewer_level")
    assert sewer.full_m == pytest.approx(1.9)
    assert places.notes == []


def test_persons_come_from_buildings_then_grid_cells_then_an_assumption(tiny_city):
    by_cell = places_of(tiny_city.with_layer("buildings", tiny_city.layers["buildings"].iloc[:0]))
    density = 260.0 / 6400.0
    assert by_cell.roads[0].persons == pytest.approx(density * 3.14159 * 100**2, rel=1e-3)
    bare = places_of(make_toy_city(without=["grid_cells"]))
    assert bare.roads[0].persons == pytest.approx(60.0)
    assert any("persons" in note for note in bare.notes)


def test_the_middle_lies_in_the_largest_connected_part():
    city = make_toy_city()
    roads = city.layers["roads"]
    island = roads["id"].isin(["H00", "V00"])
    kept = roads[~roads["id"].isin(["V01", "H10", "V10", "H01"]) | island].reset_index(drop=True)
    x, y = places_of(city.with_layer("roads", kept)).middle()
    assert (x, y) not in [(100.0, 100.0), (300.0, 100.0), (100.0, 300.0)]
    middle = places_of(city).middle()
    assert middle == pytest.approx((400.0, 400.0), abs=101.0)


def test_a_city_without_layers_has_no_places_and_says_what_that_means():
    places = places_of(
        make_toy_city(without=["roads", "gullies", "depots", "grid_cells", "patrol_grids", "sensors"])
    )
    assert (places.roads, places.sensors, places.gully_ids, places.depots) == ((), (), (), ())
    assert len(places.notes) == 3
    assert places.gullies_near(0.0, 0.0, 1e6) == []
    assert places.nearest_outfall(0.0, 0.0, 1e6) is None
    assert places.name(0.0, 0.0, None) == ("", "")
