"""What the rest of the twin needs of a surface solver, whichever tier it is."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from twin.surface.account import SurfaceAccount
from twin.surface.barriers import BarrierFaces
from twin.surface.culverts import CulvertBarrels

DepthGrid = NDArray[np.float32]


class SurfaceWater(Protocol):
    """Surface water of a city, seen on its terrain grid.

    `twin.surface.SurfaceSolver` computes on that grid, `twin.surface.subgrid.CoarseSolver` on coarser nodes;
    cells, depths and units are those of the terrain with either.
    """

    shape: tuple[int, int]
    cell_size_m: float

    @property
    def time_s(self) -> float:
        """Simulated time, s."""
        ...

    @property
    def steps(self) -> int:
        """Steps taken."""
        ...

    @property
    def cell_steps(self) -> int:
        """Cells or nodes updated, summed over the steps."""
        ...

    @property
    def unit_m3(self) -> float:
        """Volume of one unit, m³."""
        ...

    @property
    def account(self) -> SurfaceAccount:
        """Where the water came from and went."""
        ...

    def advance_to(self, time_s: float) -> None:
        """Advance the water to a time, s."""
        ...

    def set_rain(
        self, rate_m_s: float | NDArray[np.floating[Any]], zones: NDArray[np.integer[Any]] | None = None
    ) -> None:
        """Set the rain from now on, m/s, one value or one per zone."""
        ...

    def set_water_depth(self, water_depth: NDArray[np.floating[Any]]) -> None:
        """Set the depth of all cells, m, and bring the water to rest."""
        ...

    def exchange(self, cells: NDArray[np.int64], volumes_m3: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add (positive) or take (negative) water; return what really moved, m³."""
        ...

    def exchange_units(self, cells: NDArray[np.int64], units: NDArray[np.int64]) -> NDArray[np.int64]:
        """Add (positive) or take (negative) whole units; return what really moved."""
        ...

    def withdraw(self, take: Callable[[NDArray[np.int32]], int]) -> float:
        """Let something take water from many cells at once; return the volume taken, m³."""
        ...

    def place(self, name: str, structure: BarrierFaces | CulvertBarrels) -> None:
        """Place a structure, or refuse it with `InputError`."""
        ...

    def remove(self, name: str) -> None:
        """Remove a structure that was placed."""
        ...

    def shut_culvert(self, name: str, *, shut: bool) -> None:
        """Shut the gate of a culvert that was placed, or open it."""
        ...

    def depth_of(self, cells: NDArray[np.int64]) -> NDArray[np.float64]:
        """Depth of cells given by flat index, m."""
        ...

    def available_units(self, cells: NDArray[np.int64]) -> NDArray[np.int64]:
        """Whole units that may be taken from each of some distinct cells at once, see `exchange_units`.

        Where cells share their water, in a coarse node, each of those that are named has an equal part.
        """
        ...

    def state(self) -> dict[str, NDArray[Any]]:
        """All that a solver made alike needs to go on bit for bit."""
        ...

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over such a state."""
        ...

    @property
    def water_depth(self) -> DepthGrid:
        """Depth, shape (rows, cols), m; a copy."""
        ...

    def publish_depth(self) -> DepthGrid:
        """Depth for others to see, shape (rows, cols), m: no largest depth will ever fall short of it.

        Films up to the dry depth (1 mm) count as 0. The coarse tier takes more care with it than with
        `water_depth` and `depth_of`, which are asked for far more often.
        """
        ...

    def publish_depth_of(self, cells: NDArray[np.int64]) -> NDArray[np.float64]:
        """`publish_depth` of cells given by flat index, m."""
        ...

    @property
    def max_depth(self) -> DepthGrid:
        """Largest depth so far, shape (rows, cols), m."""
        ...

    @property
    def time_of_max_s(self) -> DepthGrid:
        """Time of the largest depth, shape (rows, cols), s; NaN where it never was wet."""
        ...

    def velocity(self) -> tuple[DepthGrid, DepthGrid]:
        """Velocity to the east and to the north, shape (rows, cols), m/s."""
        ...

    def velocity_of(self, cells: NDArray[np.int64]) -> tuple[DepthGrid, DepthGrid]:
        """Velocity of cells given by flat index to the east and to the north, m/s."""
        ...

    def flood_fields(self, cells: NDArray[np.int64] | None = None) -> dict[str, NDArray[Any]]:
        """All that has been recorded, by name, of all cells or of some; see `FloodRecord.fields`."""
        ...

    def volume_m3(self) -> float:
        """Water on the ground, m³."""
        ...
