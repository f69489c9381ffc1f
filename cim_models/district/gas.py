"""Gas mains below the streets, and the spaces beside them that are watched."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
from shapely.geometry import Point, Polygon

from cim_models.district.plan import Plan
from cim_models.district.sewer import SewerPlan
from cim_models.district.streets import Street, StreetPlan
from cim_models.district.tables import layer_frame

PRESSURE_KPA = 200.0
DIAMETER_M = {"trunk": 0.25, "primary": 0.25, "secondary": 0.16, "residential": 0.11, "service": 0.11}
BESIDE_M = 2.0
TANKS, MANHOLES, REGULATORS = 20, 12, 8


def make_gas_mains(streets: StreetPlan) -> gpd.GeoDataFrame:
    """Lay a medium-pressure main beside the axis of every street but the underpass; layer ``gas_mains``."""
    served = [street for street in streets.streets.values() if _has_main(street, streets)]
    columns: dict[str, list[Any]] = {
        "id": [f"G-{street.id.removeprefix('R-')}" for street in served],
        "pressure_kpa": [PRESSURE_KPA] * len(served),
        "diameter_m": [DIAMETER_M[street.road_class] for street in served],
    }
    return layer_frame("gas_mains", columns, [street.line.offset_curve(BESIDE_M) for street in served])


def make_hazard_sites(
    plan: Plan, streets: StreetPlan, sewer: SewerPlan, buildings: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Septic tanks beside homes, watched manholes, regulator cabinets; the ``hazard_sites`` layer."""
    rng = plan.stream("hazards")
    homes = np.flatnonzero(buildings["use"] == "residential")
    tanks = sorted(rng.choice(homes, size=min(TANKS, len(homes)), replace=False).tolist())
    keys = sorted(key for key, m in sewer.manholes.items() if m.kind == "junction")
    watched = sorted(rng.choice(len(keys), size=min(MANHOLES, len(keys)), replace=False).tolist())
    quiet = sorted(
        street.id
        for street in streets.streets.values()
        if street.road_class == "residential" and _has_main(street, streets)
    )
    beside = sorted(rng.choice(len(quiet), size=min(REGULATORS, len(quiet)), replace=False).tolist())
    points = [Point(*_corner(buildings.geometry.iloc[index])) for index in tanks]
    points += [Point(sewer.manholes[keys[k]].x, sewer.manholes[keys[k]].y) for k in watched]
    points += [_kerb(streets.streets[quiet[k]]) for k in beside]
    kinds = ["septic_tank"] * len(tanks) + ["manhole"] * len(watched) + ["regulator"] * len(beside)
    ids = [f"HZ-{number:02d}" for number in range(1, len(points) + 1)]
    return layer_frame("hazard_sites", {"id": ids, "kind": kinds}, points)


def _has_main(street: Street, streets: StreetPlan) -> bool:
    gates = (streets.junctions[street.from_node].gate, streets.junctions[street.to_node].gate)
    return not street.underpass and not any(gates)


def _kerb(street: Street) -> Point:
    """Place beside the middle of a street, where the pavement is."""
    line = street.line.offset_curve(0.5 * street.width_m + 1.0)
    return line.interpolate(0.5, normalized=True)


def _corner(footprint: Polygon) -> tuple[float, float]:
    x_min, y_min, _, _ = footprint.buffer(2.0).bounds
    return x_min, y_min
