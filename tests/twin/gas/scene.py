"""A street with a main, tanks and a cabinet, for the tests of gas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
from shapely.geometry import LineString, Point

from agents.draws import Draws
from twin.gas import GasLeak, GasSettings, GasSites, GasSystem, gas_settings, gas_sites
from twin.gas.mains import GasMains

TANKS = {"T1": (5.0, 5.0), "T2": (30.0, 5.0), "T3": (400.0, 5.0)}
CABINET = ("R1", (200.0, 3.0))


def make_sites(settings: GasSettings) -> GasSites:
    places = {**TANKS, CABINET[0]: CABINET[1]}
    kinds = ["septic_tank"] * len(TANKS) + ["regulator"]
    frame = gpd.GeoDataFrame(
        {"id": list(places), "kind": kinds}, geometry=[Point(*place) for place in places.values()]
    )
    return gas_sites(frame, settings, Draws(3, "gas sites"))


def make_mains(sites: GasSites, settings: GasSettings) -> GasMains:
    frame = gpd.GeoDataFrame(
        {"id": ["G1", "G2"], "pressure_kpa": [200.0, 200.0], "diameter_m": [0.11, 0.11]},
        geometry=[LineString([(0, 0), (250, 0)]), LineString([(250, 0), (600, 0)])],
    )
    return GasMains(frame, sites, settings)


def make_system(
    leaks: Sequence[GasLeak] = (), seed: int = 3, *, marsh: float = 1.0, temperature_c: float = 20.0
) -> GasSystem:
    """Build the street's system; ``marsh`` multiplies what forms in every tank."""
    settings = gas_settings(temperature_c)
    sites = make_sites(settings)
    sites = replace(sites, marsh_m3_s=marsh * sites.marsh_m3_s)
    return GasSystem(sites, make_mains(sites, settings), settings, Draws(seed, "gas detectors"), leaks)
