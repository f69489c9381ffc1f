"""Municipal components: covers, grates, lamps, hydrants, trees, signs, cabinets."""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
from shapely.geometry import Point

from cim_models.city import Network
from cim_models.district.administration import cell_of
from cim_models.district.organisations import (
    BIN,
    DRAIN_COVER,
    GRATE,
    HYDRANT,
    LAMP,
    LIGHT,
    NAME_SIGN,
    OWNERS,
    PASSAGE,
    REGULATOR,
    TREE,
    WATER_COVER,
)
from cim_models.district.plan import Plan
from cim_models.district.streets import Street, StreetPlan
from cim_models.district.tables import layer_frame
from cim_models.district.terrain import points_along


@dataclass(slots=True)
class _Collection:
    codes: list[str] = field(default_factory=list)
    places: list[tuple[float, float]] = field(default_factory=list)

    def add(self, code: str, places: np.ndarray) -> None:
        """Add components of one class at points of shape (n, 2)."""
        self.codes += [code] * len(places)
        self.places += [(float(x), float(y)) for x, y in places]


def make_components(
    plan: Plan,
    streets: StreetPlan,
    sewer: Network,
    supply: Network,
    gullies: gpd.GeoDataFrame,
    grid: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """Build the ``components`` layer.

    Class codes are major-minor numbers in the order of CJ/T 214 as public implementations use it.

    Parameters
    ----------
    plan, streets
        Extent and street plan: lamps, trees, signs and signals stand along the streets.
    sewer, supply, gullies
        Their covers, grates, valves and hydrants are components.
    grid
        Unit cells; each component names its cell.

    Returns
    -------
    Components with owner and maintaining unit.
    """
    found = _Collection()
    manholes = sewer.nodes[sewer.nodes["kind"] == "junction"]
    found.add(DRAIN_COVER, _xy(manholes))
    found.add(GRATE, _xy(gullies))
    valves = supply.links[supply.links["kind"] == "valve"]
    found.add(WATER_COVER, np.array([line.coords[-1] for line in valves.geometry]).reshape(-1, 2))
    taps = supply.nodes[supply.nodes["kind"] == "junction"]
    found.add(HYDRANT, _xy(taps[~taps["id"].str.startswith("WV-")]) + np.array([6.0, 6.0]))
    for street in streets.streets.values():
        _furnish(found, street)
    _corners(plan, found, streets)
    places = np.array(found.places)
    inside = _inside(plan, places)
    codes = [code for code, keep in zip(found.codes, inside, strict=True) if keep]
    places = places[inside]
    columns = {
        "id": [f"C-{number:05d}" for number in range(1, len(codes) + 1)],
        "class_code": codes,
        "owner_unit": [OWNERS[code].owner for code in codes],
        "maint_unit": [OWNERS[code].maintenance for code in codes],
        "supervising_dept": [OWNERS[code].supervisor for code in codes],
        "grid_cell": cell_of(grid, places),
    }
    return layer_frame("components", columns, [Point(x, y) for x, y in np.round(places, 2)])


def _xy(frame: gpd.GeoDataFrame) -> np.ndarray:
    return np.column_stack([frame.geometry.x, frame.geometry.y])


def _inside(plan: Plan, places: np.ndarray) -> np.ndarray:
    offset = places - np.array([plan.x_min, plan.y_min])
    return np.asarray(((offset > 0) & (offset < plan.size_m)).all(axis=1))


def _beside(street: Street, step_m: float, offset_m: float, start_m: float = 6.0) -> np.ndarray:
    """Points along both sides of a street, shape (n, 2)."""
    at = np.arange(start_m, street.length_m - 6.0, step_m)
    if len(at) == 0:
        return np.empty((0, 2))
    centre = points_along(street, at)
    tangent = points_along(street, at + 1.0) - points_along(street, at - 1.0)
    normal = np.column_stack([-tangent[:, 1], tangent[:, 0]]) / np.hypot(*tangent.T)[:, None]
    return np.concatenate([centre + offset_m * normal, centre - offset_m * normal])


def _furnish(found: _Collection, street: Street) -> None:
    edge = 0.5 * street.width_m
    wide = street.road_class in ("trunk", "primary", "secondary")
    found.add(LAMP, _beside(street, 30.0 if wide else 36.0, edge + 0.8))
    found.add(
        PASSAGE,
        points_along(street, np.array([0.5 * street.length_m])) if street.underpass else np.empty((0, 2)),
    )
    if street.underpass:
        return
    found.add(TREE, _beside(street, 10.0 if wide else 16.0, edge + 1.6, 12.0))
    found.add(BIN, _beside(street, 90.0, edge + 1.2, 20.0))


def _corners(plan: Plan, found: _Collection, streets: StreetPlan) -> None:
    rng = plan.stream("components")
    for junction in streets.junctions.values():
        if junction.gate:
            continue
        here = np.array([[junction.x, junction.y]])
        kinds = [data["road_class"] for _, _, data in streets.graph.edges(junction.id, data=True)]
        found.add(NAME_SIGN, here + np.array([[9.0, -9.0], [-9.0, 9.0]]))
        if any(kind in ("trunk", "primary") for kind in kinds) and len(kinds) > 2:
            found.add(LIGHT, here + np.array([[11.0, 11.0], [-11.0, -11.0], [11.0, -11.0], [-11.0, 11.0]]))
        if rng.random() < 0.15:
            found.add(REGULATOR, here + np.array([[14.0, 15.0]]))
