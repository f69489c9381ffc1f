"""How long a broken pipe is out of service."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from cim_models.catalogues import load_catalogue


@dataclass(frozen=True, slots=True)
class RepairTimes:
    """Times of repair by diameter and depth, and of filling.

    Parameters
    ----------
    diameters_m, hours
        Hours at each diameter, in ascending order.
    usual_depth_m, more_per_m
        Depth up to which they hold, and share more for each metre below it.
    assumed_depth_m
        Depth of a pipe where the model does not say it.
    fill_velocity_m_s
        Mean velocity at which a pipe is filled.
    """

    diameters_m: tuple[float, ...]
    hours: tuple[float, ...]
    usual_depth_m: float
    more_per_m: float
    assumed_depth_m: float
    fill_velocity_m_s: float

    def repair_s(self, diameter_m: float, depth_m: float) -> float:
        """Time from cutting a pipe off until it is whole, s."""
        hours = float(np.interp(diameter_m, self.diameters_m, self.hours))
        deeper_m = max(depth_m - self.usual_depth_m, 0.0)
        return 3600.0 * hours * (1.0 + self.more_per_m * deeper_m)

    def fill_s(self, volume_m3: float, diameter_m: float) -> float:
        """Time to fill a volume through a pipe, s."""
        return volume_m3 / (self.fill_velocity_m_s * np.pi / 4.0 * diameter_m**2)


@cache
def repair_times() -> RepairTimes:
    """Read the catalogue that comes with the package."""
    content = load_catalogue("pipe_repair")
    rows = sorted((float(row["diameter_m"]), float(row["hours"])) for row in content["repair_h"])
    depth = content["depth"]
    return RepairTimes(
        diameters_m=tuple(diameter for diameter, _ in rows),
        hours=tuple(hours for _, hours in rows),
        usual_depth_m=float(depth["usual_m"]),
        more_per_m=float(depth["more_per_m"]),
        assumed_depth_m=float(depth["assumed_m"]),
        fill_velocity_m_s=float(content["fill_velocity_m_s"]),
    )
