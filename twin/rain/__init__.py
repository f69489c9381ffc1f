"""Rain in time and space: design storms, gauges, rasters, moving storms, constant rain."""

from twin.rain.field import RainField
from twin.rain.formula import IntensityFormula, formula_names, intensity_formula, peak_position
from twin.rain.gauges import GaugeFile, gauge_rain
from twin.rain.interpolation import inverse_distance_field, nearest_gauge_zones, rain_field
from twin.rain.moving import Motion, StormCell, moving_storm, travelling_storm
from twin.rain.raster import RasterFile, raster_rain
from twin.rain.record import check_coverage
from twin.rain.series import RainSeries, constant_rain
from twin.rain.storm import design_storm

__all__ = [
    "GaugeFile",
    "IntensityFormula",
    "Motion",
    "RainField",
    "RainSeries",
    "RasterFile",
    "StormCell",
    "check_coverage",
    "constant_rain",
    "design_storm",
    "formula_names",
    "gauge_rain",
    "intensity_formula",
    "inverse_distance_field",
    "moving_storm",
    "nearest_gauge_zones",
    "peak_position",
    "rain_field",
    "raster_rain",
    "travelling_storm",
]
