"""Design storms: the Chicago hyetograph on a rainstorm formula."""

import numpy as np
from numpy.typing import NDArray

from cim_models.errors import InputError
from twin.rain.formula import IntensityFormula, formula_notes, intensity_formula, peak_position
from twin.rain.series import RainSeries


def chicago_depth_mm(
    formula: IntensityFormula, time_s: NDArray[np.float64], duration_s: float, peak: float
) -> NDArray[np.float64]:
    """Return the depth fallen until each time in a Chicago storm, mm.

    Around the peak at r T the storm is as severe as the formula at every duration: of the worst τ
    minutes a share r lies before the peak. The depth within t_b before the peak is therefore
    r h(t_b / r), the depth within t_a after it (1 - r) h(t_a / (1 - r)), with h(t) = a t / (t + b)^n.
    Differentiated, this is the formula i = a [(1 - n) t_b / r + b] / (t_b / r + b)^(n + 1) of the
    literature; taken as it is, the sum over the storm is h(T) exactly.

    Parameters
    ----------
    time_s
        Since the start of the storm, 0 to ``duration_s``.
    peak
        Position r of the peak, 0 to 1.

    Source: Keifer & Chu (1957).
    """
    summit_s = peak * duration_s
    before = np.minimum(time_s, summit_s)
    after = np.maximum(time_s - summit_s, 0.0)
    depth = np.zeros_like(time_s)
    if peak > 0.0:
        whole = formula.depth_mm(duration_s / 60.0)
        depth += peak * (whole - formula.depth_mm((summit_s - before) / peak / 60.0))
    if peak < 1.0:
        depth += (1.0 - peak) * formula.depth_mm(after / (1.0 - peak) / 60.0)
    return depth


def design_storm(
    formula: str, return_period: float, duration_s: float, peak: float | None = None, step_s: float = 60.0
) -> RainSeries:
    """Return a design storm as a Chicago hyetograph.

    Parameters
    ----------
    formula
        Key of the catalogue ``rainstorm``.
    return_period
        Years, 1 to 100.
    duration_s
        s, > 0.
    peak
        Position of the peak, 0 to 1; where omitted, the city's own, see `peak_position`.
    step_s
        Length of a step, s, > 0; the last one may be shorter.

    Returns
    -------
    Uniform rain; its depth is h(T) of the formula.
    """
    if not (duration_s > 0.0 and step_s > 0.0):
        raise InputError(
            "Design storm", got=f"duration {duration_s} s, step {step_s} s", expected="both above 0 s"
        )
    peak = peak_position(formula, duration_s) if peak is None else peak
    if not 0.0 <= peak <= 1.0:
        raise InputError("Peak of the design storm", got=peak, expected="0 to 1, the share of the duration")
    curve = intensity_formula(formula, return_period)
    edges = np.append(np.arange(0.0, duration_s - 1e-6 * step_s, step_s), duration_s)
    depth = chicago_depth_mm(curve, edges, duration_s, peak)
    rates = np.diff(depth) / np.diff(edges) * 3600.0
    return RainSeries(edges, rates[:, None], gauges=(formula,), notes=formula_notes(formula))
