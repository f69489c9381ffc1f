"""Numerical settings of the surface solver."""

import os
from dataclasses import dataclass
from typing import Literal

from cim_models.errors import InputError
from twin.surface.constants import (
    FREE_WAVES,
    MAX_ADVECTIVE_COURANT,
    MAX_COURANT,
    MAX_DEPTH_M,
    MAX_STEP_S,
    UNITS_PER_M,
)
from twin.surface.hazard import FloodLimits

COURANT_NUMBERS = {"inertial": (0.5, MAX_COURANT), "advective": (0.4, MAX_ADVECTIVE_COURANT)}
"""Usual and highest Courant number of each scheme."""
LEAST_WAVE_DEPTH_M = 0.1
"""Least wave depth: with less, waves in streets would be slowed as well."""


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
    wave_depth_m
        Slow gravity waves down in water deeper than this, m, at least 0.1, so that it does not shorten the
        steps; None for none. Rest and steady flow stay as they are; waves in deep water, on ponds and behind
        a breaking dam, arrive later. Fast deep flow raises the depth by itself, see
        `twin.surface.kernel_waves`. For the inertial scheme; the coarse tier has a wave depth of its own.
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
    wave_depth_m: float | None = None
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
        self._check_wave_depth()
        if not self.record_interval_s > 0.0:
            raise InputError(
                "Surface setting 'record_interval_s'", got=f"{self.record_interval_s} s", expected="above 0 s"
            )
        if self.threads is not None and self.threads < 1:
            raise InputError("Surface setting 'threads'", got=self.threads, expected="at least 1")

    def _check_wave_depth(self) -> None:
        if self.wave_depth_m is None:
            return
        if not LEAST_WAVE_DEPTH_M <= self.wave_depth_m <= MAX_DEPTH_M:
            raise InputError(
                "Surface setting 'wave_depth_m'",
                got=f"{self.wave_depth_m} m",
                expected=f"{LEAST_WAVE_DEPTH_M:g} to {MAX_DEPTH_M:g} m, or none",
            )
        if self.scheme != "inertial":
            raise InputError(
                "Surface setting 'wave_depth_m'",
                got=f"{self.wave_depth_m:g} m with the {self.scheme} scheme",
                expected="the inertial scheme",
                remedy="Leave it out where waves matter",
            )

    @property
    def wave_depth_units(self) -> float:
        """Depth above which gravity waves are slowed, units."""
        return FREE_WAVES if self.wave_depth_m is None else self.wave_depth_m * UNITS_PER_M

    @property
    def courant_number(self) -> float:
        """Courant number in use."""
        return COURANT_NUMBERS[self.scheme][0] if self.courant is None else self.courant


def available_threads() -> int:
    """Return the number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
