"""Flow through holes."""

from __future__ import annotations

import math

import pytest

from twin.gas.flow import ATMOSPHERE_KPA, Main, hole_flow, leak_flow, pressure_after
from twin.gas.settings import gas_settings

DENSITY = 0.75


def test_a_low_pressure_hole_follows_the_incompressible_law() -> None:
    incompressible = 0.8 * math.pi / 4.0 * 0.01**2 * math.sqrt(2.0 * 100.0 / DENSITY)
    assert hole_flow(0.1, 0.01, DENSITY, 0.8) == pytest.approx(incompressible, rel=2e-3)


def test_a_choked_hole_follows_the_absolute_pressure() -> None:
    assert hole_flow(2 * 200.0 + ATMOSPHERE_KPA, 0.01, DENSITY, 0.8) == pytest.approx(
        2.0 * hole_flow(200.0, 0.01, DENSITY, 0.8), rel=1e-12
    )


def test_no_pressure_no_flow() -> None:
    assert hole_flow(0.0, 0.1, DENSITY, 0.8) == 0.0


def test_hole_and_main_agree() -> None:
    values, main = gas_settings().leak, Main(200.0, 0.11, 800.0, DENSITY)
    flow, pressure = leak_flow(main, 0.05, values)
    assert flow == pytest.approx(hole_flow(pressure, 0.05, DENSITY, values.discharge), rel=1e-6)
    assert pressure == pressure_after(main, flow, values.friction)
    assert pressure < 0.5 * main.pressure_kpa  # a torn main loses most of its pressure
    assert leak_flow(main, 0.002, values)[1] > 0.99 * main.pressure_kpa  # a pinhole does not
