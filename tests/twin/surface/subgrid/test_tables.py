import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from twin.surface.subgrid.nodes import find_nodes
from twin.surface.subgrid.sections import STRIPS, find_sections
from twin.surface.subgrid.storage import LEVELS_PER_M, MOST_LINES, fit_planes, list_members, storage_tables

BEDS = arrays(np.float64, (8, 8), elements=st.floats(0.0, 4.0).map(lambda z: round(z, 3)))
WALLS = arrays(np.bool_, (8, 8))


def level_from_table(bed: np.ndarray, walls: np.ndarray, volume: np.ndarray) -> tuple[np.ndarray, ...]:
    """Levels of all nodes that hold a volume each, in cells times m, m; shape (volumes, nodes)."""
    nodes = find_nodes(~walls, 4)
    members = list_members(bed, nodes, fit_planes(bed, nodes))
    storage = storage_tables(members, nodes.shape)
    lines = storage.pool.reshape(storage.pool.shape[0], -1).astype(np.float64)
    cells = storage.cells.ravel()
    divisor = np.arange(1, lines.shape[0] + 1)[:, None] * np.maximum(cells / lines.shape[0], 1.0)
    level = (lines[None] + volume[:, None, None] / divisor[None]).min(axis=1)
    return level + storage.lowest.ravel() / LEVELS_PER_M, nodes.owner, cells


@settings(max_examples=60, deadline=None)
@given(BEDS, WALLS)
def test_levels_hold_the_volume_that_they_are_asked_for(bed: np.ndarray, walls: np.ndarray) -> None:
    assume(not walls.all())
    volume = np.array([0.0, 0.01, 0.3, 2.0, 20.0, 100.0])
    level, owner, cells = level_from_table(bed, walls, volume)
    assert (np.diff(level, axis=0) > 0.0)[:, cells > 0].all()
    for node in np.flatnonzero(cells):
        beds = bed[owner == node]
        held = np.maximum(level[:, node, None] - beds[None], 0.0).sum(axis=1)
        if cells[node] <= MOST_LINES:
            np.testing.assert_allclose(held, volume, rtol=1e-4, atol=2e-4)
        else:  # lines in steps of more than one cell lie above the truth between their cells
            assert (held >= volume * (1.0 - 1e-4) - 2e-4).all()
            np.testing.assert_allclose(held[-1], volume[-1], rtol=1e-4)


@settings(max_examples=60, deadline=None)
@given(BEDS, WALLS)
def test_every_open_cell_has_a_node_nearby(bed: np.ndarray, walls: np.ndarray) -> None:
    owner = find_nodes(~walls, 4, bed).owner
    np.testing.assert_array_equal(owner >= 0, ~walls)
    row, col = np.nonzero(~walls)
    node_row, node_col = np.divmod(owner[row, col], 2)
    assert (np.abs(node_row - row // 4) + np.abs(node_col - col // 4) <= 1).all()


def test_the_foot_of_a_bank_joins_the_level_ground_below_it() -> None:
    bed = np.zeros((8, 8))
    bed[:3] = 3.0
    owner = find_nodes(np.ones(bed.shape, bool), 4, bed).owner
    np.testing.assert_array_equal(owner[:3] // 2, 0)
    np.testing.assert_array_equal(owner[3:] // 2, 1)


def test_a_steady_slope_however_steep_is_not_a_cliff() -> None:
    bed = 2.0 * np.indices((8, 8))[0]
    everywhere = np.ones(bed.shape, bool)
    np.testing.assert_array_equal(find_nodes(everywhere, 4, bed).owner, find_nodes(everywhere, 4).owner)


def test_a_lane_that_turns_within_small_parts_stays_open() -> None:
    street = np.zeros((12, 12), bool)
    street[3, :6] = street[3:8, 5] = street[7, 5:] = True
    nodes = find_nodes(street, 4)
    for axis in (0, 1):
        one, two = (np.delete(nodes.owner, edge, axis) for edge in (-1, 0))
        met = (one >= 0) & (two >= 0)
        apart = np.abs(one // 3 - two // 3) + np.abs(one % 3 - two % 3)
        assert apart[met].max() <= 1


def test_a_plane_lies_level_across_a_gutter_and_falls_along_it() -> None:
    row, col = np.indices((12, 12))
    bed = 0.05 * col + 0.1 * (11 - np.minimum(row, 10)) + np.where(row > 7, 1.0, 0.0)
    nodes = find_nodes(np.ones(bed.shape, bool), 4, bed)
    planes = fit_planes(bed, nodes)
    gutter = 4  # the middle node: ground falls to it from the north, and a kerb bounds it in the south
    assert planes.per_row[gutter] == 0.0
    assert planes.per_col[gutter] == pytest.approx(0.05, abs=1e-3)
    assert planes.per_row[1] == pytest.approx(-0.1, abs=1e-3)


@settings(max_examples=40, deadline=None)
@given(BEDS, WALLS)
def test_strips_ascend_and_lie_above_both_sides(bed: np.ndarray, walls: np.ndarray) -> None:
    nodes = find_nodes(~walls, 4, bed)
    planes = fit_planes(bed, nodes)
    for axis, section in enumerate(find_sections(bed, np.full(bed.shape, 0.03), nodes, planes, 2.0)):
        open_faces = section.width > 0.0
        assert (np.diff(section.sill.astype(np.int64), axis=0) >= 0).all()
        assert (np.diff(section.film, axis=0) >= -1e-5).all()
        lowest = np.full(9, np.inf)
        np.minimum.at(lowest, np.where(nodes.owner >= 0, nodes.owner, 8), bed)
        for row, col in np.argwhere(open_faces):
            before = (row - axis, col - 1 + axis)
            ends = [lowest[r * 2 + c] for r, c in ((row, col), before)]
            assert section.sill[0, row, col] / LEVELS_PER_M >= max(ends) - 1e-5
        assert section.sill.shape[0] == STRIPS
