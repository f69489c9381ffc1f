"""Which fine cells a coarse node owns.

A coarse cell whose ground is cut in two by a building or a wall must not let water through it, and one that
a retaining wall or a steep bank cuts must not pond the water of its foot up to its top. Its parts are told
apart by what is connected within the cell without passing a cliff. The largest part keeps the coarse cell's
node; smaller ones join the node of a neighbouring cell, as cut cells do in other finite-volume models: the
one that leaves most of their openings between neighbours. The nodes thereby stay a regular grid, each with
at most four neighbours; a small part that would lose an opening, as in a lane that turns, stays a node.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

MIN_SHARE = 1.0 / 3.0
"""A part smaller than this share of a coarse cell joins a neighbour: small nodes ask for short steps."""
MAX_SHARE = 1.5
"""No node grows beyond this share of a coarse cell, unless nothing else is left for a part."""
CLIFF_M = 0.5
"""Two fine cells whose beds differ by so much more than the slope goes on by on either side are apart."""


class Nodes(NamedTuple):
    """Coarse nodes and their fine cells.

    Parameters
    ----------
    owner
        Flat index of the node of each fine cell, shape (rows, cols); -1 for walls.
    shape
        Coarse rows and columns.
    factor
        Fine cells along the edge of a coarse cell.
    """

    owner: NDArray[np.int64]
    shape: tuple[int, int]
    factor: int


def find_nodes(open_cells: NDArray[np.bool_], factor: int, bed_m: NDArray[np.float64] | None = None) -> Nodes:
    """Deal the open fine cells out to coarse nodes.

    Parameters
    ----------
    open_cells
        Cells that can hold water, shape (rows, cols).
    factor
        Fine cells along the edge of a coarse cell, >= 1. Cells beyond the grid count as walls.
    bed_m
        Bed, same shape as ``open_cells``, m; None for level ground, which has no cliffs.
    """
    rows, cols = open_cells.shape
    shape = (-(-rows // factor), -(-cols // factor))
    grid = np.zeros((shape[0] * factor, shape[1] * factor), bool)
    grid[:rows, :cols] = open_cells
    joined = _joined(grid, bed_m)
    part = _label_parts(grid, joined, factor)
    count = int(part.max()) + 1
    size = np.bincount(part[grid], minlength=count)
    home = np.zeros(count, np.int64)
    where_row, where_col = np.nonzero(grid)
    home[part[grid]] = where_row // factor * shape[1] + where_col // factor
    node = _settle(size, home, _contacts(part, joined, factor), shape, factor)
    # in one piece: every exchange looks cells up in its flat view, which must not copy
    owner = np.ascontiguousarray(np.where(grid, node[part], -1)[:rows, :cols])
    return Nodes(owner, shape, factor)


def _joined(
    grid: NDArray[np.bool_], bed_m: NDArray[np.float64] | None
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which fine cells are open to the next one southwards and eastwards: no wall and no cliff.

    Returns
    -------
    Shapes (rows - 1, cols) and (rows, cols - 1).
    """
    z = np.zeros(grid.shape)
    if bed_m is not None:
        z[: bed_m.shape[0], : bed_m.shape[1]] = bed_m
    z[~grid] = np.nan
    return _level_with_next(z), _level_with_next(z.T).T


def _level_with_next(z: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which cells have no cliff to the next row; False beside NaN, which stands for walls."""
    rise = np.diff(z, axis=0)
    around = np.pad(np.nan_to_num(rise), ((1, 1), (0, 0)))
    sign = np.sign(rise)
    slope = np.maximum(np.maximum(sign * around[:-2], sign * around[2:]), 0.0)
    return np.asarray(np.abs(rise) - slope <= CLIFF_M)


def _label_parts(
    grid: NDArray[np.bool_], joined: tuple[NDArray[np.bool_], NDArray[np.bool_]], factor: int
) -> NDArray[np.int64]:
    """Give the connected parts of each coarse cell numbers from 0; those of walls mean nothing."""
    index = np.arange(grid.size).reshape(grid.shape)
    south, east = joined[0].copy(), joined[1].copy()
    south[factor - 1 :: factor] = False
    east[:, factor - 1 :: factor] = False
    one = np.concatenate([index[:-1][south], index[:, :-1][east]])
    two = np.concatenate([index[1:][south], index[:, 1:][east]])
    links = coo_array((np.ones(one.size, bool), (one, two)), shape=(grid.size, grid.size))
    _, labels = connected_components(links, directed=False)
    part = np.zeros(grid.shape, np.int64)
    part[grid] = np.unique(labels.reshape(grid.shape)[grid], return_inverse=True)[1]
    return part


def _contacts(
    part: NDArray[np.int64], joined: tuple[NDArray[np.bool_], NDArray[np.bool_]], factor: int
) -> NDArray[np.int64]:
    """Return pairs of parts that touch across a line of the coarse grid, both ways, and how widely.

    Returns
    -------
    Shape (pairs, 3): part, other part, fine faces between them.
    """
    found = []
    for p, open_faces in ((part, joined[0]), (part.T, joined[1].T)):
        before, after = slice(factor - 1, -1, factor), slice(factor, None, factor)
        touch = open_faces[factor - 1 :: factor]
        pair = np.stack([p[before][touch], p[after][touch]], axis=1)
        found += [pair, pair[:, ::-1]]
    pairs, width = np.unique(np.concatenate(found), axis=0, return_counts=True)
    return np.column_stack([pairs, width]).astype(np.int64)


def _settle(
    size: NDArray[np.int64],
    home: NDArray[np.int64],
    contacts: NDArray[np.int64],
    shape: tuple[int, int],
    factor: int,
) -> NDArray[np.int64]:
    """Return the node of each part."""
    largest = np.zeros(shape[0] * shape[1], np.int64)
    order = np.lexsort((-np.arange(size.size), size))
    largest[home[order]] = order  # the last one written is the largest, ties go to the first
    is_main = largest[home] == np.arange(size.size)
    cell = factor * factor
    node = np.where(is_main & (size >= MIN_SHARE * cell), home, -1)
    held = np.bincount(home[node >= 0], size[node >= 0], minlength=largest.size)
    lonely = np.flatnonzero(node < 0)
    lonely = lonely[np.argsort(size[lonely], kind="stable")]
    for _ in range(2):  # the second time, parts may join what others have joined
        for part in lonely[node[lonely] < 0]:
            at = contacts[_rows_of(contacts, part)]
            room = MAX_SHARE * cell - size[part]
            host, lost = _best_host(at, node, home, (home[part], shape[1]), held <= room)
            if is_main[part] and (host < 0 or lost > 0):
                host = int(home[part])
            if host >= 0:
                node[part] = host
                held[host] += size[part]
    return np.where(node < 0, home, node)


def _rows_of(contacts: NDArray[np.int64], part: Any) -> slice:
    first, end = np.searchsorted(contacts[:, 0], [part, part + 1])
    return slice(int(first), int(end))


def _best_host(
    contacts: NDArray[np.int64],
    node: NDArray[np.int64],
    home: NDArray[np.int64],
    where: tuple[int, int],
    has_room: NDArray[np.bool_],
) -> tuple[int, int]:
    """Return the node that a part had best join, -1 where there is none, and the fine faces that it loses.

    Faces to nodes that are no neighbours of the host on the coarse grid are lost: water cannot pass there.
    ``where`` is the part's own coarse cell and the number of columns. The fewest lost faces decide, then the
    widest opening.
    """
    own, cols = where
    others, width = contacts[:, 1], contacts[:, 2]
    place = np.where(node[others] >= 0, node[others], home[others])
    best, least = -1, (0, 0)
    for host in np.unique(node[others][node[others] >= 0]):
        if not has_room[host] or _distance(host, own, cols) > 1:
            continue
        lost = int(width[_distance(place, host, cols) > 1].sum())
        rank = (lost, -int(width[place == host].sum()))
        if best < 0 or rank < least:
            best, least = int(host), rank
    return best, least[0]


def _distance(one: Any, other: Any, cols: int) -> Any:
    """Count the steps between nodes along the lines of the coarse grid."""
    return np.abs(one // cols - other // cols) + np.abs(one % cols - other % cols)
