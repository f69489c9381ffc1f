"""Numerical settings of the surface solver."""

import os
from dataclasses import dataclass

from cim_models.errors import InputError
from twin.surface.constants import MAX_COURANT, MAX_STEP_S
from twin.surface.hazard import FloodLimits


@dataclass(frozen=True, slots=True)
class SurfaceSettings:
    """Numerical settings; the defaults suit cities on 1 to 10 m cells.

    Parameters
    ----------
    courant
        Courant number of the gravity wave at the deepest cell, > 0 and at most sqrt(0.7 / 2) = 0.59.
    max_step_s
        Longest step, s, > 0 and at most 60.
    threads
        Number of threads; None for as many as the process may use. The result does not depend on it.
    tiled
        Sweep only where there is water. The result does not depend on it.
    record_interval_s
        Simulated time between two looks at what is recorded, s, > 0.
    flood_limits
        Limits of the flood record, see `twin.surface.record.FloodRecord`; None to record only the largest
        depth and its time.
    """

    courant: float = 0.5
    max_step_s: float = 10.0
    threads: int | None = None
    tiled: bool = True
    record_interval_s: float = 10.0
    flood_limits: FloodLimits | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.courant <= MAX_COURANT:
            raise InputError(
                "Surface setting 'courant'",
                got=self.courant,
                expected=f"above 0 and at most {MAX_COURANT:.4f}, the stability limit in two dimensions",
                remedy="Use 0.5",
            )
        if not 0.0 < self.max_step_s <= MAX_STEP_S:
            raise InputError(
                "Surface setting 'max_step_s'",
                got=f"{self.max_step_s} s",
                expected=f"above 0, at most {MAX_STEP_S} s",
            )
        if not self.record_interval_s > 0.0:
            raise InputError(
                "Surface setting 'record_interval_s'", got=f"{self.record_interval_s} s", expected="above 0 s"
            )
        if self.threads is not None and self.threads < 1:
            raise InputError("Surface setting 'threads'", got=self.threads, expected="at least 1")


def available_threads() -> int:
    """Return the number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
