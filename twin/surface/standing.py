"""The structures that stand on the surface, by name."""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from cim_models.errors import InputError
from twin.surface.barriers import BarrierFaces, make_crests
from twin.surface.culverts import CulvertBarrels, make_conduits
from twin.surface.state import Structures

_BARRIER, _CULVERT = "barrier:", "culvert:"


class Standing:
    """Barriers and culverts of one solver, and the arrays that its kernels read.

    Parameters
    ----------
    shape
        Rows and columns of the grid.
    datum_m
        Level that the kernels' beds start from, m above the vertical datum.
    """

    def __init__(self, shape: tuple[int, int], datum_m: float) -> None:
        self._shape, self._datum_m = shape, datum_m
        self._barriers: dict[str, BarrierFaces] = {}
        self._culverts: dict[str, CulvertBarrels] = {}
        self._rebuild()

    def arrays(self) -> Structures:
        """Return what the kernels read; the discharges of culverts in it are theirs to change."""
        return self._arrays

    def place(self, name: str, structure: BarrierFaces | CulvertBarrels) -> None:
        """Add a structure."""
        if name in self._barriers or name in self._culverts:
            raise InputError("Structure", got=f"'{name}', which stands already", expected="a new name")
        self._keep_flows()
        if isinstance(structure, BarrierFaces):
            self._barriers[name] = structure
        else:
            self._culverts[name] = structure
        self._rebuild()

    def remove(self, name: str) -> None:
        """Take a structure away."""
        self._keep_flows()
        if self._barriers.pop(name, None) is None and self._culverts.pop(name, None) is None:
            raise self._missing(name, [*self._barriers, *self._culverts])
        self._rebuild()

    def shut(self, name: str, *, shut: bool) -> None:
        """Shut or open a culvert."""
        self._keep_flows()
        if name not in self._culverts:
            raise self._missing(name, list(self._culverts))
        barrels = self._culverts[name].barrels.copy()
        barrels["shut"] = shut
        self._culverts[name] = CulvertBarrels(barrels)
        self._rebuild()

    def discharge(self, name: str) -> float:
        """Discharge of a culvert, m³/s."""
        if name not in self._culverts:
            raise self._missing(name, list(self._culverts))
        self._keep_flows()
        return float(self._culverts[name].barrels["flow"].sum())

    def state(self) -> dict[str, NDArray[Any]]:
        """Return all structures as arrays."""
        self._keep_flows()
        return {
            **{_BARRIER + name: barrier.table() for name, barrier in self._barriers.items()},
            **{_CULVERT + name: culvert.barrels.copy() for name, culvert in self._culverts.items()},
        }

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over the structures of a state; what stands now is taken away."""
        self._barriers = {
            key.removeprefix(_BARRIER): BarrierFaces.of_table(table)
            for key, table in state.items()
            if key.startswith(_BARRIER)
        }
        self._culverts = {
            key.removeprefix(_CULVERT): CulvertBarrels(table.copy())
            for key, table in state.items()
            if key.startswith(_CULVERT)
        }
        self._rebuild()

    def _keep_flows(self) -> None:
        """Take the present discharges over from the kernels' arrays."""
        start = 0
        for name, culvert in self._culverts.items():
            barrels = culvert.barrels.copy()
            barrels["flow"] = self._arrays.conduits.flow[start : start + barrels.size]
            start += barrels.size
            self._culverts[name] = CulvertBarrels(barrels)

    def _rebuild(self) -> None:
        self._arrays = Structures(
            make_crests(list(self._barriers.values()), self._shape, self._datum_m),
            make_conduits(list(self._culverts.values()), self._shape[1], self._datum_m),
        )

    @staticmethod
    def _missing(name: str, known: list[str]) -> InputError:
        return InputError(
            "Structure",
            got=f"'{name}', which does not stand",
            expected=f"one of {', '.join(known)}" if known else "none: nothing stands",
        )
