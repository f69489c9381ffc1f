"""The coarse tier: the same city on cells several times as large, with tables made from the fine terrain."""

from twin.surface.subgrid.factor import MOST_FACTOR, coarse_factor
from twin.surface.subgrid.solver import CoarseSolver

__all__ = ["MOST_FACTOR", "CoarseSolver", "coarse_factor"]
