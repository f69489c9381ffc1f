"""Water that comes up from below the street, as from a broken main."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cim_models.city import Terrain
from twin.exchange.placement import cells_within, nearest_open_cells
from twin.water.runoff import cells_downhill

#: Water comes up within this radius, or at the nearest open ground in reach, m; own assumptions.
_RADIUS_M, _REACH_M = 2.0, 50.0
#: So many cells it is followed downhill.
_RUN_CELLS = 20_000


class Surface(Protocol):
    """What springs need of the surface."""

    @property
    def unit_m3(self) -> float:
        """Volume of one unit, m3."""
        ...

    def exchange_units(self, cells: NDArray[np.int64], units: NDArray[np.int64]) -> NDArray[np.int64]:
        """Add whole units to cells and return what was really added."""
        ...


@dataclass(slots=True)
class Spring:
    """One place where water comes up.

    Parameters
    ----------
    cells
        Flat indices of the cells that it wets.
    risen_m3
        Volume that has come up below the street since the start, m3.
    given_units
        Whole units of it that the surface has received.
    until_s
        By when the rest is to be given, s.
    """

    cells: NDArray[np.int64]
    risen_m3: float = 0.0
    given_units: int = 0
    until_s: float = 0.0


class Springs:
    """All places where water comes up, and what the street received from them.

    Whoever knows the water says at intervals how much has risen since the start; it reaches the street
    evenly over the interval that follows, in whole units, so that no volume depends on a forecast.

    Parameters
    ----------
    terrain, bed_elevation
        The terrain, and the ground that water runs on, shape (rows, cols), m.
    open_cells, street_cells
        Cells that can hold water, and those of them where it comes up first, shape (rows, cols).

    Attributes
    ----------
    given_units
        Whole units that the surface has received since the start.
    """

    def __init__(
        self,
        terrain: Terrain,
        bed_elevation: NDArray[np.floating[Any]],
        open_cells: NDArray[np.bool_],
        street_cells: NDArray[np.bool_],
    ) -> None:
        self._terrain, self._bed_elevation = terrain, bed_elevation
        self._open_cells, self._street_cells = open_cells, street_cells
        self.given_units = 0
        self._springs: dict[str, Spring] = {}

    def rise(self, name: str, x: float, y: float, risen_m3: float, until_s: float) -> bool:
        """Say how much water has risen at a place, m, since the start, m3; the street has it by ``until_s``.

        Nothing happens, and the answer is False, where no open ground is within reach.
        """
        cells = self._cells_at(x, y)
        if not cells.size:
            return False
        spring = self._springs.setdefault(name, Spring(cells))
        spring.risen_m3, spring.until_s = risen_m3, until_s
        return True

    def runs_from(self, x: float, y: float) -> NDArray[np.float64]:
        """Places that water from a place wets on its way downhill, as the ground lies, shape (n, 2), m."""
        found = cells_downhill(self._bed_elevation, self._open_cells, self._cells_at(x, y), _RUN_CELLS)
        x_m, y_m = self._terrain.centre(*np.divmod(found, self._open_cells.shape[1]))
        return np.column_stack([x_m, y_m])

    def _cells_at(self, x: float, y: float) -> NDArray[np.int64]:
        if not (np.isfinite(x) and np.isfinite(y)):
            return np.zeros(0, np.int64)
        near = cells_within(self._terrain, self._street_cells, x, y, _RADIUS_M)
        if near.size:
            return near
        nearest = nearest_open_cells(self._terrain, self._street_cells, x, y, _REACH_M)
        if nearest[0] < 0:
            nearest = nearest_open_cells(self._terrain, self._open_cells, x, y, _REACH_M)
        return nearest[nearest >= 0]

    def step(self, surface: Surface, now_s: float, dt_s: float) -> None:
        """Give the street its share for a step of ``dt_s`` that begins now."""
        for spring in self._springs.values():
            left = int(spring.risen_m3 / surface.unit_m3) - spring.given_units
            if left <= 0:
                continue
            steps = max(round((spring.until_s - now_s) / dt_s), 1)
            units = -(-left // steps)
            count = spring.cells.size
            shares = np.full(count, units // count, np.int64)
            shares[: units % count] += 1
            added = int(surface.exchange_units(spring.cells, shares).sum())
            spring.given_units += added
            self.given_units += added

    def flush(self, surface: Surface) -> None:
        """Give the street all that has risen and not yet reached it."""
        for spring in self._springs.values():
            spring.until_s = 0.0
        self.step(surface, 0.0, 1.0)

    def state(self) -> dict[str, Any]:
        """Return what springs need to go on."""
        rows = {
            name: (spring.cells.copy(), spring.risen_m3, spring.given_units, spring.until_s)
            for name, spring in self._springs.items()
        }
        return {"given_units": self.given_units, "springs": rows}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over such a state."""
        self.given_units = state["given_units"]
        self._springs = {
            name: Spring(cells.copy(), risen_m3, given, until_s)
            for name, (cells, risen_m3, given, until_s) in state["springs"].items()
        }
