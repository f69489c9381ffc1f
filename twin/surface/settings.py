"""Numerical settings of the surface solver."""

import os
from dataclasses import dataclass
from typing import Literal

from cim_models.errors import InputError
from twin.surface.constants import MAX_ADVECTIVE_COURANT, MAX_COURANT, MAX_STEP_S
from twin.surface.hazard import FloodLimits

COURANT_NUMBERS = {"inertial": (0.5, MAX_COURANT), "advective": (0.4, MAX_ADVECTIVE_COURANT)}
"""Usual and highest Courant number of each scheme."""


@dataclass(frozen=True, slots=True)
class SurfaceSettings:
    """Numerical settings; the defaults suit cities on 1 to 10 m cells.

    Parameters
    ----------
    scheme
        ``"inertial"``, the local inertial equations, for floods in streets; ``"advective"``, the full
        shallow water equations, for dam breaks and fast flow around buildings, at several times the cost.
    courant
        Courant number, > 0; None for the scheme's own. Inertial: of the gravity wave at the deepest cell,
        0.5, at most sqrt(0.7 / 2) = 0.59. Advective: of the fastest wave, 0.4, at most 0.45.
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

    scheme: Literal["inertial", "advective"] = "inertial"
    courant: float | None = None
    max_step_s: float = 10.0
    threads: int | None = None
    tiled: bool = True
    record_interval_s: float = 10.0
    flood_limits: FloodLimits | None = None

    def __post_init__(self) -> None:
        if self.scheme not in COURANT_NUMBERS:
            raise InputError(
                "Surface setting 'scheme'", got=repr(self.scheme), expected="'inertial' or 'advective'"
            )
        usual, highest = COURANT_NUMBERS[self.scheme]
        if not 0.0 < self.courant_number <= highest:
            raise InputError(
                "Surface setting 'courant'",
                got=self.courant,
                expected=f"above 0 and at most {highest:.4f}, the stability limit in two dimensions "
                f"of the {self.scheme} scheme",
                remedy=f"Use {usual}",
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

    @property
    def courant_number(self) -> float:
        """Courant number in use."""
        return COURANT_NUMBERS[self.scheme][0] if self.courant is None else self.courant


def available_threads() -> int:
    """Return the number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
