"""Surface water: local inertial flow on the terrain grid, exact in volume."""

from twin.surface.account import SurfaceAccount
from twin.surface.edges import Edges
from twin.surface.settings import SurfaceSettings
from twin.surface.solver import SurfaceSolver

__all__ = ["Edges", "SurfaceAccount", "SurfaceSettings", "SurfaceSolver"]
