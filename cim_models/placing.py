"""Files that appear whole or not at all, and what is said where one cannot be written."""

import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cim_models.errors import CityTwinError, InputError, RunError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""What a disk says that is full, beyond its quota, too small for the file, or broken."""


def has_no_room(error: BaseException) -> bool:
    """Whether an error says that a disk could not take what was written."""
    return isinstance(error, OSError) and error.errno in _NO_ROOM


def file_error(error: OSError, path: Path | None = None) -> CityTwinError:
    """Say an error of a file in one line: a disk without room fails the run, a wrong path is wrong input.

    Parameters
    ----------
    error
        What the system raised.
    path
        What was to be written; what the error itself names if None.
    """
    place, reason = path or error.filename, error.strerror or str(error)
    if place is not None and not has_no_room(error):
        return InputError(f"'{place}'", got=reason, remedy="Check the path, and who may read or write there")
    return RunError(
        "A file cannot be written or read" if place is None else f"'{place}' cannot be written",
        got=reason,
        remedy="Make room on the disk, or name a place on another",
    )


@contextmanager
def placed_whole(path: Path) -> Iterator[Path]:
    """Give a name beside a file to write to; what was written takes the file's place when the block ends.

    Where the block fails the file stays as it was. Something that is no plain file, such as ``/dev/stdout``,
    is written to as it is.

    Raises
    ------
    InputError
        If the path is wrong.
    RunError
        If the disk has no room.
    """
    target = path.resolve()
    aside = target.with_name(f".{target.stem}.{os.getpid()}{target.suffix}")
    try:
        if target.exists() and not target.is_file():
            yield target
            return
        yield aside
        aside.replace(target)
    except OSError as exc:
        raise file_error(exc, path) from exc
    finally:
        with suppress(OSError):
            aside.unlink()


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file, text as UTF-8, in the way of `placed_whole`; its folder is made."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise file_error(exc, path) from exc
    with placed_whole(path) as place:
        place.write_bytes(content.encode() if isinstance(content, str) else content)


def replace_folder(folder: Path, new: Path) -> None:
    """Put a new folder, beside it, in the place of a folder, if there is one."""
    if not folder.exists():
        new.rename(folder)
        return
    old = folder.with_name(f".{folder.name}.old-{os.getpid()}")
    folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old)


def geotiff(
    data: "NDArray[np.generic]",
    profile: Mapping[str, Any],
    description: str = "",
    tags: Mapping[str, str] | None = None,
) -> bytes:
    """Return a raster of one band as a GeoTIFF.

    It is made in memory, because GDAL says nothing of a disk that fills up while it closes a file.

    Parameters
    ----------
    data
        Values, shape (rows, cols).
    profile
        Options of rasterio, such as ``crs`` and ``transform``; shape and type are those of the values.
    description, tags
        What the band says of itself.
    """
    from rasterio.io import MemoryFile

    rows, cols = data.shape
    shape = {"driver": "GTiff", "count": 1, "height": rows, "width": cols, "dtype": data.dtype.name}
    with MemoryFile() as memory:
        with memory.open(**shape, **profile) as raster:
            raster.write(data, 1)
            if description:
                raster.set_band_description(1, description)
            if tags:
                raster.update_tags(1, **tags)
        return bytes(memory.getbuffer())
