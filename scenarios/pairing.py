"""Two runs of one world, side by side: what the second did differently, street by street and cell by cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim_models.errors import RunFolderError
from scenarios.runfolder import RunFolder
from scenarios.runfolder.readings import CITY

NOTICED_M = 0.01
"""A difference of depth below this counts as none, m; frames are kept in whole millimetres."""
_SERIES = ("surface_volume", "flooded_area_015", "flooded_road_015", "flooded_road_030", "max_depth")
_MOST_ROADS = 12


@dataclass(frozen=True, slots=True)
class RoadDifference:
    """A road whose largest depth differs between two runs: id, depth in the first and the second, m."""

    road: str
    base_m: float
    other_m: float

    @property
    def change_m(self) -> float:
        """Second less first, m."""
        return self.other_m - self.base_m


@dataclass(frozen=True, slots=True)
class SeriesDifference:
    """How a series of the city differs: second less first.

    Parameters
    ----------
    quantity, unit
        What it is.
    mean
        Mean over the time from the branch, or the start, to the earlier end, in ``unit``.
    peak
        Difference of the largest values, in ``unit``.
    """

    quantity: str
    unit: str
    mean: float
    peak: float


@dataclass(frozen=True, slots=True)
class Pairing:
    """Differences of a run from another one, pair by pair.

    Parameters
    ----------
    base, other
        The runs.
    same_world
        Whether seed, city and start are the same, so that every difference comes of what was changed.
    from_s
        From when on the two may differ: the branch, or the start, s.
    changed
        New values by key, where the second is a branch of the first.
    roads_deeper, roads_shallower, roads_compared
        Numbers of roads whose largest depth differs by 1 cm or more, of all that there are.
    mean_road_change_m
        Mean over all roads of the difference of their largest depths, m.
    worst, best
        Roads with the largest differences upwards and downwards.
    cells_deeper_m2, cells_shallower_m2
        Area whose largest depth differs by 1 cm or more, m².
    series
        How the city's series differ.
    """

    base: RunFolder
    other: RunFolder
    same_world: bool
    from_s: float
    changed: Mapping[str, Any]
    roads_deeper: int
    roads_shallower: int
    roads_compared: int
    mean_road_change_m: float
    worst: tuple[RoadDifference, ...]
    best: tuple[RoadDifference, ...]
    cells_deeper_m2: float
    cells_shallower_m2: float
    series: tuple[SeriesDifference, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        values = {name: getattr(self, name) for name in self.__slots__ if name not in ("base", "other")}
        for name in ("worst", "best", "series"):
            values[name] = [asdict(entry) for entry in values[name]]
        return {"base": str(self.base.path), "other": str(self.other.path), **values}


def pair_runs(base: RunFolder, other: RunFolder) -> Pairing:
    """Compare two runs of one city, pair by pair.

    Raises
    ------
    RunFolderError
        If they are of different cities.
    """
    if not same_city(base, other):
        raise RunFolderError(
            f"Runs '{base.path}' and '{other.path}'",
            got="two cities",
            expected="one and the same",
            remedy="Compare their figures alone, without maps and report",
        )
    meta, others = base.meta, other.meta
    from_s = _parted_s(base, other)
    change = depth_change(base, other)
    roads = _road_differences(base, other)
    moved = sorted(
        (road for road in roads if abs(road.change_m) >= NOTICED_M - 1e-9), key=lambda road: road.change_m
    )
    area_m2 = float(meta["city"]["cell_size_m"]) ** 2
    parent = others.get("parent") or {}
    is_child = parent.get("path") == str(base.path.resolve())
    return Pairing(
        base=base,
        other=other,
        same_world=all(meta[key] == others[key] for key in ("seed", "start")),
        from_s=from_s,
        changed=dict(parent.get("changed", {})) if is_child else {},
        roads_deeper=sum(road.change_m > 0.0 for road in moved),
        roads_shallower=sum(road.change_m < 0.0 for road in moved),
        roads_compared=len(roads),
        mean_road_change_m=float(np.mean([road.change_m for road in roads])) if roads else 0.0,
        worst=tuple(road for road in reversed(moved[-_MOST_ROADS:]) if road.change_m > 0.0),
        best=tuple(road for road in moved[:_MOST_ROADS] if road.change_m < 0.0),
        cells_deeper_m2=float(np.count_nonzero(change >= NOTICED_M - 1e-6)) * area_m2,
        cells_shallower_m2=float(np.count_nonzero(change <= -NOTICED_M + 1e-6)) * area_m2,
        series=_series_differences(base, other, from_s),
    )


def pair_lines(pair: Pairing) -> list[str]:
    """Say the differences of a pair for people who read a terminal."""
    since = f"the same until {pair.from_s:.0f} s" if pair.from_s > 0.0 else "no common history"
    world = "" if pair.same_world else "; ANOTHER WORLD: seed or start differ"
    lines = [f"{pair.other.path.name} against {pair.base.path.name}: {since}{world}"]
    lines += [f"  changed  {key} = {value}" for key, value in pair.changed.items()]
    lines.append(
        f"  roads    {pair.roads_shallower} shallower, {pair.roads_deeper} deeper of {pair.roads_compared}, "
        f"mean {pair.mean_road_change_m:+.4f} m"
    )
    lines.append(
        f"  ground   {pair.cells_shallower_m2:,.0f} m² shallower, {pair.cells_deeper_m2:,.0f} m² deeper"
    )
    for series in pair.series:
        name, unit = series.quantity, series.unit
        lines.append(f"  {name:17} mean {series.mean:+,.3g} {unit}, peak {series.peak:+,.3g} {unit}")
    return lines


def depth_change(base: RunFolder, other: RunFolder) -> NDArray[np.float32]:
    """Return the difference of the largest depths, second less first, shape (rows, cols), m."""
    first, second = (run.frames().max_depth.astype(np.int32) for run in (base, other))
    return ((second - first) / 1000.0).astype(np.float32)


def write_depth_change(base: RunFolder, other: RunFolder, path: Path) -> Path:
    """Write `depth_change` as a GeoTIFF; cells outside the city hold no value."""
    import rasterio
    from rasterio.transform import from_origin

    city, change = base.city(), depth_change(base, other)
    terrain, nodata = city.terrain, np.float32(-9999.0)
    path.parent.mkdir(parents=True, exist_ok=True)
    size = terrain.cell_size_m
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "compress": "deflate", "predictor": 3}
    profile |= {"height": change.shape[0], "width": change.shape[1], "crs": city.crs, "nodata": nodata}
    with rasterio.open(
        path, "w", **profile, transform=from_origin(terrain.x_min, terrain.y_max, size, size)
    ) as raster:
        raster.write(np.where(np.isnan(terrain.elevation), nodata, change), 1)
        raster.set_band_description(1, f"Largest depth, {other.path.name} less {base.path.name}, m")
    return path


def same_city(base: RunFolder, other: RunFolder) -> bool:
    """Whether two runs are of one city, so that they can be compared street by street."""
    first, second = (
        next(entry["sha256"] for entry in run.meta["inputs"] if entry["what"] == "city")
        for run in (base, other)
    )
    return bool(first == second)


def _parted_s(base: RunFolder, other: RunFolder) -> float:
    """Return the moment until which two runs have one history, s; 0 where they are no relatives."""
    first, second = _ancestry(base), _ancestry(other)
    shared = next((path for path in first if path in second), None)
    until_s = 0.0 if shared is None else min(first[shared], second[shared])
    return until_s if np.isfinite(until_s) else 0.0


def _ancestry(run: RunFolder) -> dict[str, float]:
    """Return a run and its ancestors, nearest first, and until when its history is theirs, s."""
    until_s, found = np.inf, {str(run.path.resolve()): np.inf}
    parent = run.meta.get("parent")
    while parent is not None:
        until_s = min(until_s, float(parent["t_s"]))
        found[parent["path"]] = until_s
        try:
            parent = RunFolder(parent["path"]).meta.get("parent")
        except RunFolderError:  # an ancestor that is no longer there ends the line
            break
    return found


def _road_differences(base: RunFolder, other: RunFolder) -> list[RoadDifference]:
    roads = base.city().layer("roads")
    if roads is None:
        return []
    first, second = (_largest_on_roads(run) for run in (base, other))
    return [
        RoadDifference(str(name), float(one) / 1000.0, float(two) / 1000.0)
        for name, one, two in zip(roads["id"], first, second, strict=True)
    ]


def _largest_on_roads(run: RunFolder) -> NDArray[np.int64]:
    frames = run.frames()
    largest = np.zeros(frames.road_depth(0).size, np.int64) if len(frames) else np.zeros(0, np.int64)
    for index in range(len(frames)):
        np.maximum(largest, frames.road_depth(index), out=largest)
    return largest


def _series_differences(base: RunFolder, other: RunFolder, from_s: float) -> tuple[SeriesDifference, ...]:
    found = []
    for quantity in _SERIES:
        first, second = base.readings(CITY, quantity), other.readings(CITY, quantity)
        if first.empty or second.empty:
            continue
        one, two = (frame.set_index("t_s")["value"] for frame in (first, second))
        both = two.subtract(one).dropna()
        later = both[both.index >= from_s]
        found.append(
            SeriesDifference(
                quantity=quantity,
                unit=str(first["unit"].iloc[0]),
                mean=float(later.mean()) if len(later) else 0.0,
                peak=float(two.max() - one.max()),
            )
        )
    return tuple(found)
