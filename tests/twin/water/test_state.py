"""A water system saved and restored: bit for bit without a sewer, alike with one."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cim_models.errors import InputError
from cim_models.orders import ClearGullies, LayBarrier, StartPump
from cim_models.structures import Barrier
from tests.tiny_city import X0, Y0
from twin.ground import ground_settings
from twin.rain import RainSeries, constant_rain
from twin.water import RoofSettings, WaterSettings, WaterSystem

STORM = constant_rain(120.0, 900.0)
DIP = (X0 + 60.0, Y0 + 40.0)
ACROSS = Barrier(((X0 + 50.0, Y0 + 30.0), (X0 + 50.0, Y0 + 50.0)), 0.2)


def settings(**changes: Any) -> WaterSettings:
    values = {"edges": "open", "ground": ground_settings("green_ampt", interval_s=60.0), **changes}
    return WaterSettings(**values)


def act(system: WaterSystem) -> None:
    """Put pump, barrier and clean gullies into the state."""
    for order in (
        StartPump("P", *DIP, "outside", 60.0),
        LayBarrier("B", ACROSS),
        ClearGullies("C", ("G1",)),
    ):
        assert system.apply(order).done


def snapshot(system: WaterSystem) -> dict[str, Any]:
    """Return all that a run would write or act on."""
    return {
        "depth": system.water_depth,
        "roads": system.road_depth(),
        "heads": system.node_heads,
        "balance": system.balance(),
        "pumps": [(pump.id, pump.pumped_m3) for pump in system.pumps],
        "structures": system.structures,
        **system.flood_fields(),
    }


def assert_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    for name, value in one.items():
        if isinstance(value, np.ndarray):
            assert np.array_equal(value, other[name], equal_nan=value.dtype.kind == "f"), name
        else:
            assert value == other[name], name


@pytest.mark.parametrize("factor", [1, 2])
def test_without_a_sewer_everything_goes_on_bit_for_bit(tiny_city, tmp_path, factor):
    city = replace(tiny_city, sewer=None)
    chosen = settings(coarse_factor=factor)
    with WaterSystem(city, STORM, chosen, tmp_path, 1) as straight:
        straight.advance_to(605.0)
        if factor == 1:
            act(straight)
        state = straight.state()
        straight.advance_to(1501.0)
        with WaterSystem(city, STORM, chosen, tmp_path, 1) as restored:
            restored.restore(state)
            restored.advance_to(1501.0)
            assert_same(snapshot(straight), snapshot(restored))
            units = restored.balance().units
    assert (units.surface_error, units.coupled_error) == (0, 0)
    assert units.rain > 0


def test_with_a_sewer_the_reopened_system_and_its_copy_go_on_alike(tiny_city, tmp_path):
    chosen = settings(sewer_step_s=2.0, roofs=RoofSettings(0.5))
    with WaterSystem(tiny_city, STORM, chosen, tmp_path / "first", 1) as first:
        first.advance_to(605.0)
        act(first)
        state = first.state()
        first.reopen_sewer(state)
        first.advance_to(1201.0)
        seen = snapshot(first)
    with WaterSystem(tiny_city, STORM, chosen, tmp_path / "second", 1) as second:
        second.restore(state)
        second.advance_to(1201.0)
        assert_same(seen, snapshot(second))
        units = second.balance().units
    assert min(units.to_sewer, units.roofs_to_sewer, units.pumped) > 0
    assert (units.surface_error, units.handover_error, units.coupled_error) == (0, 0, 0)


def test_a_state_with_other_parts_is_refused(tiny_city, tmp_path):
    with WaterSystem(replace(tiny_city, sewer=None), STORM, settings(), tmp_path, 1) as system:
        state = system.state()
        del state["ground"]
        with pytest.raises(InputError, match="the surface alone; expected with ground"):
            system.restore(state)


@pytest.mark.parametrize("between", ["uniform", "gauges"])
def test_other_rain_from_now_on(tiny_city, tmp_path, between):
    """The rain of before stays in the account, that of after is the new one's."""
    places = np.array([[X0 + 20.0, Y0 + 40.0], [X0 + 60.0, Y0 + 40.0]])
    later = RainSeries(np.array([0.0, 7200.0]), np.array([[0.0, 60.0]]), ("west", "east"), places)
    if between == "uniform":
        later = constant_rain(30.0, 7200.0)
    with WaterSystem(tiny_city, STORM, settings(roofs=RoofSettings(0.5)), tmp_path, 1) as system:
        system.advance_to(300.0)
        before = system.balance().rain_m3
        system.set_rain(later)
        system.advance_to(900.0)
        balance = system.balance()
        assert system.rain_intensity_mm_h == pytest.approx(30.0)
    area_m2 = before / (0.120 * 300.0 / 3600.0)
    assert balance.rain_m3 - before == pytest.approx(0.030 * 600.0 / 3600.0 * area_m2, rel=0.02)
    assert balance.units.coupled_error == 0
