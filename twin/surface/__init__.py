"""Surface water: local inertial flow on the terrain grid, exact in volume."""

from twin.surface.account import SurfaceAccount
from twin.surface.barriers import BarrierFaces, place_barrier
from twin.surface.culverts import CulvertBarrels, place_culvert
from twin.surface.edges import Edges, Faces, Inflow, LevelEdge, OutflowEdge
from twin.surface.settings import SurfaceSettings
from twin.surface.solver import SurfaceSolver

__all__ = [
    "BarrierFaces",
    "CulvertBarrels",
    "Edges",
    "Faces",
    "Inflow",
    "LevelEdge",
    "OutflowEdge",
    "SurfaceAccount",
    "SurfaceSettings",
    "SurfaceSolver",
    "place_barrier",
    "place_culvert",
]
