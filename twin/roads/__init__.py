"""Roads under water: depth on each segment, how fast one can drive, and which way.

`RoadSampler` reads depths off the surface grid, `RoadNetwork` turns them into travel times.
"""

from twin.roads.network import RoadNetwork
from twin.roads.sampler import RoadSampler
from twin.roads.vehicles import SpeedCurve, VehicleClass, vehicle_classes

__all__ = ["RoadNetwork", "RoadSampler", "SpeedCurve", "VehicleClass", "vehicle_classes"]
