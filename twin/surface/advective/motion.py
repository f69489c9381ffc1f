"""Arrays of the advective scheme beside those of the grid."""

from typing import Any, NamedTuple

import numpy as np

from twin.surface.constants import DEPTH_DTYPE, LANES, REAL_DTYPE
from twin.surface.state import padded, pitch_of

FIELDS = 14
"""Fields of a predicted row: depth, level, two velocities; their half slopes along x and along y, each with a
flag that is 0 where the cell is flat."""


class Motion(NamedTuple):
    """How the water moves, and what its faces pass; padded shape (rows + 5, pitch) unless said otherwise.

    A face passes the same volume on both sides, but what it does to the momentum of a cell depends on the
    cell's own bed: hence two momentum fluxes for each face, both beyond the hydrostatic pressure.

    Parameters
    ----------
    u, v
        Velocity of each cell to the east and to the south, m/s; 0 in a dry cell.
    to_west, to_east, along_x
        At west faces: flux of eastward momentum as the cell in the west and the one in the east feel it,
        and flux of southward momentum, m³/s².
    to_north, to_south, along_y
        At north faces: flux of southward momentum as the cell in the north and the one in the south feel
        it, and flux of eastward momentum, m³/s².
    share
        Share of its wanted outflow that a cell can afford, 0 to 1.
    predicted
        Rolling rows of each band: cells half a step ahead, shape (bands, 2, FIELDS, pitch).
    rain
        Units that fall on a row of each band, shape (bands, pitch).
    short, fastest
        Cells of a band that lack water for their outflow, and its largest wave speed, m/s; padded to a
        cache line each, shape (bands, 16).
    """

    u: Any
    v: Any
    to_west: Any
    to_east: Any
    along_x: Any
    to_north: Any
    to_south: Any
    along_y: Any
    share: Any
    predicted: Any
    rain: Any
    short: Any
    fastest: Any


def make_motion(shape: tuple[int, int], bands: int) -> Motion:
    """Return water at rest."""
    arrays: list[Any] = [padded(shape, REAL_DTYPE) for _ in range(9)]
    arrays.append(np.zeros((bands, 2, FIELDS, pitch_of(shape[1]))))
    arrays.append(np.zeros((bands, pitch_of(shape[1])), DEPTH_DTYPE))
    arrays.append(np.zeros((bands, LANES), np.int64))
    arrays.append(np.zeros((bands, LANES), np.float32))
    return Motion(*arrays)
