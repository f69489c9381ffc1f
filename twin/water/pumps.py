"""Pump trucks: water from the street to a sewer node or out of the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.exchange.coupler import Surface

OUTSIDE = -1


@dataclass(slots=True)
class PumpTruck:
    """One pump at work.

    Parameters
    ----------
    id
        Id of the order that started it.
    x, y
        Where the suction hose lies, m.
    target
        Id of a sewer node, or ``outside``.
    node
        Position of that node among the sewer's, or -1 for outside.
    capacity_m3_s
        Largest flow, m3/s.
    cells
        Flat indices of the cells within reach of the suction.
    pumped_m3
        Moved so far.
    flow_m3_s
        Moved in the last step, per second.
    """

    id: str
    x: float
    y: float
    target: str
    node: int
    capacity_m3_s: float
    cells: NDArray[np.int64]
    pumped_m3: float = 0.0
    flow_m3_s: float = 0.0

    def step(self, surface: Surface, dt_s: float, residual_m: float) -> float:
        """Take water from the street for one step.

        Each cell within reach gives in proportion to the water that it holds above the residual
        depth, so the lowest give most and none is pumped dry before the others.

        Returns
        -------
        Volume taken, m3: what the surface really gave.
        """
        above = np.maximum(surface.depth_of(self.cells) - residual_m, 0.0) * surface.cell_size_m**2
        there = float(above.sum())
        wanted = min(self.capacity_m3_s * dt_s, there)
        taken = 0.0
        if wanted > 0.0:
            taken = -float(surface.exchange(self.cells, -above * (wanted / there)).sum())
        self.pumped_m3 += taken
        self.flow_m3_s = taken / dt_s
        return taken
