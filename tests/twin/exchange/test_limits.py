"""No inlet moves water that is not there, or past equal heads."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twin.exchange.coefficients import inlet_coefficients
from twin.exchange.inlets import Inlets, State
from twin.exchange.kernels import share_what_is_there, wanted_volumes

CELL_M2, SHAFT_M2 = 4.0, 2.0


def make_inlets(count, *, slot=None, node=None, manhole=False):
    index = np.arange(count)
    return Inlets(
        is_gully=np.full(count, 0 if manhole else 1, np.uint8),
        takes_in=np.ones(count, np.uint8),
        cell=index,
        slot=index if slot is None else np.array(slot),
        node=index if node is None else np.array(node),
        ground=np.zeros(count),
        length=np.full(count, 1.65),
        area=np.full(count, 0.17),
        clear=np.ones(count),
        joint_in=np.full(count, CELL_M2 * SHAFT_M2 / (CELL_M2 + SHAFT_M2)),
        joint_out=np.full(count, CELL_M2 * SHAFT_M2 / (CELL_M2 + SHAFT_M2)),
    )


@given(
    depth=st.floats(0.0, 3.0),
    rise=st.floats(-3.0, 3.0),
    dt_s=st.floats(0.001, 3600.0),
    manhole=st.booleans(),
)
def test_a_step_of_any_length_stops_at_equal_heads(depth, rise, dt_s, manhole):
    volume = np.zeros(1)
    state = State(np.array([depth]), np.array([rise]))
    wanted_volumes(make_inlets(1, manhole=manhole), state, inlet_coefficients(), dt_s, volume)
    street = depth - volume[0] / CELL_M2
    shaft = rise + volume[0] / SHAFT_M2
    before, after = depth - rise, street - shaft
    assert before * after >= -1e-9
    assert abs(after) <= abs(before) + 1e-9


def test_inlets_of_one_cell_share_its_water():
    units = np.array([300, 100, 200])
    inlets = make_inlets(3, slot=[0, 0, 1])
    share_what_is_there(inlets, np.array([200, 1000]), np.zeros(3, np.int64), units)
    np.testing.assert_array_equal(units, [150, 50, 200])


def test_inlets_of_one_node_share_its_water():
    units = np.array([-300, -100, 200])
    inlets = make_inlets(3, node=[0, 0, 0])
    share_what_is_there(inlets, np.full(3, 1000), np.array([100]), units)
    np.testing.assert_array_equal(units, [-75, -25, 200])


WHOLE = st.integers(0, 2**33)


@given(wanted=st.lists(st.integers(-(2**33), 2**33), min_size=1, max_size=9), held=WHOLE, ponded=WHOLE)
def test_never_more_than_is_there_and_all_of_it_where_more_is_wanted(wanted, held, ponded):
    count = len(wanted)
    units, before = np.array(wanted), np.array(wanted)
    inlets = make_inlets(count, slot=[0] * count, node=[0] * count)
    share_what_is_there(inlets, np.array([held]), np.array([ponded]), units)
    assert (units * np.sign(before) >= 0).all()
    assert (np.abs(units) <= np.abs(before)).all()
    for sign, there in ((1, held), (-1, ponded)):
        asked = int(np.maximum(sign * before, 0).sum())
        given_up = int(np.maximum(sign * units, 0).sum())
        assert min(asked, there) - count <= given_up <= min(asked, there)


def test_closed_manhole_and_blocked_gully_move_nothing():
    state = State(np.array([0.2, 0.2]), np.array([-1.0, -1.0]))
    inlets = make_inlets(2)._replace(
        is_gully=np.array([0, 1], np.uint8), takes_in=np.zeros(2, np.uint8), clear=np.zeros(2)
    )
    volume = np.full(2, np.nan)
    wanted_volumes(inlets, state, inlet_coefficients(), 1.0, volume)
    np.testing.assert_array_equal(volume, 0.0)


def test_nothing_comes_out_of_an_empty_node():
    units = np.array([-300])
    share_what_is_there(make_inlets(1), np.zeros(1, np.int64), np.zeros(1, np.int64), units)
    assert units[0] == 0
