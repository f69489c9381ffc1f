"""Memory bandwidth with the surface solver's own mix of traffic: read four arrays, write three."""

import time
from typing import Any

import numba
import numpy as np
from numba import njit, prange

BYTES_PER_CELL = 28
"""Least traffic of a sweep in place: depth and two discharges read and written, bed read."""
ROWS, COLS = 16_000, 1_000
"""Four arrays of 64 MB: beyond the caches of most machines."""


@njit(cache=True)
def _mix(a: Any, b: Any, c: Any, d: Any, factor: Any) -> None:
    """Read a row of each array, write three; the sweep does the same with depth, discharges and bed.

    ``factor`` is 1, which the compiler must not know: else it would leave the writes out.
    """
    for col in range(a.size):
        a[col] = a[col] + d[col] * (b[col] + c[col])
    for col in range(b.size):
        b[col] = b[col] * factor
    for col in range(c.size):
        c[col] = c[col] * factor


@njit(parallel=True, cache=True)
def _mix_rows(a: Any, b: Any, c: Any, d: Any, factor: Any) -> None:
    for row in prange(a.shape[0]):
        _mix(a[row], b[row], c[row], d[row], factor)


class BandwidthMeter:
    """Holds its arrays, so that one run may measure again and again.

    Every page is written once: an array of untouched zeros would be read from one page in the cache.
    """

    def __init__(self, threads: int, rows: int = ROWS, cols: int = COLS) -> None:
        self._threads = threads
        self.arrays = [np.full((rows, cols), 1.0, np.float32) for _ in range(4)]
        self._sweep(2)  # compiles

    def measure(self, repeats: int = 5) -> float:
        """Return the traffic in bytes/s; the best of some sweeps, as a bound should be."""
        rows, cols = self.arrays[0].shape
        best_s = np.inf
        for _ in range(repeats):
            started = time.perf_counter()
            self._sweep(rows)
            best_s = min(best_s, time.perf_counter() - started)
        return float(BYTES_PER_CELL * rows * cols / best_s)

    def _sweep(self, rows: int) -> None:
        numba.set_num_threads(self._threads)
        a, b, c, d = (array[:rows] for array in self.arrays)
        _mix_rows(a, b, c, d, np.float32(1.0))
