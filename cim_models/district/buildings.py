"""Buildings: parcels cut from blocks, with footprints and heights after their use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import split

from cim_models.district.blocks import FOOTWAY_M, Block
from cim_models.district.plan import Plan
from cim_models.district.streets import StreetPlan
from cim_models.district.tables import layer_frame

STOREY_M = 3.0
GAP_M = 3.2
MIN_AREA_M2 = 45.0

PARCEL_M2 = {
    "centre": 2300.0,
    "plaza": 2600.0,
    "residential": 1350.0,
    "old_quarter": 430.0,
    "public": 2700.0,
    "industrial": 2900.0,
}
EMPTY_SHARE = {
    "centre": 0.08,
    "plaza": 0.3,
    "residential": 0.12,
    "old_quarter": 0.08,
    "public": 0.3,
    "industrial": 0.2,
}


@dataclass(frozen=True, slots=True)
class _Building:
    polygon: Polygon
    height_m: float
    use: str
    persons_m2: float


def make_buildings(plan: Plan, streets: StreetPlan, blocks: list[Block]) -> gpd.GeoDataFrame:
    """Build the ``buildings`` layer.

    Parameters
    ----------
    plan, streets, blocks
        Seed, the street plan (for where the centre is) and the blocks.

    Returns
    -------
    Footprints with height, use and persons. A tower stands as its own part on its podium.
    """
    rng = plan.stream("buildings")
    deck = streets.streets[streets.underpass].line.interpolate(0.5, normalized=True)
    summit = shapely.Point(deck.x + 0.07 * plan.size_m, deck.y + 0.09 * plan.size_m)
    built: list[_Building] = []
    for block in blocks:
        if block.use not in PARCEL_M2:
            continue
        square = deck.buffer(55.0) if block.use == "plaza" else Polygon()
        land = block.polygon.buffer(-FOOTWAY_M).difference(square)
        style = _style(plan, block, summit, rng)
        for part in _polygons(land):
            for parcel in _parcels(part, PARCEL_M2[block.use], rng):
                if rng.random() >= EMPTY_SHARE[block.use]:
                    built += style(parcel, rng)
    return _frame([b for b in built if b.polygon.area >= MIN_AREA_M2 and b.polygon.is_valid])


def _frame(built: list[_Building]) -> gpd.GeoDataFrame:
    floors = [max(1, round(b.height_m / STOREY_M)) for b in built]
    persons = [round(b.polygon.area * n * b.persons_m2) for b, n in zip(built, floors, strict=True)]
    columns: dict[str, list[Any]] = {
        "id": [f"B-{n:04d}" for n in range(1, len(built) + 1)],
        "height_m": [round(b.height_m, 1) for b in built],
        "use": [b.use for b in built],
        "persons": persons,
    }
    return layer_frame("buildings", columns, [b.polygon for b in built])


_Style = Callable[[Polygon, np.random.Generator], list[_Building]]


def _style(plan: Plan, block: Block, summit: shapely.Point, rng: np.random.Generator) -> _Style:
    distance = block.polygon.centroid.distance(summit) / (0.17 * plan.size_m)
    peak = float(np.exp(-(distance**2)))
    if block.use in ("centre", "plaza"):
        return partial(_centre, peak)
    if block.use == "residential":
        return partial(_residential_towers, peak) if rng.random() < 0.42 else _residential_slabs
    return {"old_quarter": _old_quarter, "public": _public, "industrial": _industrial}[block.use]


def _parcels(land: Polygon, target_m2: float, rng: np.random.Generator) -> list[Polygon]:
    """Halve a piece of land across its long side until the parts are small enough."""
    if land.area < 0.35 * target_m2:
        return [land] if land.area > 150.0 else []
    corners, long_side, short_side = _box(land)
    if land.area < 1.3 * target_m2 and long_side < 2.4 * short_side:
        return [land]
    share = rng.uniform(0.42, 0.58)
    a = corners[0] + share * (corners[1] - corners[0])
    b = corners[3] + share * (corners[2] - corners[3])
    cut = LineString([a - 2.0 * (b - a), b + 2.0 * (b - a)])
    parts = [p for p in _polygons(split(land, cut)) if p.area > 60.0]
    if len(parts) < 2:
        return [land]
    return [parcel for part in parts for parcel in _parcels(part, target_m2, rng)]


def _box(land: Polygon) -> tuple[np.ndarray, float, float]:
    """Corners of the tightest rectangle, its long side first, and the lengths of its sides, m."""
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(land))[:4]
    sides = np.hypot(*(np.roll(corners, -1, axis=0) - corners).T)
    if sides[0] < sides[1]:
        corners, sides = np.roll(corners, -1, axis=0), np.roll(sides, -1)
    return corners, float(sides[0]), float(sides[1])


def _plot(parcel: Polygon, gap_m: float = GAP_M) -> Polygon | None:
    plot = _largest(parcel.buffer(-gap_m, join_style="mitre"))
    return plot if plot.area >= MIN_AREA_M2 else None


def _polygons(shape: BaseGeometry) -> list[Polygon]:
    return [part for part in shapely.get_parts(shape, return_index=False) if isinstance(part, Polygon)]


def _largest(shape: BaseGeometry) -> Polygon:
    return max(_polygons(shape), key=lambda part: part.area, default=Polygon())


def _rectangle(plot: Polygon, length_m: float, width_m: float, shift: float = 0.0) -> Polygon:
    """Rectangle along the plot's long side, clipped to it; ``shift`` -1 to 1 moves it across."""
    corners, long_side, short_side = _box(plot)
    east = (corners[1] - corners[0]) / max(long_side, 1e-6)
    north = (corners[3] - corners[0]) / max(short_side, 1e-6)
    centre = np.asarray(plot.centroid.coords[0]) + shift * 0.5 * max(0.0, short_side - width_m) * north
    half_e, half_n = 0.5 * min(length_m, long_side) * east, 0.5 * min(width_m, short_side) * north
    shape = Polygon(
        [
            centre - half_e - half_n,
            centre + half_e - half_n,
            centre + half_e + half_n,
            centre - half_e + half_n,
        ]
    )
    return _largest(shape.intersection(plot))


def _centre(peak: float, parcel: Polygon, rng: np.random.Generator) -> list[_Building]:
    plot = _plot(parcel)
    if plot is None:
        return []
    podium = _Building(plot, float(rng.uniform(9.0, 24.0)), "commercial", 0.01)
    if plot.area < 500.0 or rng.random() > 0.55 + 0.4 * peak:
        return [podium]
    height = min(
        150.0,
        podium.height_m + 32.0 + 100.0 * peak * float(rng.uniform(0.55, 1.0)) + float(rng.uniform(0.0, 18.0)),
    )
    side = float(rng.uniform(22.0, 31.0))
    tower = _rectangle(plot.buffer(-2.0), side * float(rng.uniform(1.0, 1.3)), side)
    use = "commercial" if rng.random() < 0.6 else "residential"
    return [podium, _Building(tower, height, use, 0.011)]


def _residential_towers(peak: float, parcel: Polygon, rng: np.random.Generator) -> list[_Building]:
    plot = _plot(parcel, 5.0)
    if plot is None:
        return []
    side = float(rng.uniform(18.0, 24.0))
    tower = _rectangle(plot, side * 1.35, side, float(rng.uniform(-0.5, 0.5)))
    return [_Building(tower, float(rng.uniform(48.0, 84.0)) + 15.0 * peak, "residential", 0.012)]


def _residential_slabs(parcel: Polygon, rng: np.random.Generator) -> list[_Building]:
    plot = _plot(parcel, 4.0)
    if plot is None:
        return []
    height = float(rng.choice([18.0, 21.0, 24.0, 33.0], p=[0.4, 0.25, 0.2, 0.15]))
    slab = _rectangle(
        plot, float(rng.uniform(32.0, 58.0)), float(rng.uniform(12.0, 15.0)), float(rng.uniform(-0.8, 0.8))
    )
    return [_Building(slab, height, "residential", 0.012)]


def _old_quarter(parcel: Polygon, rng: np.random.Generator) -> list[_Building]:
    plot = _plot(parcel, float(rng.uniform(2.6, 3.4)))
    if plot is None:
        return []
    height = STOREY_M * int(rng.integers(2, 8))
    return [_Building(plot, float(height), "residential" if rng.random() < 0.8 else "commercial", 0.014)]


def _public(parcel: Polygon, rng: np.random.Generator) -> list[_Building]:
    plot = _plot(parcel, 7.0)
    if plot is None:
        return []
    bar = _rectangle(plot, 70.0, 18.0, float(rng.choice([-0.9, 0.9])))
    wing = affinity.rotate(_rectangle(plot, 40.0, 15.0), 90.0).intersection(plot)
    shape = _largest(shapely.union_all([bar, wing]))
    return [_Building(Polygon(shape.exterior), float(rng.uniform(12.0, 27.0)), "public", 0.01)]


def _industrial(parcel: Polygon, rng: np.random.Generator) -> list[_Building]:
    plot = _plot(parcel, 6.0)
    return [] if plot is None else [_Building(plot, float(rng.uniform(7.0, 13.0)), "industrial", 0.004)]
