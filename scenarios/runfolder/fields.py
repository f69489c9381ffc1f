"""The rasters of a run folder, each declared once: name, meaning, unit, how it is stored.

Everything that writes, reads, exports or draws a raster of a run looks here. The declaration travels with
the data: each array of ``depth.zarr`` carries it as attributes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim_models.errors import RunFolderError


@dataclass(frozen=True, slots=True)
class RasterField:
    """A raster of a run, one value a cell.

    Parameters
    ----------
    name
        Of its array in ``depth.zarr``.
    standard_name
        What it is, in words of the field that do not change with the language.
    unit
        Unit of its values; ``1`` for pure numbers.
    zh, en
        Name for people.
    dtype
        As stored.
    scale
        A stored number times this is the value in ``unit``.
    fill
        Stored number that means "no value"; None where every cell has one.
    moving
        One raster for each frame, instead of one for the run.
    """

    name: str
    standard_name: str
    unit: str
    zh: str
    en: str
    dtype: str
    scale: float = 1.0
    fill: float | None = None
    moving: bool = False

    @property
    def location(self) -> str:
        """Where on the grid the value lies: all rasters of a run lie at cell centres."""
        return "cell"

    @property
    def attributes(self) -> dict[str, Any]:
        """The declaration as attributes of an array, as far as it does not say them itself."""
        attributes = {"standard_name": self.standard_name, "long_name": self.en, "units": self.unit}
        attributes["location"] = self.location
        return attributes if self.scale == 1.0 else {**attributes, "scale_factor": self.scale}

    def encode(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return values in ``unit`` as stored numbers.

        Numbers that the type cannot hold become its largest or smallest. NaN becomes the fill, or 0 in a
        field without one: there it marks cells outside the city, where no water goes.
        """
        stored = np.dtype(self.dtype)
        given = np.asarray(values)
        absent = np.isnan(given) if given.dtype.kind == "f" else np.zeros(given.shape, bool)
        replaced = np.where(absent, 0.0 if self.fill is None else self.fill, given)
        if stored.kind == "f":
            return replaced.astype(stored)
        limits = np.iinfo(stored)
        return np.clip(np.rint(replaced / self.scale), limits.min, limits.max).astype(stored)

    def decode(self, stored: NDArray[Any]) -> NDArray[Any]:
        """Return stored numbers as values in ``unit``: float32, or the stored type for classes."""
        if self.scale == 1.0:
            return stored
        return stored.astype(np.float32) * np.float32(self.scale)


def _moving(name: str, standard_name: str, unit: str, dtype: str, zh: str, en: str) -> RasterField:
    """Return a raster of each frame, in whole thousandths of its unit."""
    return RasterField(name, standard_name, unit, zh, en, dtype, scale=0.001, moving=True)


def _time(name: str, standard_name: str, zh: str, en: str) -> RasterField:
    """Return the time of something that may never have happened."""
    return RasterField(name, standard_name, "s", zh, en, "f4", fill=np.nan)


def _duration(threshold: str, depth_m: str) -> RasterField:
    """Return the time above a depth."""
    name, standard_name = f"duration_{threshold}_s", f"time_above_water_depth_of_{depth_m}_m"
    zh, en = f"积水超过 {depth_m} 米的时间", f"Time above {depth_m} m"
    return RasterField(name, standard_name, "s", zh, en, "f4")


FIELDS: tuple[RasterField, ...] = (
    _moving("water_depth", "water_depth", "m", "u2", "积水深度", "Water depth"),
    _moving("velocity_east", "eastward_water_velocity", "m/s", "i2", "向东流速", "Velocity to the east"),
    _moving("velocity_north", "northward_water_velocity", "m/s", "i2", "向北流速", "Velocity to the north"),
    RasterField("max_depth", "maximum_water_depth", "m", "最大积水深度", "Largest depth", "u2", scale=0.001),
    _time("time_of_max_s", "time_of_maximum_water_depth", "达到最大深度的时间", "Time of the largest depth"),
    RasterField("max_speed", "maximum_water_speed", "m/s", "最大流速", "Largest speed", "f4"),
    _time("arrival_time_s", "time_of_arrival_of_water", "积水到达时间", "Time of arrival"),
    _duration("015", "0.15"),
    _duration("030", "0.30"),
    _duration("050", "0.50"),
    RasterField("hazard_rating", "maximum_hazard_rating", "1", "洪水危险度", "Hazard rating", "f4"),
    RasterField("hazard_class", "hazard_rating_class", "1", "洪水危险等级", "Hazard class", "u1"),
    RasterField("aidr_class", "aidr_hazard_class", "1", "AIDR 危险等级", "AIDR hazard class", "u1"),
)
BY_NAME = {field.name: field for field in FIELDS}


def raster_field(name: str) -> RasterField:
    """Return a field by name.

    Raises
    ------
    RunFolderError
        If there is no such field.
    """
    if name not in BY_NAME:
        raise RunFolderError(
            f"Raster '{name}'", got="no such raster", expected=f"one of {', '.join(sorted(BY_NAME))}"
        )
    return BY_NAME[name]
