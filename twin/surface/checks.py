"""Checks of what is handed to the solver."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim_models.errors import InputError
from twin.surface.constants import (
    BED_BITS,
    MAX_RAIN_M_S,
    MAX_RELIEF_M,
    UNIT_BITS,
    WEIGHT_DTYPE,
    WEIGHT_ONE,
)

CheckedBed = tuple[Any, float, Any, Any]


def check_bed(bed_elevation: Any, walls: Any, cell_size_m: float) -> CheckedBed:
    """Return bed above a datum (m, float64), that datum, open cells and cells outside the domain."""
    bed = np.asarray(bed_elevation, dtype=np.float64)
    if bed.ndim != 2 or bed.size == 0:
        raise InputError("Bed elevation", got=f"shape {bed.shape}", expected="a grid (rows, cols)")
    if not (np.isfinite(cell_size_m) and cell_size_m > 0.0):
        raise InputError("Cell size", got=f"{cell_size_m} m", expected="above 0 m")
    if np.isinf(bed).any():
        row, col = np.argwhere(np.isinf(bed))[0]
        raise InputError(
            f"Bed elevation at row {row}, col {col}", got=bed[row, col], expected="m, or NaN outside"
        )
    outside = np.isnan(bed)
    blocked = np.zeros(bed.shape, bool) if walls is None else np.asarray(walls, dtype=bool)
    if blocked.shape != bed.shape:
        raise InputError("Walls", got=f"shape {blocked.shape}", expected=f"the bed's shape {bed.shape}")
    open_cells = ~(outside | blocked)
    if not open_cells.any():
        raise InputError(
            "Bed elevation", got="no open cell", expected="at least one cell that is not a wall or NaN"
        )
    lowest, highest = bed[open_cells].min(), bed[open_cells].max()
    if highest - lowest >= MAX_RELIEF_M:
        row, col = np.argwhere(open_cells & (bed == highest))[0]
        raise InputError(
            f"Bed elevation at row {row}, col {col}",
            got=f"{highest:g} m above a lowest cell of {lowest:g} m",
            expected=f"a relief below {MAX_RELIEF_M:g} m",
            remedy="Set cells without data to NaN",
        )
    datum = float(np.floor(lowest))
    return np.where(open_cells, bed, lowest) - datum, datum, open_cells, outside


def rounded_bed(bed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the bed to 24 bits below its highest cell, and no finer than a depth unit.

    Terrain that comes as float32 is thereby kept as it is, but for cells near the floor of a high relief.
    """
    bits = min(BED_BITS - int(np.ceil(np.log2(max(bed.max(), 1.0)))), UNIT_BITS)
    return np.asarray(np.rint(bed * 2.0**bits) * 2.0**-bits)


def check_roughness(manning_n: Any, open_cells: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return Manning's n as a number or a grid, s/m^(1/3)."""
    n = np.asarray(manning_n, dtype=np.float64)
    if n.ndim and n.shape != open_cells.shape:
        raise InputError(
            "Manning's n", got=f"shape {n.shape}", expected=f"one value or the shape {open_cells.shape}"
        )
    used = n[open_cells] if n.ndim else n
    if not ((used > 0.0) & (used <= 1.0)).all():
        bad = used[~((used > 0.0) & (used <= 1.0))] if n.ndim else used
        raise InputError("Manning's n", got=f"{np.ravel(bad)[0]} s/m^(1/3)", expected="above 0 and at most 1")
    return n


def check_rain(rate_m_s: Any) -> NDArray[np.float64]:
    """Return the intensity of the rain, m/s, one value or one for each zone, as a list."""
    rates = np.atleast_1d(np.asarray(rate_m_s, dtype=np.float64))
    if rates.ndim != 1 or not (np.isfinite(rates) & (rates >= 0.0) & (rates <= MAX_RAIN_M_S)).all():
        raise InputError(
            "Rain rate",
            got=f"{rate_m_s} m/s",
            expected=f"0 to {MAX_RAIN_M_S} m/s (3600 mm/h), one per zone",
        )
    return rates


def rates_by_zone(rates: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return one rate for each of so many zones, in the unit of ``rates``; a single one goes for all."""
    if rates.size == 1:
        return np.repeat(rates, count)
    if rates.size < count:
        raise InputError("Rain rates", got=f"{rates.size} rates", expected=f"{count}, one per zone")
    return rates[:count]


def rain_weight_units(rain_weight: Any, open_cells: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the rain of each cell in `WEIGHT_ONE` parts of what falls: all of it for None, none on walls."""
    top = np.iinfo(WEIGHT_DTYPE).max / WEIGHT_ONE
    weight = np.ones(open_cells.shape) if rain_weight is None else rain_weight
    checked = check_grid("Rain weight", weight, open_cells.shape, 0.0, top)
    return np.where(open_cells, np.rint(checked * WEIGHT_ONE), 0).astype(np.int64)


def check_grid(
    what: str, values: Any, shape: tuple[int, ...], low: float, high: float
) -> NDArray[np.float64]:
    """Return a grid of finite values within [low, high]."""
    grid = np.asarray(values, dtype=np.float64)
    if grid.shape != shape:
        raise InputError(what, got=f"shape {grid.shape}", expected=f"shape {shape}")
    wrong = ~((grid >= low) & (grid <= high))
    if wrong.any():
        row, col = np.argwhere(wrong)[0]
        raise InputError(
            f"{what} at row {row}, col {col}", got=grid[row, col], expected=f"{low:g} to {high:g}"
        )
    return grid


def check_cells(cells: Any, size: int) -> NDArray[np.int64]:
    """Return flat cell indices, all within the grid."""
    index = np.ascontiguousarray(cells, dtype=np.int64)
    if index.ndim != 1:
        raise InputError("Cells", got=f"shape {index.shape}", expected="a list of flat indices")
    if index.size and not (index.min() >= 0 and index.max() < size):
        raise InputError("Cells", got=f"index {index.min()} to {index.max()}", expected=f"0 to {size - 1}")
    return index
