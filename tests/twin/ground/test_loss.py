"""Ground and surface together: exact volumes, threads, tiles, restarts."""

import numpy as np
import pytest

from cim_models.errors import InputError
from twin.ground import GroundLoss, ground_settings
from twin.surface import SurfaceSettings, SurfaceSolver
from twin.surface.constants import UNIT_M
from twin.surface.state import padded

NAMES = ("sealed", "lawn", "open_ground", "street")
SHAPE = (150, 170)


def make(model="green_ampt", threads=1, tiled=True):
    rng = np.random.default_rng(3)
    row, col = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]]
    bed = 5.0 + np.sin(row / 17.0) * np.cos(col / 19.0) + 0.03 * rng.random(SHAPE)
    walls = (row % 40 < 9) & (col % 30 < 11)
    settings = SurfaceSettings(threads=threads, tiled=tiled, record_interval_s=5.0)
    surface = SurfaceSolver(bed.astype(np.float32), 2.0, walls=walls, edges="open", settings=settings)
    surface.set_water_depth(np.where((row - 60) ** 2 + (col - 120) ** 2 < 150, 0.8, 0.0))
    classes = np.where(walls, 0, rng.integers(1, 4, (SHAPE[0] // 5, SHAPE[1] // 5)).repeat(5, 0).repeat(5, 1))
    return surface, GroundLoss(classes.astype(np.uint8), NAMES, ground_settings(model, interval_s=10.0), 2.0)


def storm(pair, until_s=240.0):
    surface, ground = pair
    while surface.time_s < until_s:
        surface.set_rain(2e-5 if 40.0 <= surface.time_s < 120.0 else 0.0)
        surface.advance_to(ground.next_s)
        surface.withdraw(ground.take)
    return pair


def same(one, other):
    for name in ("water_depth", "max_depth", "time_of_max_s"):
        np.testing.assert_array_equal(getattr(one[0], name), getattr(other[0], name), err_msg=name)
    for name, array in one[1].state().items():
        np.testing.assert_array_equal(array, other[1].state()[name], err_msg=name)
    assert one[0].account == other[0].account


@pytest.fixture(scope="module")
def reference():
    return storm(make())


@pytest.mark.parametrize("model", ["green_ampt", "horton"])
def test_every_unit_is_accounted_for(model):
    surface, ground = storm(make(model))
    account, state = surface.account, ground.state()
    assert account.error_units == 0
    gone = int(state["infiltrated"].sum(dtype=np.int64)) + int(state["held"].sum(dtype=np.int64))
    assert round(account.exchanged_out_m3 / account.unit_m3) == gone > 0
    assert ground.infiltrated_m3 + ground.depression_m3 == account.exchanged_out_m3
    for array in (surface.water_depth, state["infiltrated"], state["held"]):
        assert array.min() >= 0
    assert min(ground.infiltrated_m3, ground.depression_m3) > 1.0


@pytest.mark.parametrize(("threads", "tiled"), [(2, True), (1, False), (2, False)])
def test_threads_and_tiles_change_no_bit(reference, threads, tiled):
    same(reference, storm(make(threads=threads, tiled=tiled)))


def test_a_restart_changes_no_bit(reference):
    surface, ground = storm(make(), 100.0)
    again, ground_again = make()
    again.restore(surface.state())
    ground_again.restore(ground.state())
    assert ground_again.next_s == 110.0
    same(reference, storm((again, ground_again)))


def test_a_state_of_another_city_is_refused():
    _, ground = make()
    with pytest.raises(InputError, match="infiltrated"):
        ground.restore({name: array[..., :-1] for name, array in ground.state().items() if array.ndim})


def test_dry_cells_stay_dry_and_walls_take_nothing():
    surface, ground = make()
    surface.set_water_depth(np.zeros(SHAPE))
    assert surface.withdraw(ground.take) == 0.0
    depth = padded(SHAPE, np.int32, 1)
    ground.take(depth)
    assert depth.min() == 0
    assert not ground.infiltrated_depth[0, :11].any()
    assert ground.infiltrated_depth.max() + ground.depression_depth.max() <= UNIT_M


def test_a_class_that_nobody_describes_is_refused():
    with pytest.raises(InputError, match=r"'moss' of the city; expected one of .*lawn.*ground\.classes"):
        GroundLoss(np.zeros(SHAPE, np.uint8), ("moss",), ground_settings("horton"), 2.0)
