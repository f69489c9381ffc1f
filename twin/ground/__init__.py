"""What the ground takes from the water on it: infiltration and depression storage."""

from twin.ground.cover import ground_map, ground_names
from twin.ground.loss import GroundLoss
from twin.ground.settings import GroundClass, GroundSettings, Soil, ground_settings

__all__ = [
    "GroundClass",
    "GroundLoss",
    "GroundSettings",
    "Soil",
    "ground_map",
    "ground_names",
    "ground_settings",
]
