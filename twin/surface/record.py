"""What a flood has done to each cell so far: the arrays, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.surface.constants import DEPTH_DTYPE, DRY_UNITS, REAL_DTYPE, UNIT_M, UNITS_PER_M
from twin.surface.hazard import FloodLimits, HazardRating, flood_limits, hazard_class
from twin.surface.kernel_record import Record
from twin.surface.state import inner, padded

DepthGrid = NDArray[np.float32]


class FloodRecord:
    """Largest values, times and durations per cell since the start.

    The water is looked at after the first step that reaches each multiple of the recording interval.
    Whatever comes and goes between two looks is not seen; durations are whole numbers of intervals.
    Memory: 8 bytes a cell for depth and time, 33 with limits.

    Parameters
    ----------
    shape
        Rows and columns.
    interval_s
        Recording interval, s.
    limits
        Limits of what is recorded besides the largest depth and its time; None for nothing more.
    """

    def __init__(self, shape: tuple[int, int], interval_s: float, limits: FloodLimits | None) -> None:
        self.shape, self.interval_s, self.limits = shape, interval_s, limits
        rated = shape if limits is not None else (1, 1)
        used = limits or flood_limits()
        self.arrays = Record(
            deepest=padded(shape, DEPTH_DTYPE, DRY_UNITS),
            time_of_max=padded(shape, REAL_DTYPE, np.nan),
            rates=limits is not None,
            speed=padded(rated, REAL_DTYPE),
            arrival=padded(rated, REAL_DTYPE, np.nan),
            looks_1=padded(rated, DEPTH_DTYPE),
            looks_2=padded(rated, DEPTH_DTYPE),
            looks_3=padded(rated, DEPTH_DTYPE),
            rating=padded(rated, REAL_DTYPE),
            aidr=padded(rated, np.uint8),
            depth_limits=_depth_limits(used),
            rating_limits=_rating_limits(used.rating),
            aidr_limits=_aidr_limits(used),
        )

    @property
    def max_depth(self) -> DepthGrid:
        """Largest depth, shape (rows, cols), m; depths up to the dry depth (1 mm) count as 0."""
        return _in_metres(inner(self.arrays.deepest, self.shape))

    @property
    def time_of_max_s(self) -> DepthGrid:
        """Time of the largest depth, shape (rows, cols), s; NaN where it never was above 1 mm."""
        return inner(self.arrays.time_of_max, self.shape).copy()

    def fields(self, cells: NDArray[np.int64] | None = None) -> dict[str, NDArray[Any]]:
        """Return copies of all that is recorded by name, of all cells or of some.

        Parameters
        ----------
        cells
            Flat indices; None for all cells.

        Returns
        -------
        ``max_depth`` (m) and ``time_of_max_s`` (s); with limits also ``max_speed`` (m/s),
        ``arrival_time_s`` (s, NaN where the water never came), ``duration_015_s`` and so on (time above
        each depth of the limits in centimetres), ``hazard_rating`` and ``hazard_class`` (see
        `twin.surface.hazard.hazard_class`), and ``aidr_class`` (1 for H1); 0 where nothing was rated.
        Shape (rows, cols) or (cells,).
        """

        def pick(array: NDArray[Any]) -> NDArray[Any]:
            domain = inner(array, self.shape)
            return domain.copy() if cells is None else domain[np.divmod(cells, self.shape[1])]

        arrays, limits = self.arrays, self.limits
        fields = {
            "max_depth": _in_metres(pick(arrays.deepest)),
            "time_of_max_s": pick(arrays.time_of_max),
        }
        if limits is None:
            return fields
        fields["max_speed"] = pick(arrays.speed)
        fields["arrival_time_s"] = pick(arrays.arrival)
        looks = (arrays.looks_1, arrays.looks_2, arrays.looks_3)
        for depth_m, count in zip(limits.duration_depths_m, looks, strict=True):
            seconds = (pick(count) * self.interval_s).astype(np.float32)
            fields[f"duration_{round(100 * depth_m):03d}_s"] = seconds
        rating = pick(arrays.rating)
        fields |= {"hazard_rating": rating, "hazard_class": hazard_class(rating)}
        fields["aidr_class"] = pick(arrays.aidr)
        return fields

    # -- checkpoints -----------------------------------------------------------------------------

    def state(self) -> dict[str, NDArray[Any]]:
        """Return copies of the arrays as they are, shape (rows, cols)."""
        return {name: inner(array, self.shape).copy() for name, array in self._kept().items()}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over the arrays of a record with the same limits."""
        for name, array in self._kept().items():
            inner(array, self.shape)[...] = state[name]

    def _kept(self) -> dict[str, NDArray[Any]]:
        names = ["deepest", "time_of_max"]
        if self.limits is not None:
            names += ["speed", "arrival", "looks_1", "looks_2", "looks_3", "rating", "aidr"]
        return {f"record_{name}": getattr(self.arrays, name) for name in names}


def _in_metres(deepest: NDArray[np.int32]) -> DepthGrid:
    return np.where(deepest > DRY_UNITS, deepest * np.float32(UNIT_M), np.float32(0.0))


def _depth_limits(limits: FloodLimits) -> NDArray[np.int32]:
    """Return the depths that the kernel compares, in whole units: rated, arrived, three durations."""
    depths_m = np.array([limits.rated_depth_m, limits.arrival_depth_m, *limits.duration_depths_m])
    return np.ceil(depths_m * UNITS_PER_M).astype(DEPTH_DTYPE)


def _rating_limits(rating: HazardRating) -> NDArray[np.float32]:
    """Return the numbers of the hazard rating in the kernel's order."""
    limits = (
        rating.velocity_offset_m_s,
        *rating.depth_limits_m,
        rating.speed_limit_m_s,
        *rating.debris_factors,
    )
    return np.array(limits, REAL_DTYPE)


def _aidr_limits(limits: FloodLimits) -> NDArray[np.float32]:
    """Return the limits of the AIDR classes: depths, speeds, products."""
    rows = (limits.aidr_depth_m, limits.aidr_speed_m_s, limits.aidr_product_m2_s)
    return np.array(rows, REAL_DTYPE)
