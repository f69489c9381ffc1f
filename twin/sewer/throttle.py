"""What a blocked section costs: a local loss of head."""

import numpy as np

#: Weisbach's contraction of the jet behind a sharp-edged opening, Cc = 0.63 + 0.37 s^3 of its share s of the
#: pipe's section (Idelchik, Handbook of Hydraulic Resistance, chapter 4).
_CONTRACTION, _CONTRACTION_WIDE = 0.63, 0.37
_GRAVITY_M_S2 = 9.80665


def loss_coefficient(blocked: float) -> float:
    """Loss of a section that is blocked in part, in velocity heads of the full section.

    The stream contracts to Cc times the open area and widens again to the whole: K = (1 / (Cc s) - 1)^2 with
    the open share s (Borda-Carnot). At s = 0.5 it is 3.8, at 0.2 48, at 0.1 221.

    Parameters
    ----------
    blocked
        Share of the section that is blocked, 0 to less than 1.
    """
    clear = 1.0 - blocked
    contraction = _CONTRACTION + _CONTRACTION_WIDE * clear**3
    return (1.0 / (contraction * clear) - 1.0) ** 2


def head_loss_m(coefficient: float, flow_m3_s: float, diameter_m: float) -> float:
    """Loss of head at a flow that fills a round pipe, m."""
    area_m2 = np.pi / 4.0 * diameter_m**2
    return float(coefficient * (flow_m3_s / area_m2) ** 2 / (2.0 * _GRAVITY_M_S2)) if area_m2 > 0.0 else 0.0
