"""A made-up city of 50,000 junctions under water, for the benchmark of dispatch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree
from shapely import linestrings, points

from cim_models.city import City, Terrain
from cim_models.layers import LAYERS
from cim_models.orders import Order, OrderOutcome

SPACING_M = 110.0
AVENUE_EVERY = 8
STREETS_PER_JUNCTION = 1.4
"""Streets in the city against its junctions: a mean of 2.8 streets meet at a junction."""

AVENUE_KM_H, STREET_KM_H = 50.0, 30.0
WET_SHARE = 0.10
DEEPEST_M = 0.7


@dataclass(frozen=True, slots=True)
class FloodedCity:
    """A city and the depth on each of its roads, m."""

    city: City
    road_depth: NDArray[np.float64]


class StillWater:
    """Water that stands as it is; satisfies `agents.views.WaterView` and refuses every order."""

    def __init__(self, road_depth: NDArray[np.float64]) -> None:
        self._road_depth = road_depth

    def depth_near(self, x: float, y: float, radius_m: float) -> float:
        return 0.0

    def road_depth(self) -> NDArray[np.float64]:
        return self._road_depth

    def sensor_depth(self) -> NDArray[np.float64]:
        return np.empty(0)

    def apply(self, order: Order) -> OrderOutcome:
        return OrderOutcome(False, f"{type(order).__name__}: nothing changes in this benchmark")


class CountedEvents:
    """An event log that keeps nothing but the number of events."""

    def __init__(self) -> None:
        self.count = 0

    def append(
        self,
        t_s: float,
        kind: str,
        subject: str,
        cause: int | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> int:
        self.count += 1
        return self.count


def make_flooded_city(junctions: int, depots: int, seed: int) -> FloodedCity:
    """Make a city of about so many junctions: a grid with streets left out, and ponds over it.

    Every junction stays connected; each eighth street is an avenue. A tenth of the streets is wet, the
    deepest too deep for any vehicle, and has a gully in its middle.
    """
    rng = np.random.default_rng(seed)
    side = round(junctions**0.5)
    jitter = rng.uniform(-0.25, 0.25, (side * side, 2)) * SPACING_M
    col, row = np.meshgrid(np.arange(side), np.arange(side))
    xy = np.column_stack([col.ravel(), row.ravel()]) * SPACING_M + SPACING_M + jitter
    pairs, avenue = _streets(side, rng)
    roads = _frame(
        "roads",
        [f"R{index:06d}" for index in range(len(pairs))],
        linestrings(xy[pairs]),
        from_node=[f"J{node:06d}" for node in pairs[:, 0].tolist()],
        to_node=[f"J{node:06d}" for node in pairs[:, 1].tolist()],
        speed_km_h=np.where(avenue, AVENUE_KM_H, STREET_KM_H),
    )
    depth = _ponds(side, pairs, rng)
    wet = np.flatnonzero(depth > 0.0)
    homes = xy[rng.choice(len(xy), depots, replace=False)]
    size = (side + 1) * SPACING_M
    flat = np.full((int(size // 100.0) + 1,) * 2, 10.0, dtype=np.float32)
    city = City(
        name="bench",
        title={"en": "City of the dispatch benchmark", "zh": "派遣基准城市"},
        crs="EPSG:4544",
        vertical_datum="made up",
        time_zone="Asia/Shanghai",
        terrain=Terrain(flat, 0.0, 100.0 * len(flat), 100.0),
        layers={
            "roads": roads,
            "gullies": _frame(
                "gullies", [f"G{index:06d}" for index in wet.tolist()], points(xy[pairs[wet]].mean(axis=1))
            ),
            "depots": _frame("depots", [f"D{index:03d}" for index in range(depots)], points(homes)),
        },
    )
    return FloodedCity(city, depth)


def _streets(side: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Pairs of junctions with a street between them, and which are avenues."""
    node = np.arange(side * side).reshape(side, side)
    east = np.column_stack([node[:, :-1].ravel(), node[:, 1:].ravel()])
    north = np.column_stack([node[:-1].ravel(), node[1:].ravel()])
    pairs = np.concatenate([east, north])
    line = np.concatenate([east[:, 0] // side, north[:, 0] % side])
    avenue = line % AVENUE_EVERY == 0
    luck = np.where(avenue, 1e-3, 1.0) * rng.uniform(0.5, 1.0, len(pairs))
    graph = coo_array((luck, (pairs[:, 0], pairs[:, 1])), shape=(side * side, side * side))
    tree = minimum_spanning_tree(graph.tocsr()).tocoo()
    needed = set(zip(tree.row.tolist(), tree.col.tolist(), strict=True))
    kept = avenue | np.array([pair in needed for pair in map(tuple, pairs.tolist())])
    missing = int(STREETS_PER_JUNCTION * side * side) - int(kept.sum())
    others = np.flatnonzero(~kept)
    kept[rng.choice(others, min(max(missing, 0), len(others)), replace=False)] = True
    return pairs[kept], avenue[kept]


def _ponds(side: int, pairs: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Depth on each street: the highest tenth of a smooth random field is under water, m."""
    field = gaussian_filter(rng.standard_normal((side, side)), 3.0, mode="wrap").ravel()
    height = field[pairs].mean(axis=1)
    level = np.quantile(height, 1.0 - WET_SHARE)
    return np.clip((height - level) / (height.max() - level), 0.0, 1.0) * DEEPEST_M


def _frame(layer: str, ids: Sequence[str], shapes: Any, **columns: Any) -> gpd.GeoDataFrame:
    values: dict[str, Any] = {"id": list(ids)}
    for column in LAYERS[layer].columns:
        values[column.name] = columns.get(column.name, column.default)
    return gpd.GeoDataFrame(values, geometry=list(shapes), crs="EPSG:4544")
