"""Two runs of one world, side by side: what the second did differently, street by street and cell by cell.

Both are compared at moments of which both have a frame or a reading, and so until the shorter one ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim_models.errors import RunFolderError
from cim_models.placing import geotiff, write_whole
from scenarios.comparison import ROUNDING
from scenarios.relations import common_end_s, same_city, shared_history_s
from scenarios.runfolder import RunFolder
from scenarios.runfolder.frames import FrameReader
from scenarios.runfolder.readings import CITY

NOTICED_M = 0.01
"""A difference of depth below this counts as none, m; frames are kept in whole millimetres."""
_SERIES = ("surface_volume", "flooded_area_015", "flooded_road_015", "flooded_road_030", "max_depth")
_MOST_ROADS = 12
_NOT_PLAIN = ("base", "other", "change_m")


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
        Difference of the largest values until the earlier end, in ``unit``.
    """

    quantity: str
    unit: str
    mean: float
    peak: float

    @property
    def differs(self) -> bool:
        """Whether there is any difference."""
        return self.mean != 0.0 or self.peak != 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Pairing:
    """Differences of a run from another one, pair by pair.

    Parameters
    ----------
    base, other
        The runs.
    from_s
        From when on the two may differ: where they parted, or the start, s.
    until_s
        When the shorter one ended, s; None where both go equally far.
    roads_deeper, roads_shallower, roads_compared
        Numbers of roads whose largest depth differs by 1 cm or more, of all that there are.
    mean_road_change_m
        Mean over all roads of the difference of their largest depths, m.
    worst, best
        Roads with the largest differences upwards and downwards.
    cells_deeper_m2, cells_shallower_m2
        Area whose largest depth differs by 1 cm or more, m².
    change_m
        See `depth_change`.
    series
        How the city's series differ.
    """

    base: RunFolder
    other: RunFolder
    from_s: float
    until_s: float | None
    roads_deeper: int
    roads_shallower: int
    roads_compared: int
    mean_road_change_m: float
    worst: tuple[RoadDifference, ...]
    best: tuple[RoadDifference, ...]
    cells_deeper_m2: float
    cells_shallower_m2: float
    change_m: NDArray[np.float32]
    series: tuple[SeriesDifference, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        values = {name: getattr(self, name) for name in self.__slots__ if name not in _NOT_PLAIN}
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
    from_s = shared_history_s(base, other)
    change = depth_change(base, other)
    roads = _road_differences(base, other)
    moved = sorted(
        (road for road in roads if abs(road.change_m) >= NOTICED_M - 1e-9), key=lambda road: road.change_m
    )
    area_m2 = float(base.meta["city"]["cell_size_m"]) ** 2
    return Pairing(
        base=base,
        other=other,
        from_s=from_s,
        until_s=common_end_s(base, other),
        roads_deeper=sum(road.change_m > 0.0 for road in moved),
        roads_shallower=sum(road.change_m < 0.0 for road in moved),
        roads_compared=len(roads),
        mean_road_change_m=float(np.mean([road.change_m for road in roads])) if roads else 0.0,
        worst=tuple(road for road in reversed(moved[-_MOST_ROADS:]) if road.change_m > 0.0),
        best=tuple(road for road in moved[:_MOST_ROADS] if road.change_m < 0.0),
        cells_deeper_m2=float(np.count_nonzero(change >= NOTICED_M - 1e-6)) * area_m2,
        cells_shallower_m2=float(np.count_nonzero(change <= -NOTICED_M + 1e-6)) * area_m2,
        change_m=change,
        series=_series_differences(base, other, from_s),
    )


def depth_change(base: RunFolder, other: RunFolder) -> NDArray[np.float32]:
    """Return the difference of the largest depths, second less first, shape (rows, cols), m.

    The largest depths of runs of one length are those that each kept of its every step. Those of runs of
    different length are those of the frames that both have, because what a run keeps is of the whole of it.
    """
    first, second = base.frames(), other.frames()
    if common_end_s(base, other) is None:
        largest = [frames.max_depth.astype(np.int32) for frames in (first, second)]
    else:
        ones, others = _shared_frames(first, second)
        largest = [
            _largest((frames.depth(index) for index in indices), frames.shape)
            for frames, indices in ((first, ones), (second, others))
        ]
    return ((largest[1] - largest[0]) / 1000.0).astype(np.float32)


def write_depth_change(base: RunFolder, other: RunFolder, path: Path) -> Path:
    """Write `depth_change` as a GeoTIFF; cells outside the city hold no value."""
    from rasterio.transform import from_origin

    city, change = base.city(), depth_change(base, other)
    terrain, nodata = city.terrain, np.float32(-9999.0)
    size = terrain.cell_size_m
    profile = {"compress": "deflate", "predictor": 3, "crs": city.crs, "nodata": nodata}
    profile["transform"] = from_origin(terrain.x_min, terrain.y_max, size, size)
    data = np.where(np.isnan(terrain.elevation), nodata, change)
    until_s = common_end_s(base, other)
    until = "" if until_s is None else f", by their frames until {until_s:g} s"
    description = f"Largest depth, {other.path.name} less {base.path.name}, m{until}"
    write_whole(path, geotiff(data, profile, description))
    return path


def _road_differences(base: RunFolder, other: RunFolder) -> list[RoadDifference]:
    roads = base.city().layer("roads")
    if roads is None:
        return []
    first, second = base.frames(), other.frames()
    ones, others = _shared_frames(first, second)
    largest = (
        _largest((frames.road_depth(index) for index in indices), len(roads))
        for frames, indices in ((first, ones), (second, others))
    )
    return [
        RoadDifference(str(name), float(one) / 1000.0, float(two) / 1000.0)
        for name, one, two in zip(roads["id"], *largest, strict=True)
    ]


def _shared_frames(first: FrameReader, second: FrameReader) -> tuple[list[int], list[int]]:
    """Return which frames of either are of moments of which both have one."""
    _, ones, others = np.intersect1d(first.times_s, second.times_s, return_indices=True)
    return ones.tolist(), others.tolist()


def _largest(depths: Iterable[NDArray[np.uint16]], shape: int | tuple[int, int]) -> NDArray[np.int32]:
    """Return the largest of depths of a shape, mm, element by element; 0 where there are none."""
    largest = np.zeros(shape, np.int32)
    for depth in depths:
        np.maximum(largest, depth, out=largest)
    return largest


def _series_differences(base: RunFolder, other: RunFolder, from_s: float) -> tuple[SeriesDifference, ...]:
    found = []
    for quantity in _SERIES:
        first, second = base.readings(CITY, quantity), other.readings(CITY, quantity)
        both = first.merge(second, on="t_s", suffixes=("_base", "_other"))
        if both.empty:
            continue
        one, two = both["value_base"], both["value_other"]
        later = (two - one)[both["t_s"] >= from_s]
        size = max(float(one.abs().max()), float(two.abs().max()))
        found.append(
            SeriesDifference(
                quantity=quantity,
                unit=str(both["unit_base"].iloc[0]),
                mean=_noticed(float(later.mean()) if len(later) else 0.0, size),
                peak=_noticed(float(two.max()) - float(one.max()), size),
            )
        )
    return tuple(found)


def _noticed(difference: float, size: float) -> float:
    """Return a difference of values of some size; 0 for what is but the rounding of a sum."""
    return 0.0 if abs(difference) <= ROUNDING * size else difference
