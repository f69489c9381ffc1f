"""Flow through one gully or manhole: test vector, equal heads, joined branches."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.exchange.coefficients import inlet_coefficients
from twin.exchange.kernels import (
    free_weir_flow,
    grate_flow,
    gully_flow,
    manhole_flow,
    orifice_flow,
    submerged_weir_flow,
)

COEFFICIENTS = inlet_coefficients()
SHAFT_AREA = np.pi * 0.70**2 / 4.0
SHAFT_WIDTH = 2.0 * np.sqrt(np.pi * SHAFT_AREA)
GRATE = {"perimeter": 1.65, "area": 0.75 * 0.45 * 0.5}


def gully(depth, rise, clear=1.0):
    return gully_flow(depth, rise, GRATE["perimeter"], GRATE["area"], clear, COEFFICIENTS)


def manhole(depth, rise, takes_in=True):
    return manhole_flow(depth, rise, SHAFT_AREA, SHAFT_WIDTH, takes_in, COEFFICIENTS)


@pytest.mark.parametrize(("depth", "flow"), [(0.05, 0.039), (0.10, 0.111), (0.20, 0.314)])
def test_free_weir_of_a_manhole_follows_the_test_vector(depth, flow):
    assert free_weir_flow(depth, SHAFT_WIDTH, COEFFICIENTS) == pytest.approx(flow, abs=6e-4)
    assert manhole(depth, -1.0) == pytest.approx(flow, abs=6e-4)


def test_orifice_and_submerged_weir_follow_the_test_vector():
    assert orifice_flow(0.5, SHAFT_AREA, COEFFICIENTS) == pytest.approx(0.201, abs=6e-4)
    assert manhole(0.1, 0.6) == pytest.approx(-0.201, abs=6e-4)
    assert submerged_weir_flow(0.1, 0.1, SHAFT_WIDTH, COEFFICIENTS) == pytest.approx(0.0172, abs=6e-5)


@pytest.mark.parametrize(("depth", "litres_s"), [(0.03, 14), (0.05, 31), (0.10, 87), (0.30, 274)])
def test_grate_follows_hec_22(depth, litres_s):
    assert 1000.0 * grate_flow(depth, **GRATE, coef=COEFFICIENTS) == pytest.approx(litres_s, abs=0.6)


def test_weir_hands_over_to_the_orifice_at_the_depth_of_hec_22():
    """Metric form of d = 1.79 A/P, from 1.66 P d^1.5 = 0.67 A sqrt(2 g d)."""
    switch = 1.79 * GRATE["area"] / GRATE["perimeter"]
    weir = COEFFICIENTS.gully_weir * GRATE["perimeter"] * (0.9 * switch) ** 1.5
    assert gully(0.9 * switch, -1.0) == pytest.approx(weir)
    assert gully(1.1 * switch, -1.0) < COEFFICIENTS.gully_weir * GRATE["perimeter"] * (1.1 * switch) ** 1.5


@given(depth=st.floats(0.0, 3.0))
def test_nothing_flows_between_equal_heads(depth):
    assert gully(depth, depth) == 0.0
    assert manhole(depth, depth) == 0.0


@given(depth=st.floats(0.0, 3.0), rise=st.floats(-3.0, 3.0))
def test_water_flows_from_the_higher_head(depth, rise):
    for flow in (gully(depth, rise), manhole(depth, rise)):
        assert flow * (depth - max(rise, 0.0)) >= 0.0
    assert manhole(depth, rise, takes_in=False) <= 0.0


@given(
    depth=st.floats(0.0, 2.0), rise=st.floats(-2.0, 2.0), step=st.floats(-1.0, 1.0), of_depth=st.booleans()
)
def test_branches_join_without_a_jump(depth, rise, step, of_depth):
    """A millionth of a metre changes the flow by no more than a root of it can."""
    small = 1e-6 * step
    there = (max(depth + small, 0.0), rise) if of_depth else (depth, rise + small)
    largest = np.sqrt(2 * 9.81 * 1e-6) * max(GRATE["area"], SHAFT_AREA) + 1e-4
    assert abs(gully(*there) - gully(depth, rise)) < largest
    assert abs(manhole(*there) - manhole(depth, rise)) < largest


HEADS = st.floats(-2.0, 2.0)
DEPTHS = st.floats(0.0, 2.0)
STEPS = st.floats(0.0, 0.5)


@given(depth=DEPTHS, rise=HEADS, deeper=STEPS, higher=STEPS)
def test_more_water_on_the_street_drives_more_in_and_more_in_the_sewer_drives_it_out(
    depth, rise, deeper, higher
):
    for flow in (gully, manhole):
        assert flow(depth + deeper, rise) >= flow(depth, rise) - 1e-12
        assert flow(depth, rise + higher) <= flow(depth, rise) + 1e-12


@pytest.mark.parametrize("depth", [0.1, SHAFT_AREA / SHAFT_WIDTH, 0.5])
def test_rim_passes_from_free_to_drowned_as_the_sewer_rises(depth):
    rises = np.linspace(-0.5 * depth, depth, 400)
    flows = np.array([manhole(depth, rise) for rise in rises])
    assert (np.diff(flows) <= 1e-12).all()
    assert flows[0] == pytest.approx(free_weir_flow(depth, SHAFT_WIDTH, COEFFICIENTS))


@given(depth=st.floats(0.001, 2.0), rise=st.floats(-2.0, 3.0), blocked=st.floats(0.0, 1.0))
def test_blockage_takes_its_share_in_both_directions(depth, rise, blocked):
    assert gully(depth, rise, 1.0 - blocked) == pytest.approx((1.0 - blocked) * gully(depth, rise))


@given(depth=st.floats(0.0, 2.0), rise=st.floats(0.0, 3.0))
def test_drowned_gully_takes_no_more_than_a_free_one(depth, rise):
    assert gully(depth, rise) <= gully(depth, -1.0) + 1e-12
