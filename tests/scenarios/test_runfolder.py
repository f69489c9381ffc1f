"""The run folder: round trip, hash, refusals, liveness."""

import errno
import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from cim_models.errors import RunError, RunFolderError
from scenarios.runfolder import RunFolder
from scenarios.runfolder.eventlog import BATCH, EVENTS_FILE, EventLog, log_hash, read_events
from scenarios.runfolder.metadata import META_FILE
from tests.scenarios.folders import SHAPE, open_tiny_run, write_tiny_run


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    run = RunFolder(write_tiny_run(tmp_path / "run"))

    assert run.status == "finished"
    assert run.meta["progress"]["frames"] == 3
    assert run.summary == {"name": "tiny"}
    assert [event.kind for event in run.events()] == [
        "run.started",
        "rain.started",
        "road.flooded",
        "run.ended",
    ]
    assert run.events(kinds=["road.flooded"])[0].data == {"depth_m": 0.2, "threshold_m": 0.15}
    assert run.events(kinds=["road.flooded"])[0].cause == 2
    assert [event.id for event in run.events(after_id=2)] == [3, 4]
    assert run.readings("S-1")["value"].tolist() == pytest.approx([0.0, 0.1, 0.2])
    assert set(run.readings("city")["quantity"]) == {"rain_intensity"}
    assert len(run.readings()) == 6


def test_frames_keep_depths_to_half_a_millimetre(tmp_path: Path) -> None:
    frames = RunFolder(write_tiny_run(tmp_path / "run")).frames()
    rng = np.random.default_rng(1)

    assert frames.times_s.tolist() == [0.0, 60.0, 120.0]
    assert frames.shape == SHAPE
    for index in range(3):
        expected = rng.random(SHAPE).astype(np.float32)
        assert np.abs(frames.depth(index) / 1000.0 - expected).max() <= 0.0005 + 1e-6
    assert frames.road_depth(-1).tolist() == [0, 200, 400]
    assert (frames.max_depth == 500).all()
    assert (frames.time_of_max_s == 60).all()
    assert frames.index_at(119.0) == 1
    with pytest.raises(IndexError):
        frames.depth(3)


def test_hash_is_the_same_for_the_same_events_and_another_for_others(tmp_path: Path) -> None:
    first = RunFolder(write_tiny_run(tmp_path / "a"))
    second = RunFolder(write_tiny_run(tmp_path / "b"))
    with open_tiny_run(tmp_path / "c") as run:
        run.events.append(0, "run.started", "run", data={"scenario": "tiny", "seed": 8})

    assert first.event_log_hash() == first.meta["event_log_hash"] == second.event_log_hash()
    assert RunFolder(tmp_path / "c").event_log_hash() != first.event_log_hash()


def test_a_reader_follows_a_run_that_is_going_on(tmp_path: Path) -> None:
    with open_tiny_run(tmp_path / "run") as run:
        reader = RunFolder(tmp_path / "run")
        frames = reader.frames()
        assert reader.status == "running"
        assert len(frames) == 0
        run.events.append(0, "run.started", "run", data={"scenario": "tiny", "seed": 7})
        run.readings.add(0.0, "S-1", "water_depth", 0.3, "m")
        run.frame(0.0, np.zeros(SHAPE), np.zeros(3))
        run.flush()
        frames.refresh()
        assert len(frames) == 1
        assert len(reader.events()) == 1
        assert len(reader.readings()) == 1
    assert reader.status == "interrupted"


def test_readings_are_an_empty_table_before_the_first_part(tmp_path: Path) -> None:
    with open_tiny_run(tmp_path / "run"):
        table = RunFolder(tmp_path / "run").readings("city")
    assert table.empty
    assert list(table.columns) == ["t_s", "subject", "quantity", "value", "unit", "value_kind"]


@pytest.mark.parametrize("finished", [True, False])
def test_a_run_that_has_ended_leaves_one_file_of_events(tmp_path: Path, *, finished: bool) -> None:
    folder = tmp_path / "run"
    if finished:
        write_tiny_run(folder)
    else:
        with open_tiny_run(folder) as run:
            run.events.append(0, "run.started", "run", data={"scenario": "tiny", "seed": 7})
            run.events.commit()
            assert len(RunFolder(folder).events()) == 1
            assert (folder / f"{EVENTS_FILE}-wal").exists()
    assert len(RunFolder(folder).events()) == (4 if finished else 1)
    assert RunFolder(folder).event_log_hash() == RunFolder(folder).meta["event_log_hash"]
    assert [path.name for path in folder.glob(f"{EVENTS_FILE}*")] == [EVENTS_FILE]


def test_a_run_ends_while_somebody_reads(tmp_path: Path) -> None:
    folder = write_tiny_run(tmp_path / "run")
    log = EventLog()
    log.open(folder / EVENTS_FILE)
    reader = sqlite3.connect(folder / EVENTS_FILE)
    rows = reader.execute("SELECT id FROM events")
    rows.fetchone()
    log.close()
    assert len(rows.fetchall()) == 3
    reader.close()
    assert len(RunFolder(folder).events()) == 4


def test_unknown_kinds_and_causes_from_the_future_are_refused(tmp_path: Path) -> None:
    with open_tiny_run(tmp_path / "run") as run:
        with pytest.raises(KeyError, match="road\\.melted"):
            run.events.append(0, "road.melted", "R-1")
        with pytest.raises(ValueError, match="cause 5"):
            run.events.append(0, "run.started", "run", cause=5)
        with pytest.raises(ValueError, match="JSON"):
            run.events.append(0, "rain.started", "run", data={"intensity_mm_h": float("nan")})


def test_an_error_marks_the_run_as_failed_and_leaves_it_readable(tmp_path: Path) -> None:
    def fail() -> None:
        with open_tiny_run(tmp_path / "run") as run:
            run.events.append(0, "run.started", "run")
            raise ArithmeticError("the sea")

    with pytest.raises(ArithmeticError):
        fail()
    run = RunFolder(tmp_path / "run")
    assert run.status == "failed"
    assert run.meta["error"] == "ArithmeticError: the sea"
    assert len(run.events()) == 1


def test_an_earlier_run_is_replaced_and_anything_else_is_not(tmp_path: Path) -> None:
    write_tiny_run(tmp_path / "run")
    write_tiny_run(tmp_path / "run")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]

    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "thesis.txt").write_text("years of work")
    with pytest.raises(RunFolderError, match="Choose another --out"):
        write_tiny_run(tmp_path / "precious")
    assert (tmp_path / "precious" / "thesis.txt").exists()


def test_a_run_that_is_going_on_is_not_replaced(tmp_path: Path) -> None:
    with open_tiny_run(tmp_path / "run"), pytest.raises(RunFolderError, match="still going on"):
        open_tiny_run(tmp_path / "run")


def test_nothing_is_written_before_the_run_begins(tmp_path: Path) -> None:
    run = open_tiny_run(tmp_path / "run")
    run.events.append(0, "run.started", "run")
    assert not list(tmp_path.iterdir())
    with run:
        run.flush()
        assert len(RunFolder(tmp_path / "run").events()) == 1


@pytest.mark.parametrize(
    "content", [None, "{", '{"format": "other"}', '{"format":"citytwin-run","format_version":99}']
)
def test_what_is_no_run_folder_is_said_in_one_line(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / META_FILE).write_text(content)
    with pytest.raises(RunFolderError) as caught:
        RunFolder(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_killed_run_reads_as_interrupted(tmp_path: Path) -> None:
    code = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        import numpy as np
        from tests.scenarios.folders import SHAPE, open_tiny_run
        run = open_tiny_run(Path(sys.argv[1])).__enter__()
        run.events.append(0, "run.started", "run")
        run.frame(0.0, np.zeros(SHAPE), np.zeros(3))
        print("ready", flush=True)
        time.sleep(60)
    """)
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "run")],
        stdout=subprocess.PIPE,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    run = RunFolder(tmp_path / "run")
    assert run.status == "running"
    os.kill(process.pid, signal.SIGKILL)
    while process.poll() is None:
        time.sleep(0.01)
    process.stdout.close()
    assert json.loads((tmp_path / "run" / META_FILE).read_text())["status"] == "running"
    assert run.status == "interrupted"
    assert len(run.events()) == 1
    assert len(run.frames()) == 1


def test_a_null_that_was_meant_is_kept_and_what_is_not_finite_is_refused(tmp_path: Path) -> None:
    with open_tiny_run(tmp_path / "run") as run:
        run.events.append(0, "crew.arrived", "null", data={"case": None, "delay_s": 0.0})
        run.events.append(0, "run.noted", "run", data={"text": "null, or [null]"})
        for value in (float("inf"), [[1.0, float("nan")]], np.float64("nan"), np.array([1.0, np.nan])):
            with pytest.raises(ValueError, match="JSON"):
                run.events.append(0, "crew.arrived", "A", data={"case": None, "delay_s": value})
        with pytest.raises(TypeError, match="JSON"):
            run.events.append(0, "run.noted", "run", data={"text": object()})
        run.events.append(0, "crew.arrived", "A", data={"case": "C", "delay_s": np.float64(1.5)})
        run.flush()
        events = RunFolder(tmp_path / "run").events()
    assert [event.data for event in events] == [
        {"case": None, "delay_s": 0.0},
        {"text": "null, or [null]"},
        {"case": "C", "delay_s": 1.5},
    ]


def test_the_hash_does_not_depend_on_how_the_rows_came_to_the_disk(tmp_path: Path) -> None:
    logs = [EventLog(), EventLog(), EventLog()]
    logs[0].open(tmp_path / "at-once.sqlite")
    logs[1].open(tmp_path / "each.sqlite")
    for number in range(BATCH + 50):  # more than one statement holds
        for log in logs:
            log.append(
                number / 7.0,
                "rain.started",
                "run",
                cause=number or None,
                data={"intensity_mm_h": number / 3.0},
            )
        if number % 100 == 0:
            logs[1].commit()
    assert logs[0].hash() == logs[1].hash() == logs[2].hash()
    (tmp_path / "late").mkdir()
    logs[2].open(tmp_path / "late" / EVENTS_FILE)
    logs[2].append(1e6, "rain.stopped", "run", data={"depth_mm": 1e-5})
    for log in logs:
        log.close()
    assert log_hash(tmp_path / "late") == logs[2].hash() != logs[0].hash()


def test_a_failure_while_writing_is_not_lost(tmp_path: Path) -> None:
    log = EventLog()
    log.open(tmp_path / EVENTS_FILE)
    other = sqlite3.connect(tmp_path / EVENTS_FILE)
    with other:
        other.execute("DROP TABLE events")
    other.close()
    log.append(0.0, "run.started", "run")
    with pytest.raises(RunError, match="The event log cannot be written: got no such table: events"):
        log.commit()


def test_a_full_disk_ends_the_log_in_one_clear_line(tmp_path: Path) -> None:
    log = EventLog()
    log.open(tmp_path / EVENTS_FILE)
    assert log._connection is not None
    log._connection.execute("PRAGMA max_page_count=4")  # what SQLite says of a full disk, without filling one
    for _ in range(2000):
        log.append(0.0, "run.noted", "run", data={"text": "some words, again and again"})
    with pytest.raises(RunError, match=r"got database or disk is full. See that the disk has room"):
        log.commit()


@pytest.mark.parametrize("leaves_by", ["an error", "finishing", "Ctrl-C"])
def test_a_disk_without_room_at_the_end_fails_the_run_in_the_room_that_run_json_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leaves_by: str
) -> None:
    def no_room(_path: Path, _value: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def run_out_of_room() -> None:
        with open_tiny_run(tmp_path / "run") as run:
            run.events.append(0, "run.started", "run")
            monkeypatch.setattr("scenarios.runfolder.writer.write_json", no_room)
            if leaves_by == "an error":
                no_room(tmp_path, None)
            if leaves_by == "Ctrl-C":
                raise KeyboardInterrupt
            run.finish(60.0, {})

    with pytest.raises(
        RunError, match=r"A file of run '.*run' cannot be written: got No space left on device"
    ):
        run_out_of_room()
    run = RunFolder(tmp_path / "run")
    assert run.status == "failed"
    assert "No space left on device" in run.meta["error"]
    assert run.meta["event_log_hash"] == run.event_log_hash()
    assert len(run.events()) == 1


def test_a_log_that_lost_events_does_not_go_on(tmp_path: Path) -> None:
    log = EventLog()
    log.open(tmp_path / EVENTS_FILE)
    assert log._connection is not None
    log._connection.execute("PRAGMA query_only=ON")
    log.append(0.0, "run.started", "run")
    with pytest.raises(RunError, match="The event log cannot be written"):
        log.commit()
    log._connection.execute("PRAGMA query_only=OFF")
    log.append(0.0, "run.noted", "run")
    with pytest.raises(RunError, match="The event log cannot be written"):
        log.close()
    assert read_events(tmp_path) == []
