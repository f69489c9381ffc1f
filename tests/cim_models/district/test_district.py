"""The built-in district: what any part may rely on."""

import heapq

import networkx as nx
import numpy as np
import pytest
import shapely

from cim_models.bundle import digest_city
from cim_models.checks import Severity, check_city
from cim_models.city import City
from cim_models.district import make_district
from cim_models.errors import InputError
from cim_models.layers import LAYERS

SMALL = {"seed": 1, "size_m": 400.0, "cell_size_m": 4.0}


@pytest.fixture(scope="module")
def small() -> City:
    return make_district(**SMALL)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def full() -> City:
    return make_district()


@pytest.fixture(params=["small", "full"])
def city(request: pytest.FixtureRequest) -> City:
    made: City = request.getfixturevalue(request.param)
    return made


def test_same_seed_gives_the_same_bytes(small: City) -> None:
    again = make_district(**SMALL)  # type: ignore[arg-type]
    assert digest_city(again) == digest_city(small)
    assert digest_city(make_district(2, 400.0, 4.0)) != digest_city(small)


def test_checks_find_no_error(city: City) -> None:
    errors = [str(d) for d in check_city(city) if d.severity <= Severity.WARNING]
    assert errors == []


def test_layers_have_declared_columns_and_unique_ids(city: City) -> None:
    assert set(city.layers) == set(LAYERS) - {"lifelines"}  # it has networks with a model instead
    for name, frame in city.layers.items():
        columns = [column.name for column in LAYERS[name].columns]
        assert list(frame.columns) == ["id", *columns, "geometry"], name
        assert frame["id"].is_unique, name
        assert set(frame.geom_type) == {LAYERS[name].geometry}, name
        assert frame.geometry.is_valid.all(), name
        x_min, y_min, x_max, y_max = city.terrain.bounds
        assert frame.geometry.within(shapely.box(x_min, y_min, x_max, y_max).buffer(0.01)).all(), name


def test_story_has_its_stage(city: City) -> None:
    spots = city.layers["spots"].set_index("id")
    assert spots.loc["underpass-1", "kind"] == "underpass"
    assert spots.loc["low-crossing-1", "kind"] == "low_crossing"
    assert spots.loc["outfall-2", "kind"] == "outfall"
    kinds = city.layers["sensors"]["kind"].value_counts()
    assert kinds["rain"] == 3
    assert kinds["road_level"] >= 5
    assert kinds["camera"] >= 5
    roads = city.layers["roads"].set_index("id")
    sewer = set(city.sewer.nodes["id"]) if city.sewer else set()
    for _, sensor in city.layers["sensors"].iterrows():
        known = {
            "road_level": set(roads.index),
            "camera": set(roads.index),
            "sewer_level": sewer,
            "rain": {""},
        }
        assert sensor["target"] in known[sensor["kind"]], sensor["id"]
    skills = ",".join(city.layers["depots"]["skills"]).split(",")
    assert {"drainage", "traffic", "pump", "water", "gas"} <= set(skills)


def test_full_district_has_the_promised_size(full: City) -> None:
    assert full.terrain.shape == (750, 750)
    assert 800 <= len(full.layers["buildings"]) <= 1700
    assert full.layers["buildings"]["height_m"].max() > 110.0
    assert full.sewer is not None
    assert 300 <= len(full.sewer.nodes) <= 550
    assert len(full.layers["components"]) > 5000
    assert "undersized-1" in set(full.layers["spots"]["id"])
    lon, lat = full.layers["spots"].to_crs("EPSG:4326").geometry.iloc[0].coords[0]
    assert (lon, lat) == pytest.approx((106.555, 29.573), abs=0.02)


def _road_graph(city: City, *, without: str = "") -> "nx.Graph[str]":
    roads = city.layers["roads"]
    graph: nx.Graph[str] = nx.Graph()
    for road in roads.itertuples():
        graph.add_node(road.from_node)
        graph.add_node(road.to_node)
        if road.id != without:
            graph.add_edge(road.from_node, road.to_node)
    return graph


def test_roads_are_one_graph_and_the_underpass_has_a_detour(city: City) -> None:
    roads = city.layers["roads"]
    underpass = roads[roads["underpass"]]
    assert len(underpass) == 1
    assert nx.is_connected(_road_graph(city))
    assert nx.is_connected(_road_graph(city, without=underpass["id"].iloc[0]))


def test_road_ends_meet_at_their_junctions(city: City) -> None:
    place: dict[str, tuple[float, ...]] = {}
    for road in city.layers["roads"].itertuples():
        for node, point in (
            (road.from_node, road.geometry.coords[0]),
            (road.to_node, road.geometry.coords[-1]),
        ):
            assert place.setdefault(node, point) == pytest.approx(point, abs=1e-6)


def test_gullies_lie_in_the_street_and_drain_to_sewer_nodes(city: City) -> None:
    gullies, roads = city.layers["gullies"], city.layers["roads"]
    assert city.sewer is not None
    junctions = city.sewer.nodes[city.sewer.nodes["kind"] == "junction"]
    assert set(gullies["node"]) <= set(junctions["id"])
    street = shapely.union_all([r.geometry.buffer(r.width_m / 2) for r in roads.itertuples()])
    assert gullies.geometry.within(street.buffer(0.1)).all()
    built = shapely.union_all(city.layers["buildings"].geometry.to_list())
    assert not gullies.geometry.intersects(built).any()
    place = junctions.set_index("id").geometry
    distance = shapely.distance(gullies.geometry.to_numpy(), place.loc[gullies["node"]].to_numpy())
    assert distance.max() < 130.0


def test_buildings_leave_the_streets_free(city: City) -> None:
    roads = city.layers["roads"]
    street = shapely.union_all([r.geometry.buffer(r.width_m / 2) for r in roads.itertuples()])
    assert city.layers["buildings"].geometry.intersection(street).area.sum() < 1.0


def test_underpass_is_a_trough_below_its_surroundings(city: City) -> None:
    roads, terrain = city.layers["roads"], city.terrain
    line = roads[roads["underpass"]].geometry.iloc[0]
    x, y = np.array([line.interpolate(t, normalized=True).coords[0] for t in (0.02, 0.5, 0.98)]).T
    west, floor, east = terrain.elevation[terrain.row_col(x, y)]
    assert min(west, east) - floor > 3.5
    deck = city.layers["bridges"].geometry.iloc[0]
    x, y = np.array(deck.coords).T
    assert (terrain.elevation[terrain.row_col(x, y)] - floor > 3.5).all()


def test_low_crossing_lies_below_all_its_neighbours(city: City) -> None:
    spot = city.layers["spots"].set_index("id").geometry["low-crossing-1"]
    roads, terrain = city.layers["roads"], city.terrain

    def level(point: shapely.Point) -> float:
        row, col = terrain.row_col(point.x, point.y)
        return float(terrain.elevation[row, col])

    arms = [line for line in roads.geometry if line.distance(spot) < 0.5]
    assert len(arms) >= 3
    for line in arms:
        far = max((shapely.Point(line.coords[0]), shapely.Point(line.coords[-1])), key=spot.distance)
        assert level(far) - level(spot) > 0.35


def test_terrain_has_no_other_deep_pit(full: City) -> None:
    """Water stands deeper than 0.3 m only in the underpass and at the low crossing."""
    z = full.terrain.elevation.astype(np.float64)
    depth = _pit_depth(z)
    spots = full.layers["spots"].set_index("id").geometry
    rows, cols = np.nonzero(depth > 0.30)
    x, y = full.terrain.centre(rows, cols)
    points = np.asarray(shapely.points(np.column_stack([x, y])))
    meant = [spots["underpass-1"].buffer(130.0), spots["low-crossing-1"].buffer(90.0)]
    if "undersized-1" in spots.index:
        meant.append(spots["undersized-1"].buffer(200.0))
    stray = points[~shapely.contains(shapely.union_all(meant), points)]
    assert len(stray) * 4.0 < 400.0


def _pit_depth(z: np.ndarray) -> np.ndarray:
    """Depth below the lowest way out, by flooding inwards from the rim."""
    step = 3
    z = z[::step, ::step]
    level = np.full(z.shape, np.inf)
    rows, cols = z.shape
    queue = []
    for row in range(rows):
        for col in range(cols):
            if row in (0, rows - 1) or col in (0, cols - 1):
                level[row, col] = z[row, col]
                queue.append((level[row, col], row, col))
    heapq.heapify(queue)
    while queue:
        here, row, col = heapq.heappop(queue)
        for r, c in ((row - 1, col), (row + 1, col), (row, col - 1), (row, col + 1)):
            if 0 <= r < rows and 0 <= c < cols and level[r, c] == np.inf:
                level[r, c] = max(here, z[r, c])
                heapq.heappush(queue, (level[r, c], r, c))
    out = np.zeros((rows * step, cols * step))
    out[::step, ::step] = level - z
    return out


def test_river_runs_low_along_the_open_southern_edge(city: City) -> None:
    z = city.terrain.elevation
    assert z[-1].max() < z[: z.shape[0] // 2].min() - 5.0
    assert np.isfinite(z).all()


@pytest.mark.parametrize(
    ("size_m", "cell_size_m", "message"),
    [(100.0, 2.0, "expected 350 to 6000 m"), (400.0, 7.0, "1 to 5 m"), (401.0, 2.0, "without rest")],
)
def test_bad_size_is_refused(size_m: float, cell_size_m: float, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make_district(1, size_m, cell_size_m)


@pytest.mark.parametrize("seed", [3, 11, 42])
def test_other_seeds_keep_the_stage(seed: int) -> None:
    city = make_district(seed, 600.0, 4.0)
    assert {"underpass-1", "low-crossing-1"} <= set(city.layers["spots"]["id"])
    assert [d for d in check_city(city) if d.severity == Severity.ERROR] == []
