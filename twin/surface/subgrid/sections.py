"""The cross-section between two coarse nodes, from the fine faces where they touch.

The fine faces of a section are sorted by the bed that water must climb to pass them and gathered into four
*strips* of equal width: exact where nodes touch along four fine faces or one, as with factors 4 and 1, and
the finer the better in between. Flow area and conveyance follow from the strips::

    A = w Σ h        K = w Σ h^(5/3) / n        h = depth over the strip, w = width / 4

For level water the bed to climb is the **sill** of the lane between the middles of the two nodes: the
higher bed at the fine face, or a crest with clearly lower ground behind it, so that a kerb inside a coarse
cell holds water back; a wall across the lane closes it. For a film that runs down a slope it is the height
of the fine face above the plane of the uphill node.

Source: sub-grid sections after Neal et al. (2012) and van Ormondt et al. (2025); strips, sills and the two
water surfaces are this project's.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.surface.constants import GRAVITY_M_S2
from twin.surface.subgrid.nodes import Nodes
from twin.surface.subgrid.storage import LEVELS_PER_M, Planes, plane_at

STRIPS = 4
CLOSED_LEVEL = np.int32(2**30 + 2**29)
"""Sill of a strip that is not there: above the highest level of 4096 m."""
CLOSED_M = np.float32(1.0e6)
_LEAST_DROP_M = 0.01
_LEAST_CREST_M = 0.02
"""A kerb is higher, the unevenness of a street is not: water finds its way around that."""


class Sections(NamedTuple):
    """Sections of all faces in one direction, shape (coarse rows + 1, coarse cols + 1) each.

    A face belongs to the node after it, eastwards or southwards.

    Parameters
    ----------
    sill
        Bed of the strips for level water, in level units, int32, shape (4, rows + 1, cols + 1), ascending.
    film
        Bed of the strips above the planes, m, ascending, same shape.
    width
        Width of a strip, m.
    roughness
        g n², m^(1/3).
    fall
        1 / (fall of the ground from the node before to the node after), 1/m; 0 on level ground.
    smallness
        How much shorter a step the smaller node would ask for than a whole cell: the square of the ratio.
    """

    sill: NDArray[np.int32]
    film: NDArray[np.float32]
    width: NDArray[np.float32]
    roughness: NDArray[np.float32]
    fall: NDArray[np.float32]
    smallness: NDArray[np.float32]


class _Contacts(NamedTuple):
    """Fine faces between nodes that are neighbours on the coarse grid."""

    face: NDArray[np.int64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]


def find_sections(
    bed_m: NDArray[np.float64],
    manning_n: NDArray[np.float64],
    nodes: Nodes,
    planes: Planes,
    cell_size_m: float,
) -> tuple[Sections, Sections]:
    """Return the sections of west faces and of north faces.

    Parameters
    ----------
    bed_m, manning_n
        Fine grids, shape (rows, cols).
    cell_size_m
        Edge of a fine cell, m.
    """
    both = [_sections(bed_m, manning_n, nodes, planes, cell_size_m, axis) for axis in (1, 0)]
    west, north = (_with_smallness(part, axis, both, nodes, cell_size_m) for axis, part in enumerate(both))
    return west, north


def _sections(
    bed_m: NDArray[np.float64],
    manning_n: NDArray[np.float64],
    nodes: Nodes,
    planes: Planes,
    cell_size_m: float,
    axis: int,
) -> Sections:
    """Gather the fine faces in one direction, axis 1 for west faces and 0 for north faces."""
    rows, cols = nodes.shape
    count = (rows + 1) * (cols + 1)
    touch = _contacts(nodes, axis)
    z, n = bed_m.ravel(), manning_n.ravel()
    owner = nodes.owner.ravel()
    sill = np.maximum(_sill(bed_m, nodes, touch.before, axis, -1), _sill(bed_m, nodes, touch.after, axis, 1))
    uphill = np.where(planes.centre[owner[touch.before]] >= planes.centre[owner[touch.after]], *touch[1:])
    row, col = np.divmod(uphill, nodes.owner.shape[1])
    film = np.maximum(z[touch.before], z[touch.after]) - plane_at(planes, nodes, row, col, owner[uphill])
    g_n2 = GRAVITY_M_S2 * (0.5 * (n[touch.before] ** 2 + n[touch.after] ** 2))
    passable = np.isfinite(sill)
    face, sill, film, g_n2 = touch.face[passable], sill[passable], film[passable], g_n2[passable]
    faces = np.bincount(face, minlength=count)
    shape = (rows + 1, cols + 1)
    centre = np.pad(planes.centre.reshape(rows, cols), ((0, 1), (0, 1)))
    drop = np.roll(centre, 1, axis) - centre
    steep = (np.abs(drop) > _LEAST_DROP_M) & (faces.reshape(shape) > 0)
    levels = np.where(faces > 0, np.rint(strips(face, sill, faces) * LEVELS_PER_M), CLOSED_LEVEL)
    return Sections(
        levels.astype(np.int32).reshape(STRIPS, *shape),
        np.where(faces > 0, strips(face, film, faces), CLOSED_M).astype(np.float32).reshape(STRIPS, *shape),
        (faces * (cell_size_m / STRIPS)).astype(np.float32).reshape(shape),
        (np.bincount(face, g_n2, count) / np.maximum(faces, 1)).astype(np.float32).reshape(shape),
        np.where(steep, 1.0 / np.where(steep, drop, 1.0), 0.0).astype(np.float32),
        np.ones(shape, np.float32),
    )


def _contacts(nodes: Nodes, axis: int) -> _Contacts:
    """Find the fine faces in any direction whose two nodes are neighbours in direction ``axis``."""
    rows, cols = nodes.owner.shape
    index = np.arange(rows * cols).reshape(rows, cols)
    faces, before, after = [], [], []
    for across in (0, 1):
        one = index[:-1] if across == 0 else index[:, :-1]
        two = index[1:] if across == 0 else index[:, 1:]
        for a, b in ((one.ravel(), two.ravel()), (two.ravel(), one.ravel())):
            u, v = nodes.owner.ravel()[a], nodes.owner.ravel()[b]
            row, col = np.divmod(v, nodes.shape[1])
            u_row, u_col = np.divmod(u, nodes.shape[1])
            step = (row - u_row, col - u_col)
            beside = (u >= 0) & (v >= 0) & (step[axis] == 1) & (step[1 - axis] == 0)
            faces.append((row * (nodes.shape[1] + 1) + col)[beside])
            before.append(a[beside])
            after.append(b[beside])
    return _Contacts(np.concatenate(faces), np.concatenate(before), np.concatenate(after))


def _sill(
    bed_m: NDArray[np.float64], nodes: Nodes, cells: NDArray[np.int64], axis: int, inwards: int
) -> NDArray[np.float64]:
    """Return the sill of the lanes from some cells at a face inwards, m; inf where walled.

    A crest this side of the node's middle counts if the ground beyond it is clearly lower.
    """
    row, col = np.divmod(cells, bed_m.shape[1])
    node = nodes.owner.ravel()[cells]
    node_row, node_col = np.divmod(node, nodes.shape[1])
    at_home = (row // nodes.factor == node_row) & (col // nodes.factor == node_col)
    reach = np.where(at_home, _lane_reach(nodes, axis, inwards)[node], 1)
    sill = bed_m.ravel()[cells].copy()
    beyond = np.full(sill.size, np.inf)
    for depth in range(nodes.factor - 1, 0, -1):
        r, c = (row + inwards * depth, col) if axis == 0 else (row, col + inwards * depth)
        inside = at_home & (r // nodes.factor == node_row) & (c // nodes.factor == node_col)
        r, c = np.clip(r, 0, bed_m.shape[0] - 1), np.clip(c, 0, bed_m.shape[1] - 1)
        open_here = inside & (nodes.owner[r, c] == node)
        z = np.where(open_here, bed_m[r, c], np.inf)
        near = inside & (depth < reach)
        counts = near & (~open_here | (z > beyond + _LEAST_CREST_M))
        sill = np.where(counts, np.maximum(sill, z), sill)
        beyond = np.minimum(beyond, z)
    return sill


def _lane_reach(nodes: Nodes, axis: int, inwards: int) -> NDArray[np.int64]:
    """Return for each node how many cells there are from its edge to the middle of its cells."""
    row, col = np.nonzero(nodes.owner >= 0)
    node = nodes.owner[row, col]
    node_row, node_col = np.divmod(node, nodes.shape[1])
    home = (row // nodes.factor == node_row) & (col // nodes.factor == node_col)
    along = (row if axis == 0 else col)[home] % nodes.factor
    depth = along if inwards > 0 else nodes.factor - 1 - along
    count = nodes.shape[0] * nodes.shape[1]
    cells = np.bincount(node[home], minlength=count)
    mean = np.bincount(node[home], depth, count) / np.maximum(cells, 1)
    return np.floor(mean + 1.0).astype(np.int64)


def strips(face: NDArray[np.int64], bed: NDArray[np.float64], faces: NDArray[np.int64]) -> NDArray[Any]:
    """Sort the fine faces of each section by bed, m, and average them in four strips of equal width."""
    order = np.lexsort((bed, face))
    values = np.append(bed[order], 0.0)
    sums = np.concatenate([[0.0], np.cumsum(bed[order])])
    start = np.concatenate([[0], np.cumsum(faces)])[:-1]

    def upto(share: float) -> NDArray[np.float64]:
        cells = faces * share
        whole = np.floor(cells).astype(np.int64)
        return np.asarray(sums[start + whole] + (cells - whole) * values[start + whole])

    width = np.maximum(faces, 1) / STRIPS
    edges = [upto(strip / STRIPS) for strip in range(STRIPS + 1)]
    return np.stack([(edges[strip + 1] - edges[strip]) / width for strip in range(STRIPS)])


def _with_smallness(
    part: Sections, axis: int, both: list[Sections], nodes: Nodes, cell_size_m: float
) -> Sections:
    """Fill in the smallness of the nodes beside each face; ``axis`` 0 stands for west faces."""
    rows, cols = nodes.shape
    west, north = (sections.width * STRIPS for sections in both)
    around = west[:-1, :-1] + west[:-1, 1:] + north[:-1, :-1] + north[1:, :-1]
    owned = nodes.owner[nodes.owner >= 0]
    cells = np.maximum(np.bincount(owned, minlength=rows * cols), 1).reshape(rows, cols)
    ratio = around * (nodes.factor / (4.0 * cell_size_m)) / cells
    framed = np.pad(np.maximum(ratio, 1.0), ((1, 1), (1, 1)), constant_values=1.0)
    before = framed[1:, :-1] if axis == 0 else framed[:-1, 1:]
    return part._replace(smallness=np.maximum(before, framed[1:, 1:]).astype(np.float32))
