"""Which fine cells a coarse node owns.

A coarse cell whose ground is cut in two by a building or a wall must not let water through it. Its parts
are told apart by what is connected within the cell. The largest part keeps the coarse cell's node;
smaller ones join the node of the neighbouring cell that they open to widest, as cut cells do in other
finite-volume models. The nodes thereby stay a regular grid, each with at most four neighbours.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

MIN_SHARE = 1.0 / 3.0
"""A part smaller than this share of a coarse cell joins a neighbour: small nodes ask for short steps."""
MAX_SHARE = 1.5
"""No node grows beyond this share of a coarse cell, unless nothing else is left for a part."""


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


def find_nodes(open_cells: NDArray[np.bool_], factor: int) -> Nodes:
    """Deal the open fine cells out to coarse nodes.

    Parameters
    ----------
    open_cells
        Cells that can hold water, shape (rows, cols).
    factor
        Fine cells along the edge of a coarse cell, >= 1. Cells beyond the grid count as walls.
    """
    rows, cols = open_cells.shape
    shape = (-(-rows // factor), -(-cols // factor))
    grid = np.zeros((shape[0] * factor, shape[1] * factor), bool)
    grid[:rows, :cols] = open_cells
    part = _label_parts(grid, shape, factor)
    count = int(part.max()) + 1
    size = np.bincount(part[grid], minlength=count)
    home = np.zeros(count, np.int64)
    where_row, where_col = np.nonzero(grid)
    home[part[grid]] = where_row // factor * shape[1] + where_col // factor
    node = _settle(size, home, _contacts(part, grid, factor), shape, factor)
    owner = np.where(grid, node[part], -1)[:rows, :cols]
    return Nodes(owner, shape, factor)


def _label_parts(grid: NDArray[np.bool_], shape: tuple[int, int], factor: int) -> NDArray[np.int64]:
    """Give the connected parts of each coarse cell numbers from 0; those of walls mean nothing."""
    spaced = np.zeros((shape[0], factor + 1, shape[1], factor + 1), bool)
    spaced[:, :factor, :, :factor] = grid.reshape(shape[0], factor, shape[1], factor)
    labelled, _ = label(spaced.reshape(shape[0] * (factor + 1), -1))
    blocks = labelled.reshape(spaced.shape)[:, :factor, :, :factor]
    return np.maximum(blocks.reshape(grid.shape).astype(np.int64) - 1, 0)


def _contacts(part: NDArray[np.int64], grid: NDArray[np.bool_], factor: int) -> NDArray[np.int64]:
    """Return pairs of parts that touch across a line of the coarse grid, both ways, and how widely.

    Returns
    -------
    Shape (pairs, 3): part, other part, fine faces between them.
    """
    found = []
    for axis in (0, 1):
        p, g = (part, grid) if axis == 0 else (part.T, grid.T)
        before, after = slice(factor - 1, -1, factor), slice(factor, None, factor)
        touch = g[before] & g[after]
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
    hosts = node.copy()
    for part in lonely[np.argsort(size[lonely], kind="stable")]:
        room = MAX_SHARE * cell - size[part]
        host = _widest_host(contacts[_rows_of(contacts, part)], hosts, held <= room)
        node[part] = home[part] if host < 0 else host
        held[node[part]] += size[part]
    return node


def _rows_of(contacts: NDArray[np.int64], part: Any) -> slice:
    first, end = np.searchsorted(contacts[:, 0], [part, part + 1])
    return slice(int(first), int(end))


def _widest_host(contacts: NDArray[np.int64], hosts: NDArray[np.int64], has_room: NDArray[np.bool_]) -> int:
    """Return the node with room that a part touches most; -1 where there is none."""
    best, width = -1, 0
    for _, other, touching in contacts:
        host = int(hosts[other])
        if host >= 0 and has_room[host] and touching > width:
            best, width = host, int(touching)
    return best
