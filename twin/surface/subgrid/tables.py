"""From fine terrain to the arrays of the coarse tier."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.surface.constants import LANES, REAL_DTYPE, ROWS_BEFORE
from twin.surface.kernel_edges import Outlets as FineOutlets
from twin.surface.subgrid.kernel_edges import Outlets
from twin.surface.subgrid.nodes import Nodes, find_nodes
from twin.surface.subgrid.sections import CLOSED_LEVEL, CLOSED_M, STRIPS, Sections, find_sections, strips
from twin.surface.subgrid.state import FRAME, Grid
from twin.surface.subgrid.storage import (
    LEVELS_PER_M,
    Members,
    Planes,
    Storage,
    fit_planes,
    list_members,
    storage_tables,
)


class Tables(NamedTuple):
    """What is made from the fine terrain.

    Parameters
    ----------
    nodes, members, planes
        Which fine cells each node owns, in which order, and the plane of its ground.
    bed, rest
        Bed of each fine cell, and what of it lies above the node's plane, flat, m.
    storage
        How much a node holds at a level.
    west, north
        Sections of the faces.
    """

    nodes: Nodes
    members: Members
    planes: Planes
    bed: NDArray[np.float64]
    rest: NDArray[np.float64]
    storage: Storage
    west: Sections
    north: Sections


def build_tables(
    bed_m: NDArray[np.float64],
    open_cells: NDArray[np.bool_],
    manning_n: NDArray[np.float64],
    cell_size_m: float,
    factor: int,
) -> Tables:
    """Build the tables of a terrain.

    Parameters
    ----------
    bed_m
        Bed above a datum below the lowest cell, shape (rows, cols), m.
    open_cells, manning_n
        Cells that hold water, and roughness, same shape.
    cell_size_m
        Edge of a fine cell, m.
    factor
        Fine cells along the edge of a coarse cell.
    """
    nodes = find_nodes(open_cells, factor, bed_m)
    planes = fit_planes(bed_m, nodes)
    members = list_members(bed_m, nodes, planes)
    rest = np.zeros(bed_m.size)
    rest[members.film_cell] = members.film_bed
    west, north = find_sections(bed_m, manning_n, nodes, planes, cell_size_m)
    storage = storage_tables(members, nodes.shape)
    return Tables(nodes, members, planes, bed_m.ravel(), rest, storage, west, north)


def make_grid(tables: Tables) -> Grid:
    """Return a dry grid."""
    rows, cols = tables.nodes.shape
    storage = tables.storage

    def state(dtype: Any = REAL_DTYPE) -> NDArray[Any]:
        return np.zeros((rows + FRAME, cols + FRAME), dtype)

    per_cell = 1.0 / np.maximum(storage.cells, 1.0)
    x, y = tables.west, tables.north
    return Grid(
        volume=state(np.int64),
        level=state(np.int32),
        film=state(),
        qx=state(),
        qy=state(),
        wanted_x=state(),
        wanted_y=state(),
        share=state(),
        lowest=framed(storage.lowest, 3),
        pool=framed(storage.pool, 3),
        film_beds=framed(storage.film, 3),
        per_cell=framed(per_cell, 3),
        sill_x=framed(x.sill, 2, CLOSED_LEVEL),
        film_x=framed(x.film, 2, CLOSED_M),
        section_x=framed(np.stack([x.width, x.roughness, x.fall, x.smallness]), 2),
        sill_y=framed(y.sill, 2, CLOSED_LEVEL),
        film_y=framed(y.film, 2, CLOSED_M),
        section_y=framed(np.stack([y.width, y.roughness, y.fall, y.smallness]), 2),
    )


def framed(values: NDArray[Any], more: int, fill: Any = 0) -> NDArray[Any]:
    """Pad the last two axes by one before and ``more - 1`` after, as `Grid` is padded."""
    width = ((0, 0),) * (values.ndim - 2) + ((1, more - 1),) * 2
    return np.pad(values, width, constant_values=fill)


def gather_outlets(fine: FineOutlets, tables: Tables, cell_size_m: float) -> Outlets:
    """Gather the open sides of fine cells by node."""
    row, col = fine.border.row - ROWS_BEFORE, fine.border.col - LANES
    cell = row * tables.nodes.owner.shape[1] + col
    node, place = np.unique(tables.nodes.owner.ravel()[cell], return_inverse=True)
    sides = np.bincount(place, minlength=node.size)
    node_row, node_col = np.divmod(node, tables.nodes.shape[1])
    conveyance, critical = (
        (np.bincount(place, values, node.size) / np.maximum(sides, 1)).astype(np.float32)
        for values in (fine.conveyance, fine.critical)
    )
    return Outlets(
        node_row + 1,
        node_col + 1,
        np.rint(strips(place, tables.bed[cell], sides).T * LEVELS_PER_M).astype(np.int32),
        strips(place, tables.rest[cell], sides).T.astype(np.float32),
        (sides * (cell_size_m / STRIPS)).astype(np.float32),
        conveyance,
        critical,
    )
