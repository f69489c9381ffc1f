"""The days of a run, as rates of failures look at them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from agents.draws import Draws
from cim_models.city import City
from scenarios.schema.model import Scenario
from twin.failures.exposure import Exposure, day_edges, exposure, months, wet_by_climate
from twin.failures.kinds import FailureCatalogue, FailureKind, read_failure_catalogue
from twin.rain import RainSeries


class Almanac:
    """The days of a run, which of them are wet, and the exposure of each kind of failure.

    Parameters
    ----------
    start
        Beginning of the run in the city's time zone.
    duration_s
        Its length, s.
    rain
        The rain of the scenario; None, or one without any, leaves wet days to the catalogue's climate.
    catalogue, draws
        Rates, and the numbers that decide.
    """

    def __init__(
        self,
        start: datetime,
        duration_s: float,
        rain: RainSeries | None,
        catalogue: FailureCatalogue,
        draws: Draws,
    ) -> None:
        self.edges_s = day_edges(start, duration_s)
        self.month = months(start, self.edges_s)
        self.catalogue = catalogue
        self.by_climate = rain is None or not bool(rain.depth_mm.any())
        if rain is None or self.by_climate:
            chances = [draws.uniform("wet", day) for day in range(len(self.month))]
            self.wet = wet_by_climate(self.month, catalogue.climate, chances)
        else:
            depths = np.diff([float(np.mean(rain.depth_until_mm(t_s))) for t_s in self.edges_s.tolist()])
            self.wet = (depths >= catalogue.climate.wet_day_mm).tolist()

    def exposures(self, kind: FailureKind) -> dict[bool, Exposure]:
        """Return the exposure of a kind of failure by whether the material is brittle."""
        return {brittle: self._exposure(kind, brittle) for brittle in (False, True)}

    def _exposure(self, kind: FailureKind, brittle: bool) -> Exposure:
        name = kind.season
        if name == "by_material":
            name = "brittle" if brittle else "ductile"
        return exposure(self.edges_s, self.month, self.catalogue.seasons[name], self.wet, kind.rain)


def make_almanac(scenario: Scenario, city: City, rain: RainSeries | None) -> Almanac:
    """Return the almanac of a scenario's run."""
    start = scenario.start.astimezone(ZoneInfo(city.time_zone))
    draws = Draws(scenario.seed, "failures")
    return Almanac(start, scenario.duration, rain, read_failure_catalogue(), draws)
