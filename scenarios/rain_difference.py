"""Whether the same rain fell in two runs, by what both recorded of it."""

from __future__ import annotations

import math

import numpy as np

from scenarios.runfolder import RunFolder
from scenarios.runfolder.readings import CITY
from twin.surface.constants import RAIN_TICK_M


def rain_difference_s(base: RunFolder, other: RunFolder, until_s: float = math.inf) -> float | None:
    """Return the first moment at which the recorded rain of two runs of one city differs, s; None for none.

    Intensity and volume of the city's rain are compared at the moments at which both have readings. The
    intensity, a mean over the ground, must be equal. The volume tells of rain between two readings; it may
    differ by the depth that is gathered before it is laid on the ground, an eighth of a millimetre, because
    when it is laid depends on the steps of the water.

    Parameters
    ----------
    base, other
        The runs.
    until_s
        End of the comparison, s. Volumes at that moment count; intensities, of what follows it, do not.
    """
    rows, cols = base.frames().shape
    gathered_m3 = RAIN_TICK_M * rows * cols * float(base.meta["city"]["cell_size_m"]) ** 2
    found_s = []
    for quantity, noticed, is_within in (
        ("rain_intensity", 0.0, np.less),
        ("rain_volume", gathered_m3, np.less_equal),
    ):
        both = base.readings(CITY, quantity).merge(
            other.readings(CITY, quantity), on="t_s", suffixes=("_base", "_other")
        )
        differs = (both["value_base"] - both["value_other"]).abs() > noticed
        found_s += both["t_s"][differs & is_within(both["t_s"], until_s)].tolist()
    return min(found_s, default=None)
