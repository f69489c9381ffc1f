"""A chessboard of streets, on which made-up cities stand: its places, tiles and depots.

All of its numbers are own assumptions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Point, Polygon, box

from cim_models.district.tables import layer_frame
from cim_models.organisation_model import grid_cell_codes
from cim_models.organisations import Organisation

BLOCK_M = 250.0
AVENUE_EVERY = 3
STREET_KM_H, AVENUE_KM_H = 30.0, 50.0
GRID_CELL_M = 500.0


@dataclass(frozen=True, slots=True)
class StreetGrid:
    """Streets in two directions, a block apart.

    Parameters
    ----------
    cols, rows
        Junctions across and along.
    """

    cols: int
    rows: int

    @property
    def extent_m(self) -> tuple[float, float]:
        """Width and height, m; half a block beyond the outer streets."""
        return self.cols * BLOCK_M, self.rows * BLOCK_M

    def xy(self, col: int, row: int) -> tuple[float, float]:
        """Place of a junction, m."""
        return (col + 0.5) * BLOCK_M, (row + 0.5) * BLOCK_M

    def tiles(self, across: int, along: int) -> list[Polygon]:
        """Return equal rectangles that cover the city, row by row."""
        width_m, height_m = self.extent_m
        x, y = np.linspace(0.0, width_m, across + 1), np.linspace(0.0, height_m, along + 1)
        return [box(x[c], y[r], x[c + 1], y[r + 1]) for r, c in product(range(along), range(across))]

    def spread(self, number: int) -> list[tuple[int, int]]:
        """Return junctions spread evenly, by the additive recurrence of the plastic number (Roberts 2018)."""
        plastic = 1.32471795724474602596
        steps: NDArray[np.int64] = np.arange(1, number + 1)
        cols = (self.cols * ((0.5 + steps / plastic) % 1.0)).astype(int)
        rows = (self.rows * ((0.5 + steps / plastic**2) % 1.0)).astype(int)
        return list(zip(cols.tolist(), rows.tolist(), strict=True))

    def grid_cells(self, members: Sequence[Organisation], persons: float) -> Any:
        """Return the layer of unit grid cells, dealt out to the street stations row by row.

        Parameters
        ----------
        members
            The organisations.
        persons
            Inhabitants of the city, in equal parts to the cells.
        """
        width_m, height_m = self.extent_m
        cells = self.tiles(int(np.ceil(width_m / GRID_CELL_M)), int(np.ceil(height_m / GRID_CELL_M)))
        codes = grid_cell_codes(members, len(cells))
        return layer_frame("grid_cells", {"id": codes, "persons": [persons / len(cells)] * len(cells)}, cells)

    def depots(self, numbers: Mapping[str, int]) -> Any:
        """Return the layer of depots, those of each skill spread over the city; ``numbers`` by skill."""
        ids, skills, points = [], [], []
        for skill, number in numbers.items():
            for count, (col, row) in enumerate(self.spread(number), 1):
                ids.append(f"D-{skill}-{count}")
                skills.append(skill)
                points.append(Point(self.xy(col, row)))
        return layer_frame("depots", {"id": ids, "skills": skills}, points)
