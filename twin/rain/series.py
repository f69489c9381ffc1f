"""Rain as steps in time, for one gauge or several."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cim_models.errors import InputError
from cim_models.values import ValueKind
from twin.rain.field import RainField

M_S_PER_MM_H = 1.0e-3 / 3600.0


@dataclass(frozen=True, slots=True, eq=False)
class RainSeries:
    """Rain that is constant between edges in time, and none before the first and after the last.

    Parameters
    ----------
    edges_s
        Where the rain may change, shape (n + 1,), ascending, s since the start of the simulation.
    rates_mm_h
        Intensity between the edges, shape (n, gauges), mm/h, >= 0.
    gauges
        Name of each gauge.
    positions
        Gauge coordinates, shape (gauges, 2), m in the city's CRS; None for rain that is uniform.
    kind
        Observed, simulated or assumed.
    between
        What falls between the gauges: the rain of the nearest one, or a mean weighted by inverse distance.
    notes
        What was done to the data, e.g. gaps that were filled.
    field
        How the rain spreads over the ground where the gauges have no positions, as with a grid's cells.
    """

    edges_s: NDArray[np.float64]
    rates_mm_h: NDArray[np.float64]
    gauges: tuple[str, ...] = ("rain",)
    positions: NDArray[np.float64] | None = None
    kind: ValueKind = ValueKind.ASSUMED
    notes: tuple[str, ...] = ()
    between: Literal["nearest", "inverse_distance"] = "nearest"
    field: RainField | None = None

    def __post_init__(self) -> None:
        edges, rates = self.edges_s, self.rates_mm_h
        if rates.ndim != 2 or rates.shape != (edges.size - 1, len(self.gauges)):
            raise InputError(
                "Rain series",
                got=f"{edges.size} edges and intensities of shape {rates.shape}",
                expected=f"n + 1 edges and shape (n, {len(self.gauges)})",
            )
        if not (np.isfinite(edges).all() and (np.diff(edges) > 0.0).all()):
            raise InputError("Rain series", got="times that do not ascend", expected="ascending times, s")
        if not (np.isfinite(rates) & (rates >= 0.0)).all():
            raise InputError(
                "Rain series", got=f"{np.nanmin(rates)} mm/h or a gap", expected=">= 0 mm/h, no gaps"
            )
        if self.positions is not None and self.positions.shape != (len(self.gauges), 2):
            raise InputError(
                "Rain gauges", got=f"positions {self.positions.shape}", expected=f"({len(self.gauges)}, 2)"
            )

    def intensity_mm_h(self, time_s: float) -> NDArray[np.float64]:
        """Return the intensity at each gauge from ``time_s`` on, shape (gauges,), mm/h."""
        step = int(np.searchsorted(self.edges_s, time_s, side="right")) - 1
        if not 0 <= step < len(self.rates_mm_h):
            return np.zeros(len(self.gauges))
        return self.rates_mm_h[step]

    def rate_m_s(self, time_s: float) -> NDArray[np.float64]:
        """Return the intensity at each gauge from ``time_s`` on, shape (gauges,), m/s."""
        return self.intensity_mm_h(time_s) * M_S_PER_MM_H

    def next_change_s(self, time_s: float) -> float:
        """Return the first edge after ``time_s``, s; ``inf`` when the rain changes no more."""
        step = int(np.searchsorted(self.edges_s, time_s, side="right"))
        return float(self.edges_s[step]) if step < self.edges_s.size else np.inf

    @property
    def depth_mm(self) -> NDArray[np.float64]:
        """Depth of the whole series at each gauge, shape (gauges,), mm."""
        return np.diff(self.edges_s) @ self.rates_mm_h / 3600.0

    def depth_until_mm(self, time_s: float) -> NDArray[np.float64]:
        """Return the depth fallen at each gauge until ``time_s``, shape (gauges,), mm."""
        lengths = np.diff(np.minimum(self.edges_s, max(time_s, self.edges_s[0])))
        return lengths @ self.rates_mm_h / 3600.0


def constant_rain(intensity_mm_h: float, duration_s: float, start_s: float = 0.0) -> RainSeries:
    """Return uniform rain of one intensity.

    Parameters
    ----------
    intensity_mm_h
        mm/h, >= 0.
    duration_s
        s, > 0.
    start_s
        s since the start of the simulation.
    """
    if not duration_s > 0.0:
        raise InputError("Duration of the rain", got=f"{duration_s} s", expected="above 0 s")
    edges = np.array([start_s, start_s + duration_s])
    return RainSeries(edges, np.array([[float(intensity_mm_h)]]))
