"""What a city holds, for ``city info``."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cim_models.bundle import digest_city, read_city
from cim_models.city import City, Network
from cim_models.layers import LAYERS


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """One layer: its features, their total length or area, where it comes from, its CIM level."""

    name: str
    count: int
    length_m: float | None = None
    area_m2: float | None = None
    origin: str = ""
    licence: str = ""
    cim_level: int | None = None


@dataclass(frozen=True, slots=True)
class CityInfo:
    """What a city holds.

    Parameters
    ----------
    bounds
        x_min, y_min, x_max, y_max, m in the CRS.
    elevation_m
        Lowest and highest ground.
    layers
        Terrain first, vector layers in their declared order, networks last.
    digest
        Fingerprint of the content, as a run records it.
    """

    name: str
    title: Mapping[str, str]
    reference: str
    crs: str
    vertical_datum: str
    time_zone: str
    shape: tuple[int, int]
    cell_size_m: float
    bounds: tuple[float, float, float, float]
    elevation_m: tuple[float, float]
    layers: tuple[LayerInfo, ...]
    digest: str


def describe_city(city: City | str | Path) -> CityInfo:
    """Return what a city, or the bundle in a folder, holds."""
    if not isinstance(city, City):
        city = read_city(Path(city))
    terrain = city.terrain
    ground = terrain.elevation[~np.isnan(terrain.elevation)]
    layers = [_layer(city, "terrain", ground.size, area_m2=ground.size * terrain.cell_size_m**2)]
    for name in LAYERS:
        frame = city.layer(name)
        if frame is not None:
            geometry = LAYERS[name].geometry
            length = float(frame.length.sum()) if geometry == "LineString" else None
            area = float(frame.area.sum()) if geometry == "Polygon" else None
            layers.append(_layer(city, name, len(frame), length, area))
    for name, network in (("sewer", city.sewer), ("supply", city.supply)):
        if network is not None:
            layers.append(_network(city, name, network))
    return CityInfo(
        name=city.name,
        title=dict(city.title),
        reference=city.reference,
        crs=city.crs,
        vertical_datum=city.vertical_datum,
        time_zone=city.time_zone,
        shape=terrain.shape,
        cell_size_m=terrain.cell_size_m,
        bounds=terrain.bounds,
        elevation_m=(float(ground.min(initial=np.inf)), float(ground.max(initial=-np.inf))),
        layers=tuple(layers),
        digest=digest_city(city),
    )


def _network(city: City, name: str, network: Network) -> LayerInfo:
    return _layer(city, name, len(network.links), float(network.links["length_m"].sum()))


def _layer(
    city: City, name: str, count: int, length_m: float | None = None, area_m2: float | None = None
) -> LayerInfo:
    origins = [source for source in city.sources if source.layer == name]
    origin, licence = (origins[0].origin, origins[0].licence) if origins else ("", "")
    return LayerInfo(name, count, length_m, area_m2, origin, licence, city.cim_levels.get(name))
