"""What everything in the district agrees on: size, seed, river bank and lie of the land."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from cim_models.errors import InputError

FloatArray = NDArray[np.float64]

CRS = "EPSG:4545"
"""CGCS2000 / 3-degree Gauss-Kruger CM 108E: the metric system that covers Chongqing."""

RIVER_LEVEL_M = 168.0
BANK_ABOVE_RIVER_M = 10.0
RIVERFRONT_SETBACK_M = 34.0

_PROFILE_S = (0.0, 0.10, 0.20, 0.27, 0.36, 0.42, 0.50, 0.62, 0.75, 0.88, 1.0)
_PROFILE_Z = (0.0, 0.9, 1.9, 3.2, 8.0, 10.2, 11.6, 18.5, 26.0, 34.0, 42.0)


@dataclass(frozen=True, slots=True)
class Plan:
    """Seed, extent and lie of the land of one generated district.

    Positions are fractions of a curved grid: ``f`` runs from the western to the eastern margin,
    ``s`` from the riverfront road (0) to the northern margin (1).

    Parameters
    ----------
    seed
        Seed of every random stream.
    size_m
        Edge of the square domain, m.
    cell_size_m
        Edge of a terrain cell, m.
    x_min, y_min
        South-west corner, m in `CRS`.
    """

    seed: int
    size_m: float
    cell_size_m: float
    x_min: float = 359_300.0
    y_min: float = 3_273_000.0

    def __post_init__(self) -> None:
        cells = self.size_m / self.cell_size_m if self.cell_size_m > 0 else 0.0
        if not 350.0 <= self.size_m <= 6000.0:
            raise InputError(
                "Size of the district",
                got=f"{self.size_m:g} m",
                expected="350 to 6000 m",
                remedy="Choose another size",
            )
        if not 1.0 <= self.cell_size_m <= 5.0 or abs(cells - round(cells)) > 1e-9:
            raise InputError(
                "Cell size of the district",
                got=f"{self.cell_size_m:g} m",
                expected=f"1 to 5 m, dividing {self.size_m:g} m without rest",
                remedy="Choose another cell size",
            )

    def stream(self, name: str) -> np.random.Generator:
        """Return the random stream of one part; the same for the same seed and name."""
        return np.random.default_rng(np.random.SeedSequence([self.seed, crc32(name.encode())]))

    @property
    def margin_m(self) -> float:
        """Distance of the outermost streets from the domain's edge, m."""
        return max(16.0, 0.028 * self.size_m)

    @property
    def scale(self) -> float:
        """Relief in relation to the full district, 0 to 1."""
        return float(min(1.0, (self.size_m / 1500.0) ** 0.9))

    def bank_v(self, u: Any) -> FloatArray:
        """Distance of the river bank from the southern edge at ``u`` m from the western one, m."""
        t = 2 * np.pi * np.asarray(u, dtype=np.float64) / self.size_m
        wave = 0.128 + 0.056 * np.sin(0.75 * t + 0.4) + 0.014 * np.sin(1.7 * t + 2.2)
        return np.asarray(wave * self.size_m)

    def position(self, f: Any, s: Any) -> FloatArray:
        """Coordinates of grid fractions, shape (..., 2), m."""
        f, s = np.broadcast_arrays(np.asarray(f, dtype=np.float64), np.asarray(s, dtype=np.float64))
        size, margin = self.size_m, self.margin_m
        bow = 0.034 * size
        u = margin + f * (size - 2 * margin)
        taper = np.clip(4.0 * f * (1.0 - f), 0.0, 1.0)
        u = u + bow * taper * np.sin(2 * np.pi * (0.85 * s + 0.12))
        low = self.bank_v(u) + RIVERFRONT_SETBACK_M
        v = low + s * (size - margin - low)
        v = v + bow * np.clip(4.0 * s * (1.0 - s), 0.0, 1.0) * np.sin(2 * np.pi * (0.9 * f + 0.3))
        return np.stack([self.x_min + u, self.y_min + v], axis=-1)

    def ground(self, f: Any, s: Any) -> FloatArray:
        """Elevation of the undisturbed hillside, m: terraces that climb from the river."""
        f = np.asarray(f, dtype=np.float64)
        s = np.clip(np.asarray(s, dtype=np.float64), 0.0, 1.05)
        climb = PchipInterpolator(_PROFILE_S, _PROFILE_Z, extrapolate=True)(s)
        phase = self.stream("relief").uniform(0.0, 2 * np.pi, 3)
        swell = np.sin(2 * np.pi * 1.5 * f + phase[0]) + 0.6 * np.sin(
            2 * np.pi * (2.3 * f + 0.8 * s) + phase[1]
        )
        swell = swell + 0.4 * np.sin(2 * np.pi * (1.1 * f - 1.7 * s) + phase[2])
        relief = climb + (0.25 + 2.2 * s) * swell
        return np.asarray(RIVER_LEVEL_M + BANK_ABOVE_RIVER_M + self.scale * relief)
