"""Compose the district."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np

from cim_models.city import City, Landcover, Network, Source
from cim_models.district import places
from cim_models.district.administration import make_grids
from cim_models.district.blocks import make_blocks, make_river
from cim_models.district.buildings import make_buildings
from cim_models.district.components import make_components
from cim_models.district.gas import make_gas_mains, make_hazard_sites
from cim_models.district.gauges import make_gauges
from cim_models.district.grading import grade_streets
from cim_models.district.gullies import make_gullies
from cim_models.district.monitoring import make_sensors
from cim_models.district.organisations import make_district_organisations
from cim_models.district.plan import CRS, Plan
from cim_models.district.sewer import make_sewer
from cim_models.district.streets import SPEED_KM_H, StreetPlan, make_streets
from cim_models.district.supply import make_supply
from cim_models.district.swmm import make_network
from cim_models.district.tables import layer_frame
from cim_models.district.terrain import GROUND_CLASSES, Ground, make_ground

_LEVELS = {
    "terrain": 1,
    "water_bodies": 1,
    "buildings": 2,
    "roads": 2,
    "bridges": 2,
    "sewer": 3,
    "supply": 3,
    "gullies": 2,
    "components": 2,
    "grid_cells": 1,
    "patrol_grids": 1,
    "sensors": 2,
    "depots": 1,
    "organisations": 1,
    "spots": 1,
    "hazard_sites": 1,
    "gas_mains": 2,
    "gauges": 1,
}


def make_district(seed: int = 1, size_m: float = 1500.0, cell_size_m: float = 2.0) -> City:
    """Generate a district on a river hillside that floods where a real one would.

    An underpass, a low crossing and a low quarter with an undersized sewer collect water; the
    rest drains by streets, gullies and sewers to the river. Nothing in it is surveyed.

    Parameters
    ----------
    seed
        Same seed, same city, byte for byte.
    size_m
        Edge of the square domain, 350 to 6000 m.
    cell_size_m
        Edge of a terrain cell, 1 to 5 m; divides the size without rest.

    Returns
    -------
    The city, in CGCS2000 / 3-degree Gauss-Kruger CM 108E.

    Raises
    ------
    InputError
        If size or cell size is out of range.
    """
    plan = Plan(int(seed), float(size_m), float(cell_size_m))
    streets = make_streets(plan)
    levels = grade_streets(plan, streets)
    river = make_river(plan)
    blocks = make_blocks(plan, streets, river)
    ground = make_ground(plan, streets, levels, blocks)
    buildings = make_buildings(plan, streets, blocks)
    design = make_sewer(plan, streets, levels, ground)
    sewer = make_network(design)
    supply = make_supply(plan, streets, ground, buildings)
    gullies = make_gullies(streets, design, ground)
    grid, patrols = make_grids(plan, river, buildings)
    depots = places.make_depots(plan, streets)
    layers: dict[str, gpd.GeoDataFrame] = {
        "buildings": buildings,
        "roads": _roads(streets),
        "gullies": gullies,
        "components": make_components(plan, streets, sewer, supply, gullies, grid),
        "grid_cells": grid,
        "patrol_grids": patrols,
        "sensors": make_sensors(plan, streets, levels, design, sewer),
        "depots": depots,
        "organisations": make_district_organisations(grid, depots),
        "spots": places.make_spots(streets, design, blocks),
        "bridges": places.make_bridges(streets),
        "hazard_sites": make_hazard_sites(plan, streets, design, buildings),
        "gas_mains": make_gas_mains(streets),
        "gauges": make_gauges(streets, ground),
        "water_bodies": places.make_water_bodies(river),
    }
    return _make_city(ground, layers, sewer, supply)


def _make_city(ground: Ground, layers: dict[str, gpd.GeoDataFrame], sewer: Network, supply: Network) -> City:
    """Join the parts under the district's name."""
    return City(
        name="district",
        title={"zh": "江北片区（示范）", "en": "Jiangbei demonstration district"},
        crs=CRS,
        vertical_datum="arbitrary: generated elevations, nominally above sea level",
        time_zone="Asia/Shanghai",
        terrain=ground.terrain,
        layers=layers,
        sewer=sewer,
        supply=supply,
        roughness=ground.roughness.astype(np.float32),
        sources=_sources(layers),
        cim_levels=dict(_LEVELS),
        reference="builtin:district",
        landcover=Landcover(ground.cover, GROUND_CLASSES),
    )


def _roads(streets: StreetPlan) -> gpd.GeoDataFrame:
    kept = list(streets.streets.values())
    columns: dict[str, list[Any]] = {
        "id": [street.id for street in kept],
        "from_node": [street.from_node for street in kept],
        "to_node": [street.to_node for street in kept],
        "road_class": [street.road_class for street in kept],
        "name_zh": [street.name[0] for street in kept],
        "name_en": [street.name[1] for street in kept],
        "speed_km_h": [SPEED_KM_H[street.road_class] for street in kept],
        "width_m": [street.width_m for street in kept],
        "underpass": [street.underpass for street in kept],
    }
    return layer_frame("roads", columns, [street.line for street in kept])


def _sources(layers: dict[str, gpd.GeoDataFrame]) -> tuple[Source, ...]:
    origin = "generated by citytwin from a seed; an invented place, not a survey"
    names = ["terrain", "sewer", "supply", *layers]
    return tuple(Source(name, origin, "Apache-2.0") for name in names)
