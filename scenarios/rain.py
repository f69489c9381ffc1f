"""From what a scenario says about its rain to the rain itself."""

from __future__ import annotations

from dataclasses import replace

from cim_models.city import City
from scenarios.blame import blame
from scenarios.schema.loading import LoadedScenario
from scenarios.schema.model import Scenario
from scenarios.schema.weather import ConstantRain, DesignRain, GaugeRain, MovingRain, RasterRain
from twin.rain import (
    GaugeFile,
    Motion,
    RainSeries,
    RasterFile,
    StormCell,
    check_coverage,
    constant_rain,
    design_storm,
    gauge_rain,
    moving_storm,
    raster_rain,
    travelling_storm,
)


def make_rain(loaded: LoadedScenario, city: City) -> RainSeries:
    """Make the rain of a scenario; a dry scenario gets rain of no intensity.

    Raises
    ------
    ScenarioError
        If a formula or a file does not exist, or a value does not fit it.
    """
    scenario = loaded.scenario
    if scenario.weather.rain is None:
        return constant_rain(0.0, scenario.duration)
    chosen = scenario.weather.rain.chosen
    with blame(str(loaded.path), f"weather.rain.{scenario.weather.rain.chosen_name}"):
        if isinstance(chosen, DesignRain):
            return _design(chosen, city)
        if isinstance(chosen, ConstantRain):
            return constant_rain(chosen.intensity_mm_h, chosen.duration, chosen.begin)
        if isinstance(chosen, MovingRain):
            return moving_storm(city.terrain, _storm_cell(chosen))
        assert isinstance(chosen, GaugeRain | RasterRain)
        return _measured(chosen, loaded, city)


def _design(chosen: DesignRain, city: City) -> RainSeries:
    storm = design_storm(chosen.formula, chosen.return_period, chosen.duration, chosen.peak)
    storm = replace(storm, edges_s=storm.edges_s + chosen.begin)
    if chosen.travel is None:
        return storm
    motion = Motion(chosen.travel.speed_m_s, chosen.travel.towards_deg)
    return travelling_storm(city.terrain, storm, motion, chosen.travel.origin)


def _storm_cell(chosen: MovingRain) -> StormCell:
    return StormCell(
        *chosen.at,
        peak_mm_h=chosen.peak_mm_h,
        length_m=chosen.length_m,
        width_m=chosen.width_m,
        motion=Motion(chosen.speed_m_s, chosen.towards_deg),
        growth_s=chosen.growth,
        mature_s=chosen.mature,
        decay_s=chosen.decay,
        begin_s=chosen.begin,
        footprint=chosen.footprint,
        axis_deg=chosen.axis_deg,
    )


def _measured(chosen: GaugeRain | RasterRain, loaded: LoadedScenario, city: City) -> RainSeries:
    scenario: Scenario = loaded.scenario
    path, start = loaded.resolve(chosen.file), scenario.start.isoformat()
    if isinstance(chosen, GaugeRain):
        table = GaugeFile(path, chosen.quantity, chosen.positions, chosen.gaps, chosen.method)
        what, rain = table.what, gauge_rain(table, start)
    else:
        grid = RasterFile(path, chosen.quantity, chosen.variable, chosen.crs, chosen.interval, chosen.gaps)
        what, rain = grid.what, raster_rain(grid, city.terrain, city.crs, start)
    shifted = replace(rain, edges_s=rain.edges_s + chosen.begin)
    return check_coverage(shifted, what, scenario.duration)
