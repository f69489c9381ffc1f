"""Barriers on faces: nothing passes below the crest, above it water overtops.

A crest higher than both beds turns a face into a broad-crested weir. With the heads H₁ ≥ H₂ of the water
on its two sides above the crest, the discharge per metre is at most (Villemonte 1947)::

    q_weir = 2/3 sqrt(2/3 g) H₁^(3/2) (1 - (max(H₂, 0) / H₁)^(3/2))^0.385

which vanishes at the crest and at equal levels. The water above the crest has inertia: it gains at most
g H₁ dt/dx times the drop in a step, as an open face does. Steady overflow therefore follows the weir
formula whatever the step, and levels that are nearly equal do not swing.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from twin.compilation import BORROWING
from twin.surface.constants import DRY_UNITS, GRAVITY_M_S2, UNIT_M
from twin.surface.intrinsics import FAST, larger, smaller

ZERO = np.float32(0.0)
ONE = np.float32(1.0)
DRY = np.float32(DRY_UNITS)
WEIR = np.float32(2.0 / 3.0 * (2.0 / 3.0 * GRAVITY_M_S2) ** 0.5 * UNIT_M**1.5)
"""Free overflow per metre of crest is this times H^(3/2) with the head in units, m²/s."""
SUBMERGENCE = np.float32(0.385)


class Crests(NamedTuple):
    """Faces with a crest, sorted by the row in whose pass their discharge is computed.

    Parameters
    ----------
    first
        Position of the first face of each padded row, and the end, shape (padded rows + 1,).
    col
        Padded column.
    north
        1 for the north face of the row below, 0 for the west face of the row itself.
    crest
        Crest above the lowest bed, in units.
    share
        Length of the barrier over the length of its faces, at most 1: a staircase is longer than the line
        that it follows, and must not overflow more.
    """

    first: Any
    col: Any
    north: Any
    crest: Any
    share: Any


@njit(fastmath=FAST, error_model="numpy", cache=True)
def overflow(
    depth_0: Any, depth_1: Any, bed_0: Any, bed_1: Any, crest: Any, share: Any, q: Any, pressure: Any
) -> Any:
    """Return the discharge over a crest from side 0 to side 1, m²/s.

    Parameters
    ----------
    depth_0, depth_1, bed_0, bed_1, crest
        Water depths (int32), beds and crest (float32), in units.
    share
        Share of the face that overflows.
    q
        Discharge of the face in the step before, m²/s.
    pressure
        g dt/dx U²: times head and drop in units it is a discharge, m²/s.
    """
    head_0 = np.float32(depth_0) + (bed_0 - crest)
    head_1 = np.float32(depth_1) + (bed_1 - crest)
    rise = np.float32(depth_1 - depth_0) + (bed_1 - bed_0)
    upper = larger(head_0, head_1)
    if upper <= DRY or rise == ZERO:
        return ZERO
    ratio = larger(smaller(head_0, head_1), ZERO) / upper
    drowned = larger(ONE - ratio * np.sqrt(ratio), ZERO) ** SUBMERGENCE
    most = share * WEIR * upper * np.sqrt(upper) * drowned
    driven = q - share * pressure * upper * rise
    return smaller(larger(driven, ZERO), most) if rise < ZERO else larger(smaller(driven, ZERO), -most)


@njit(inline="always")
def _slowing(before: Any, behind: Any, wave_depth: Any) -> Any:
    """Return 1 over σ, see `twin.surface.kernel_faces`, for the deeper side of a face."""
    return smaller(ONE, wave_depth / np.float32(larger(larger(before, behind), np.int32(1))))


@njit(fastmath=FAST, error_model="numpy", **BORROWING)
def patch_row(
    crests: Crests, row: int, flow: Any, at: int, bed: Any, step: Any, wanted: Any, cols: Any
) -> None:
    """Replace the discharges of the faces with a crest among those that one row's pass computes.

    Parameters
    ----------
    flow, at
        Old state, and where in its arrays the row lies.
    step
        Constants of the step, `twin.surface.kernel_faces.StepFactors`. In water above its wave depth the
        inertia over the crest is that of the slowed waves around it.
    wanted
        Gets the west faces of the row in row ``row % 2``, the north faces of the next in the other.
    cols
        First column that the pass concerns, and the end.
    """
    depth, now, other = flow.depth, row % 2, (row + 1) % 2
    for face in range(crests.first[row], crests.first[row + 1]):
        col, crest, share = crests.col[face], crests.crest[face], crests.share[face]
        if cols[0] <= col < cols[1]:
            if crests.north[face] != 0:
                before, behind = depth[at, col], depth[at + 1, col]
                pressure = step.pressure * _slowing(before, behind, step.wave_depth)
                beds = bed[row, col], bed[row + 1, col]
                wanted.y[other, col] = overflow(
                    before, behind, *beds, crest, share, flow.qy[at + 1, col], pressure
                )
            else:
                before, behind = depth[at, col - 1], depth[at, col]
                pressure = step.pressure * _slowing(before, behind, step.wave_depth)
                beds = bed[row, col - 1], bed[row, col]
                wanted.x[now, col] = overflow(before, behind, *beds, crest, share, flow.qx[at, col], pressure)
