"""A space of well-mixed air: how much gas is in it after a while."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BoxFlow:
    """What goes through boxes during one step, each of shape (boxes,).

    Parameters
    ----------
    gas_m3_s
        Gas mixture that comes in, >= 0.
    air_m3_s
        Fresh air that comes in, >= 0.
    """

    gas_m3_s: Floats
    air_m3_s: Floats


def advance_boxes(
    share: Floats, source_m3_s: Floats, flow: BoxFlow, volume_m3: Floats, dt_s: float
) -> Floats:
    """Advance the share of a gas in boxes whose inputs stay constant for a step; exact.

    What comes in drives as much of the mixture out: V dC/dt = S - (G + A) C, where S is the gas in question,
    G all gas and A air. For G << A this is dC/dt = S/V - lambda (C - C0) with C0 = 0; unlike that, it never
    exceeds the share of the gas in what comes in.

    Parameters
    ----------
    share
        Share of the volume at the beginning, shape (boxes,) or (boxes, gases), 0 to 1.
    source_m3_s
        Inflow of the gas in question, like ``share``, m3/s.
    flow
        What comes in in all.
    volume_m3
        Volume of each box, shape (boxes,), m3, > 0.
    dt_s
        Step, s, >= 0.

    Returns
    -------
    Share at the end, like ``share``.

    Source: solution of the linear equation, C(t) = C1 + (C0 - C1) exp(-k t).
    """
    rate = (flow.gas_m3_s + flow.air_m3_s) / volume_m3
    volume = volume_m3
    if share.ndim == 2:
        rate, volume = rate[:, None], volume[:, None]
    final = source_m3_s / (volume * np.where(rate > 0.0, rate, 1.0))
    gained: Floats = share + (final - share) * -np.expm1(-rate * dt_s)
    return np.where(rate > 0.0, gained, share)
