"""Leaks of a small network, found or rightly not found from its readings alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("epanet", reason="EPANET has no wheel for this Python")

from cim_models.errors import InputError
from tests.twin.detection.grid import COLUMNS, Hole, grid_network, grid_readings
from twin.detection.detector import LeakReport, detect_leaks
from twin.detection.place import PipeMap
from twin.detection.readings import Readings

DAYS, OPENS = 13, 9.5
AREA_M2 = 3e-5
CLASSES = 8
SETTINGS_DAYS = 8


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Readings:
    return grid_readings(tmp_path_factory.mktemp("healthy"), DAYS)


@pytest.fixture(scope="module")
def leaking(tmp_path_factory: pytest.TempPathFactory) -> Readings:
    return grid_readings(tmp_path_factory.mktemp("leaking"), DAYS, Hole("h23", AREA_M2, OPENS, 12.0))


def detect(readings: Readings, folder: Path) -> LeakReport:
    from twin.detection.settings import DetectionSettings

    return detect_leaks(grid_network(), readings, folder, DetectionSettings(calibration_days=SETTINGS_DAYS))


def test_nothing_is_found_where_nothing_leaks(healthy: Readings, tmp_path: Path) -> None:
    report = detect(healthy, tmp_path)
    assert report.detections == ()
    assert report.faults == ()


def test_a_leak_is_found_placed_and_sized(leaking: Readings, tmp_path: Path) -> None:
    report = detect(leaking, tmp_path)
    first = report.detections[0]
    assert first.news == "new"
    assert OPENS <= (first.block + 1) / CLASSES <= OPENS + 0.5
    pipes = PipeMap(grid_network(), grid_network().links["id"].astype(str).tolist())
    names = grid_network().links["id"].astype(str).tolist()
    last = [detection for detection in report.detections if detection.news != "ended"][-1]
    assert pipes.distances(names.index("h23"))[names.index(last.pipe)] <= 200.0
    expected_m3_h = 3600.0 * 0.75 * AREA_M2 * np.sqrt(2 * 9.80665 * 45.0)
    assert last.outflow_m3_h == pytest.approx(expected_m3_h, rel=0.15)
    assert first.probability > 0.9
    assert "p_n24 -0." in first.evidence  # the sensor at one of the pipe's neighbours has dropped


def test_a_repair_ends_it(leaking: Readings, tmp_path: Path) -> None:
    report = detect(leaking, tmp_path)
    ended = [detection for detection in report.detections if detection.news == "ended"]
    assert len(ended) == 1
    assert 12.0 <= (ended[0].block + 1) / CLASSES <= 12.5
    assert ended[0].outflow_m3_h == 0.0


def test_a_leak_of_the_beginning_stands(tmp_path: Path) -> None:
    readings = grid_readings(tmp_path / "a", SETTINGS_DAYS + 1, Hole("v31", AREA_M2, 0.0))
    report = detect(readings, tmp_path / "b")
    assert [detection.news for detection in report.detections] == ["standing"]
    assert report.detections[0].pipe in {"v31", "h30", "h31", "v21", "v30", "v32", "h40", "h41"}


def test_a_sensor_that_drifts_off_is_no_leak(healthy: Readings, tmp_path: Path) -> None:
    values = healthy.values.copy()
    values[int(OPENS * 96) :, COLUMNS.index("p_n33")] -= 2.0
    report = detect(replace(healthy, values=values), tmp_path)
    assert report.detections == ()
    assert [fault.sensor for fault in report.faults] == ["p_n33"]
    assert report.faults[0].offset == pytest.approx(-2.0, abs=0.1)


def test_silent_sensors_are_said_and_the_others_find_it(leaking: Readings, tmp_path: Path) -> None:
    values = leaking.values.copy()
    values[(9 * 96) :, [COLUMNS.index(name) for name in ("p_n24", "p_n12", "p_n00")]] = np.nan
    report = detect(replace(leaking, values=values), tmp_path)
    assert report.detections[0].news == "new"
    assert "3 of 9 sensors silent" in report.detections[0].evidence


def test_all_sensors_silent_for_days_find_nothing_and_lose_nothing(leaking: Readings, tmp_path: Path) -> None:
    values = leaking.values.copy()
    values[(9 * 96) : (10 * 96)] = np.nan
    report = detect(replace(leaking, values=values), tmp_path)
    assert report.detections[0].news == "new"
    assert 10.0 <= (report.detections[0].block + 1) / CLASSES <= 10.5


def test_the_same_readings_give_the_same_report(leaking: Readings, tmp_path: Path) -> None:
    once, again = detect(leaking, tmp_path / "a"), detect(leaking, tmp_path / "b")
    assert once.detections == again.detections


def test_short_readings_are_refused(healthy: Readings, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"too short: got 8\.0 days; expected 9 days"):
        detect(healthy.rows(0, 8 * 96), tmp_path)
