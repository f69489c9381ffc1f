"""Rain in time: design storms, gauges, constant rain."""

from twin.rain.formula import IntensityFormula, formula_names, intensity_formula
from twin.rain.gauges import gauge_rain, nearest_gauge_zones
from twin.rain.series import RainSeries, constant_rain
from twin.rain.storm import design_storm

__all__ = [
    "IntensityFormula",
    "RainSeries",
    "constant_rain",
    "design_storm",
    "formula_names",
    "gauge_rain",
    "intensity_formula",
    "nearest_gauge_zones",
]
