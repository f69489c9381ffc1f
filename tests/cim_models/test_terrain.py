import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cim_models.city import Terrain

sizes = st.sampled_from([0.5, 1.0, 2.0, 5.0])
corners = st.integers(-10_000, 5_000_000).map(float)
counts = st.integers(1, 50)


def terrain(rows: int, cols: int, x_min: float, y_max: float, size: float) -> Terrain:
    return Terrain(np.zeros((rows, cols), dtype=np.float32), x_min, y_max, size)


@given(counts, counts, corners, corners, sizes, st.data())
def test_centre_lies_in_its_own_cell(rows, cols, x_min, y_max, size, data) -> None:
    grid = terrain(rows, cols, x_min, y_max, size)
    row, col = data.draw(st.integers(-5, rows + 5)), data.draw(st.integers(-5, cols + 5))
    found = grid.row_col(*grid.centre(row, col))
    assert (int(found[0]), int(found[1])) == (row, col)


@given(counts, counts, corners, corners, sizes, st.floats(0, 0.99), st.floats(0.01, 1))
def test_every_point_of_a_cell_belongs_to_it(rows, cols, x_min, y_max, size, right, up) -> None:
    grid = terrain(rows, cols, x_min, y_max, size)
    row, col = rows - 1, cols - 1
    x = x_min + (col + right) * size
    y = y_max - (row + 1 - up) * size
    found = grid.row_col(x, y)
    centre = grid.centre(*found)
    assert abs(x - centre[0]) <= size / 2 * (1 + 1e-6)
    assert abs(y - centre[1]) <= size / 2 * (1 + 1e-6)


@given(counts, counts, corners, corners, sizes)
def test_inside_agrees_with_bounds(rows, cols, x_min, y_max, size) -> None:
    grid = terrain(rows, cols, x_min, y_max, size)
    west, south, east, north = grid.bounds
    middle_x, middle_y = (west + east) / 2, (south + north) / 2
    assert grid.inside(middle_x, middle_y)
    points = [(west - size / 4, middle_y), (east + size / 4, middle_y), (middle_x, north + size / 4)]
    for x, y in [*points, (middle_x, south - size / 4)]:
        assert not grid.inside(x, y)


def test_row_col_takes_the_cell_by_floor() -> None:
    grid = terrain(3, 3, 0.0, 3.0, 1.0)
    rows, cols = grid.row_col(np.array([0.0, 0.9, 1.0]), np.array([3.0, 2.1, 2.0]))
    assert rows.tolist() == [0, 0, 1]
    assert cols.tolist() == [0, 0, 1]
