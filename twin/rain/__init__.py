"""Rain in time: design storms, gauges, constant rain."""

from twin.rain.formula import IntensityFormula, formula_names, intensity_formula, peak_position
from twin.rain.gauges import RainField, gauge_rain, inverse_distance_field, nearest_gauge_zones, rain_field
from twin.rain.series import RainSeries, constant_rain
from twin.rain.storm import design_storm

__all__ = [
    "IntensityFormula",
    "RainField",
    "RainSeries",
    "constant_rain",
    "design_storm",
    "formula_names",
    "gauge_rain",
    "intensity_formula",
    "inverse_distance_field",
    "nearest_gauge_zones",
    "peak_position",
    "rain_field",
]
