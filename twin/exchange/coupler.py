"""The coupling of street and sewer, one exchange step at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from cim_models.city import Terrain
from cim_models.errors import InputError
from twin.exchange.coefficients import inlet_coefficients, shaft_diameter_m
from twin.exchange.inlets import SewerState, StreetState, gully_part, join, manhole_part
from twin.exchange.kernels import exchange_units
from twin.exchange.placement import NOWHERE, nearest_open_cells

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from twin.sewer import SewerEngine

#: Share of a node's inflow in a step that may leave it again for the street at once.
_THROUGHFLOW = 0.5
_SHAFT_AREA_M2 = 2.0


class Surface(Protocol):
    """What the exchange needs of the surface solver."""

    @property
    def cell_size_m(self) -> float:
        """Edge of a cell, m."""
        ...

    @property
    def unit_m3(self) -> float:
        """Volume of one unit, m3."""
        ...

    def depth_of(self, cells: NDArray[np.int64]) -> NDArray[np.float64]:
        """Depth of cells given by flat index, m."""
        ...

    def available_units(self, cells: NDArray[np.int64]) -> NDArray[np.int64]:
        """Whole units that may be taken from each of some distinct cells at once."""
        ...

    def exchange(self, cells: NDArray[np.int64], volumes_m3: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add (positive) or take (negative) water; return what really moved, m3."""
        ...

    def exchange_units(self, cells: NDArray[np.int64], units: NDArray[np.int64]) -> NDArray[np.int64]:
        """Add (positive) or take (negative) whole units; return what really moved."""
        ...


@dataclass(frozen=True, slots=True)
class ExchangeSettings:
    """How street and sewer are joined.

    Parameters
    ----------
    manholes
        ``lidded``: water lifts the covers and comes out, but enters only by gullies. ``open``: water
        goes both ways, for a city whose gullies nobody surveyed. ``sealed``: none passes.
    manhole_diameter_m
        Clear opening, m, > 0.
    reach_m
        How far from a gully or manhole that stands in a wall its open cell may be, m.
    """

    manholes: Literal["lidded", "open", "sealed"] = "lidded"
    manhole_diameter_m: float = field(default_factory=shaft_diameter_m)
    reach_m: float = 8.0

    def __post_init__(self) -> None:
        if not self.manhole_diameter_m > 0.0:
            raise InputError(
                "ExchangeSettings.manhole_diameter_m", got=self.manhole_diameter_m, expected="> 0 m"
            )


class SewerExchange:
    """Gullies and manholes between a surface and a sewer.

    Survey and terrain seldom agree on the height of a cover. The sewer's heads are therefore read
    relative to its own cover levels and carried over to the terrain: a node whose head is at its
    cover meets the street at the street's ground.

    Parameters
    ----------
    terrain
        The grid.
    open_cells
        Cells that can hold water, shape (rows, cols).
    gullies
        Layer ``gullies``, or None.
    sewer
        The sewer engine, for its nodes.
    node_xy
        Coordinates of the nodes, shape (nodes, 2), m; NaN where unknown.
    settings
        How the two are joined.

    Attributes
    ----------
    to_sewer_units, to_surface_units
        Whole units moved since the start.
    unplaced_gullies
        Ids of gullies with no open cell within reach; they take no part.
    """

    def __init__(
        self,
        terrain: Terrain,
        open_cells: NDArray[np.bool_],
        gullies: GeoDataFrame | None,
        sewer: SewerEngine,
        node_xy: NDArray[np.float64],
        settings: ExchangeSettings | None = None,
    ) -> None:
        settings = settings or ExchangeSettings()
        self.to_sewer_units = self.to_surface_units = 0
        self.unplaced_gullies: tuple[str, ...] = ()
        self._node_count = len(sewer.node_ids)
        node_cells = nearest_open_cells(terrain, open_cells, node_xy[:, 0], node_xy[:, 1], settings.reach_m)
        self._shift_m = _datum_shift(terrain, node_cells, sewer.ground_m)
        parts = []
        self._gully_rows: dict[str, int] = {}
        if gullies is not None:
            parts.append(self._place_gullies(terrain, open_cells, gullies, sewer, settings))
        lids = np.full_like(node_cells, NOWHERE) if settings.manholes == "sealed" else node_cells
        takes_in = settings.manholes == "open"
        parts.append(manhole_part(sewer, lids, settings.manhole_diameter_m, takes_in=takes_in))
        self._shaft_m2 = sewer.settings.riser_area_m2 or _SHAFT_AREA_M2
        self._inlets, self._cells = join(parts, terrain.elevation, terrain.cell_size_m**2, self._shaft_m2)
        self._cells.setflags(write=False)
        self._coefficients = inlet_coefficients()

    def _place_gullies(
        self,
        terrain: Terrain,
        open_cells: NDArray[np.bool_],
        gullies: GeoDataFrame,
        sewer: SewerEngine,
        settings: ExchangeSettings,
    ) -> Any:
        cells = nearest_open_cells(
            terrain, open_cells, gullies.geometry.x, gullies.geometry.y, settings.reach_m
        )
        placed = cells != NOWHERE
        ids = gullies["id"].astype(str)
        self.unplaced_gullies = tuple(ids[~placed])
        self._gully_rows = {name: row for row, name in enumerate(ids[placed])}
        return gully_part(gullies[placed], cells[placed], sewer)

    # --- blockage ---------------------------------------------------------------------------------

    def set_blockage(self, gully: str, blockage: float) -> None:
        """Block a share of a gully, 0 to 1; a gully that was not placed is passed over."""
        if gully in self._gully_rows:
            self._inlets.clear[self._gully_rows[gully]] = 1.0 - min(max(blockage, 0.0), 1.0)

    # --- checkpoints ------------------------------------------------------------------------------

    def state(self) -> dict[str, NDArray[Any]]:
        """Return all that an exchange of the same city needs to go on."""
        return {
            "clear": self._inlets.clear.copy(),
            "counts": np.array([self.to_sewer_units, self.to_surface_units], np.int64),
        }

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over such a state."""
        self._inlets.clear[:] = state["clear"]
        self.to_sewer_units, self.to_surface_units = map(int, state["counts"])

    # --- stepping ---------------------------------------------------------------------------------

    def step(
        self, surface: Surface, sewer: SewerEngine, dt_s: float, lead_s: float | None = None
    ) -> NDArray[np.int64]:
        """Move water between the street as it is and the sewer as it is.

        Parameters
        ----------
        surface
            Changed at once.
        sewer
            Only read; the caller injects what this returns.
        dt_s
            Length of the exchange step, s.
        lead_s
            Time from the sewer's state to the end of this exchange step, s, where several exchanges
            fall into one step of the sewer; ``dt_s`` if None.

        Returns
        -------
        Units for each sewer node over the step, positive into the sewer: exactly what the surface gave
        or took.
        """
        inlets, unit_m3 = self._inlets, surface.unit_m3
        waiting_m3 = sewer.waiting_units * unit_m3
        passing_m3 = _THROUGHFLOW * (dt_s if lead_s is None else lead_s) * np.maximum(sewer.inflow, 0.0)
        available = sewer.ponded_volume() + passing_m3 + np.minimum(waiting_m3, 0.0)
        level = sewer.heads + self._shift_m + waiting_m3 / self._shaft_m2
        state = SewerState(level, np.maximum(available, 0.0))
        units = np.empty(inlets.cell.size, np.int64)
        street = StreetState(surface.depth_of(self._cells), surface.available_units(self._cells))
        exchange_units(inlets, street, state, self._coefficients, dt_s, unit_m3, units)
        moved = -surface.exchange_units(inlets.cell, -units)
        self.to_sewer_units += int(np.maximum(moved, 0).sum())
        self.to_surface_units -= int(np.minimum(moved, 0).sum())
        by_node = np.zeros(self._node_count, np.int64)
        np.add.at(by_node, inlets.node, moved)
        return by_node


def _datum_shift(
    terrain: Terrain, node_cells: NDArray[np.int64], ground_m: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Terrain minus surveyed cover level at each node, m; 0 where the node is off the grid."""
    placed = node_cells != NOWHERE
    shift = np.zeros(node_cells.size)
    shift[placed] = terrain.elevation.ravel()[node_cells[placed]] - ground_m[placed]
    return shift
