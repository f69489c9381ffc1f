"""The city as a browser wants it: a manifest and flat files, made once at the server's start."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from agents.places import read_places
from cim_models.city import City
from viz.layers import colours, images
from viz.layers.binary import pack
from viz.layers.registry import LAYERS
from viz.layers.scene import Scene
from viz.server.vocabulary import vocabulary


@dataclass(frozen=True, slots=True)
class CityPack:
    """A packed city.

    Parameters
    ----------
    manifest
        JSON value: name, grid of the depth frames, extent, legend and the layers' entries.
    files
        Content by file name.
    ids
        Ids of each layer's rows.
    scene
        The scene it was made from.
    """

    manifest: dict[str, Any]
    files: dict[str, bytes]
    ids: dict[str, list[str]]
    scene: Scene


def pack_city(city: City) -> CityPack:
    """Pack the layers of a city."""
    scene = Scene.of(city)
    entries: list[dict[str, Any]] = []
    files: dict[str, bytes] = {}
    ids: dict[str, list[str]] = {}
    for layer in LAYERS:
        packed = pack(layer, scene)
        if packed is not None:
            entries.append(packed.entry)
            files.update(packed.files)
            ids[packed.entry["id"]] = packed.ids
    manifest: dict[str, Any] = {
        "name": city.name,
        "title": dict(city.title),
        "time_zone": city.time_zone,
        "grid": _grid(city),
        "extent": _extent(scene),
        "legend": colours.as_legend(),
        "layers": entries,
        "details": details(scene),
        **vocabulary(),
    }
    manifest["version"] = _version(files)
    return CityPack(manifest, files, ids, scene)


def _version(files: dict[str, bytes]) -> str:
    """Digest of the files, which the browser puts into their addresses so that it may keep them."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode())
        digest.update(files[name])
    return digest.hexdigest()[:16]


def _grid(city: City) -> dict[str, int]:
    """Rows and columns of a depth frame as it is sent."""
    factor = images.reduction(city.terrain.shape)
    rows, cols = (-(-side // factor) for side in city.terrain.shape)
    return {"rows": rows, "cols": cols, "factor": factor}


def _extent(scene: Scene) -> list[float]:
    """West, south, east and north of what the camera should frame: the built city, or the terrain."""
    frame = scene.city.layer("buildings")
    if frame is None:
        frame = scene.city.layer("roads")
    bounds = scene.city.terrain.bounds if frame is None else tuple(frame.total_bounds)
    corners = np.array(scene.project.corners(bounds))
    return [*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist()]


def details(scene: Scene) -> dict[str, Any]:
    """Names and places of roads, sensors, depots and others, for cards and for flying there."""
    city = scene.city
    found: dict[str, Any] = {}
    roads = city.layer("roads")
    if roads is not None:
        middle = shapely.line_interpolate_point(roads.geometry.to_numpy(), 0.5, normalized=True)
        found["roads"] = {
            "id": roads["id"].astype(str).tolist(),
            "zh": roads["name_zh"].fillna("").tolist(),
            "en": roads["name_en"].fillna("").tolist(),
            "lon_lat": _lon_lat(scene, middle),
        }
    names = ("name_zh", "name_en")
    for name, columns in (("sensors", ("kind", "target")), ("depots", names), ("organisations", names)):
        frame = city.layer(name)
        if frame is not None:
            found[name] = {
                "id": frame["id"].astype(str).tolist(),
                **{column: frame[column].fillna("").tolist() for column in columns},
                "lon_lat": _lon_lat(scene, frame.geometry.to_numpy()),
            }
    found |= _hazard_sites(scene) | _patrol_grids(scene)
    if city.sewer is not None and not city.sewer.nodes.empty:
        nodes = city.sewer.nodes
        found["sewer"] = {
            "id": nodes["id"].astype(str).tolist(),
            "lon_lat": _lon_lat(scene, nodes.geometry.to_numpy()),
        }
    return found


def _hazard_sites(scene: Scene) -> dict[str, Any]:
    """Places that are watched for gas, with the nearest road."""
    frame, roads = scene.city.layer("hazard_sites"), scene.city.layer("roads")
    if frame is None:
        return {}
    near = [""] * len(frame)
    if roads is not None and not roads.empty:
        rows = shapely.STRtree(roads.geometry.to_numpy()).nearest(frame.geometry.to_numpy())
        near = roads["id"].astype(str).to_numpy()[rows].tolist()
    return {
        "hazard_sites": {
            "id": frame["id"].astype(str).tolist(),
            "kind": frame["kind"].astype(str).tolist(),
            "road": near,
            "lon_lat": _lon_lat(scene, frame.geometry.to_numpy()),
        }
    }


def _patrol_grids(scene: Scene) -> dict[str, Any]:
    """Patrol grids with the rows of the roads that are walked there."""
    if scene.city.layer("patrol_grids") is None:
        return {}
    beats: dict[str, list[int]] = {}
    for road in read_places(scene.city, reach_m=0.0, persons_per_m=0.0).roads:
        if road.patrol_grid:
            beats.setdefault(road.patrol_grid, []).append(road.index)
    return {"patrol_grids": {"id": sorted(beats), "roads": [beats[name] for name in sorted(beats)]}}


def feature(scene: Scene, layer: str, ident: str) -> dict[str, Any] | None:
    """Attributes of one object of a layer as JSON values; None when there is no such object."""
    frame = scene.city.layer(layer)
    if frame is None:
        return None
    rows = frame[frame["id"].astype(str) == ident]
    if rows.empty:
        return None
    row = rows.iloc[0]
    point = row.geometry.representative_point()
    lon, lat = scene.project.lon_lat(point.x, point.y)
    values = {str(key): _plain(value) for key, value in row.items() if key != "geometry"}
    return {"layer": layer, "values": values, "lon_lat": [round(float(lon), 7), round(float(lat), 7)]}


def _lon_lat(scene: Scene, points: Any) -> list[list[float]]:
    xy = shapely.get_coordinates(points)
    rounded: list[list[float]] = np.round(scene.project.lon_lat(xy[:, 0], xy[:, 1]), 7).tolist()
    return rounded


def _plain(value: Any) -> Any:
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and not np.isfinite(plain) else plain
