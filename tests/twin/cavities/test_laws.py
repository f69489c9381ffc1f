"""Growth, roof and radar of cavities."""

from __future__ import annotations

import numpy as np
import pytest

from twin.cavities.growth import QUANTUM_M3, Washing, volume_m3, wash_out, wetness_after
from twin.cavities.radar import detection_probability
from twin.cavities.roof import Strength, safety_factor, shape_of
from twin.cavities.settings import cavity_settings

PAVEMENT_M = cavity_settings().roof.pavement_m


def _strength(cohesion_kpa: float, count: int = 1) -> Strength:
    ones = np.ones(count)
    return Strength(cohesion_kpa * ones, np.radians(30.0) * ones, ones, ones)


def test_soil_leaves_in_proportion_to_the_excess_and_in_whole_quanta() -> None:
    washing = Washing(np.array([0.02, 0.02]), np.array([1e-4, 1e-4]))
    rest, total = np.zeros(2), np.zeros(2, dtype=np.int64)
    for _ in range(1000):
        quanta, rest = wash_out(np.array([3e-4, 5e-5]), washing, rest, 60.0)
        total += quanta
    assert total[0] * QUANTUM_M3 == pytest.approx(0.02 * 2e-4 * 60_000.0, abs=QUANTUM_M3)
    assert total[1] == 0  # below the threshold nothing is carried
    assert np.all((rest >= 0.0) & (rest < 1.0))


def test_solids_and_volume_belong_together() -> None:
    assert volume_m3(np.array([550_000]), np.array([0.45]))[0] == pytest.approx(1.0)


def test_the_ground_wets_faster_than_it_dries() -> None:
    rain = cavity_settings().rain
    wet = wetness_after(np.zeros(1), 50.0, rain, 3600.0)
    dry = wetness_after(np.ones(1), 0.0, rain, 3600.0)
    assert wet[0] == pytest.approx(1.0 - np.exp(-3600.0 / (3600.0 * rain.wetting_h)))
    assert wet[0] > 1.0 - dry[0] > 0.0


def test_a_shape_holds_its_volume_on_both_sides_of_the_pavement() -> None:
    volume = np.linspace(0.01, 40.0, 200)
    shape = shape_of(volume, np.full(200, 1.5), PAVEMENT_M)
    height = 1.5 - PAVEMENT_M - shape.cover_m
    assert np.allclose(2.0 / 3.0 * np.pi * shape.radius_m**2 * height, volume)
    assert np.all(np.diff(shape.radius_m) > 0.0)
    assert shape.cover_m.min() == 0.0


def test_a_roof_bears_less_the_larger_the_cavity_and_the_wetter_the_ground() -> None:
    roof = cavity_settings().roof
    shape = shape_of(np.linspace(0.2, 30.0, 60), np.full(60, 1.5), PAVEMENT_M)
    dry, wet = (safety_factor(shape, _strength(c, 60), roof) for c in (13.0, 5.0))
    assert np.all(np.diff(dry) < 0.0)
    assert np.all(wet <= dry)
    assert dry[0] > 1.5
    assert dry[-1] < 1.0


def test_a_pavement_alone_bears_what_yield_lines_say() -> None:
    roof = cavity_settings().roof
    shape = shape_of(np.array([100.0]), np.array([1.0]), PAVEMENT_M)  # wide, without soil above
    a, loaded = shape.radius_m[0], roof.wheel_radius_m + roof.pavement_m
    moment = roof.pavement_strength_kpa * roof.pavement_m**2 / 6.0
    bears = 2.0 * np.pi * moment / (1.0 - 2.0 * loaded / (3.0 * a))
    load = roof.pavement_unit_weight_kn_m3 * roof.pavement_m * np.pi * a**2 + roof.wheel_kn
    assert safety_factor(shape, _strength(0.0), roof)[0] == pytest.approx(bears / load)


def test_no_cavity_no_collapse() -> None:
    shape = shape_of(np.zeros(1), np.ones(1), PAVEMENT_M)
    assert safety_factor(shape, _strength(1.0), cavity_settings().roof)[0] == np.inf


def test_radar_finds_what_is_wide_and_shallow() -> None:
    radar = cavity_settings().radar
    sizes = shape_of(np.array([0.0, 0.1, 1.0, 5.0]), np.full(4, 1.5), PAVEMENT_M)
    by_size = detection_probability(sizes, PAVEMENT_M, radar)
    assert by_size[0] == 0.0
    assert np.all(np.diff(by_size) > 0.0)
    assert by_size[3] > 0.9
    depths = shape_of(np.full(3, 0.5), np.array([1.2, 2.0, 3.5]), PAVEMENT_M)
    by_depth = detection_probability(depths, PAVEMENT_M, radar)
    assert np.all(np.diff(by_depth) < 0.0)
    assert by_depth[2] < 0.01
