"""How much water a coarse node holds at a level, from the beds of its fine cells.

Two water surfaces are tabulated, because on a slope the same volume can lie in two ways:

*pool*
    Level water, as in a lake. With the beds of the node's fine cells in ascending order z₁ ≤ z₂ ≤ …, the
    level that volume V reaches in the m lowest is ``mean(z₁ … z_m) + V / (m a)``, a the area of a fine cell,
    and the true level is the **least** of these over m, since the wetted area only grows with the level.
*film*
    Water that runs down the slope of the ground: the same, over what remains of the beds when the plane
    of the node is taken out, and on top of an even sheet.

Both are minima of straight lines: exact, monotone and concave in the volume, and evaluated without a
search.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.surface.subgrid.nodes import Nodes

MOST_LINES = 24
"""Lines of a pool table, an even number: exact for nodes of up to so many fine cells, 1.5 cells of 4 by 4."""
FILM_LINES = 4
SHEET_SHARE = 0.5
MOST_SHEET_M = 0.02
"""Of water that runs down a slope this share, at most so deep, lies as an even sheet on all cells of the
node, also behind the kerb; the rest runs in the lowest. Own assumption, fitted to fine runs of the built-in
district."""
LEVEL_BITS = 18
LEVELS_PER_M = 2.0**LEVEL_BITS
"""Levels are whole multiples of 2⁻¹⁸ m (4 micrometres): equal levels are equal exactly."""
NEVER_M = np.float32(1.0e6)
"""Intercept of a line that is not used, m."""
_RIDGE = 1.0e-3
_STEEPENING = 1.5
"""A plane may be so many times as steep as the lowest beds rise to either neighbour."""
_UNEVEN_M = 0.02
"""Slope that every plane may have, m per fine cell, so that uneven ground does not pass for troughs."""


class Members(NamedTuple):
    """Fine cells of the nodes, node by node.

    Parameters
    ----------
    start
        First entry of each node and the end, shape (nodes + 1,).
    cell
        Flat fine cells, those of a node in ascending order of bed.
    bed
        Bed of these, m.
    film_cell, film_bed
        The same in ascending order of the bed above the node's plane.
    """

    start: NDArray[np.int64]
    cell: NDArray[np.int64]
    bed: NDArray[np.float64]
    film_cell: NDArray[np.int64]
    film_bed: NDArray[np.float64]


class Planes(NamedTuple):
    """The plane of each node's ground: bed at the centre of the coarse cell, m, and slopes.

    Parameters
    ----------
    centre
        Shape (nodes,), m.
    per_row, per_col
        Rise per fine cell southwards and eastwards, m, shape (nodes,).
    """

    centre: NDArray[np.float64]
    per_row: NDArray[np.float64]
    per_col: NDArray[np.float64]


class Storage(NamedTuple):
    """Tables of the nodes, float32.

    Parameters
    ----------
    lowest
        Lowest bed, in level units, int32, shape (coarse rows, coarse cols).
    pool
        Mean of the m lowest beds above `lowest`, m, shape (lines, coarse rows, coarse cols), m from 1. In
        nodes of more cells than there are lines m goes in equal steps up to all of them.
    film
        Mean of the lowest quarter, half, three quarters and all beds above the plane, m.
    cells
        Fine cells of the node; 0 for a node without any.
    """

    lowest: NDArray[np.int32]
    pool: NDArray[np.float32]
    film: NDArray[np.float32]
    cells: NDArray[np.float32]


def fit_planes(bed_m: NDArray[np.float64], nodes: Nodes) -> Planes:
    """Fit a plane to the beds of each node by least squares; small nodes lean less.

    Water that runs along a gutter or the foot of a bank lies level across. So the plane is limited by the
    lowest beds of the neighbours: little steeper than these rise on either side, and level across a trough.
    """
    row, col = np.nonzero(nodes.owner >= 0)
    node, z = nodes.owner[row, col], bed_m[row, col]
    count = nodes.shape[0] * nodes.shape[1]
    dy, dx = _offsets(row, col, node, nodes)

    def total(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(node, values, minlength=count)

    n = np.maximum(total(np.ones(z.size)), 1.0)
    my, mx, mz = total(dy) / n, total(dx) / n, total(z) / n
    dy, dx, z = dy - my[node], dx - mx[node], z - mz[node]
    yy, xx, yx = total(dy * dy) + _RIDGE, total(dx * dx) + _RIDGE, total(dy * dx)
    yz, xz = total(dy * z), total(dx * z)
    determinant = yy * xx - yx * yx
    lowest = np.full(count, np.inf)
    np.minimum.at(lowest, node, z + mz[node])
    fall = lowest.reshape(nodes.shape) / nodes.factor
    per_row = _limited(((xx * yz - yx * xz) / determinant).reshape(nodes.shape), fall).ravel()
    per_col = _limited(((yy * xz - yx * yz) / determinant).reshape(nodes.shape).T, fall.T).T.ravel()
    return Planes(mz - per_row * my - per_col * mx, per_row, per_col)


def _limited(slope: NDArray[np.float64], fall: NDArray[np.float64]) -> NDArray[np.float64]:
    """Limit slopes from row to row by how the lowest beds rise on either side, all in m per fine cell."""
    known = np.pad(np.where(np.isfinite(fall), fall, np.nan), ((1, 1), (0, 0)), constant_values=np.nan)
    rises = np.diff(known, axis=0)
    uphill = np.sign(slope)
    most = _STEEPENING * uphill * np.stack([rises[:-1], rises[1:]]) + _UNEVEN_M
    least = np.fmin(np.fmin(most[0], most[1]), np.abs(slope))  # walls, NaN, limit nothing
    return np.asarray(np.maximum(least, 0.0) * uphill)


def plane_at(
    planes: Planes, nodes: Nodes, row: NDArray[Any], col: NDArray[Any], node: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the height of the planes of some nodes at places given in fine cells, m."""
    dy, dx = _offsets(row, col, node, nodes)
    return planes.centre[node] + planes.per_row[node] * dy + planes.per_col[node] * dx


def list_members(bed_m: NDArray[np.float64], nodes: Nodes, planes: Planes) -> Members:
    """Sort the fine cells of each node by bed, and by bed above the node's plane."""
    owner = nodes.owner.ravel()
    cell = np.flatnonzero(owner >= 0)
    node, z = owner[cell], bed_m.ravel()[cell]
    row, col = np.divmod(cell, nodes.owner.shape[1])
    rest = z - plane_at(planes, nodes, row, col, node)
    by_bed, by_rest = np.lexsort((z, node)), np.lexsort((rest, node))
    start = np.concatenate([[0], np.cumsum(np.bincount(node, minlength=nodes.shape[0] * nodes.shape[1]))])
    return Members(start.astype(np.int64), cell[by_bed], z[by_bed], cell[by_rest], rest[by_rest])


def storage_tables(members: Members, shape: tuple[int, int]) -> Storage:
    """Build the tables of all nodes."""
    count = np.diff(members.start)
    first = np.minimum(members.start[:-1], max(members.bed.size - 1, 0))
    lowest = np.where(count > 0, np.rint(members.bed[first] * LEVELS_PER_M), 0.0)
    low_m = lowest / LEVELS_PER_M
    lines = -(-int(min(max(count.max(), 1), MOST_LINES)) // 2) * 2  # pairs
    per_line = np.maximum(count / lines, 1.0)
    pool = np.full((lines, count.size), NEVER_M, np.float32)
    for line in range(lines):
        used = (count > 0) & (line < count)
        mean = _running_mean(members.start, members.bed, np.minimum((line + 1) * per_line, count))
        pool[line, used] = (mean - low_m)[used]
    pool[:, count == 0] = 0.0
    film = np.zeros((FILM_LINES, count.size), np.float32)
    for line in range(FILM_LINES):
        mean = _running_mean(members.start, members.film_bed, count * (line + 1) / FILM_LINES)
        film[line, count > 0] = mean[count > 0]
    return Storage(
        lowest.astype(np.int32).reshape(shape),
        pool.reshape(lines, *shape),
        film.reshape(FILM_LINES, *shape),
        count.astype(np.float32).reshape(shape),
    )


def _running_mean(
    start: NDArray[np.int64], values: NDArray[np.float64], cells: NDArray[np.integer] | NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean of the first so many values of each node; a fraction of a cell counts as that fraction."""
    sums = np.concatenate([[0.0], np.cumsum(values), [0.0]])
    whole = np.floor(cells).astype(np.int64)
    at = start[:-1] + whole
    inner = sums[at] - sums[start[:-1]]
    part = (cells - whole) * np.append(values, 0.0)[np.minimum(at, values.size)]
    return (inner + part) / np.where(cells > 0, cells, 1.0)


def _offsets(
    row: NDArray[Any], col: NDArray[Any], node: NDArray[np.int64], nodes: Nodes
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distance of places from the centres of coarse cells, in fine cells."""
    node_row, node_col = np.divmod(node, nodes.shape[1])
    centre = 0.5 * (nodes.factor - 1)
    return row - node_row * nodes.factor - centre, col - node_col * nodes.factor - centre
