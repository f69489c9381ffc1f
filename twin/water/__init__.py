"""The water of a city: rain, street, sewer, gullies, pump trucks, coupled and accounted for."""

from twin.water.balance import WaterBalance
from twin.water.blockage import GullyBlockage
from twin.water.boundaries import Boundary, InflowBoundary, LevelBoundary, OutflowBoundary
from twin.water.pumps import PumpTruck
from twin.water.roofs import RoofSettings
from twin.water.settings import WaterSettings
from twin.water.system import WaterSystem

__all__ = [
    "Boundary",
    "GullyBlockage",
    "InflowBoundary",
    "LevelBoundary",
    "OutflowBoundary",
    "PumpTruck",
    "RoofSettings",
    "WaterBalance",
    "WaterSettings",
    "WaterSystem",
]
