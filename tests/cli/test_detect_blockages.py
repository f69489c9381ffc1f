"""``citytwin detect blockages``: the file that it writes, and what it refuses."""

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tests.twin.detection.grid import write_csv
from tests.twin.detection.tree import tree_inp, tree_readings, write_rain
from twin.detection.blockages import shadow
from twin.detection.blockages.shadow import Obstacle

Invoke = Callable[..., Result]
DAYS = 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the sewer, its rain, and readings in which a conduit is blocked after 30 hours."""
    path = tmp_path_factory.mktemp("blockages")
    (path / "tree.inp").write_text(tree_inp(), encoding="utf-8")
    write_rain(DAYS, path / "rain.csv")
    write_csv(tree_readings(DAYS, Obstacle("A3A4", 1.0), (30.0, 1e3)), path / "readings.csv")
    return path


def call(invoke: Invoke, folder: Path, *more: object, readings: str | Path = "readings.csv") -> Result:
    return invoke(
        "detect", "blockages", "--network", folder / "tree.inp", "--readings", folder / readings, "--quiet",
        "--out", folder / "found.csv", "--calibration-days", "1", "--candidates", "3", "--jobs", "1", *more,
    )  # fmt: skip


def test_it_writes_what_it_found(folder: Path, invoke: Invoke) -> None:
    result = call(invoke, folder, "--rain", folder / "rain.csv", "--json")
    assert result.exit_code == 0, result.output
    with (folder / "found.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    columns = "time blockage news conduit probability candidates blocked_share since evidence"
    assert list(found[0]) == columns.split()
    assert found[0]["news"] == "new"
    assert "2024-06-04 06:00:00" <= found[0]["time"] <= "2024-06-04 18:00:00"
    assert found[-1]["conduit"] == "A3A4"
    assert found[-1]["candidates"].startswith("A3A4 ")
    assert "level_A3 +" in found[-1]["evidence"]
    answer = json.loads(result.stdout)
    assert answer["candidates"] == 3
    assert answer["not_candidates"] == 11
    assert answer["blockages"][0]["conduit"] == found[0]["conduit"]
    assert answer["sensors"][0]["sensor"] == "level_A3"
    assert answer["sensors"][0]["withdrawn"] == found[0]["time"]


def test_a_sensor_suspected_before_a_blockage_is_told_before_it_and_withdrawn(
    folder: Path, invoke: Invoke
) -> None:
    lines = call(invoke, folder, "--rain", folder / "rain.csv").stdout.splitlines()
    sensor, blockage = (next(n for n, line in enumerate(lines) if word in line) for word in ("sensor", "new"))
    assert sensor < blockage
    assert "when a blockage was likelier" in lines[sensor]


def test_a_gap_in_the_rain_may_count_as_dry(folder: Path, invoke: Invoke) -> None:
    lines = (folder / "rain.csv").read_text("utf-8").splitlines()
    lines[100] = lines[100].split(",")[0] + ","
    (folder / "gap.csv").write_text("\n".join(lines), encoding="utf-8")
    result = call(invoke, folder, "--rain", folder / "gap.csv", "--rain-gaps", "dry")
    assert result.exit_code == 0, result.output
    assert "gauge 'gauge': 1 missing values counted as no rain" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("1 blockage, 1 line: ")


def test_as_many_processes_as_may_be_used(
    folder: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = []
    spread = shadow.spread
    monkeypatch.setattr(shadow, "spread", lambda *args: used.append(args[2]) or spread(*args))
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        result = invoke(
            "detect", "blockages", "--network", folder / "tree.inp", "--readings", folder / "readings.csv",
            "--rain", folder / "rain.csv", "--out", folder / "found.csv", "--quiet", "--candidates", "1",
            "--calibration-days", "1",
        )  # fmt: skip
    finally:
        os.sched_setaffinity(0, before)
    assert result.exit_code == 0, result.output
    assert set(used) == {1}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--calibration-days", "-1"), "Days of calibration (--calibration-days): got -1"),
        (("--calibration-days", "2"), "readings too short: got 2.0 days"),
        ((), "Rain gauge 'G' of the sewer model: got rain that is not in the model"),
        (("--rain", "short.csv"), "Rain file short.csv: got 0.0 h to"),
        (("--rain", "two.csv"), "Rain gauge 'G' of the sewer model: got rain of east, west"),
        (("--rain", "rain.csv", "--rain-quantity", "inches"), "--rain-quantity: got 'inches'"),
        (("--bundle", "elsewhere"), "got both; expected either --network or --bundle"),
        (("--rain", "none.csv"), "none.csv"),
        (
            ("--rain", "gap.csv"),
            "no value; expected a value. Fill the gap, or count it as no rain with --rain-gaps",
        ),
        (("--rain", "rain.csv", "--rain-gaps", "fill"), "--rain-gaps: got 'fill'; expected refuse, dry"),
        (("--rain", "flood.csv"), "Rain file flood.csv: got 5000 mm/h; expected <= 2500 mm/h"),
        (("--candidates", "0"), "Conduits to simulate (--candidates): got 0; expected >= 1 conduit"),
        (("--readings", ""), "--readings: got the folder"),
    ],
)
def test_what_is_refused_is_said_in_one_line(
    folder: Path, invoke: Invoke, more: tuple[str, ...], words: str
) -> None:
    lines = (folder / "rain.csv").read_text("utf-8").splitlines()
    (folder / "short.csv").write_text("\n".join(lines[:50]), encoding="utf-8")
    gap = [*lines[:100], lines[100].split(",")[0] + ",", *lines[101:]]
    (folder / "gap.csv").write_text("\n".join(gap), encoding="utf-8")
    flood = [lines[0], *(line.split(",")[0] + ",5000" for line in lines[1:])]
    (folder / "flood.csv").write_text("\n".join(flood), encoding="utf-8")
    two = ["time,east,west", *(f"{line},0" for line in lines[1:])]
    (folder / "two.csv").write_text("\n".join(two), encoding="utf-8")
    rain = () if "--rain" in more or not more else ("--rain", folder / "rain.csv")
    result = call(
        invoke,
        folder,
        *rain,
        *(folder / word if word.endswith(".csv") or not word else word for word in more),
    )
    assert result.exit_code == 2, result.output
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("level_A3", "level_nowhere", "no node 'nowhere' in the network"),
        ("q_T3T4", "q_nowhere", "no link 'nowhere' in the network"),
        ("q_T3T4", "p_T4", "expected level_NODE (m) or q_LINK (m3/h)"),
    ],
)
def test_a_column_of_another_sewer_is_refused(
    folder: Path, invoke: Invoke, column: str, value: str, words: str
) -> None:
    text = (folder / "readings.csv").read_text("utf-8").replace(column, value, 1)
    (folder / "other.csv").write_text(text, encoding="utf-8")
    result = call(invoke, folder, "--rain", folder / "rain.csv", readings="other.csv")
    assert result.exit_code == 2
    assert words in result.stderr


def test_silent_sensors_are_an_error(folder: Path, invoke: Invoke) -> None:
    head, *rows = (folder / "readings.csv").read_text("utf-8").splitlines()
    silent = [head, *(row.split(",", 1)[0] + ",,,,," for row in rows)]
    (folder / "silent.csv").write_text("\n".join(silent), encoding="utf-8")
    result = call(invoke, folder, "--rain", folder / "rain.csv", readings="silent.csv")
    assert result.exit_code == 2
    assert "none of 5 sensors can be used: got level_A3 silent; level_B3 silent" in result.stderr


def test_hours_that_could_not_be_judged_are_said(folder: Path, invoke: Invoke) -> None:
    head, *rows = (folder / "readings.csv").read_text("utf-8").splitlines()
    later = [row.split(",", 1)[0] + ",,,,," for row in rows[25 * 12 :]]
    (folder / "later.csv").write_text("\n".join([head, *rows[: 25 * 12], *later]), encoding="utf-8")
    rain = ("--rain", folder / "rain.csv")
    said = call(invoke, folder, *rain, readings="later.csv").stdout
    assert (
        "Degraded: 23.0 of 24.0 h could not be judged, since no sensor could be used:"
        " 2024-06-04 01:00:00 to 2024-06-05 00:00:00\n0 blockages" in said
    )
    answer = json.loads(call(invoke, folder, *rain, "--json", readings="later.csv").stdout)
    assert answer["not_judged"] == [{"from": "2024-06-04 01:00:00", "to": "2024-06-05 00:00:00"}]
