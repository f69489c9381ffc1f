"""Cells that are short of water: found where they are, and not where a dry cell gives nothing."""

from typing import Any

import numpy as np
import pytest
from numba import njit

from twin.surface.kernel_faces import StepFactors, any_short, step_factors
from twin.surface.state import Wanted

COLS = 40
ROW, SLOT = 1, 0


@njit
def _any_short(depth: Any, wanted: Wanted, step: StepFactors) -> Any:
    return any_short(depth, ROW, wanted, SLOT, 1, COLS - 1, step)


@pytest.fixture
def dry() -> tuple[Any, Wanted, StepFactors]:
    """Three dry rows, no discharge, and a step of 1 s on cells of 2 m."""
    rows = np.zeros((3, COLS), np.int32)
    faces = [np.zeros((2, COLS), np.float32) for _ in range(3)]
    return rows, Wanted(*faces), step_factors(1.0, 2.0, 2.0**31)


def test_dry_cells_that_give_nothing_are_not_short(dry: tuple[Any, Wanted, StepFactors]) -> None:
    assert not _any_short(*dry)


def test_dry_cells_that_receive_are_not_short(dry: tuple[Any, Wanted, StepFactors]) -> None:
    depth, wanted, step = dry
    depth[ROW, 5] = 2**24
    wanted.x[SLOT, 6] = 0.1  # from column 5, which holds enough, into the dry column 6
    assert not _any_short(depth, wanted, step)


@pytest.mark.parametrize("col", [1, 17, COLS - 2])
@pytest.mark.parametrize("side", ["west", "east", "north", "south"])
def test_a_cell_that_would_give_more_than_it_holds_is_short(
    dry: tuple[Any, Wanted, StepFactors], col: int, side: str
) -> None:
    depth, wanted, step = dry
    depth[ROW, :] = 2**20  # 62.5 mm; a discharge of 0.2 m²/s takes 100 mm in the step
    outward = {
        "west": (wanted.x, SLOT, col, -0.2),
        "east": (wanted.x, SLOT, col + 1, 0.2),
        "north": (wanted.y, SLOT, col, -0.2),
        "south": (wanted.y, 1 - SLOT, col, 0.2),
    }
    faces, slot, at, discharge = outward[side]
    faces[slot, at] = 0.5 * discharge
    assert not _any_short(depth, wanted, step)
    faces[slot, at] = discharge
    assert _any_short(depth, wanted, step)
