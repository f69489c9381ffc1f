"""Readings that somebody has recorded: gaps, and files that are wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agents.draws import Draws
from cim_models.errors import InputError
from twin.monitoring import (
    Gauge,
    RecordedReadings,
    Structure,
    StructureWatch,
    monitoring_settings,
    read_recorded,
)

DAY_S = 86_400.0
START = "2026-06-18T00:00:00+08:00"
SETTINGS = monitoring_settings()


def _recorded(days_before: int = 20, days_after: int = 6, shift: float = 0.0) -> RecordedReadings:
    """Return an hourly series with its own temperature and a gap, shifted from the third day on."""
    times_s = 3600.0 * np.arange(-24 * days_before, 24 * days_after + 1)
    rng = np.random.default_rng(3)
    temperature = 12.0 + 5.0 * np.cos(2.0 * np.pi * times_s / DAY_S) + rng.standard_normal(len(times_s))
    values = 7.0 + 0.3 * temperature + 0.1 * rng.standard_normal(len(times_s))
    values += shift * (times_s >= 3 * DAY_S)
    values[(times_s > 0.5 * DAY_S) & (times_s <= 1.0 * DAY_S)] = np.nan
    return RecordedReadings(times_s, values, temperature)


def _watch(recorded: RecordedReadings) -> StructureWatch:
    gauge = Gauge("GA-1", "crack", SETTINGS.quantities["crack"], recorded=recorded)
    bridge = Structure("BR-1", "bridge", 0.0, 0.0, (gauge,))
    return StructureWatch((bridge,), SETTINGS, Draws(1, "gauges"), 168.0, 0.0)


def test_recorded_readings_are_judged_with_their_own_temperature() -> None:
    sound, shifted = _watch(_recorded()), _watch(_recorded(shift=0.8))
    for watch in (sound, shifted):
        watch.advance_to(6 * DAY_S)
    silence = ["gauge.silent", "structure.graded", "gauge.heard", "structure.graded"]
    assert [each.kind for each in sound.take_changes()] == silence
    deviates = [each for each in shifted.take_changes() if each.kind == "gauge.deviates"]
    assert 3 * DAY_S <= deviates[0].t_s < 3.5 * DAY_S
    assert deviates[0].because == ""


def test_a_gap_is_missing_and_nothing_else() -> None:
    watch = _watch(_recorded())
    watch.advance_to(2 * DAY_S)
    (health,) = watch.health()
    assert (health.readings, health.missing) == (36, 12)
    times = [each.t_s for each in watch.take_readings()]
    assert all(not 0.5 * DAY_S < t_s <= DAY_S for t_s in times)


def test_a_temperature_that_never_changes_explains_nothing() -> None:
    varying = _recorded(shift=0.8)
    constant = np.full(len(varying.times_s), 12.0)
    assert varying.temperature_c is not None
    values = varying.values - 0.3 * (varying.temperature_c - 12.0)  # as read at 12 degrees all the time
    watch = _watch(RecordedReadings(varying.times_s, values, constant))
    assert watch.insensitive == ("GA-1",)
    assert _watch(varying).insensitive == ()
    watch.advance_to(6 * DAY_S)
    deviates = [each for each in watch.take_changes() if each.kind == "gauge.deviates"]
    assert 3 * DAY_S <= deviates[0].t_s < 3.5 * DAY_S


def test_a_temperature_that_changes_after_the_start_alone_moves_nothing() -> None:
    """What nobody could learn is not made up: neither readings nor what is expected follow."""
    times_s = _recorded().times_s
    values = 7.0 + 0.1 * np.random.default_rng(3).standard_normal(len(times_s))
    watch = _watch(RecordedReadings(times_s, values, np.where(times_s > 0.0, 25.0, 12.0)))
    watch.advance_to(6 * DAY_S)
    assert [each.kind for each in watch.take_changes()] == []


def test_too_short_a_record_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="Baseline of gauge 'GA-1'"):
        _watch(_recorded(days_before=1))


def _read(folder: Path, text: str, temperature: str | None = None) -> RecordedReadings:
    path = folder / "gauge.csv"
    path.write_text(text)
    return read_recorded(path, "strain", temperature, START)


def test_a_file_is_read_with_its_gaps(tmp_path: Path) -> None:
    text = "time,strain,air\n2026-06-17T23:00:00+08:00,1.5,20\n2026-06-18T00:00:00+08:00,,21\n"
    found = _read(tmp_path, text, temperature="air")
    assert found.times_s.tolist() == [-3600.0, 0.0]
    assert found.values[0] == 1.5
    assert np.isnan(found.values[1])
    assert found.temperature_c is not None
    assert found.temperature_c.tolist() == [20.0, 21.0]
    values, _ = found.at(np.array([-7200.0, -3600.0, 0.0, 3600.0]), 3600.0)
    assert values[1] == 1.5
    assert np.isnan(values[[0, 2, 3]]).all()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("time,strain\n0,1\n0,2\n", "row 3.*time 0 after 0"),
        ("time,strain\n0,1\n60,wet\n", "row 3, column 'strain'.*wet"),
        ("time,crack\n0,1\n", "'strain'.*one of crack"),
        ("time,strain\n", "no rows"),
        ("time,strain\nyesterday,1\n", "ISO date-times"),
        ("time,strain\n2026-06-17T23:00:00,1\n", "column 'time'.*no time zone; expected.*with a time zone"),
    ],
)
def test_wrong_files_are_refused_by_row(tmp_path: Path, text: str, found: str) -> None:
    with pytest.raises(InputError, match=found):
        _read(tmp_path, text)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_recorded(tmp_path / "none.csv", "strain", None, START)
