"""Culverts: the rating of HDS-5 in steady flow, equal levels at the end, every unit kept."""

import numpy as np
import pytest

from cim_models.catalogues import load_catalogue
from cim_models.city import Terrain
from cim_models.errors import InputError
from cim_models.structures import Barrier, Culvert
from twin.surface import SurfaceSettings, SurfaceSolver, place_barrier, place_culvert
from twin.surface.constants import GRAVITY_M_S2
from twin.surface.culverts import inlet_rating, make_conduits
from twin.surface.kernel_conduits import capacity, section

SIZE = 2.0
GROUND = np.full((20, 40), 3.0, np.float32)
FLAT = Terrain(GROUND, 0.0, 40.0, SIZE)
OPEN = np.ones(GROUND.shape, bool)
ACROSS = ((30.0, 20.0), (50.0, 20.0))
WALL = Barrier(((40.0, 0.0), (40.0, 40.0)), height_m=5.0)


def two_ponds(culvert, west_m, east_m, threads=1):
    """Return a solver with a wall in the middle and a culvert below it."""
    solver = SurfaceSolver(GROUND, SIZE, settings=SurfaceSettings(threads=threads))
    solver.place("W", place_barrier(WALL, FLAT, OPEN))
    solver.place("C", place_culvert(culvert, FLAT, OPEN))
    depth = np.full(GROUND.shape, east_m)
    depth[:, :20] = west_m
    solver.set_water_depth(depth)
    return solver


def carried(culvert, head_m, tail_m=0.0):
    """Discharge of a culvert on level ground between two levels above it."""
    conduits = make_conduits([place_culvert(culvert, FLAT, OPEN)], 40, 3.0)
    return capacity(conduits, 0, 0, head_m, tail_m)


@pytest.mark.parametrize("name", sorted(load_catalogue("culverts")["entrances"]))
def test_inlet_rating_follows_both_forms_of_hds_5(name):
    """Headwater of a tabulated discharge, put back into the published equations."""
    entry = load_catalogue("culverts")["entrances"][name]
    box = entry["section"] == "box"
    size = {"width_m": 1.5, "height_m": 1.2} if box else {"diameter_m": 1.2}
    rating = inlet_rating(Culvert(ACROSS, entrance=name, **size))
    head = np.arange(rating.discharge.size) * rating.head_step_m
    assert (np.diff(rating.discharge) > 0.0).all()
    area = 1.8 if box else np.pi * 0.36
    factor = 1.811 * rating.discharge / (area * 1.2**0.5)
    high = factor > 4.0
    expected = 1.2 * (entry["c"] * factor[high] ** 2 + entry["Y"])
    np.testing.assert_allclose(head[high], expected, rtol=2e-3)
    if box:
        low = (factor > 0.2) & (factor < 3.4)
        critical = 1.5 * ((rating.discharge[low] / 1.5) ** 2 / GRAVITY_M_S2) ** (1 / 3)
        np.testing.assert_allclose(
            head[low], critical + 1.2 * entry["K"] * factor[low] ** entry["M"], rtol=5e-3
        )


def test_sections():
    assert section(1.0, 1.0, True, 0.5) == pytest.approx((np.pi / 8.0, 0.25))
    assert section(1.0, 1.0, True, 9.0) == pytest.approx((np.pi / 4.0, 0.25))
    assert section(2.0, 1.0, False, 0.5) == pytest.approx((1.0, 1.0 / 3.0))
    assert section(2.0, 1.0, False, 9.0) == pytest.approx((2.0, 1.0 / 3.0))


def test_a_full_barrel_loses_what_entrance_friction_and_exit_take():
    culvert = Culvert(ACROSS, diameter_m=1.0, length_m=200.0, manning_n=0.02)
    losses = 1.5 + 2 * GRAVITY_M_S2 * 0.02**2 * 200.0 / 0.25 ** (4 / 3)
    expected = np.pi / 4.0 * np.sqrt(2 * GRAVITY_M_S2 * 0.8 / losses)
    assert carried(culvert, 3.0, 2.2) == pytest.approx(expected, rel=1e-6)
    assert carried(culvert, 3.0, 2.99999) < 0.01 * expected
    assert carried(culvert, 3.0, 3.0) == 0.0


def test_capacity_rises_with_headwater_and_falls_with_tailwater_without_jumps():
    culvert = Culvert(ACROSS, width_m=1.0, height_m=1.0)
    heads = np.linspace(0.0, 14.0, 2801)
    flows = np.array([carried(culvert, head) for head in heads])
    steps = np.diff(flows)
    assert (steps >= 0.0).all()
    assert steps.max() < 0.02
    falls = np.array([carried(culvert, 2.0, tail) for tail in np.linspace(0.0, 2.0, 401)])
    assert (np.diff(falls) <= 1e-9).all()


@pytest.mark.parametrize("culvert", [Culvert(ACROSS, diameter_m=1.0), Culvert(ACROSS[::-1], diameter_m=1.0)])
def test_two_ponds_end_level_and_keep_every_unit(culvert):
    solver = two_ponds(culvert, 1.2, 0.2)
    solver.advance_to(60.0)
    sign = 1.0 if culvert.line == ACROSS else -1.0
    assert sign * solver.culvert_discharge("C") > 0.8
    before = solver.water_depth[:, 20:].mean()
    solver.advance_to(3600.0)
    assert solver.water_depth[:, 20:].mean() > before
    np.testing.assert_allclose(solver.water_depth, 0.7, atol=0.01)
    assert abs(solver.culvert_discharge("C")) < 0.02
    assert solver.account.error_units == 0
    assert solver.account.exchanged_in_m3 == solver.account.exchanged_out_m3 == 0.0


def test_water_below_the_invert_stays():
    solver = two_ponds(Culvert(ACROSS, diameter_m=1.0, inverts_m=(3.5, 3.2)), 0.7, 0.0)
    solver.advance_to(7200.0)
    assert solver.water_depth[:, :20].mean() < 0.6
    assert solver.water_depth[:, :20].min() >= 0.49


def test_a_wide_opening_spreads_over_its_cells():
    placed = place_culvert(Culvert(ACROSS, width_m=8.0, height_m=1.5), FLAT, OPEN)
    assert placed.barrels["share"].tolist() == [0.25] * 4
    rows, cols = np.divmod(placed.barrels["cell"], 40)
    assert sorted(rows[:, 0].tolist()) == [8, 9, 10, 11]
    assert set(cols[:, 0].tolist()) == {15}
    blocked = OPEN.copy()
    blocked[:9] = False
    shares = place_culvert(Culvert(ACROSS, width_m=8.0, height_m=1.5), FLAT, blocked).barrels["share"]
    assert shares.tolist() == pytest.approx([1 / 3] * 3)


def test_shut_means_shut_until_it_is_opened():
    solver = two_ponds(Culvert(ACROSS, diameter_m=1.0), 1.0, 0.0)
    solver.shut_culvert("C", shut=True)
    solver.advance_to(120.0)
    assert not solver.water_depth[:, 20:].any()
    solver.shut_culvert("C", shut=False)
    solver.advance_to(240.0)
    assert solver.water_depth[:, 20:].max() > 0.01


def test_a_state_carries_its_culverts_and_threads_change_no_bit():
    culvert = Culvert(ACROSS, diameter_m=1.0)
    whole, half = two_ponds(culvert, 1.2, 0.2), two_ponds(culvert, 1.2, 0.2)
    whole.advance_to(30.0)
    whole.advance_to(60.0)
    half.advance_to(30.0)
    other = SurfaceSolver(GROUND, SIZE, settings=SurfaceSettings(threads=2))
    other.restore({name: array.copy() for name, array in half.state().items()})
    other.advance_to(60.0)
    np.testing.assert_array_equal(other.water_depth, whole.water_depth)
    assert other.culvert_discharge("C") == whole.culvert_discharge("C") > 0.0


def test_a_deep_invert_and_a_small_pond_do_not_swing():
    """A short box far below the ground between a pond of nine cells and a lake."""
    solver = SurfaceSolver(GROUND, SIZE)
    ring = ((28.0, 16.0), (34.0, 16.0), (34.0, 22.0), (28.0, 22.0), (28.0, 16.0))
    solver.place("W", place_barrier(Barrier(ring, height_m=4.0), FLAT, OPEN))
    deep = Culvert(ACROSS, width_m=1.5, height_m=1.5, inverts_m=(2.0, 2.0), length_m=4.0)
    solver.place("C", place_culvert(deep, FLAT, OPEN))
    depth = np.full(GROUND.shape, 0.3)
    depth[9:12, 14:17] = 0.8
    solver.set_water_depth(depth)
    solver.advance_to(60.0)
    levels = []
    while solver.time_s < 120.0:
        solver.advance_to(solver.time_s + 0.5)
        levels.append(float(solver.water_depth[9:12, 14:17].mean()))
    assert np.ptp(levels) < 0.1  # the lake itself sways by some centimetres
    assert np.mean(levels) == pytest.approx(0.305, abs=0.02)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"line": ACROSS}, "either a diameter, or a width and a height"),
        ({"line": ACROSS, "width_m": 1.0}, "either a diameter"),
        ({"line": ACROSS, "diameter_m": 1.0, "width_m": 1.0}, "either a diameter"),
        ({"line": ACROSS, "diameter_m": 0.0}, "'diameter_m': got 0.0"),
        ({"line": ACROSS[:1], "diameter_m": 1.0}, "got 1 points"),
        ({"line": ACROSS, "diameter_m": 1.0, "entrance": "box_headwall"}, "for a round section one of"),
        ({"line": ((30.2, 20.2), (30.5, 20.5)), "diameter_m": 1.0}, "both ends in one cell"),
        ({"line": ((30.0, 20.0), (90.0, 20.0)), "diameter_m": 1.0}, r"\[90, 20\], off the terrain"),
        ({"line": ((4.0, 4.0), (50.0, 20.0)), "diameter_m": 1.0}, r"\[4, 4\], a building"),
    ],
)
def test_bad_culverts_are_refused(arguments, message):
    blocked = OPEN.copy()
    blocked[15:] = False
    with pytest.raises(InputError, match=message):
        place_culvert(Culvert(**arguments), FLAT, blocked)
