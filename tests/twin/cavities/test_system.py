"""Cavities in time."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from agents.draws import Draws
from cim_models.changes import Change
from cim_models.events import EVENT_KINDS
from twin.cavities import Cavity, CavitySystem, cavity_settings

SAND = Cavity("CV-1", "H11", 200.0, 300.0, 1.5, "sand", "residential", 0.1, pipe="W1")
LOAM = replace(SAND, id="CV-2", road="V00", soil="loam", volume_m3=0.8, pipe="")


def _system(*cavities: Cavity, seed: int = 1) -> CavitySystem:
    return CavitySystem(cavities or (SAND, LOAM), cavity_settings(), Draws(seed, "radar"))


def _run(system: CavitySystem, hours: float, leak_m3_h: float = 0.0, rain_mm_h: float = 0.0) -> list[Change]:
    system.set_leaks({"W1": leak_m3_h / 3600.0})
    system.set_rain(rain_mm_h)
    system.advance_to(system.time_s + 3600.0 * hours)
    return system.take_changes()


def test_a_leak_grows_a_cavity_as_the_law_says_until_the_road_falls_in() -> None:
    system = _system(SAND)
    _run(system, 2.0, 5.0)
    soil = cavity_settings().soils["sand"]
    grown = soil.carried * (5.0 - soil.threshold_m3_h) * 2.0 / (1.0 - soil.porosity)
    assert system.volume_m3[0] == pytest.approx(0.1 + grown, abs=1e-5)
    collapsed = next(c for c in _run(system, 48.0, 5.0) if c.kind == "cavity.collapsed")
    assert collapsed.because == "supply.leaking W1"
    assert set(collapsed.data) == set(EVENT_KINDS["cavity.collapsed"].data)
    volume = system.volume_m3[0]
    _run(system, 5.0, 5.0)
    assert system.volume_m3[0] == volume  # an open hole is no cavity that grows


def test_the_account_of_soil_closes() -> None:
    system = _system()
    _run(system, 3.0, 4.0, 20.0)
    account = system.account
    assert account.washed_out > 0.0
    assert account.missing == pytest.approx(account.washed_out, rel=1e-12)
    assert account.washed_out < 0.03 * account.water


def test_without_water_nothing_grows() -> None:
    system = _system()
    before = system.volume_m3
    assert _run(system, 24.0) == []
    assert np.array_equal(before, system.volume_m3)


def test_a_survey_finds_cavities_on_its_way_and_in_time() -> None:
    system = _system(replace(SAND, volume_m3=0.6), LOAM)
    system.survey([("H11", 200.0), ("V00", 400.0)], "M1", 0.0)
    found = [c for c in _run(system, 0.5) if c.kind == "cavity.found"]
    assert [c.subject for c in found] == ["CV-1", "CV-2"]
    assert [c.t_s for c in found] == [60.0, 120.0]  # 18 km/h, seen at the next whole minute
    assert {c.because for c in found} == {"M1"}
    assert not system.detection_probability().any()


def test_how_often_radar_finds_a_cavity_is_its_probability() -> None:
    chance, hits = 0.0, 0
    for seed in range(300):
        system = _system(replace(SAND, volume_m3=0.15), seed=seed)
        chance = float(system.detection_probability()[0])
        system.survey([("H11", 1.0)], "M1", 0.0)
        hits += len(_run(system, 0.1))
    assert 0.1 < chance < 0.9
    assert abs(hits / 300 - chance) < 4.0 * np.sqrt(chance * (1.0 - chance) / 300)


def test_a_filled_cavity_is_gone() -> None:
    system = _system()
    assert system.fill("CV-2", "O1").done
    assert not system.fill("CV-2", "O2").done
    assert not system.fill("CV-9", "O3").done
    assert system.volume_m3[1] == 0.0
    assert [c.because for c in system.take_changes()] == ["O1"]


def test_a_restored_system_goes_on_to_the_bit() -> None:
    one, other = _system(), _system()
    one.survey([("H11", 9000.0)], "M1", 0.0)
    _run(one, 0.3, 4.0, 10.0)
    other.restore(pickle.loads(pickle.dumps(one.state())))
    assert _run(one, 30.0, 4.0) == _run(other, 30.0, 4.0)
    assert np.array_equal(one.solids, other.solids)
