"""Tables behind the map layers, one row a mark, in longitude and latitude.

Each function takes a `Scene` and returns a DataFrame, or None where the city or the run has nothing of
the kind. Coordinate columns hold arrays of shape (2,) for a point and (n, 2) for a line or a ring.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from viz.layers import colours
from viz.layers.scene import Scene

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

ROAD_SHARE = 0.3
"""Share of a road's kerb-to-kerb width that its passability line takes, so that water shows beside it."""


def buildings(scene: Scene) -> pd.DataFrame | None:
    """Footprints as clockwise outer rings with height and a tint that rises with it."""
    frame = scene.city.layer("buildings")
    if frame is None:
        return None
    ids, rings, index = _rings(scene, frame)
    height = frame["height_m"].to_numpy(dtype=float)[index]
    colour = colours.ramp_colours(height, colours.BUILDING_STOPS)
    return pd.DataFrame({"id": ids, "polygon": rings, "height_m": height, "colour": list(colour)})


def water_bodies(scene: Scene) -> pd.DataFrame | None:
    """Rivers and lakes as outer rings."""
    frame = scene.city.layer("water_bodies")
    if frame is None:
        return None
    ids, rings, _ = _rings(scene, frame)
    return pd.DataFrame({"id": ids, "polygon": rings})


def streets(scene: Scene) -> pd.DataFrame | None:
    """Street surfaces from kerb to kerb."""
    frame = scene.city.layer("roads")
    if frame is None:
        return None
    width = frame["width_m"].to_numpy(dtype=float)
    return pd.DataFrame({"id": frame["id"].astype(str), "path": _lines(scene, frame), "width_m": width})


def roads(scene: Scene) -> pd.DataFrame | None:
    """Passability of road segments at the scene's moment: only wet and closed ones have a colour.

    They are drawn over the buildings, because what is cut must be seen from every side.
    """
    frame = scene.city.layer("roads")
    if frame is None:
        return None
    depth_m, closed = np.zeros(len(frame)), np.zeros(len(frame), dtype=bool)
    if scene.moment is not None:
        depth_m = scene.moment.road_depth.astype(float) / 1000.0
        closed = frame["id"].isin(scene.moment.closed_roads).to_numpy()
    return pd.DataFrame(
        {
            "id": frame["id"].astype(str),
            "path": _lines(scene, frame),
            "width_m": frame["width_m"].to_numpy(dtype=float) * ROAD_SHARE,
            "colour": list(colours.road_colours(depth_m, closed)),
        }
    )


def sewers(scene: Scene) -> pd.DataFrame | None:
    """Sewer links with a width that follows the diameter."""
    network = scene.city.sewer
    if network is None or network.links.empty:
        return None
    diameter = network.links["diameter_m"].to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "id": network.links["id"].astype(str),
            "path": _lines(scene, network.links),
            "width_m": np.clip(2.5 * np.nan_to_num(diameter), 1.0, 10.0),
        }
    )


def bridges(scene: Scene) -> pd.DataFrame | None:
    """Bridges and decks."""
    frame = scene.city.layer("bridges")
    if frame is None:
        return None
    return pd.DataFrame({"id": frame["id"].astype(str), "path": _lines(scene, frame)})


def barriers(scene: Scene) -> pd.DataFrame | None:
    """Barriers that stand at the scene's moment."""
    if scene.moment is None or not scene.moment.barriers:
        return None
    lines = [np.asarray(line, dtype=float) for line in scene.moment.barriers.values()]
    paths = [scene.project.lon_lat(line[:, 0], line[:, 1]) for line in lines]
    return pd.DataFrame({"id": list(scene.moment.barriers), "path": paths})


def gullies(scene: Scene) -> pd.DataFrame | None:
    """Street inlets."""
    return _points(scene, "gullies")


def depots(scene: Scene) -> pd.DataFrame | None:
    """Where crews wait, with their name."""
    table = _points(scene, "depots")
    frame = scene.city.layer("depots")
    if table is None or frame is None:
        return None
    return table.assign(text=_names(frame, scene.language))


def sensors(scene: Scene) -> pd.DataFrame | None:
    """List fixed sensors and cameras."""
    return _points(scene, "sensors")


def labels(scene: Scene) -> pd.DataFrame | None:
    """Names of waterlogging spots and landmarks, each once, at its first spot."""
    table = _points(scene, "spots")
    frame = scene.city.layer("spots")
    if table is None or frame is None:
        return None
    table = table.assign(
        text=_names(frame, scene.language), text_zh=frame["name_zh"], text_en=frame["name_en"]
    )
    return table[table["text"] != ""].drop_duplicates("text").reset_index(drop=True)


def cases(scene: Scene) -> pd.DataFrame | None:
    """Open cases with the numeral and colour of their level."""
    if scene.moment is None or not scene.moment.cases:
        return None
    marks = scene.moment.cases
    return _marks(
        scene,
        marks,
        text=[colours.LEVEL_NUMERALS[mark.level] for mark in marks],
        colour=[np.array(colours.LEVELS[mark.level]) for mark in marks],
    )


def crews(scene: Scene) -> pd.DataFrame | None:
    """Crews on duty, coloured by state."""
    if scene.moment is None or not scene.moment.crews:
        return None
    marks = scene.moment.crews
    return _marks(scene, marks, colour=[np.array(colours.CREW_STATES[mark.state]) for mark in marks])


def patrols(scene: Scene) -> pd.DataFrame | None:
    """Patrollers who are out."""
    if scene.moment is None or not scene.moment.patrols:
        return None
    marks = scene.moment.patrols
    return _marks(scene, marks, text=[colours.PATROL_SIGN] * len(marks))


def failures(scene: Scene) -> pd.DataFrame | None:
    """Failures in the networks."""
    if scene.moment is None or not scene.moment.failures:
        return None
    marks = scene.moment.failures
    return _marks(scene, marks, text=[colours.FAILURE_SIGN] * len(marks))


def structures(scene: Scene) -> pd.DataFrame | None:
    """Structures that are watched, with their health; the worst last, above others at the same place."""
    if scene.moment is None or not scene.moment.structures:
        return None
    order = list(colours.GRADES)
    marks = sorted(scene.moment.structures, key=lambda mark: order.index(mark.grade))
    return _marks(
        scene,
        marks,
        text=[mark.grade for mark in marks],
        colour=[np.array(colours.GRADES[mark.grade]) for mark in marks],
    )


def _marks(scene: Scene, marks: Sequence[Any], **columns: list[Any]) -> pd.DataFrame:
    """Return marks of a moment at their places (``x``, ``y``, m), with columns of one value a mark."""
    position = scene.project.lon_lat([mark.x for mark in marks], [mark.y for mark in marks])
    return pd.DataFrame({"id": [mark.id for mark in marks], "position": list(position), **columns})


def _points(scene: Scene, name: str) -> pd.DataFrame | None:
    frame = scene.city.layer(name)
    if frame is None:
        return None
    position = scene.project.lon_lat(frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy())
    return pd.DataFrame({"id": frame["id"].astype(str), "position": list(position)})


def _names(frame: GeoDataFrame, language: str) -> list[str]:
    """Name of each row in a language, in the other where it has none."""
    first, second = ("name_zh", "name_en") if language == "zh" else ("name_en", "name_zh")
    return [a or b for a, b in zip(frame[first].fillna(""), frame[second].fillna(""), strict=True)]


def _lines(scene: Scene, frame: GeoDataFrame) -> list[np.ndarray[Any, Any]]:
    """Vertices of each row's line; of the longest part where a line has several."""
    shapes = [_longest(shape) for shape in frame.geometry]
    xy, index = shapely.get_coordinates(shapes, return_index=True)
    return _split(scene.project.lon_lat(xy[:, 0], xy[:, 1]), index, len(shapes))


def _longest(shape: Any) -> Any:
    return max(shape.geoms, key=lambda part: part.length) if hasattr(shape, "geoms") else shape


def _rings(scene: Scene, frame: GeoDataFrame) -> tuple[list[str], list[Any], Any]:
    """Outer rings, clockwise and closed, of all parts: id, ring and row of each."""
    parts, rows = shapely.get_parts(frame.geometry.to_numpy(), return_index=True)
    outer = shapely.polygons(shapely.get_exterior_ring(parts))
    rings = shapely.get_exterior_ring(shapely.normalize(outer))  # in normal form a ring runs clockwise
    xy, index = shapely.get_coordinates(rings, return_index=True)
    ids = frame["id"].astype(str).to_numpy()[rows]
    return list(ids), _split(scene.project.lon_lat(xy[:, 0], xy[:, 1]), index, len(parts)), rows


def _split(points: Any, index: Any, count: int) -> list[Any]:
    """Cut one array of vertices into those of each shape, by the shape's index."""
    return np.split(points, np.searchsorted(index, np.arange(1, count)))
