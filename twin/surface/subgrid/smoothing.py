"""From a map of coarse nodes to a map of fine cells: a few steps of the fine scheme, as in multigrid.

Spread over its node, water lies level or like the ground. What it looks like in truth, a film on the slope
behind the kerb, a wedge in the gutter, a pool behind a crest, is decided within a few metres and a few
seconds by the fine terrain. So a map is handed to the fine scheme for the time in which waves cross a few
nodes: long enough to settle within them, too short to go far. In multigrid terms the spread is the
prolongation and the fine steps are the smoother.

A map of largest depths needs more: which street gets how much of the water is decided by its kerbs as well,
over minutes. So the minutes in which the water rises highest, see `twin.surface.subgrid.highwater`, are run
again on the fine grid.

Both on a *false bottom*: nothing below `FALSE_BOTTOM_M` under the water surface matters to a film, a gutter
or a flooded street, but the deepest pond of the city would set the step. So deep ground is raised to that
depth, and lowered again in the result.

Source: the analogy is Brandt (1977), Multi-level adaptive solutions to boundary-value problems; its use
here is this project's.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from twin.surface.constants import GRAVITY_M_S2, MAX_COURANT
from twin.surface.edges import Edges
from twin.surface.settings import SurfaceSettings
from twin.surface.solver import SurfaceSolver

WAVE_DEPTH_M = 0.25
"""Depth whose wave crosses the nodes: that of a flooded street."""
CROSSINGS = (3.0, 6.0)
"""Nodes that the wave has crossed when the map is looked at. Before, some of the film is still in the gutter;
later, streets begin to run dry, since no rain falls meanwhile. The lesser of the two depths counts: what
sways to and fro does not stand, and the largest volumes of all nodes together are more water than there ever
was."""
FALSE_BOTTOM_M = 0.5
"""Deepest water that is computed as it is: with 0.3 m flooded streets lose by it, measured on the built-in
district; deeper ground only costs steps."""
DOSE_S = 25.0
"""Time between two doses of what rain and exchange bring while minutes are run again, and between two looks
at the depths, s."""


@dataclass(frozen=True, slots=True, eq=False)
class Smoother:
    """Settles a map of depths within coarse nodes, and follows it through some minutes.

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
    def looks_s(self) -> NDArray[np.float64]:
        """When a settling map is looked at, s: after 15 to 31 s for nodes of 8 m."""
        return np.array(CROSSINGS) * self.node_size_m / np.sqrt(GRAVITY_M_S2 * WAVE_DEPTH_M)

    def smooth(self, depth_m: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the depths that a map of them settles to, m, shape (rows, cols)."""
        fine = _FalseBottom(self, depth_m)
        least = np.full(fine.raised.shape, np.inf, np.float32)
        for look_s in self.looks_s:
            fine.solver.advance_to(float(look_s))
            least = np.minimum(least, fine.depth())
        return least

    def follow(
        self, depth_m: NDArray[np.float32], inflow_units: NDArray[np.int64], duration_s: float
    ) -> NDArray[np.float32]:
        """Return the largest depths of some time that begins with a map, m, shape (rows, cols).

        Those of the second half: in the first, what was mapped wrongly is still on its way.

        Parameters
        ----------
        depth_m
            Depths at the beginning, m, shape (rows, cols).
        inflow_units
            What rain and exchange bring to each cell meanwhile, or take, in units, same shape; spread evenly
            over the time.
        duration_s
            Length of the time, s.
        """
        fine = _FalseBottom(self, depth_m)
        doses = max(1, round(duration_s / DOSE_S))
        cells = np.flatnonzero(inflow_units)
        dose = np.trunc(inflow_units.ravel()[cells] / doses).astype(np.int64)
        largest = np.zeros(fine.raised.shape, np.float32)
        for look in range(1, doses + 1):
            fine.solver.exchange_units(cells, dose)
            fine.solver.advance_to(duration_s * look / doses)
            if 2 * look > doses:
                largest = np.maximum(largest, fine.depth())
        return largest


class _FalseBottom:
    """The fine solver on ground that is raised wherever the water of a map is deep.

    Parameters
    ----------
    grid
        The fine grid.
    depth_m
        Depths to begin with, m, shape (rows, cols).
    """

    def __init__(self, grid: Smoother, depth_m: NDArray[np.float32]) -> None:
        self.raised = np.maximum(depth_m - np.float32(FALSE_BOTTOM_M), np.float32(0.0))
        self.solver = SurfaceSolver(
            grid.bed_elevation + self.raised,
            grid.cell_size_m,
            manning_n=grid.manning_n,
            walls=grid.walls,
            edges=grid.edges,
            settings=SurfaceSettings(threads=grid.threads, courant=MAX_COURANT),
        )
        self.solver.set_water_depth(depth_m - self.raised)

    def depth(self) -> NDArray[np.float32]:
        """Return the depths above the true ground, m; 0 where the water has left."""
        depth = self.solver.water_depth
        return np.where(depth > 0.0, depth + self.raised, np.float32(0.0))
