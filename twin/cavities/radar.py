"""What ground radar finds in a pass."""

from __future__ import annotations

import numpy as np

from twin.cavities.growth import Floats
from twin.cavities.roof import Shape
from twin.cavities.settings import Radar


def detection_probability(shape: Shape, pavement_m: float, radar: Radar) -> Floats:
    """Chance that one pass finds each cavity, shape (cavities,), 0 to 1.

    It grows with the width of a cavity over the depth of its roof, and fades with that depth, because the
    ground absorbs the waves. The form and its coefficients are own assumptions; see catalogue ``cavities``.
    """
    depth_m = shape.cover_m + pavement_m
    ratio = 2.0 * shape.radius_m / depth_m
    seen = radar.best / (1.0 + np.exp(-radar.steepness * (ratio - radar.half_ratio)))
    return np.where(shape.radius_m > 0.0, seen * np.exp(-((depth_m / radar.fading_m) ** 4)), 0.0)
