"""The box of air against its solution."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from twin.gas.box import BoxFlow, advance_boxes


def _one(share: float, source: float, gas: float, air: float, volume: float, dt_s: float) -> float:
    flow = BoxFlow(np.array([gas]), np.array([air]))
    return float(advance_boxes(np.array([share]), np.array([source]), flow, np.array([volume]), dt_s)[0])


def test_a_box_fills_as_the_differential_equation_says() -> None:
    gas, air, volume, methane = 2e-5, 4e-3, 12.0, 0.94

    def slope(_: float, share: np.ndarray) -> np.ndarray:
        return (methane * gas - (gas + air) * share) / volume

    exact = solve_ivp(slope, (0.0, 5000.0), [0.02], rtol=1e-11, atol=1e-14).y[0, -1]
    assert _one(0.02, methane * gas, gas, air, volume, 5000.0) == pytest.approx(exact, rel=1e-8)


def test_steps_of_any_length_lead_to_the_same_share() -> None:
    once = _one(0.01, 1e-5, 1e-5, 2e-3, 3.0, 3600.0)
    share = 0.01
    for dt_s in (1.0, 59.0, 540.0, 3000.0):
        share = _one(share, 1e-5, 1e-5, 2e-3, 3.0, dt_s)
    assert share == pytest.approx(once, rel=1e-12)


def test_a_shut_box_keeps_what_it_has() -> None:
    assert _one(0.03, 0.0, 0.0, 0.0, 3.0, 3600.0) == 0.03


@given(
    share=st.floats(0, 1),
    purity=st.floats(0, 1),
    gas=st.floats(0, 10),
    air=st.floats(0, 10),
    volume=st.floats(0.1, 100),
    dt_s=st.floats(0, 1e6),
)
def test_a_share_stays_a_share(
    share: float, purity: float, gas: float, air: float, volume: float, dt_s: float
) -> None:
    after = _one(share, purity * gas, gas, air, volume, dt_s)
    assert -1e-12 <= after <= max(share, purity) + 1e-12
