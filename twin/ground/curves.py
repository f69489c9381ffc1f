"""Horton's law as a table: what a soil can take in one interval over what it has taken so far.

Horton gives the capacity over time under water; a soil that was short of water is less far on. So time
is replaced by the infiltrated depth F, as in SWMM: from F follows the time t' after which a flooded soil
would have taken as much, and from t' what it can take in the next interval.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.ground.settings import Soil

NODES = 4096
_DECADES = 16.0
"""The table ends when the decaying part has fallen to exp(-16), a ten-millionth."""


def horton_depth_mm(soil: Soil, time_h: NDArray[np.float64]) -> NDArray[np.float64]:
    """Depth that a flooded soil has taken since it was dry, mm.

    Source: Horton (1940), integrated over time.
    """
    assert soil.initial_mm_h is not None
    assert soil.final_mm_h is not None
    assert soil.decay_1_h is not None
    extra_mm = (soil.initial_mm_h - soil.final_mm_h) / soil.decay_1_h
    return soil.final_mm_h * time_h - extra_mm * np.expm1(-soil.decay_1_h * time_h)


def horton_table(soil: Soil, interval_s: float) -> tuple[NDArray[np.float64], float]:
    """Tabulate what a soil can take in one interval.

    Parameters
    ----------
    soil
        With Horton's values.
    interval_s
        The interval, s.

    Returns
    -------
    Depth per interval at evenly spaced infiltrated depths, shape (NODES,), mm; and their spacing, mm. The
    last value holds for all greater depths.
    """
    assert soil.decay_1_h is not None
    time_h = _DECADES / soil.decay_1_h * np.linspace(0.0, 1.0, 64 * NODES) ** 2
    taken_mm = horton_depth_mm(soil, time_h)
    next_mm = horton_depth_mm(soil, time_h + interval_s / 3600.0)
    nodes_mm = np.linspace(0.0, taken_mm[-1], NODES)
    return np.interp(nodes_mm, taken_mm, next_mm - taken_mm), float(nodes_mm[1])
