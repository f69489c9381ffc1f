"""Flooding: how much, how deep, how long; from the city series, the frames and the event log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cim_models.city import City, Terrain
from cim_models.events import Event

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame

THRESHOLDS_M = (0.15, 0.30, 0.50)
DRAINED_SHARE = 0.1


def threshold_name(threshold_m: float) -> str:
    """Name a depth threshold as the city series does: 0.15 m becomes ``015``."""
    return f"{round(threshold_m * 100):03d}"


def summarize_flooding(
    city: City,
    series: Mapping[str, NDArray[np.float64]],
    max_depth: NDArray[Any],
    events: Sequence[Event],
    end_s: float,
) -> dict[str, Any]:
    """Say how much of the city stood in water, how deep and for how long.

    Parameters
    ----------
    city
        The city.
    series
        City series by quantity, all of the length of ``series["t_s"]``; see `city_series`.
    max_depth
        Largest depth per cell, shape (rows, cols), m.
    events
        The event log.
    end_s
        End of the run, s.
    """
    buildings = city.layer("buildings")
    area = {name: _peak(series, f"flooded_area_{name}") for name in _names()}
    return {
        "max_depth_m": float(np.max(max_depth, initial=0.0)),
        "area_m2": area,
        "area_ever_m2": {
            f"{limit:.2f}": float(np.count_nonzero(max_depth >= limit)) * city.terrain.cell_size_m**2
            for limit in THRESHOLDS_M
        },
        "road_m": {name: _peak(series, f"flooded_road_{name}") for name in _names()},
        "road_hours": {f"{limit:.2f}": _road_hours(events, limit, end_s) for limit in THRESHOLDS_M},
        "drain_down_s": _drain_down_s(series, events),
        "buildings": _buildings(buildings, city.terrain, max_depth) if buildings is not None else None,
    }


def city_series(readings: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Turn the readings of the subject ``city`` into one array per quantity, ``t_s`` among them.

    A quantity is NaN at times at which only others were written.
    """
    if readings.empty:
        return {"t_s": np.zeros(0)}
    table = readings.pivot_table(index="t_s", columns="quantity", values="value")
    return {"t_s": table.index.to_numpy(np.float64), **{str(name): table[name].to_numpy() for name in table}}


def building_depths(
    buildings: GeoDataFrame, terrain: Terrain, max_depth: NDArray[Any]
) -> NDArray[np.float64]:
    """Largest depth on the ground within one cell of each building, m.

    Parameters
    ----------
    buildings
        Footprints.
    terrain
        The grid.
    max_depth
        Shape (rows, cols), m; building cells themselves are dry.
    """
    from shapely import STRtree, points

    wet_row, wet_col = np.nonzero(max_depth >= THRESHOLDS_M[0] / 2)
    x, y = terrain.centre(wet_row, wet_col)
    tree = STRtree(np.atleast_1d(points(x, y)))
    building, cell = tree.query(
        buildings.geometry.to_numpy(), predicate="dwithin", distance=1.5 * terrain.cell_size_m
    )
    depths = np.zeros(len(buildings))
    np.maximum.at(depths, building, np.asarray(max_depth[wet_row[cell], wet_col[cell]], dtype=np.float64))
    return depths


def _names() -> list[str]:
    return [threshold_name(limit) for limit in THRESHOLDS_M]


def _known(
    series: Mapping[str, NDArray[np.float64]], name: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the times, s, and values at which a quantity was written; both empty where it never was."""
    values = series.get(name)
    if values is None:
        return np.zeros(0), np.zeros(0)
    written = ~np.isnan(values)
    return series["t_s"][written], values[written]


def _peak(series: Mapping[str, NDArray[np.float64]], name: str) -> dict[str, float | None]:
    times, values = _known(series, name)
    if not len(values):
        return {"max": None, "at_s": None, "end": None}
    top = int(np.argmax(values))
    return {"max": float(values[top]), "at_s": float(times[top]), "end": float(values[-1])}


def _buildings(buildings: GeoDataFrame, terrain: Terrain, max_depth: NDArray[Any]) -> dict[str, Any]:
    depths = building_depths(buildings, terrain, max_depth)
    persons = buildings["persons"].to_numpy(np.float64)
    return {
        "total": len(buildings),
        "above": {f"{limit:.2f}": int((depths >= limit).sum()) for limit in THRESHOLDS_M},
        "persons_above": {f"{limit:.2f}": float(persons[depths >= limit].sum()) for limit in THRESHOLDS_M},
    }


def _road_hours(events: Sequence[Event], threshold_m: float, end_s: float) -> float:
    """Sum of the hours that each road segment was flooded above a threshold."""
    since: dict[str, float] = {}
    total_s = 0.0
    for event in events:
        if event.kind == "road.flooded" and np.isclose(event.data["threshold_m"], threshold_m):
            since.setdefault(event.subject, event.t_s)
        elif event.kind == "road.drained" and np.isclose(event.data["threshold_m"], threshold_m):
            fallen_s = float(event.data["since_s"])
            total_s += fallen_s - since.pop(event.subject, fallen_s)
    return (total_s + sum(end_s - begin for begin in since.values())) / 3600.0


def _drain_down_s(series: Mapping[str, NDArray[np.float64]], events: Sequence[Event]) -> float | None:
    """Time from the end of the rain until a tenth of the largest flooded area is left, s.

    None while it rains, where nothing was flooded, or when the run ends first.
    """
    stops = [event.t_s for event in events if event.kind == "rain.stopped"]
    times, area = _known(series, f"flooded_area_{threshold_name(THRESHOLDS_M[0])}")
    if not stops or area.max(initial=0.0) <= 0.0:
        return None
    over = np.nonzero(area > DRAINED_SHARE * area.max())[0]
    last = int(over[-1])
    return max(0.0, float(times[last + 1]) - stops[-1]) if last + 1 < len(times) else None
