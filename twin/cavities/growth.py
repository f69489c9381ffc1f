"""How a cavity grows: water carries soil away, counted in whole cubic centimetres of solids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.cavities.settings import CrackRain

Floats = NDArray[np.float64]

QUANTUM_M3 = 1e-6
"""Soil leaves in whole quanta of solids, so that the account of it closes to zero."""


@dataclass(frozen=True, slots=True)
class Washing:
    """How soils are carried away, each of shape (cavities,).

    Parameters
    ----------
    carried
        Solids per volume of water beyond the threshold.
    threshold_m3_s
        Flow below which nothing is carried.
    """

    carried: Floats
    threshold_m3_s: Floats


def rain_inflow_m3_s(intensity_mm_h: float, rain: CrackRain) -> float:
    """Rain that reaches a cavity through the cracks above it, m3/s."""
    return intensity_mm_h / 3.6e6 * rain.catchment_m2 * rain.cracks


def wash_out(
    water_m3_s: Floats, washing: Washing, rest: Floats, dt_s: float
) -> tuple[NDArray[np.int64], Floats]:
    """Solids that leave during a step of constant flow.

    Parameters
    ----------
    water_m3_s
        Flow through each cavity, shape (cavities,), >= 0.
    washing
        Coefficients.
    rest
        Part of a quantum left over from earlier steps, shape (cavities,), 0 to 1.
    dt_s
        Step, s.

    Returns
    -------
    Whole quanta that leave, and what is left over now.

    Source: linear excess law, as Partheniades' for bed erosion: rate = carried * (Q - Q_c) where Q > Q_c.
    """
    excess = np.maximum(water_m3_s - washing.threshold_m3_s, 0.0)
    quanta = washing.carried * excess * dt_s / QUANTUM_M3 + rest
    whole = np.floor(quanta)
    return whole.astype(np.int64), quanta - whole


def volume_m3(solids: NDArray[np.int64], porosity: Floats) -> Floats:
    """Volume that a number of quanta of solids took in the ground, pores included, m3."""
    return solids * QUANTUM_M3 / (1.0 - porosity)


def wetness_after(wetness: Floats, intensity_mm_h: float, rain: CrackRain, dt_s: float) -> Floats:
    """Wetness of the ground after a step, 0 to 1; it follows the rain faster than it dries."""
    target = min(intensity_mm_h / rain.wet_mm_h, 1.0)
    lag_s = 3600.0 * np.where(wetness < target, rain.wetting_h, rain.drying_h)
    return target + (wetness - target) * np.exp(-dt_s / lag_s)
