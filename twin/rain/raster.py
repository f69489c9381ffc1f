"""Rain from a series of rasters, such as a weather radar's, on the grid of a city."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from rasterio.transform import array_bounds

from cim_models.city import Terrain
from cim_models.errors import InputError
from cim_models.values import ValueKind
from twin.rain.field import RainField
from twin.rain.gauges import Quantity, rates_mm_h
from twin.rain.rasterfile import RainRaster, open_rain_raster
from twin.rain.record import Gaps, RainRecord, close_gaps
from twin.rain.series import RainSeries
from twin.rain.times import Start

_MOST_CELLS = 65_535
_ROWS_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class RasterFile:
    """A series of rasters and what its values mean.

    Parameters
    ----------
    path
        NetCDF, GeoTIFF, table of GeoTIFFs or Zarr, see `open_rain_raster`.
    quantity
        Whether values are intensities, mm/h or mm/s, or depths per time, mm. A value holds from its time
        to the next; the last as long as the one before it.
    variable
        What to read of a file with several variables.
    crs
        Coordinate system where the file does not say.
    interval_s
        Time between bands that have no times; the first then begins with the simulation.
    gaps
        A gap is a missing value (NaN or nodata) over the city, a raster that covers only a part of it, or
        a time step longer than 1.5 times the usual one; it is refused, or counted as no rain (``"dry"``)
        and noted.
    """

    path: Path
    quantity: Quantity
    variable: str | None = None
    crs: str | None = None
    interval_s: float | None = None
    gaps: Gaps = "refuse"

    @property
    def what(self) -> str:
        """Its name in messages."""
        return f"Rain raster {self.path}"


def raster_rain(file: RasterFile, terrain: Terrain, crs: str, start: Start = None) -> RainSeries:
    """Read a series of rasters; each cell of the city has the rain of the raster cell its centre lies in.

    Parameters
    ----------
    file
        The rasters.
    terrain, crs
        Grid of the city and its coordinate system.
    start
        Date-time of simulated time 0.

    Raises
    ------
    InputError
        Naming the file, and time and cell where there are any.
    """
    raster = open_rain_raster(file.path, file.variable, start)
    cell, outside = _cells_of_city(file, raster, terrain, crs)
    used = np.unique(cell[cell >= 0])
    if used.size > _MOST_CELLS:
        raise InputError(
            file.what,
            got=f"{used.size} cells over the city",
            expected=f"at most {_MOST_CELLS}",
            remedy="Use a coarser raster; rain does not vary from one square metre to the next",
        )
    row, col = np.divmod(used, raster.shape[1])
    block = raster.read(slice(row.min(), row.max() + 1), slice(col.min(), col.max() + 1))
    record = RainRecord(
        what=file.what,
        times_s=_times(file, raster),
        values=block[:, row - row.min(), col - col.min()],
        row_name=lambda k: f"time {k + 1}",
        place_name=lambda k: f"cell at row {row[k]}, column {col[k]}",
        last_s=file.interval_s,
    )
    edges, values, notes = close_gaps(record, file.gaps)
    if outside:
        values = np.column_stack([values, np.zeros(len(values))])
        notes = (*notes, f"rain: {outside} cells of the city lie outside the raster and get none")
    zones = np.where(cell >= 0, np.searchsorted(used, cell), used.size if outside else 0)
    names = tuple(f"cell {r},{c}" for r, c in zip(row, col, strict=True)) + ("outside",) * bool(outside)
    return RainSeries(
        edges,
        rates_mm_h(values, edges, file.quantity),
        names,
        kind=ValueKind.OBSERVED,
        notes=notes,
        field=RainField(zones.astype(np.uint16)),
    )


def _times(file: RasterFile, raster: RainRaster) -> NDArray[np.float64]:
    if not np.isnan(raster.times_s).any():
        return raster.times_s
    if file.interval_s is None:
        raise InputError(
            file.what,
            got="bands without times",
            expected="a description of each band, its date-time or seconds, or the interval between bands",
        )
    return np.arange(raster.times_s.size, dtype=np.float64) * file.interval_s


def _cells_of_city(
    file: RasterFile, raster: RainRaster, terrain: Terrain, crs: str
) -> tuple[NDArray[np.int64], int]:
    """Return the flat raster cell of each cell of the city, and how many of these lie outside.

    Shape (rows, cols); -1 outside the raster and where the terrain has no elevation.
    """
    transformer = Transformer.from_crs(crs, _crs(file, raster), always_xy=True)
    rows, cols = raster.shape
    cell = np.full(terrain.shape, -1, dtype=np.int64)
    for first in range(0, terrain.shape[0], _ROWS_AT_ONCE):
        part = slice(first, min(first + _ROWS_AT_ONCE, terrain.shape[0]))
        here = np.mgrid[part, 0 : terrain.shape[1]]
        across, down = _fractional(raster.transform, *transformer.transform(*terrain.centre(*here)))
        within = (across >= 0.0) & (across < cols) & (down >= 0.0) & (down < rows)
        flat = np.where(within, np.floor(down) * cols + np.floor(across), -1.0)
        cell[part] = flat.astype(np.int64)
    ground = np.isfinite(terrain.elevation)
    outside = int((ground & (cell < 0)).sum())
    _check_overlap(file, raster, transformer.transform_bounds(*terrain.bounds), outside, int(ground.sum()))
    return np.where(ground, cell, -1), outside


def _fractional(
    transform: Affine, x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return column and row of points, counted from the outer corner of cell (0, 0)."""
    inverse = ~transform
    return inverse.a * x + inverse.b * y + inverse.c, inverse.d * x + inverse.e * y + inverse.f


def _check_overlap(
    file: RasterFile, raster: RainRaster, city: tuple[float, ...], outside: int, cells: int
) -> None:
    if outside < cells and (outside == 0 or file.gaps == "dry"):
        return
    covered = array_bounds(*raster.shape, raster.transform)
    remedy = "Check the CRS of the raster"
    if outside < cells:
        remedy = "Use a raster of the whole city, or set gaps to 'dry' to count the rest as no rain"
    raise InputError(
        f"{file.what}, {outside} of {cells} cells of the city outside it",
        got=_extent(covered),
        expected=f"all of {_extent(city)}",
        remedy=remedy,
    )


def _extent(bounds: tuple[float, ...]) -> str:
    x_min, y_min, x_max, y_max = bounds
    return f"x {x_min:.7g} to {x_max:.7g}, y {y_min:.7g} to {y_max:.7g}"


def _crs(file: RasterFile, raster: RainRaster) -> CRS:
    named = file.crs or raster.crs
    if named is None:
        raise InputError(file.what, got="no CRS", expected="one in the file, or the key crs")
    try:
        return CRS.from_user_input(named)
    except CRSError as exc:
        raise InputError(f"CRS of {file.what}", got=repr(named), expected="such as EPSG:4326") from exc
