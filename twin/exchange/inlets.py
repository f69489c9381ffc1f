"""Gullies and manholes of a city as flat arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cim_models.errors import BundleError
from twin.exchange.placement import NOWHERE

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from twin.sewer import SewerEngine


class Inlets(NamedTuple):
    """Inlets in the order gullies, then manholes; a NamedTuple of arrays so that kernels can take it.

    Parameters
    ----------
    is_gully, takes_in
        Kind, and whether street water may enter; uint8.
    cell, slot, node
        Flat cell index, position among the distinct cells, position among the sewer's nodes.
    ground
        Ground of the street at the inlet, m.
    length
        Weir length: the grate's perimeter without the kerb's side, or the rim of the shaft, m.
    area
        Open area, m2.
    clear
        Share that is not blocked, 0 to 1.
    joint_in, joint_out
        A_cell A_shaft / (A_cell + A_shaft), m2; times the difference of heads it is the volume that
        makes the heads equal. Inlets share a cell, and a node's shaft, in equal parts: on the way in
        those that take water in, on the way out all of them.
    """

    is_gully: Any
    takes_in: Any
    cell: Any
    slot: Any
    node: Any
    ground: Any
    length: Any
    area: Any
    clear: Any
    joint_in: Any
    joint_out: Any


class State(NamedTuple):
    """Present depth in each inlet's cell and head above the street there, m."""

    depth: Any
    rise: Any


class StreetState(NamedTuple):
    """What the exchange needs to know of the street, per cell slot.

    Parameters
    ----------
    depth
        Water depth in the cell, m.
    available
        Water that may leave for the sewer from each cell, whole units, >= 0.
    """

    depth: Any
    available: Any


class SewerState(NamedTuple):
    """What the exchange needs to know of the sewer, per node.

    Parameters
    ----------
    level
        Head carried over to the terrain's heights, with the water that waits to enter, m.
    available
        Water that may leave for the street, m3, >= 0.
    """

    level: Any
    available: Any


@dataclass(frozen=True, slots=True)
class _Part:
    """Gullies or manholes before they are joined."""

    is_gully: bool
    takes_in: bool
    cell: NDArray[np.int64]
    node: NDArray[np.int64]
    length: NDArray[np.float64]
    area: NDArray[np.float64]


def gully_part(gullies: GeoDataFrame, cells: NDArray[np.int64], sewer: SewerEngine) -> _Part:
    """Turn the layer ``gullies`` into arrays; a gully off the grid is left with cell -1.

    Raises
    ------
    BundleError
        If a gully drains to a node that the sewer does not have.
    """
    position = {name: index for index, name in enumerate(sewer.node_ids)}
    names = gullies["node"].astype(str)
    unknown = gullies[~names.isin(list(position))]
    if len(unknown):
        raise BundleError(
            f"Gully '{unknown['id'].iloc[0]}' ({len(unknown)} such)",
            got=f"sewer node '{unknown['node'].iloc[0]}'",
            expected="a node of sewer.inp",
            remedy="Correct column 'node' of layer gullies",
        )
    length = gullies["length_m"].to_numpy(dtype=np.float64)
    width = gullies["width_m"].to_numpy(dtype=np.float64)
    return _Part(
        is_gully=True,
        takes_in=True,
        cell=cells,
        node=names.map(position).to_numpy(dtype=np.int64),
        length=length + 2.0 * width,
        area=length * width * gullies["open_ratio"].to_numpy(dtype=np.float64),
    )


def manhole_part(sewer: SewerEngine, cells: NDArray[np.int64], diameter_m: float, *, takes_in: bool) -> _Part:
    """Put a manhole on every node but outfalls and sealed ones; ``cells`` is per node."""
    nodes = np.flatnonzero(~sewer.is_outfall & ~sewer.is_sealed & (cells != NOWHERE))
    area = np.pi * diameter_m**2 / 4.0
    return _Part(
        is_gully=False,
        takes_in=takes_in,
        cell=cells[nodes],
        node=nodes.astype(np.int64),
        length=np.full(nodes.size, 2.0 * np.sqrt(np.pi * area)),
        area=np.full(nodes.size, area),
    )


def join(
    parts: list[_Part], bed: NDArray[np.floating[Any]], cell_area_m2: float, shaft_area_m2: float
) -> tuple[Inlets, NDArray[np.int64]]:
    """Join parts into `Inlets` and the distinct cells that they use.

    Parameters
    ----------
    parts
        Gullies and manholes; all with a cell.
    bed
        Bed elevation, shape (rows, cols), m.
    cell_area_m2, shaft_area_m2
        Of a grid cell, and of the riser on a sewer node, which its inlets share.
    """
    cell = np.concatenate([part.cell for part in parts])
    node = np.concatenate([part.node for part in parts])
    cells, slot = np.unique(cell, return_inverse=True)
    sizes = [part.cell.size for part in parts]
    takes_in = np.repeat([part.takes_in for part in parts], sizes)
    shaft_in = shaft_area_m2 / _sharing(node, takes_in)
    shaft_out = shaft_area_m2 / _sharing(node)
    inlets = Inlets(
        is_gully=np.repeat([part.is_gully for part in parts], sizes).astype(np.uint8),
        takes_in=takes_in.astype(np.uint8),
        cell=cell,
        slot=slot.astype(np.int64),
        node=node,
        ground=bed.ravel()[cell].astype(np.float64),
        length=np.concatenate([part.length for part in parts]),
        area=np.concatenate([part.area for part in parts]),
        clear=np.ones(cell.size),
        joint_in=_joint(cell_area_m2 / _sharing(slot, takes_in), shaft_in),
        joint_out=_joint(cell_area_m2 / _sharing(slot), shaft_out),
    )
    return inlets, cells


def _sharing(place: NDArray[np.int64], counted: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
    """Count the inlets at each inlet's place, of those ``counted`` if given; at least 1."""
    taking_part = place if counted is None else place[counted]
    counts = np.bincount(taking_part, minlength=int(place.max(initial=-1)) + 1)
    return np.maximum(counts[place], 1)


def _joint(cell_area_m2: NDArray[np.float64], shaft_area_m2: NDArray[np.float64]) -> NDArray[np.float64]:
    return cell_area_m2 * shaft_area_m2 / (cell_area_m2 + shaft_area_m2)
