"""From a map of coarse nodes to a map of fine cells: a few steps of the fine scheme, as in multigrid.

Spread over its node, water lies level or like the ground. What it looks like in truth, a film on the slope
behind the kerb, a wedge in the gutter, a pool behind a crest, is decided within a few metres and a few
seconds by the fine terrain. So the map is handed to the fine scheme for the time in which a wave crosses a
few nodes: long enough to settle within them, too short to go far. In multigrid terms the spread is the
prolongation and the fine steps are the smoother.

Source: the analogy is Brandt (1977), Multi-level adaptive solutions to boundary-value problems; its use
here is this project's.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from twin.surface.constants import GRAVITY_M_S2
from twin.surface.edges import Edges
from twin.surface.settings import SurfaceSettings
from twin.surface.solver import SurfaceSolver

WAVE_DEPTH_M = 0.25
"""Depth whose wave crosses the nodes: that of a flooded street."""
CROSSINGS = 3.0
"""Nodes that the wave crosses. With 1 some of the film is still in the gutter, with 6 streets begin to run
dry, since no rain falls meanwhile."""


@dataclass(frozen=True, slots=True, eq=False)
class Smoother:
    """Settles a map of depths within coarse nodes.

    Parameters
    ----------
    bed_elevation, cell_size_m, manning_n, walls, edges
        The fine grid, as for `SurfaceSolver`.
    node_size_m
        Edge of a node, m.
    threads
        Threads to use.
    """

    bed_elevation: NDArray[np.floating[Any]]
    cell_size_m: float
    manning_n: float | NDArray[np.floating[Any]]
    walls: NDArray[np.bool_] | None
    edges: Edges | Literal["closed", "open"]
    node_size_m: float
    threads: int

    @property
    def duration_s(self) -> float:
        """How long a map is handed to the fine scheme, s: 15 s for nodes of 8 m."""
        return float(CROSSINGS * self.node_size_m / np.sqrt(GRAVITY_M_S2 * WAVE_DEPTH_M))

    def smooth(self, depth_m: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return a map of depths, m, shape (rows, cols), after the fine steps.

        The volume is kept, less what leaves over the edges meanwhile.
        """
        solver = SurfaceSolver(
            self.bed_elevation,
            self.cell_size_m,
            manning_n=self.manning_n,
            walls=self.walls,
            edges=self.edges,
            settings=SurfaceSettings(threads=self.threads),
        )
        solver.set_water_depth(depth_m)
        solver.advance_to(self.duration_s)
        return solver.water_depth
