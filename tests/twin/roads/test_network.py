"""Routes and travel times on the flooded graph."""

from itertools import product

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
from twin.roads.kernel_drive import TOLERANCE_M


@pytest.fixture
def network(tiny_city):
    return RoadNetwork(tiny_city.layers["roads"])


@pytest.fixture
def node(network):
    return {name: network.node_ids.index(name) for name in JUNCTIONS}


def travel_times(network, origins, destinations, vehicle="car", limit_s=np.inf):
    """Times from each origin to each destination, s."""
    wanted = np.ones((len(origins), len(destinations)), dtype=bool)
    ends = [(node,) for node in destinations]
    return network.approach_times(origins, [vehicle] * len(origins), ends, wanted, limit_s)


def roads_between(network, origin, destination, vehicle="car"):
    way = network.way(origin, (destination,), vehicle, 0.0)
    return None if way is None else [network.road_id(road) for road in way.roads]


def test_dry_way_is_the_short_one(network, node):
    way = network.way(node["A"], (node["C"],), "car", 100.0)
    assert [network.road_id(road) for road in way.roads] == ["R1", "R2"]
    assert tuple(way.nodes) == (node["A"], node["B"], node["C"])
    assert way.leg_s[0] == pytest.approx(30.0 / (50.0 / 3.6))
    assert way.reached_s == pytest.approx((100.0, 100.0 + way.leg_s[0], 100.0 + sum(way.leg_s)))
    assert tuple(way.delay_s) == (0.0, 0.0, 0.0)
    assert way.path[0] == [X0 + 6.0, Y0 + 40.0, 100.0]
    assert way.path[-1] == pytest.approx([X0 + 70.0, Y0 + 40.0, way.reached_s[-1]], abs=1e-3)


def test_the_destination_that_is_reached_first_counts(network, node):
    way = network.way(node["A"], (node["C"], node["B"]), "car", 0.0)
    assert way.nodes[-1] == node["B"]
    network.update(np.array([1.0, 0.0, 0.0, 0.0, 0.0]))
    assert network.way(node["A"], (node["C"], node["B"]), "car", 0.0) is None


def test_route_avoids_the_flooded_road(network, node):
    network.update(np.array([0.0, 0.4, 0.0, 0.0, 0.0]))
    assert roads_between(network, node["A"], node["C"], "car") == ["R1", "R3", "R4", "R5"]
    assert roads_between(network, node["A"], node["C"], "pump_truck") == ["R1", "R2"]
    assert network.road_times("car")[1] == np.inf
    assert network.road_times("pump_truck")[1] < np.inf
    network.update(np.zeros(5))
    assert roads_between(network, node["A"], node["C"], "car") == ["R1", "R2"]


def test_water_slows_without_cutting(network, node):
    network.update(np.array([0.0, 0.2, 0.0, 0.0, 0.0]))
    way = network.drive(node["B"], (1,), "car", 0.0)
    dry_s = 34.0 / (50.0 / 3.6)
    assert way.leg_s == pytest.approx((34.0 / (12.36 / 3.6),), rel=1e-3)
    assert way.delay_s[-1] == pytest.approx(way.leg_s[0] - dry_s)
    assert network.dry_time_s(node["B"], (node["C"],)) == pytest.approx(dry_s)


def test_barrier_stops_cars_and_lets_crews_through(network, node):
    assert network.apply(CloseRoad("1", "R2")).done
    assert roads_between(network, node["B"], node["C"], "car") == ["R3", "R4", "R5"]
    assert roads_between(network, node["B"], node["C"], "emergency") == ["R2"]
    assert network.road_times("car")[1] == np.inf
    assert "already closed" in network.apply(CloseRoad("2", "R2")).reason
    assert network.apply(OpenRoad("3", "R2")).done
    assert network.road_times("car")[1] < np.inf


def test_orders_that_are_not_for_roads_are_refused(network):
    assert "no road 'R9'" in network.apply(CloseRoad("1", "R9")).reason
    assert "no order for roads" in network.apply(ClearGullies("1", ("G1",))).reason


def test_cut_off_is_none_and_infinite(network, node):
    network.update(np.array([1.0, 0.0, 0.0, 0.0, 0.0]))
    assert network.way(node["A"], (node["C"],), "car", 0.0) is None
    assert travel_times(network, [node["A"]], [node["C"]], "car")[0, 0] == np.inf


def test_oneway_road_is_driven_in_its_direction_only(tiny_city):
    roads = tiny_city.layers["roads"].assign(oneway=[False, True, False, False, False])
    network = RoadNetwork(roads)
    b, c = network.node_ids.index("B"), network.node_ids.index("C")
    assert roads_between(network, b, c, "car") == ["R2"]
    assert roads_between(network, c, b, "car") == ["R5", "R4", "R3"]
    against = network.drive(c, (1, 0), "car", 5.0)
    assert tuple(against.reached_s) == (5.0, np.inf, np.inf)
    assert against.path == [[X0 + 70.0, Y0 + 40.0, 5.0]]


def test_a_drive_against_the_line_turns_its_path_round(network, node):
    way = network.drive(node["C"], (1,), "car", 0.0)
    assert way.nodes[-1] == node["B"]
    assert way.path[0][:2] == [X0 + 70.0, Y0 + 40.0]


def test_a_drive_into_the_water_ends_before_it(network, node):
    network.update(np.array([0.0, 0.9, 0.0, 0.0, 0.0]))
    way = network.drive(node["A"], (0, 1), "car", 0.0)
    assert tuple(way.nodes) == (node["A"], node["B"], node["C"])
    assert way.reached_s[-1] == way.leg_s[-1] == np.inf
    assert way.path[-1] == pytest.approx([X0 + 36.0, Y0 + 40.0, way.reached_s[1]], abs=1e-3)


def test_nearest_junction_and_road(network, node):
    assert network.nearest_node(X0 + 35.0, Y0 + 70.0) == node["D"]
    assert [network.nearest_node(*network.node_xy(place)) for place in node.values()] == [*node.values()]
    assert network.nearest_road(X0 + 50.0, Y0 + 44.0) == "R2"
    assert network.node_xy(node["A"]) == (X0 + 6.0, Y0 + 40.0)


def test_unknown_names_are_told(network, node):
    with pytest.raises(InputError, match="R9"):
        network.close("R9")
    with pytest.raises(InputError, match=r"hovercraft.*car"):
        network.road_times("hovercraft")
    with pytest.raises(InputError, match="does not end at"):
        network.drive(node["E"], (0,), "car", 0.0)


class Listener:
    def __init__(self):
        self.heard = 0

    def hear(self):
        self.heard += 1


def test_only_a_change_is_told_and_makes_searches_anew(network, node):
    listener = Listener()
    network.watch(listener.hear)
    before = network.road_times("car")
    network.update(np.zeros(5))
    assert listener.heard == 0
    assert network.road_times("car") is before
    network.update(np.array([0.0, 0.4, 0.0, 0.0, 0.0]))
    assert listener.heard == 1
    assert network.road_times("car") is not before
    assert network.road_times("truck") is not network.road_times("car")
    network.close("R1")
    assert listener.heard == 2
    network.update(np.zeros(5))
    network.open("R1")
    assert network.road_times("car") is network.road_times("truck") is before  # dry again: searches kept
    del listener
    network.close("R1")  # nobody listens any more


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), limit_s=st.sampled_from([5.0, 40.0, np.inf]))
def test_times_are_the_same_to_the_bit_whether_looked_up_or_searched(seed, limit_s):
    roads, depth = random_roads(seed, 12, 40)
    searched, looked_up = RoadNetwork(roads), RoadNetwork(roads)
    nodes = list(range(len(searched.node_ids)))
    for network in (searched, looked_up):
        network.update(depth)
    for node in nodes[:-2]:
        looked_up.way(nodes[-1], (node,), "car", 0.0)  # leaves a tree behind
    drivers = nodes, ["car"] * len(nodes), [(a, b) for a in nodes for b in nodes]
    wanted = np.ones((len(nodes), len(nodes) ** 2), dtype=bool)
    expected = searched.approach_times(*drivers, wanted, limit_s)
    np.testing.assert_array_equal(looked_up.approach_times(*drivers, wanted, limit_s), expected)


def test_trees_make_way_for_each_other_and_come_again(monkeypatch):
    monkeypatch.setattr("twin.roads.trees.TREES_BYTES", 3 * 12 * 12)  # three trees of twelve junctions
    roads, depth = random_roads(3, 12, 60)
    small = RoadNetwork(roads)
    small.update(depth)
    small.way(0, (1,), "car", 0.0)
    monkeypatch.undo()
    large = RoadNetwork(roads)
    large.update(depth)
    nodes = list(range(len(small.node_ids)))
    for origin, destination in product(nodes, nodes):
        assert roads_between(small, origin, destination) == roads_between(large, origin, destination)


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
    times = travel_times(network, origins, destinations, "car")
    assert times.shape == (len(origins), len(destinations))
    for row, origin in enumerate(origins):
        reached = nx.single_source_dijkstra_path_length(graph, network.node_ids[origin])
        expected = [reached.get(network.node_ids[goal], np.inf) for goal in destinations]
        np.testing.assert_allclose(times[row], expected, rtol=1e-9)
        way = network.way(origin, destinations[:1], "car", 0.0)
        total = np.inf if way is None else way.reached_s[-1]
        assert total == pytest.approx(expected[0], rel=1e-9)


def bent_road(xy):
    return gpd.GeoDataFrame(
        {"id": ["R"], "from_node": ["A"], "to_node": ["B"], "speed_km_h": [36.0], "oneway": [False]},
        geometry=[LineString(xy)],
    )


def test_a_path_says_a_bend_and_leaves_a_straight_out():
    network = RoadNetwork(bent_road([(0, 0), (50, 0), (100, 0.5), (200, 0), (200, 100)]))
    assert network.drive(0, (0,), "car", 10.0).path == [[0, 0, 10], [200, 0, 30], [200, 100, 40]]
    assert network.drive(1, (0,), "car", 10.0).path == [[200, 100, 10], [200, 0, 20], [0, 0, 40]]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=2, max_size=30, unique=True))
def test_a_path_has_the_driver_within_a_metre_of_where_they_are(xy):
    network = RoadNetwork(bent_road(xy))
    path = np.array(network.drive(0, (0,), "car", 0.0).path)
    steps = np.hypot(*np.diff(np.array(xy, dtype=float), axis=0).T)
    at_s = np.concatenate([[0.0], np.cumsum(steps)]) / 10.0
    x, y = (np.interp(at_s, path[:, 2], path[:, axis]) for axis in (0, 1))
    assert np.hypot(x - np.array(xy)[:, 0], y - np.array(xy)[:, 1]).max() <= TOLERANCE_M + 0.03


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
        expected = travel_times(network, [origins[row]], targets[column], vehicles[row]).min()
        if not wanted[row, column] or expected > limit_s:
            expected = np.inf
        assert found[row, column] == pytest.approx(expected, rel=1e-12)


def test_classes_that_are_equally_fast_share_a_search(network):
    assert network.road_times("car") is network.road_times("pump_truck") is network.road_times("van")
    network.update(np.array([0.0, 0.4, 0.0, 0.0, 0.0]))
    assert network.road_times("car") is not network.road_times("pump_truck")


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
