"""``citytwin detect``: the file that it writes, and what it refuses."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

pytest.importorskip("epanet", reason="EPANET has no wheel for this Python")

from tests.twin.detection.grid import Hole, grid_inp, grid_readings, write_csv

Invoke = Callable[..., Result]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the network and readings in which a leak opens after nine days."""
    path = tmp_path_factory.mktemp("detect")
    (path / "grid.inp").write_text(grid_inp(), encoding="utf-8")
    write_csv(grid_readings(path / "work", 11, Hole("h23", 4e-5, 9.5)), path / "readings.csv")
    return path


def call(invoke: Invoke, folder: Path, readings: Path, *more: str) -> Result:
    return invoke(
        "detect", "leaks", "--network", folder / "grid.inp", "--readings", readings,
        "--out", folder / "found.csv", "--calibration-days", "8", *more,
    )  # fmt: skip


def test_it_writes_what_it_found(folder: Path, invoke: Invoke) -> None:
    result = call(invoke, folder, folder / "readings.csv")
    assert result.exit_code == 0, result.output
    with (folder / "found.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["time", "pipe", "probability", "estimated_outflow_m3_h", "evidence"]
    assert "2024-01-10 12:00:00" <= rows[0]["time"] <= "2024-01-11 00:00:00"
    assert 0.5 < float(rows[0]["probability"]) <= 1.0
    assert "p_n24 -0." in rows[0]["evidence"]
    assert rows[0]["pipe"] in result.output


def test_a_column_of_another_network_is_refused(folder: Path, invoke: Invoke, tmp_path: Path) -> None:
    text = (folder / "readings.csv").read_text("utf-8").replace("p_n33", "p_elsewhere", 1)
    (tmp_path / "other.csv").write_text(text, encoding="utf-8")
    result = call(invoke, folder, tmp_path / "other.csv")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "p_elsewhere" in result.stderr


def test_sensors_that_all_read_nonsense_are_an_error(folder: Path, invoke: Invoke, tmp_path: Path) -> None:
    head, *rows = (folder / "readings.csv").read_text("utf-8").splitlines()
    columns = head.count(",")
    broken = [head, *(row.split(",", 1)[0] + ",-5" * columns for row in rows)]
    (tmp_path / "broken.csv").write_text("\n".join(broken) + "\n", encoding="utf-8")
    result = call(invoke, folder, tmp_path / "broken.csv")
    assert result.exit_code == 2
    assert result.stderr.startswith("Readings broken.csv: none of 9 sensors can be used: got p_n00 outside")
    assert result.stderr.count("\n") == 1


def test_what_is_missing_or_left_out_is_said(folder: Path, invoke: Invoke, tmp_path: Path) -> None:
    head, *rows = (folder / "readings.csv").read_text("utf-8").splitlines()
    cells = [row.split(",") for row in rows]
    for row in cells:
        row[head.split(",").index("p_n44")] = "-5"
    cells[7][1] = ""
    (tmp_path / "odd.csv").write_text("\n".join([head, *(",".join(row) for row in cells)]), encoding="utf-8")
    result = call(invoke, folder, tmp_path / "odd.csv")
    assert result.exit_code == 0, result.output
    assert "1 of 9504 cells hold nothing and are ignored, in 1 of 1056 rows" in result.stdout
    assert "Degraded: 8 of 9 sensors can be used" in result.stdout
    assert "p_n44 left out where it is outside -1 to 500 (-5) in 100% of the rows" in result.stdout


def test_a_missing_file_is_refused(folder: Path, invoke: Invoke, tmp_path: Path) -> None:
    result = call(invoke, folder, tmp_path / "none.csv")
    assert result.exit_code == 2
    assert "none.csv" in result.stderr


def test_an_impossible_calibration_is_refused(folder: Path, invoke: Invoke) -> None:
    result = call(invoke, folder, folder / "readings.csv", "--calibration-days", "3")
    assert result.exit_code == 2
    assert result.stderr.startswith("Days of calibration (--calibration-days): got 3; expected >= 7 days.")
    assert result.stderr.count("\n") == 1
