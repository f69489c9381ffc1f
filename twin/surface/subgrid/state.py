"""Arrays of the coarse tier, and what the loop over steps carries."""

from typing import Any, NamedTuple

import numpy as np

from twin.surface.constants import REAL_DTYPE

FRAME = 3
"""Rows, and columns, around the nodes: one before and two after."""


class Grid(NamedTuple):
    """Nodes and faces, with a frame of one row and column before and two after.

    Parameters
    ----------
    volume
        Units, int64.
    level, film
        Level in level units, int32, and film above the node's plane, m.
    qx, qy
        Discharge of west and north faces, m³/s.
    wanted_x, wanted_y
        The same before the limiter.
    share
        Share of its outflow that a node can afford, 0 to 1.
    lowest, pool, film_beds, per_cell
        Storage tables.
    sill_x, film_x, section_x, sill_y, film_y, section_y
        Sections of west and north faces; ``section`` holds width, roughness, fall and smallness.
    """

    volume: Any
    level: Any
    film: Any
    qx: Any
    qy: Any
    wanted_x: Any
    wanted_y: Any
    share: Any
    lowest: Any
    pool: Any
    film_beds: Any
    per_cell: Any
    sill_x: Any
    film_x: Any
    section_x: Any
    sill_y: Any
    film_y: Any
    section_y: Any


class Peak(NamedTuple):
    """The largest volume of each node so far, its time and how far the water leaned on the slope then."""

    volume: Any
    time_s: Any
    lean: Any


NEVER = -1
"""Moment of a node that has not been looked up."""


class Found(NamedTuple):
    """Water surfaces of nodes that have been looked up, so that none is worked out twice.

    Parameters
    ----------
    now
        Number of the present moment, shape (1,), int64: another one each time that the water has moved.
    moment
        At which moment a node was looked up, int64, flat.
    surface
        Of each node: how far its water leans on the slope, level of the pool, m, depth of the sheet and
        level of the film above the plane, m; shape (nodes, 4).
    """

    now: Any
    moment: Any
    surface: Any


class Probe(NamedTuple):
    """Some fine cells.

    Parameters
    ----------
    node, place
        Node of each, -1 for walls, and where the arrays of `Grid` have it, flat.
    bed, rest
        Bed, and bed above the node's plane, m.
    sharing
        How many of the cells are in the same node.
    """

    node: Any
    place: Any
    bed: Any
    rest: Any
    sharing: Any


def new_peak(padding: tuple[int, int]) -> Peak:
    """Return the peaks of nodes that have held no water; ``padding`` is the shape of `Grid`."""
    return Peak(
        np.zeros(padding, np.int64), np.full(padding, np.nan, REAL_DTYPE), np.zeros(padding, REAL_DTYPE)
    )


def new_found(nodes: int) -> Found:
    """Return the surfaces of nodes of which none has been looked up."""
    return Found(np.zeros(1, np.int64), np.full(nodes, NEVER, np.int64), np.empty((nodes, 4)))


class Shower(NamedTuple):
    """Where rain lands: node, its place in `Grid`, flat, gauge zone and weight in 1/64, one entry each."""

    node: Any
    place: Any
    zone: Any
    weight: Any


class Rule(NamedTuple):
    """What does not change during a run."""

    node_size_m: float
    unit_m3: float
    courant: float
    max_step_s: float
    record_interval_s: float
    rows: int
    cols: int
    bands: int


class Progress(NamedTuple):
    """Where the loop stands: see `twin.surface.kernel_steps.Progress`; ``deepest`` is in level units."""

    time_s: float
    deepest: int
    next_record_s: float
    steps: int
    left_units: int
