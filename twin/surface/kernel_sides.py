"""What a step does around its sweep: water over the edges, from hydrographs and through culverts.

Kernels of their own that the loop over steps calls by their address: a run without openings, or without
culverts, does not compile what they take.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit, typeof, types

from twin.compilation import BY_ADDRESS
from twin.surface.intrinsics import larger
from twin.surface.kernel_bands import Site, by_address
from twin.surface.kernel_conduits import Conduits, pass_conduits
from twin.surface.kernel_openings import Openings, drive_openings, driving_depth, pass_openings
from twin.surface.lending import Lent

LOOK, DRIVE, PASS = map(np.int64, range(3))
"""Stages of a step: how deep is the water outside, what do the edges want, let water through."""
TIME, STEP, COURANT, CELL, WAVE_DEPTH = range(5)
"""Places in `Present.moment`: simulated time and step, s; Courant number; cell edge, m; wave depth, units."""
LEFT, DEEPEST, WOKE = range(3)
"""Places in `Present.passed`: units that left, largest depth touched, units; 1 if a dry cell got wet."""


@njit(error_model="numpy", **BY_ADDRESS)
def serve_openings(site: Site, openings: Openings, stage: int) -> None:
    """Do one stage of a step at the openings, see `twin.surface.kernel_openings`; both are lent."""
    grid, moment, passed = site.grid, site.present.moment, site.present.passed
    if stage == LOOK:
        passed[DEEPEST] = driving_depth(
            openings, moment[TIME], moment[COURANT], moment[CELL], moment[WAVE_DEPTH]
        )
    elif stage == DRIVE:
        drive_openings(grid.depth, grid.qx, grid.qy, openings, moment[STEP], moment[CELL], moment[WAVE_DEPTH])
    else:
        left, deepest, woke = pass_openings(
            grid.depth, grid.qx, grid.qy, openings, moment[TIME], moment[STEP], moment[CELL]
        )
        _note(passed, left, deepest, woke)


@njit(error_model="numpy", **BY_ADDRESS)
def serve_conduits(site: Site, conduits: Conduits, _stage: int) -> None:
    """Let water through the culverts, see `twin.surface.kernel_conduits`; both arguments are lent."""
    moment = site.present.moment
    area_m2 = moment[CELL] * moment[CELL]
    deepest, woke = pass_conduits(site.grid.depth, site.grid.bed, conduits, moment[STEP], area_m2)
    _note(site.present.passed, 0, deepest, woke)


@njit(**BY_ADDRESS)
def serve_nothing(_site: Site, _given: Any, _stage: int) -> None:
    """Stand where openings or culverts would be served, in a run without them."""


@njit(inline="always")
def _note(passed: Any, left: int, deepest: int, woke: bool) -> None:
    """Add what passed to what did before in this step."""
    passed[LEFT] += left
    passed[DEEPEST] = larger(passed[DEEPEST], deepest)
    passed[WOKE] |= np.int64(woke)


class Sides(NamedTuple):
    """What serves the openings and the culverts, given a stage."""

    openings: Any
    conduits: Any


def sides(site: Lent, openings: Lent, conduits: Lent) -> Sides:
    """Return the kernels that serve what a run has, as an argument for the loop over steps."""
    there: Any = openings.bundle
    faces = there.outlets.conveyance.size + there.levels.bed.size + there.inflows.given.size
    through: Any = conduits.bundle
    return Sides(
        *(
            by_address(kernel if count > 0 else serve_nothing, typeof(site), typeof(given), types.int64)
            for kernel, count, given in (
                (serve_openings, faces, openings),
                (serve_conduits, through.flow.size, conduits),
            )
        )
    )
