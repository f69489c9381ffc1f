"""Routes and travel times on the flooded graph."""

import geopandas as gpd
import networkx as nx
import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString

from cim_models.errors import InputError
from cim_models.orders import ClearGullies, CloseRoad, OpenRoad
from tests.tiny_city import JUNCTIONS, X0, Y0
from twin.roads import RoadNetwork, vehicle_classes


@pytest.fixture
def network(tiny_city):
    return RoadNetwork(tiny_city.layers["roads"])


@pytest.fixture
def node(network):
    return {name: network.node_ids.index(name) for name in JUNCTIONS}


def names(route):
    return [leg.road for leg in route]


def test_dry_way_is_the_short_one(network, node):
    route = network.route(node["A"], node["C"], "car")
    assert names(route) == ["R1", "R2"]
    assert route[0].travel_time_s == pytest.approx(30.0 / (50.0 / 3.6))
    assert [leg.to_node for leg in route] == [node["B"], node["C"]]
    np.testing.assert_allclose(route[1].path[-1], (X0 + 70.0, Y0 + 40.0))


def test_route_avoids_the_flooded_road(network, node):
    network.update(np.array([0.0, 0.4, 0.0, 0.0, 0.0]))
    assert names(network.route(node["A"], node["C"], "car")) == ["R1", "R3", "R4", "R5"]
    assert names(network.route(node["A"], node["C"], "pump_truck")) == ["R1", "R2"]
    assert not network.is_passable("R2", "car")
    assert network.is_passable("R2", "pump_truck")
    network.update(np.zeros(5))
    assert names(network.route(node["A"], node["C"], "car")) == ["R1", "R2"]


def test_water_slows_without_cutting(network, node):
    network.update(np.array([0.0, 0.2, 0.0, 0.0, 0.0]))
    leg = network.leg(node["B"], "R2", "car")
    assert leg.travel_time_s == pytest.approx(34.0 / (12.36 / 3.6), rel=1e-3)
    assert leg.dry_time_s == pytest.approx(34.0 / (50.0 / 3.6))
    assert network.dry_time_s(node["B"], node["C"], "car") == pytest.approx(leg.dry_time_s)


def test_barrier_stops_cars_and_lets_crews_through(network, node):
    assert network.apply(CloseRoad("1", "R2")).done
    assert names(network.route(node["B"], node["C"], "car")) == ["R3", "R4", "R5"]
    assert names(network.route(node["B"], node["C"], "emergency")) == ["R2"]
    assert not network.is_passable("R2", "car")
    assert "already closed" in network.apply(CloseRoad("2", "R2")).reason
    assert network.apply(OpenRoad("3", "R2")).done
    assert network.is_passable("R2", "car")


def test_orders_that_are_not_for_roads_are_refused(network):
    assert "no road 'R9'" in network.apply(CloseRoad("1", "R9")).reason
    assert "no order for roads" in network.apply(ClearGullies("1", ("G1",))).reason


def test_cut_off_is_none_and_infinite(network, node):
    network.update(np.array([1.0, 0.0, 0.0, 0.0, 0.0]))
    assert network.route(node["A"], node["C"], "car") is None
    assert network.travel_times([node["A"]], [node["C"]], "car")[0, 0] == np.inf
    assert network.route(node["A"], node["A"], "car") == []


def test_oneway_road_is_driven_in_its_direction_only(tiny_city):
    roads = tiny_city.layers["roads"].assign(oneway=[False, True, False, False, False])
    network = RoadNetwork(roads)
    b, c = network.node_ids.index("B"), network.node_ids.index("C")
    assert names(network.route(b, c, "car")) == ["R2"]
    assert names(network.route(c, b, "car")) == ["R5", "R4", "R3"]
    assert network.leg(c, "R2", "car").travel_time_s == np.inf


def test_leg_against_the_line_turns_its_path_round(network, node):
    leg = network.leg(node["C"], "R2", "car")
    assert leg.to_node == node["B"]
    np.testing.assert_allclose(leg.path[0], (X0 + 70.0, Y0 + 40.0))


def test_nearest_junction_and_road(network, node):
    assert network.nearest_node(X0 + 35.0, Y0 + 70.0) == node["D"]
    assert network.nearest_road(X0 + 50.0, Y0 + 44.0) == "R2"
    assert network.node_xy(node["A"]) == (X0 + 6.0, Y0 + 40.0)


def test_unknown_names_are_told(network, node):
    with pytest.raises(InputError, match="R9"):
        network.is_passable("R9", "car")
    with pytest.raises(InputError, match=r"hovercraft.*car"):
        network.is_passable("R1", "hovercraft")
    with pytest.raises(InputError, match="does not end at"):
        network.leg(node["E"], "R1", "car")


def random_roads(seed, junctions, count):
    rng = np.random.default_rng(seed)
    xy = rng.random((junctions, 2)) * 1000.0
    ends = rng.integers(0, junctions, (count, 2))
    ends = ends[ends[:, 0] != ends[:, 1]]
    roads = gpd.GeoDataFrame(
        {
            "id": [f"R{k}" for k in range(len(ends))],
            "from_node": [f"N{k:02d}" for k in ends[:, 0]],
            "to_node": [f"N{k:02d}" for k in ends[:, 1]],
            "speed_km_h": rng.choice([20.0, 30.0, 50.0], len(ends)),
            "oneway": rng.random(len(ends)) < 0.3,
        },
        geometry=[LineString([xy[a], xy[b]]) for a, b in ends],
    )
    return roads, rng.random(len(ends)) * 0.4


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000), few=st.booleans())
def test_travel_times_and_routes_equal_networkx(seed, few):
    """Also with parallel roads, one-way roads and cut roads, from either end of the search."""
    roads, depth = random_roads(seed, 12, 40)
    network = RoadNetwork(roads)
    network.update(depth)
    speed = vehicle_classes()["car"].speed_km_h(depth, roads["speed_km_h"].to_numpy())
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(network.node_ids)
    for row, road in enumerate(roads.itertuples()):
        if speed[row] > 0.0:
            time_s = road.geometry.length / (speed[row] / 3.6)
            graph.add_edge(road.from_node, road.to_node, weight=time_s)
            if not road.oneway:
                graph.add_edge(road.to_node, road.from_node, weight=time_s)
    nodes = range(len(network.node_ids))
    origins = list(nodes)
    destinations = [3, 5, 3] if few else [*nodes, 0]
    times = network.travel_times(origins, destinations, "car")
    assert times.shape == (len(origins), len(destinations))
    for row, origin in enumerate(origins):
        reached = nx.single_source_dijkstra_path_length(graph, network.node_ids[origin])
        expected = [reached.get(network.node_ids[goal], np.inf) for goal in destinations]
        np.testing.assert_allclose(times[row], expected, rtol=1e-9)
        route = network.route(origin, destinations[0], "car")
        total = np.inf if route is None else sum(leg.travel_time_s for leg in route)
        assert total == pytest.approx(expected[0], rel=1e-9)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), limit_s=st.sampled_from([5.0, 40.0, np.inf]))
def test_approach_times_are_travel_times_to_the_nearest_junction_within_the_limit(seed, limit_s):
    """For several vehicle classes at once, of which the wet roads slow and cut some more than others."""
    roads, depth = random_roads(seed, 12, 40)
    network = RoadNetwork(roads)
    network.update(depth * 2.0)
    rng = np.random.default_rng(seed)
    origins = rng.integers(0, len(network.node_ids), 9).tolist()
    vehicles = rng.choice(["car", "truck", "pump_truck"], 9).tolist()
    targets = [tuple(rng.integers(0, len(network.node_ids), 1 + index % 3).tolist()) for index in range(6)]
    wanted = rng.random((9, 6)) < 0.7
    found = network.approach_times(origins, vehicles, targets, wanted, limit_s)
    for row, column in np.ndindex(9, 6):
        expected = network.travel_times([origins[row]], targets[column], vehicles[row]).min()
        if not wanted[row, column] or expected > limit_s:
            expected = np.inf
        assert found[row, column] == pytest.approx(expected, rel=1e-12)


def test_classes_that_are_equally_fast_share_a_search(network):
    assert network._equally_fast(["car", "pump_truck", "truck", "van"]) == [
        ["car", "pump_truck", "truck", "van"]
    ]
    network.update(np.array([0.0, 0.4, 0.0, 0.0, 0.0]))
    assert len(network._equally_fast(["car", "pump_truck"])) == 2


def test_the_number_of_threads_does_not_change_approach_times():
    roads, depth = random_roads(3, 200, 600)
    network = RoadNetwork(roads)
    network.update(depth)
    nodes = range(len(network.node_ids))
    everything = np.ones((len(nodes), len(nodes)), dtype=bool)
    asked = list(nodes), ["car"] * len(nodes), [(node,) for node in nodes], everything, np.inf
    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        single = network.approach_times(*asked)
    finally:
        numba.set_num_threads(threads)
    assert np.isfinite(single).sum() > 10_000
    np.testing.assert_array_equal(network.approach_times(*asked), single)
