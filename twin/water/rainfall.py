"""The rain as the street gets it: what falls, which gauge's rain falls where, and until when it stays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cim_models.city import Terrain
from twin.rain import RainSeries, rain_field
from twin.surface.port import SurfaceWater


class Rainfall:
    """Rain that is set on a surface each time it changes.

    Parameters
    ----------
    terrain
        The city's terrain.
    series
        What falls.

    Attributes
    ----------
    series
        What falls from now on.
    shares
        Share of each gauge in the mean rain over the ground, shape (gauges,).
    rates_m_s
        Present intensity of each zone, shape (zones,), m/s.
    until_s
        When the intensity changes next, s.
    """

    def __init__(self, terrain: Terrain, series: RainSeries) -> None:
        self._terrain = terrain
        self.rates_m_s = np.zeros(0)
        self._take(series)

    def _take(self, series: RainSeries) -> None:
        self.series, self.until_s = series, -np.inf
        self._field = rain_field(self._terrain, series)
        gauges = len(series.gauges)
        self.shares = np.full(gauges, 1.0 / gauges)
        if self._field is not None:
            self.shares = self._field.gauge_shares(np.isfinite(self._terrain.elevation), gauges)

    @property
    def zones(self) -> NDArray[np.uint16] | None:
        """Zone of each cell, shape (rows, cols); None for one rain everywhere."""
        return None if self._field is None else self._field.zones

    def begin(self, surface: SurfaceWater) -> None:
        """Tell a surface the zones, before anything falls."""
        if self._field is not None:
            surface.set_rain(self._field.spread(np.zeros(len(self.series.gauges))), self._field.zones)

    def follow(self, surface: SurfaceWater, now_s: float) -> None:
        """Set the intensity of a moment where it has changed."""
        if now_s < self.until_s:
            return
        rates = self.series.rate_m_s(now_s)
        self.rates_m_s = rates if self._field is None else self._field.spread(rates)
        surface.set_rain(self.rates_m_s)
        self.until_s = self.series.next_change_s(now_s)

    def replace(self, surface: SurfaceWater, series: RainSeries) -> None:
        """Let other rain fall from now on, timed from the start of the simulation as the first was.

        Rain that is on its way to the ground, less than a tick (0.12 mm), is dropped where the zones change.
        """
        old = self.zones
        self._take(series)
        if old is None and self._field is None:
            return
        zones = np.zeros(self._terrain.shape, np.uint16) if self.zones is None else self.zones
        if old is None or not np.array_equal(old, zones):
            surface.set_rain(np.zeros(int(zones.max()) + 1), zones)

    def mean_mm_h(self, t_s: float) -> float:
        """Intensity at a moment, mean over the ground, mm/h."""
        return float(self.shares @ self.series.intensity_mm_h(t_s))

    def restore(self, rates_m_s: NDArray[np.float64], until_s: float) -> None:
        """Go on with the intensities of a state, and until when they stay."""
        self.rates_m_s, self.until_s = rates_m_s.copy(), until_s
