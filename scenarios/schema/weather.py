"""What a scenario may say about rain."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from scenarios.schema.quantities import Duration, Fraction, PositiveDuration
from scenarios.schema.section import OneOf, Point, Section

Quantity = Literal["intensity_mm_h", "intensity_mm_s", "depth_mm"]
Direction = Annotated[float, Field(ge=-360, le=360)]


class Travel(Section):
    """A storm that moves: each place gets it later by its distance downwind over the speed.

    ``towards_deg`` is where the storm goes, clockwise from north: 90 is to the east. It is on time at
    ``origin``; without one, at the corner of the city that it reaches first.
    """

    speed_m_s: Annotated[float, Field(gt=0)]
    towards_deg: Direction
    origin: Point | None = None


class DesignRain(Section):
    """A design storm: rainstorm intensity formula with a Chicago hyetograph.

    Without ``peak`` the peak lies where the city has published it, and at 0.4 of the duration where it has
    not. With ``travel`` the storm moves over the city.
    """

    formula: str
    return_period: Annotated[float, Field(gt=0)]
    duration: PositiveDuration = 7200.0
    peak: Annotated[float, Field(gt=0, lt=1)] | None = None
    begin: Duration = 0.0
    travel: Travel | None = None


class ConstantRain(Section):
    """The same intensity from ``begin`` for ``duration``."""

    intensity_mm_h: Annotated[float, Field(ge=0)]
    duration: PositiveDuration
    begin: Duration = 0.0


class GaugeRain(Section):
    """Measured rain from a table: a time column, then one column per gauge.

    Columns are separated by commas, semicolons, tabs or blanks; a first line of numbers is no heading.
    Times are date-times, or seconds since the start; ``begin`` moves all of them. Several gauges need their
    ``positions``, in the city's coordinates. Between them falls the rain of the nearest (Thiessen), or the
    mean of all weighted by inverse squared distance. Before the first row and after the last no rain falls;
    the run notes it.
    """

    file: str
    quantity: Quantity = "intensity_mm_h"
    positions: dict[str, Point] | None = None
    gaps: Literal["refuse", "dry"] = "refuse"
    method: Literal["nearest", "inverse_distance"] = "nearest"
    begin: Duration = 0.0


class RasterRain(Section):
    """Measured rain on a grid: NetCDF (``.nc``), GeoTIFF (``.tif``) or a Zarr folder.

    A GeoTIFF has one band a time, named after its date-time or seconds, or else at every ``interval``; a
    ``.csv`` with the columns ``time`` and ``file`` lists GeoTIFFs of one band. NetCDF and Zarr have a time
    coordinate after the CF conventions; a Zarr array names its dimensions time, y and x. ``begin`` moves all
    times. ``crs`` is needed where the file does not say. Each cell of the city has the rain of the cell that
    its centre lies in. Missing values, skipped times, and ground outside the raster are gaps. Before the
    first time and after the last no rain falls; the run notes it.
    """

    file: str
    quantity: Quantity
    variable: str | None = None
    crs: str | None = None
    interval: PositiveDuration | None = None
    gaps: Literal["refuse", "dry"] = "refuse"
    begin: Duration = 0.0


class MovingRain(Section):
    """A storm cell that grows, lasts, decays and travels in a straight line.

    ``at`` is its centre at ``begin``. In the centre of a mature cell ``peak_mm_h`` falls. ``length_m``, along
    ``axis_deg`` or else the way it goes, and ``width_m`` are the axes of the ellipse on which the intensity
    of a ``gaussian`` is half as high, or within which that of an ``ellipse`` is the same all over.
    """

    at: Point
    peak_mm_h: Annotated[float, Field(ge=0)]
    length_m: Annotated[float, Field(gt=0)]
    width_m: Annotated[float, Field(gt=0)]
    speed_m_s: Annotated[float, Field(ge=0)]
    towards_deg: Direction
    begin: Duration = 0.0
    growth: Duration = 0.0
    mature: Duration = 0.0
    decay: Duration = 0.0
    footprint: Literal["gaussian", "ellipse"] = "gaussian"
    axis_deg: Direction | None = None

    @model_validator(mode="after")
    def _lives(self) -> Self:
        if self.growth + self.mature + self.decay == 0.0:
            msg = "expected at least one of growth, mature, decay above 0"
            raise ValueError(msg)
        return self


class Rain(OneOf):
    """One kind of rain."""

    design: DesignRain | None = None
    constant: ConstantRain | None = None
    gauges: GaugeRain | None = None
    raster: RasterRain | None = None
    moving: MovingRain | None = None


class Weather(Section):
    """What falls from the sky; no ``rain`` means a dry run."""

    rain: Rain | None = None


class Roofs(Section):
    """Where the water of roofs runs: by default all of it to the nearest open ground.

    ``to_sewer`` is the share that downpipes lead into the nearest sewer node or the node of the nearest
    gully, in 64ths; roofs farther than ``reach_m`` from both shed theirs to the ground.
    """

    to_sewer: Fraction = 0.0
    reach_m: Annotated[float, Field(ge=0)] = 50.0
