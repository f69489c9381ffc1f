"""Checks of a city: every defect by layer and id, with what to do; and what a city holds."""

from cim_models.checks.city import check_city
from cim_models.checks.defects import Defect, Severity
from cim_models.checks.info import CityInfo, LayerInfo, describe_city

__all__ = ["CityInfo", "Defect", "LayerInfo", "Severity", "check_city", "describe_city"]
