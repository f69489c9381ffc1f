"""Depths that a run has shown to somebody: no largest depth may fall short of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.surface.constants import DRY_DEPTH_M

FloatArray = NDArray[np.float32]


class Published:
    """The largest depth of each cell among those that were published, and when that was.

    A record looks at the water at its own times, and that of the coarse tier maps it in its own way. So
    what is published between two looks is kept here as well. Memory: 8 bytes a cell from the first
    publication on.

    Parameters
    ----------
    shape
        Rows and columns.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self._shape = shape
        self._largest: tuple[FloatArray, FloatArray] | None = None

    def note(self, depth_m: FloatArray, time_s: float) -> None:
        """Take note of a map that is published, shape (rows, cols), m, without films: see `without_films`."""
        largest, when = self._arrays()
        deeper = depth_m > largest
        np.copyto(largest, depth_m, where=deeper)
        np.copyto(when, np.float32(time_s), where=deeper)

    def note_at(self, cells: NDArray[np.int64], depth_m: NDArray[Any], time_s: float) -> None:
        """Take note of depths of some cells, given by flat index, m, shape (cells,)."""
        largest, when = (array.reshape(-1) for array in self._arrays())
        deeper = depth_m > largest[cells]
        np.maximum.at(largest, cells, depth_m.astype(np.float32))
        when[cells[deeper]] = np.float32(time_s)

    def raised(
        self, depth_m: FloatArray, time_s: FloatArray, cells: NDArray[np.int64] | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Return largest depths, m, and their times, s, raised to what has been published.

        Parameters
        ----------
        depth_m, time_s
            What a record says of all cells, shape (rows, cols), or of some, shape (cells,).
        cells
            Flat indices of these.
        """
        if self._largest is None:
            return depth_m, time_s
        largest, when = (array if cells is None else array.reshape(-1)[cells] for array in self._largest)
        deeper = largest > depth_m
        return np.where(deeper, largest, depth_m), np.where(deeper, when, time_s)

    def state(self) -> dict[str, NDArray[Any]]:
        """Return copies of the arrays; none where nothing has been published."""
        if self._largest is None:
            return {}
        largest, when = self._largest
        return {"published_depth": largest.copy(), "published_time_s": when.copy()}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over such a state."""
        self._largest = None
        if "published_depth" in state:
            self._largest = state["published_depth"].copy(), state["published_time_s"].copy()

    def _arrays(self) -> tuple[FloatArray, FloatArray]:
        if self._largest is None:
            self._largest = np.zeros(self._shape, np.float32), np.full(self._shape, np.nan, np.float32)
        return self._largest


def without_films(depth_m: NDArray[Any]) -> NDArray[Any]:
    """Return depths in which films up to the dry depth (1 mm) count as 0, as in largest depths; m."""
    return np.where(depth_m > DRY_DEPTH_M, depth_m, np.zeros((), depth_m.dtype))
