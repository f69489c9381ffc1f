"""Depth frames: a Zarr group that grows while the run goes on and can be read at any time.

Arrays: ``water_depth`` (frames, rows, cols) and ``road_depth`` (frames, roads) in whole
millimetres, ``time_s`` (frames), ``max_depth`` (rows, cols) in millimetres and ``time_of_max_s``
(rows, cols). A frame counts once its time is written, which happens last.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cim_models.errors import RunFolderError

if TYPE_CHECKING:
    import zarr

FRAMES_FOLDER = "depth.zarr"
CHUNK = 512
MAX_EVERY = 10
LARGEST_MM = np.iinfo(np.uint16).max


class FrameWriter:
    """Append depth frames.

    Parameters
    ----------
    folder
        The run folder.
    shape
        Rows and columns of the grid.
    roads
        Number of road segments.
    """

    def __init__(self, folder: Path, shape: tuple[int, int], roads: int) -> None:
        import zarr  # 0.7 s: only a run that writes frames pays for it
        from zarr.codecs import BloscCodec

        rows, cols = shape
        chunk = (min(CHUNK, rows), min(CHUNK, cols))
        squeeze: dict[str, Any] = {"compressors": BloscCodec(cname="zstd", clevel=5, shuffle="shuffle")}
        group = zarr.create_group(folder / FRAMES_FOLDER)
        group.attrs["unit"] = {"water_depth": "mm", "road_depth": "mm", "max_depth": "mm", "time_s": "s"}
        make = group.create_array
        self._depth = make("water_depth", shape=(0, *shape), chunks=(1, *chunk), dtype="u2", **squeeze)
        self._road = make("road_depth", shape=(0, roads), chunks=(1, max(roads, 1)), dtype="u2", **squeeze)
        self._time = make("time_s", shape=(0,), chunks=(4096,), dtype="f8", fill_value=np.nan)
        self._max = make("max_depth", shape=shape, chunks=chunk, dtype="u2", **squeeze)
        self._time_of_max = make(
            "time_of_max_s", shape=shape, chunks=chunk, dtype="f4", fill_value=np.nan, **squeeze
        )
        self.count = 0

    def append(self, t_s: float, water_depth: NDArray[Any], road_depth: NDArray[Any]) -> None:
        """Write one frame.

        Parameters
        ----------
        t_s
            Simulated time, s.
        water_depth
            Shape (rows, cols), m; NaN outside the domain counts as dry.
        road_depth
            Largest depth per road segment, m.
        """
        _append(self._depth, to_millimetres(water_depth))
        _append(self._road, to_millimetres(road_depth))
        _append(self._time, np.float64(t_s))
        self.count += 1

    @property
    def wants_maximum(self) -> bool:
        """Whether the maximum on disk is due for renewal."""
        return self.count % MAX_EVERY == 1

    def write_maximum(self, max_depth: NDArray[Any], time_of_max_s: NDArray[Any]) -> None:
        """Replace the largest depth per cell, m, and when it was reached, s."""
        self._max[:] = to_millimetres(max_depth)
        self._time_of_max[:] = np.asarray(time_of_max_s, dtype=np.float32)


class FrameReader:
    """Read depth frames of a run, finished or running; `refresh` looks for new ones."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FRAMES_FOLDER
        self.refresh()

    def refresh(self) -> None:
        """Look at the folder again, after which `times_s` may be longer."""
        import zarr

        try:
            group = zarr.open_group(self._path, mode="r")
            times = np.asarray(_array(group, "time_s")[:], dtype=np.float64)
        except (FileNotFoundError, KeyError, ValueError) as exc:
            raise RunFolderError(
                f"Depth frames '{self._path}'", got=str(exc), remedy="Run the scenario again"
            ) from exc
        self._group = group
        self._depth = _array(group, "water_depth")
        self._road = _array(group, "road_depth")
        self.times_s: NDArray[np.float64] = times[~np.isnan(times)]

    def __len__(self) -> int:
        """Count complete frames."""
        return len(self.times_s)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        _, rows, cols = self._depth.shape
        return rows, cols

    def depth(self, index: int) -> NDArray[np.uint16]:
        """Water depth of one frame, shape (rows, cols), mm; negative indices count from the end."""
        return np.asarray(self._depth[self._index(index)], dtype=np.uint16)

    def road_depth(self, index: int) -> NDArray[np.uint16]:
        """Largest depth per road segment in one frame, in the order of the layer, mm."""
        return np.asarray(self._road[self._index(index)], dtype=np.uint16)

    @property
    def max_depth(self) -> NDArray[np.uint16]:
        """Largest depth per cell so far, shape (rows, cols), mm."""
        return np.asarray(_array(self._group, "max_depth")[:], dtype=np.uint16)

    @property
    def time_of_max_s(self) -> NDArray[np.float32]:
        """When each cell was deepest, shape (rows, cols), s; NaN where it never was wet."""
        return np.asarray(_array(self._group, "time_of_max_s")[:], dtype=np.float32)

    def index_at(self, t_s: float) -> int:
        """Index of the last frame at or before a time; 0 before the first."""
        return max(0, int(np.searchsorted(self.times_s, t_s, side="right")) - 1)

    def _index(self, index: int) -> int:
        count = len(self.times_s)
        if not -count <= index < count:
            msg = f"frame {index}; expected {-count} to {count - 1}"
            raise IndexError(msg)
        return index % count


def to_millimetres(depth: NDArray[Any]) -> NDArray[np.uint16]:
    """Round depths in metres to whole millimetres; NaN becomes 0, above 65.535 m the largest."""
    scaled = np.rint(np.nan_to_num(np.asarray(depth), nan=0.0) * 1000.0)
    return np.clip(scaled, 0, LARGEST_MM).astype(np.uint16)


def _append(array: zarr.Array[Any], value: Any) -> None:
    count = array.shape[0]
    array.resize((count + 1, *array.shape[1:]))
    array[count] = value


def _array(group: zarr.Group, name: str) -> zarr.Array[Any]:
    member = group[name]
    if not hasattr(member, "shape"):
        raise KeyError(name)
    return member  # type: ignore[return-value]
