"""Depth frames: a Zarr group that grows while the run goes on and can be read at any time.

Arrays: the rasters of `scenarios.runfolder.fields`, ``road_depth`` (frames, roads) in whole millimetres,
``time_s`` (frames), and ``velocity_time_s`` where a run writes velocities. Rasters of the whole run, such as
``max_depth``, are renewed every ten frames and at the end; which of them there are depends on the
scenario. A frame counts once its time is written, which happens last.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cim_models.errors import RunFolderError
from scenarios.runfolder.extent import share_tree
from scenarios.runfolder.fields import FIELDS, RasterField, raster_field

if TYPE_CHECKING:
    import zarr

FRAMES_FOLDER = "depth.zarr"
CHUNK = 512
MAX_EVERY = 10
VELOCITY = ("velocity_east", "velocity_north")
SQUEEZE_LEVEL = 1
"""Of Blosc, up to 9. On frames of a city's streets level 5 takes eight times as long and saves 4 %."""


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

        self._folder, self._shape, self._roads = folder, shape, roads
        self._group = zarr.create_group(folder / FRAMES_FOLDER)
        self._depth = self._raster("water_depth")
        self._road = self._make("road_depth", (0, roads), (1, max(roads, 1)), "u2", ("time", "road"))
        self._road.attrs.update({"standard_name": "maximum_water_depth_on_road", "units": "mm"})
        self._time = self._make("time_s", (0,), (4096,), "f8", ("time",), np.nan)
        self._velocity: list[zarr.Array[Any]] = []
        self._rasters = {name: self._raster(name) for name in ("max_depth", "time_of_max_s")}
        self.count = self.velocity_count = 0

    def moved_to(self, folder: Path) -> FrameWriter:
        """Return a writer for another folder, which begins with the frames written so far."""
        writer = FrameWriter(folder, self._shape, self._roads)
        writer.inherit(self._folder, self.count, self.velocity_count)
        return writer

    def inherit(self, source: Path, frames: int, velocity_frames: int) -> None:
        """Begin with the first frames of another run on the same grid.

        Frames never change once written, so both folders may hold the same files.

        Raises
        ------
        RunFolderError
            If there are fewer.
        """
        reader = FrameReader(source)
        for have, want in ((len(reader), frames), (len(reader.velocity_times_s), velocity_frames)):
            if have < want:
                raise RunFolderError(
                    f"Depth frames of run '{source}'", got=f"{have} frames", expected=f"at least {want}"
                )
        if velocity_frames:
            self._open_velocity()
        moving = [(self._depth, frames), (self._road, frames)]
        moving += [(array, velocity_frames) for array in self._velocity[:2]]
        for array, count in moving:
            array.resize((count, *array.shape[1:]))
            chunks = Path(array.name.strip("/")) / "c"
            for frame in range(count):
                place = chunks / str(frame)
                share_tree(source / FRAMES_FOLDER / place, self._folder / FRAMES_FOLDER / place)
        times = [(self._time, reader.times_s, frames)]
        times += [(array, reader.velocity_times_s, velocity_frames) for array in self._velocity[2:]]
        for array, values, count in times:
            array.resize((count,))
            array[:] = values[:count]
        self.count, self.velocity_count = frames, velocity_frames

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
        _append(self._depth, raster_field("water_depth").encode(water_depth))
        _append(self._road, to_millimetres(road_depth))
        _append(self._time, np.float64(t_s))
        self.count += 1

    def append_velocity(self, t_s: float, east: NDArray[Any], north: NDArray[Any]) -> None:
        """Write one frame of velocities at cell centres, shape (rows, cols), m/s."""
        if not self._velocity:
            self._open_velocity()
        for array, name, values in zip(self._velocity[:2], VELOCITY, (east, north), strict=True):
            _append(array, raster_field(name).encode(values))
        _append(self._velocity[2], np.float64(t_s))
        self.velocity_count += 1

    def _open_velocity(self) -> None:
        self._velocity = [self._raster(name) for name in VELOCITY]
        times = self._make("velocity_time_s", (0,), (4096,), "f8", ("velocity_time",), np.nan)
        self._velocity.append(times)

    @property
    def wants_maximum(self) -> bool:
        """Whether the rasters of the whole run are due for renewal."""
        return self.count % MAX_EVERY == 1

    def write_rasters(self, values: Mapping[str, NDArray[Any]]) -> None:
        """Replace rasters of the whole run, by name, in the units of their fields, shape (rows, cols)."""
        for name, raster in values.items():
            if name not in self._rasters:
                self._rasters[name] = self._raster(name)
            self._rasters[name][:] = raster_field(name).encode(raster)

    def _raster(self, name: str) -> zarr.Array[Any]:
        """Make the array of a field, with its declaration as attributes."""
        field = raster_field(name)
        rows, cols = self._shape
        shape: tuple[int, ...] = self._shape
        chunks: tuple[int, ...] = (min(CHUNK, rows), min(CHUNK, cols))
        dims: tuple[str, ...] = ("row", "col")
        if field.moving:
            time = "velocity_time" if name in VELOCITY else "time"
            shape, chunks, dims = (0, *shape), (1, *chunks), (time, *dims)
        fill = 0.0 if field.fill is None else field.fill
        array = self._make(name, shape, chunks, field.dtype, dims, fill)
        array.attrs.update(field.attributes)
        return array

    def _make(
        self,
        name: str,
        shape: tuple[int, ...],
        chunks: tuple[int, ...],
        dtype: str,
        dims: tuple[str, ...],
        fill: float = 0.0,
    ) -> zarr.Array[Any]:
        from zarr.codecs import BloscCodec

        squeeze = BloscCodec(cname="zstd", clevel=SQUEEZE_LEVEL, shuffle="shuffle")
        return self._group.create_array(
            name,
            shape=shape,
            chunks=chunks,
            dtype=dtype,
            fill_value=fill,
            compressors=squeeze,
            dimension_names=dims,
        )


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

    @property
    def rasters(self) -> tuple[RasterField, ...]:
        """Rasters of the whole run that there are, in the order of their declaration."""
        return tuple(field for field in FIELDS if not field.moving and field.name in self._group)

    def raster(self, name: str) -> NDArray[Any]:
        """Return a raster of the whole run in the unit of its field, shape (rows, cols).

        Raises
        ------
        RunFolderError
            If there is no such raster, or this run did not record it.
        """
        field = raster_field(name)
        if field.moving or name not in self._group:
            raise RunFolderError(
                f"Run '{self._path.parent}', raster '{name}'",
                got="not recorded",
                expected=f"one of {', '.join(known.name for known in self.rasters)}",
                remedy="Run the scenario again with output.hazard",
            )
        return field.decode(np.asarray(_array(self._group, name)[:]))

    @property
    def velocity_times_s(self) -> NDArray[np.float64]:
        """Times of the velocity frames, s; empty where the run writes none."""
        if "velocity_time_s" not in self._group:
            return np.zeros(0)
        times = np.asarray(_array(self._group, "velocity_time_s")[:], dtype=np.float64)
        return times[~np.isnan(times)]

    def velocity(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Velocity to the east and to the north of one velocity frame, shape (rows, cols), m/s."""
        if not 0 <= index < len(self.velocity_times_s):
            msg = f"velocity frame {index}; expected 0 to {len(self.velocity_times_s) - 1}"
            raise IndexError(msg)
        east, north = (
            raster_field(name).decode(np.asarray(_array(self._group, name)[index])) for name in VELOCITY
        )
        return east, north

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
    return np.asarray(raster_field("water_depth").encode(depth), dtype=np.uint16)


def _append(array: zarr.Array[Any], value: Any) -> None:
    count = array.shape[0]
    array.resize((count + 1, *array.shape[1:]))
    array[count] = value


def _array(group: zarr.Group, name: str) -> zarr.Array[Any]:
    member = group[name]
    if not hasattr(member, "shape"):
        raise KeyError(name)
    return member  # type: ignore[return-value]
