"""Checks of the terrain and of what stands on it."""

import re
from collections.abc import Iterator

import numpy as np
import shapely

from cim_models.checks.defects import Defect, error, note, warning
from cim_models.city import City
from cim_models.layers import LAYERS

_LOWEST_M, _HIGHEST_M = -450.0, 9000.0  # of land on Earth
SENTINELS = (-9999.0, -999.0, 9999.0, 99999.0, -32768.0)
_FLAT_SHARE = 0.02  # of all cells at exactly 0 m, before 0 is suspected to mean "none"
_MAX_HEIGHT_M = 1000.0
_SENSOR_KINDS = (
    *("road_level", "sewer_level", "rain", "camera"),
    *("water_pressure", "methane", "manhole_level", "heat_temperature"),
)
_POSITIVE = {
    "buildings": ("height_m",),
    "roads": ("speed_km_h", "width_m"),
    "gullies": ("length_m", "width_m"),
    "sensors": ("interval_s",),
    "gas_mains": ("pressure_kpa", "diameter_m"),
    "lifelines": ("diameter_m",),
}
_DECIMAL = re.compile(r"-?\d+\.\d+")
_SHARES = {"gullies": ("open_ratio", "blockage")}


def check_terrain(city: City) -> Iterator[Defect]:
    """Holes, sentinels and impossible elevations."""
    elevation = city.terrain.elevation
    ground = elevation[~np.isnan(elevation)]
    if not ground.size:
        yield error("terrain", "", "no cell has ground", "Check the nodata value")
        return
    holes = elevation.size - ground.size
    if holes:
        text = f"{holes} of {elevation.size} cells without ground ({holes / elevation.size:.1%})"
        yield note("terrain", "", text, "Water does not enter them; fill them if they are streets")
    for value in SENTINELS:
        count = int((ground == np.float32(value)).sum())
        if count:
            yield error("terrain", "", f"{count} cells of {value:g} m", "Declare this value as nodata")
    zeros = int((ground == 0).sum())
    if zeros and (zeros > _FLAT_SHARE * ground.size or ground[ground != 0].min(initial=np.inf) > 1):
        yield warning("terrain", "", f"{zeros} cells of exactly 0 m", "Declare 0 as nodata if it means none")
    impossible = (elevation < _LOWEST_M) | (elevation > _HIGHEST_M)
    if impossible.any():
        row, col = np.argwhere(impossible)[0]
        text = f"{int(impossible.sum())} cells below {_LOWEST_M:g} m or above {_HIGHEST_M:g} m, the first at "
        text += f"row {row}, col {col} with {elevation[row, col]:g} m"
        yield error("terrain", "", text, "Check unit (metres) and nodata value")


def check_geometry(city: City) -> Iterator[Defect]:
    """Invalid shapes and features off the terrain."""
    area = shapely.box(*city.terrain.bounds)
    for name in LAYERS:
        frame = city.layer(name)
        if frame is None:
            continue
        shapes = frame.geometry.to_numpy()
        for row in np.flatnonzero(~shapely.is_valid(shapes)):
            reason = _DECIMAL.sub(
                lambda found: f"{float(found[0]):.1f}", shapely.is_valid_reason(shapes[row])
            )
            yield warning(name, frame["id"].iloc[row], f"invalid geometry: {reason}", "Redraw or mend it")
        touching = shapely.intersects(shapes, area)
        for row in np.flatnonzero(~touching):
            yield warning(
                name, frame["id"].iloc[row], "lies off the terrain", "Remove it or extend the terrain"
            )
        partly = touching & ~shapely.covers(area, shapes)
        for row in np.flatnonzero(partly):
            yield note(
                name, frame["id"].iloc[row], "reaches beyond the terrain", "Nothing, if it is at the edge"
            )


def check_values(city: City) -> Iterator[Defect]:
    """Numbers out of range, sentinels among them."""
    for name in LAYERS:
        frame = city.layer(name)
        if frame is None:
            continue
        for column in LAYERS[name].columns:
            if column.dtype is not float:
                continue
            values = frame[column.name].to_numpy(dtype=float)
            bad = ~np.isfinite(values) | np.isin(values, SENTINELS) | (values < 0)
            if column.name in _POSITIVE.get(name, ()):
                bad |= values == 0
            if column.name in _SHARES.get(name, ()):
                bad |= values > 1
            if name == "buildings" and column.name == "height_m":
                bad |= values > _MAX_HEIGHT_M
            for row in np.flatnonzero(bad):
                text = f"{column.name} is {values[row]:g}"
                yield error(name, frame["id"].iloc[row], text, f"Give the {column.description}")


def check_sensors(city: City) -> Iterator[Defect]:
    """Unknown kinds and targets."""
    sensors = city.layer("sensors")
    if sensors is None:
        return
    roads = city.layer("roads")
    road_ids = set() if roads is None else set(roads["id"])
    node_ids = set() if city.sewer is None else set(city.sewer.nodes["id"])
    targets = {"road_level": ("road", road_ids), "sewer_level": ("sewer node", node_ids)}
    for name, kind, target in zip(sensors["id"], sensors["kind"], sensors["target"], strict=True):
        if kind not in _SENSOR_KINDS:
            yield error("sensors", name, f"kind '{kind}' is unknown", f"Use {', '.join(_SENSOR_KINDS)}")
        elif kind in targets and target not in targets[kind][1]:
            what = targets[kind][0]
            if target or kind == "sewer_level":
                yield error(
                    "sensors", name, f"watches {what} '{target}', which does not exist", f"Name a {what}"
                )
            else:
                yield note("sensors", name, f"names no {what}", f"Name a {what} if it watches one")
