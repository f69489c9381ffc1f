"""Water followed downhill over bare ground."""

import numpy as np

from twin.water.runoff import cells_downhill


def plane(side_m: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Ground that falls to the east, with a valley along the middle row whose sides rise so much a cell."""
    row, col = np.mgrid[:7, :12]
    bed = 10.0 - 0.1 * col + side_m * np.abs(row - 3)
    return bed, np.ones(bed.shape, dtype=bool)


def wetted(
    bed: np.ndarray, is_open: np.ndarray, row: int, col: int, most: int = 1000
) -> list[tuple[int, int]]:
    cells = cells_downhill(bed, is_open, np.array([row * bed.shape[1] + col]), most)
    return [(int(cell) // bed.shape[1], int(cell) % bed.shape[1]) for cell in cells]


def test_water_keeps_to_the_valley_until_it_leaves_the_grid() -> None:
    bed, is_open = plane()
    assert wetted(bed, is_open, 3, 2) == [(3, col) for col in range(2, 12)]


def test_a_hollow_is_filled_before_the_water_goes_on() -> None:
    bed, is_open = plane()
    bed[3, 6] -= 0.5
    bed[3, 7] += 0.3  # its lip
    found = wetted(bed, is_open, 3, 2)
    assert found[:5] == [(3, col) for col in range(2, 7)]
    assert found[-1] == (3, 11)
    assert found.index((3, 5)) < found.index((3, 7))


def test_walls_are_gone_around() -> None:
    bed, is_open = plane(side_m=0.05)
    is_open[3, 6] = False
    found = wetted(bed, is_open, 3, 2)
    assert (3, 6) not in found
    assert found[-1][1] == 11


def test_it_ends_after_so_many_cells() -> None:
    bed, is_open = plane()
    assert len(wetted(bed, is_open, 3, 2, most=4)) == 4


def test_without_a_start_nothing_is_wetted() -> None:
    bed, is_open = plane()
    assert cells_downhill(bed, is_open, np.zeros(0, np.int64), 10).size == 0
