"""Readings: what a file may hold, what is refused and how, and means over steps."""

from pathlib import Path

import numpy as np
import pytest

from cim_models.errors import InputError
from tests.twin.detection.grid import grid_network
from twin.detection.readings import Readings, read_readings

HEAD = "Timestamp,p_n00,q_main"
ROWS = ("2024-01-01 00:00:00,1.0,5", "2024-01-01 00:15:00,2.0,6", "2024-01-01 00:30:00,3.0,7")


def read(folder: Path, *lines: str) -> Readings:
    path = folder / "r.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_readings(path, grid_network())


def test_gaps_are_unknown(tmp_path: Path) -> None:
    readings = read(tmp_path, HEAD, ROWS[0], "2024-01-01 00:15:00,,nan", ROWS[2])
    np.testing.assert_array_equal(readings.values, [[1.0, 5.0], [np.nan, np.nan], [3.0, 7.0]])


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((HEAD.replace("p_n00", "pressure"), *ROWS), ["column 2", "'pressure'", "p_NODE"]),
        ((HEAD.replace("p_n00", "p_n99"), *ROWS), ["'p_n99'", "no node 'n99'"]),
        ((HEAD.replace("q_main", "q_n00"), *ROWS), ["no link 'n00'"]),
        ((HEAD.replace("q_main", "level_well"), *ROWS), ["no tank 'well'"]),
        ((HEAD, ROWS[1], ROWS[0]), ["line 3", "do not ascend", "00:00:00 after"]),
        ((HEAD, ROWS[0], ROWS[0]), ["line 3", "do not ascend"]),
        ((HEAD, ROWS[0], "yesterday,1,2"), ["line 3", "'yesterday'", "ISO 8601"]),
        ((HEAD, ROWS[0], "2024-01-01 00:15:00,high,6"), ["line 3", "p_n00", "'high'"]),
        ((HEAD,), ["0 rows"]),
        (("Timestamp", "2024-01-01 00:00:00"), ["1 columns"]),
        (tuple(line.replace(",", ";") for line in (HEAD, *ROWS)), ["semicolons", "separated by commas"]),
        (("Zeit;p_n00", "2024-01-01 00:00:00;1,5"), ["semicolons", "separated by commas"]),
        ((f"{HEAD},p_n00", *(f"{row},1" for row in ROWS)), ["two columns 'p_n00'"]),
        ((HEAD, f"{ROWS[0]},8"), ["got Expected 3 fields in line 2, saw 4"]),
        ((HEAD, "2024-01-01T00:00:00+08:00,1,5"), ["times with a zone"]),
    ],
)
def test_what_is_refused_is_said_in_one_line(
    tmp_path: Path, lines: tuple[str, ...], words: list[str]
) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, *lines)
    message = str(caught.value)
    assert "\n" not in message
    assert all(word in message for word in words), message


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.csv.gz"
    path.write_bytes(b"not compressed at all")
    with pytest.raises(InputError, match=r"Readings r\.csv\.gz: got .*; expected a CSV table"):
        read_readings(path, grid_network())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (bytes(range(256)) * 20, "a heading with control characters"),
        (bytes(range(255, 127, -1)) * 20, "bytes that are no text in UTF-8, the first at 0"),
    ],
)
def test_a_binary_file_is_refused_in_words_of_its_own(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"got {words}; expected a CSV"):
        read_readings(path, grid_network())


def test_means_over_steps_leave_out_what_is_unknown() -> None:
    times = np.datetime64("2024-01-01T00:00:00") + np.array([0, 900, 1800, 7200]) * np.timedelta64(1, "s")
    values = np.array([[1.0], [np.nan], [3.0], [9.0]])
    means = Readings(times, ("p_n00",), values).averaged(3600)
    np.testing.assert_array_equal(means.values[:2], [[2.0], [np.nan]])
    assert means.times[1] == np.datetime64("2024-01-01T01:00:00")
