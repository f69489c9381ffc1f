"""Water that comes up from below the street, as from a broken main."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


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

    Attributes
    ----------
    given_units
        Whole units that the surface has received since the start.
    """

    def __init__(self) -> None:
        self.given_units = 0
        self._springs: dict[str, Spring] = {}

    def rise(self, name: str, cells: NDArray[np.int64], risen_m3: float, until_s: float) -> None:
        """Say how much water has risen at a place since the start, m3; the street has it by ``until_s``."""
        spring = self._springs.setdefault(name, Spring(cells))
        spring.risen_m3, spring.until_s = risen_m3, until_s

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
