"""Blockages of a small sewer: found where they are, not found where there are none."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from cim_models.errors import InputError
from tests.twin.detection.tree import COLUMNS, SETTINGS, tree_forcing, tree_network, tree_readings
from twin.detection.blockages.detector import BlockageReport, PreparedSewer, detect_blockages, judge, prepare
from twin.detection.blockages.shadow import Obstacle, SewerShadow
from twin.detection.readings import Readings

DAYS, ONSET_H = 3, 34.0
BLOCKS_AN_HOUR = 4


@pytest.fixture(scope="module")
def prepared() -> PreparedSewer:
    """The sewer with its library, for the time of all readings here."""
    shadow = SewerShadow(tree_network(), COLUMNS, SETTINGS)
    return prepare(shadow, tree_forcing(DAYS), DAYS * 24 * BLOCKS_AN_HOUR)


Find = Callable[[Readings], BlockageReport]


@pytest.fixture
def find(prepared: PreparedSewer) -> Find:
    """Judge readings."""
    return lambda readings: judge(prepared, readings.averaged(SETTINGS.block_s))


def altered(readings: Readings, column: str, values: np.ndarray) -> Readings:
    table = readings.values.copy()
    table[:, readings.columns.index(column)] = values
    return replace(readings, values=table)


@pytest.fixture(scope="module")
def healthy() -> Readings:
    return tree_readings(DAYS)


def test_a_healthy_sewer_is_told_healthy(find: Find, healthy: Readings) -> None:
    report = find(healthy)
    assert report.news == ()
    assert report.suspicions == ()
    assert len(report.conduits) == 14
    assert report.left_out == 0


@pytest.mark.parametrize(("conduit", "share"), [("T1T2", 0.9), ("A3A4", 1.0)])
def test_a_blockage_is_found_where_it_is(find: Find, conduit: str, share: float) -> None:
    report = find(tree_readings(DAYS, Obstacle(conduit, share), (ONSET_H, np.inf)))
    first, last = report.news[0], report.news[-1]
    assert first.news == "new"
    assert ONSET_H * BLOCKS_AN_HOUR <= first.block <= (ONSET_H + 6) * BLOCKS_AN_HOUR
    assert ONSET_H * BLOCKS_AN_HOUR <= first.since <= first.block
    assert last.probability > 0.9
    chances = {one.conduit: one.probability for one in last.candidates}
    assert chances[conduit] > 0.1, "that no sensor tells it from the next one is all that may be"
    assert last.share == pytest.approx(share, abs=0.15)
    assert f"level_{conduit[:2]} +" in last.evidence


def test_its_end_is_told(find: Find) -> None:
    readings = tree_readings(DAYS, Obstacle("T1T2", 0.95), (ONSET_H, ONSET_H + 14.0))
    news = find(readings).news
    assert news[0].news == "new"
    ended = news[-1]
    assert ended.news == "ended"
    assert (ONSET_H + 14.0) * BLOCKS_AN_HOUR <= ended.block <= (ONSET_H + 22.0) * BLOCKS_AN_HOUR
    assert ended.share == 0.0


def test_a_sensor_that_is_off_is_no_blockage(find: Find, healthy: Readings) -> None:
    shifted = healthy.values[:, COLUMNS.index("level_B3")].copy()
    shifted[int(ONSET_H * 12) :] -= 0.15
    report = find(altered(healthy, "level_B3", shifted))
    assert report.news == ()
    assert {one.sensor for one in report.suspicions} == {"level_B3"}
    assert report.suspicions[-1].offset == pytest.approx(-0.15, abs=0.03)
    assert report.suspicions[-1].withdrawn is None


def test_a_suspicion_is_withdrawn_when_a_blockage_explains_the_sensor(find: Find) -> None:
    report = find(tree_readings(DAYS, Obstacle("A3A4", 1.0), (30.0, np.inf)))
    first, *more = report.suspicions
    assert more == []
    assert (first.sensor, first.instead_of, first.why) == ("level_A3", 0, "a blockage")
    assert first.withdrawn is not None
    assert first.block < first.withdrawn <= report.news[0].block
    assert "level_A3 +" in report.news[0].evidence


def test_a_sensor_that_is_right_again_is_no_longer_suspected(find: Find, healthy: Readings) -> None:
    shifted = healthy.values[:, COLUMNS.index("level_B3")].copy()
    shifted[int(ONSET_H * 12) : int((ONSET_H + 10.0) * 12)] -= 0.15
    last = find(altered(healthy, "level_B3", shifted)).suspicions[-1]
    assert last.why == "nothing wrong"
    assert last.withdrawn is not None
    assert (ONSET_H + 10.0) * BLOCKS_AN_HOUR <= last.withdrawn <= (ONSET_H + 18.0) * BLOCKS_AN_HOUR


def test_a_sensor_that_stands_still_is_left_out(find: Find, healthy: Readings) -> None:
    still = healthy.values[:, COLUMNS.index("level_T4")].copy()
    still[300:] = 0.31
    report = find(altered(healthy, "level_T4", still))
    assert report.news == ()
    assert any(note.startswith("level_T4 stood still for") for note in report.notes)


def test_sensors_that_all_stand_still_are_refused(find: Find, healthy: Readings) -> None:
    still = replace(healthy, values=np.repeat(healthy.values[:1], len(healthy.times), axis=0))
    with pytest.raises(
        InputError,
        match=r"none of 5 sensors can be used in the calibration: got level_A3 stood still for 72 h",
    ):
        find(still)


def test_a_sensor_of_which_the_calibration_has_nothing_is_left_out(find: Find, healthy: Readings) -> None:
    late = healthy.values[:, COLUMNS.index("level_B3")] + 0.4
    late[: SETTINGS.calibration_blocks * 3] = np.nan
    report = find(altered(healthy, "level_B3", late))
    assert report.notes == (
        "Degraded: 4 of 5 sensors can be used",
        "level_B3 left out, since the calibration has nothing of it that can be used",
    )
    assert report.suspicions == ()
    assert report.unjudged == ()
    shown, shown_by_all = (set(dict(one.visible)[1.0]) for one in (report, find(healthy)))
    assert shown < shown_by_all, "what only it would show is not said to be visible"


def test_blocks_in_which_nothing_could_be_judged_are_told(find: Find) -> None:
    readings = tree_readings(DAYS, Obstacle("T1T2", 0.95), (ONSET_H, np.inf))
    silent = readings.values.copy()
    silent[12 * 5 : 12 * 6] = np.nan  # in the calibration, which judges nothing
    silent[25 * 12 :] = np.nan
    report = find(replace(readings, values=silent))
    assert report.news == ()
    assert report.unjudged == ((25 * BLOCKS_AN_HOUR, DAYS * 24 * BLOCKS_AN_HOUR),)


def test_silent_sensors_are_no_evidence_and_are_said(find: Find) -> None:
    readings = tree_readings(DAYS, Obstacle("T1T2", 0.95), (ONSET_H, np.inf))
    silent = altered(readings, "level_A3", np.full(len(readings.times), np.nan))
    last = find(silent).news[-1]
    assert "T1T2" in {one.conduit for one in last.candidates}
    assert "1 of 5 sensors silent" in last.evidence


def test_two_processes_find_the_same(healthy: Readings) -> None:
    settings = replace(SETTINGS, most_candidates=2, shares=(0.9,))
    one, two = (
        detect_blockages(tree_network(), healthy, tree_forcing(DAYS), settings, jobs=jobs) for jobs in (1, 2)
    )
    assert one.conduits == two.conduits
    assert one.left_out == 12
    assert one.visible == two.visible


def test_readings_that_are_too_short_are_refused(healthy: Readings) -> None:
    with pytest.raises(InputError, match=r"too short: got 1\.0 days; expected more than 1 days"):
        detect_blockages(tree_network(), healthy.rows(0, 288), tree_forcing(1), SETTINGS)


def test_a_dry_sewer_is_refused(healthy: Readings) -> None:
    forcing = tree_forcing(DAYS).scaled(rain=0.0, dry=0.0)
    with pytest.raises(InputError, match="no conduit with water in it"):
        detect_blockages(tree_network(), healthy, forcing, SETTINGS)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"calibration_days": -1}, "--calibration-days"),
        ({"shares": (0.9, 0.8)}, "shares"),
        ({"shares": ()}, "shares"),
        ({"most_candidates": 0}, "--candidates"),
        ({"routing_step_s": 7.0}, "routing_step_s"),
    ],
)
def test_settings_are_checked(change: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        replace(SETTINGS, **change)
