"""The model beside the readings: equal to EPANET, without memory, and with leaks as demands."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("epanet", reason="EPANET has no wheel for this Python")

from tests.twin.detection.grid import COLUMNS, Hole, grid_network, grid_readings
from twin.detection.shadow import Outflow, Shadow, resample

HOUR_S = 3600


def test_it_reads_what_epanet_reads(tmp_path: Path) -> None:
    readings = grid_readings(tmp_path / "a", 2, noise_m=0.0)
    with Shadow(grid_network(), tmp_path / "b", readings.averaged(HOUR_S), HOUR_S) as shadow:
        np.testing.assert_allclose(shadow.expect(0, 48), shadow.observed, atol=0.006)


def test_it_begins_anywhere(tmp_path: Path) -> None:
    readings = grid_readings(tmp_path / "a", 2).averaged(HOUR_S)
    with Shadow(grid_network(), tmp_path / "b", readings, HOUR_S) as shadow:
        whole = shadow.expect(0, 48)
        np.testing.assert_allclose(shadow.expect(31, 40), whole[31:40], atol=2e-3)


def test_a_leak_as_a_demand_is_a_hole(tmp_path: Path) -> None:
    readings = grid_readings(tmp_path / "a", 1, Hole("h22", 1e-4, 0.0), noise_m=0.0)
    with Shadow(grid_network(), tmp_path / "b", readings.averaged(HOUR_S), HOUR_S) as shadow:
        missing = (shadow.observed - shadow.expect(0, 24))[:, -1]
        leak = Outflow(shadow.pipes.index("h22"), missing)
        with_leak = shadow.expect(0, 24, [leak])
        assert missing.min() > 5.0
        np.testing.assert_allclose(with_leak, shadow.observed, atol=0.06)
        assert np.abs(shadow.expect(0, 24) - shadow.observed).max() > 3.0
        np.testing.assert_allclose(shadow.expect(0, 24)[:, -1] + missing, shadow.observed[:, -1], atol=1e-6)


def test_signatures_are_what_a_small_leak_changes(tmp_path: Path) -> None:
    readings = grid_readings(tmp_path / "a", 1).averaged(HOUR_S)
    with Shadow(grid_network(), tmp_path / "b", readings, HOUR_S) as shadow:
        shapes = shadow.signatures(8, 0.5)
        pipe = shadow.pipes.index("v13")
        change = shadow.expect(8, 9, [Outflow(pipe, np.full(24, 0.5))]) - shadow.expect(8, 9)
        np.testing.assert_allclose(shapes[pipe], change[0] / 0.5, rtol=0.02, atol=0.005)
        assert shapes[:, COLUMNS.index("q_main")] == pytest.approx(1.0, abs=1e-3)


def test_a_pattern_keeps_its_mean() -> None:
    values = np.array([1.0, 2.0, 4.0])
    np.testing.assert_allclose(resample(values, 3600, 7200), [1.5, 2.5, 3.0])
    np.testing.assert_allclose(resample(values, 3600, 1800), [1, 1, 2, 2, 4, 4])
    np.testing.assert_array_equal(resample(np.array([0.7]), 3600, 900), [0.7])
