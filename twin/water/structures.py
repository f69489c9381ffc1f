"""Barriers and culverts of a city while its water runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from cim_models.city import Terrain
from cim_models.errors import InputError
from cim_models.orders import (
    LayBarrier,
    LayCulvert,
    OpenCulvert,
    OrderOutcome,
    RemoveBarrier,
    RemoveCulvert,
    ShutCulvert,
    StructureOrder,
)
from cim_models.structures import Barrier, Culvert, Structure
from twin.surface import BarrierFaces, CulvertBarrels, place_barrier, place_culvert
from twin.surface.port import SurfaceWater


def put_on_grid(
    structure: Structure, terrain: Terrain, open_cells: NDArray[np.bool_]
) -> BarrierFaces | CulvertBarrels:
    """Find the faces of a barrier, or the cells of a culvert.

    Raises
    ------
    InputError
        If it does not fit the terrain.
    """
    if isinstance(structure, Barrier):
        return place_barrier(structure, terrain, open_cells)
    return place_culvert(structure, terrain, open_cells)


class StructureYard:
    """What stands in a city, and the orders that change it.

    Parameters
    ----------
    surface
        The solver that the structures stand on.
    terrain, open_cells
        The grid and the cells that hold water, shape (rows, cols).
    permanent
        What stands from the beginning, by id.

    Raises
    ------
    InputError
        If a permanent structure does not fit the terrain, or two have one id.
    """

    def __init__(
        self,
        surface: SurfaceWater,
        terrain: Terrain,
        open_cells: NDArray[np.bool_],
        permanent: Iterable[tuple[str, Structure]],
    ) -> None:
        self._surface, self._terrain, self._open_cells = surface, terrain, open_cells
        self._standing: dict[str, Structure] = {}
        for name, structure in permanent:
            self._lay(name, structure)

    @property
    def standing(self) -> dict[str, Structure]:
        """What stands now, by id, in the order in which it was placed."""
        return dict(self._standing)

    def restore(self, standing: Mapping[str, Structure]) -> None:
        """Take over what stands; the solver's own state brings it onto the grid."""
        self._standing = dict(standing)

    def apply(self, order: StructureOrder) -> OrderOutcome:
        """Carry out an order; a structure that does not fit, or is not there, is a refusal."""
        try:
            match order:
                case LayBarrier():
                    self._lay(order.id, order.barrier)
                case LayCulvert():
                    self._lay(order.id, order.culvert)
                case RemoveBarrier():
                    self._remove(order.barrier, Barrier)
                case RemoveCulvert():
                    self._remove(order.culvert, Culvert)
                case ShutCulvert() | OpenCulvert():
                    self._surface.shut_culvert(order.culvert, shut=isinstance(order, ShutCulvert))
        except InputError as exc:
            return OrderOutcome(False, str(exc))
        return OrderOutcome(True)

    def _lay(self, name: str, structure: Structure) -> None:
        self._surface.place(name, put_on_grid(structure, self._terrain, self._open_cells))
        self._standing[name] = structure

    def _remove(self, name: str, kind: type[Structure]) -> None:
        if not isinstance(self._standing.get(name), kind):
            raise InputError(kind.__name__, got=f"'{name}', which does not stand", expected="one that stands")
        self._surface.remove(name)
        del self._standing[name]
