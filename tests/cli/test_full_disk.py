"""A disk without room: one clear line, status 1, nothing half-written that passes as whole."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from scenarios.runfolder import RunFolder
from tests.filling import files_up_to

Invoke = Callable[..., Result]


def complaint(invoke: Invoke, most_bytes: int, *arguments: str | Path) -> str:
    """Run on a disk that takes files up to a size, and return the one line on stderr."""
    with files_up_to(most_bytes):
        result = invoke(*arguments)
    assert result.exit_code == 1, result.output
    lines: list[str] = result.stderr.splitlines()
    assert len(lines) == 1, lines
    assert "cannot be written: got File too large. Make room on the disk" in lines[0]
    return lines[0]


def test_a_run_that_cannot_begin_leaves_nothing(invoke: Invoke, scenario: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert f"'{out}'" in complaint(invoke, 1000, "run", scenario, "--out", out, "--quiet")
    assert not list(tmp_path.iterdir())


def test_a_run_that_finds_no_room_on_its_way_says_so(invoke: Invoke, scenario: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    with files_up_to(8000):  # enough for run.json, too little for a write-ahead log
        result = invoke("run", scenario, "--out", out, "--quiet")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert f"A file of run '{out}' cannot be written: got " in line
    assert "Make room on the disk" in line
    meta = RunFolder(out).meta
    assert meta["status"] == "failed"
    assert meta["error"] == f"RunError: {line}"
    assert meta["ended"] is not None
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


def test_a_report_without_room_leaves_the_earlier_one(
    invoke: Invoke, run_folder: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    page.write_text("an earlier page")
    assert f"'{page}'" in complaint(invoke, 20_000, "report", run_folder, "--out", page)
    assert page.read_text() == "an earlier page"
    assert list(tmp_path.iterdir()) == [page]


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (("export", "RUN", "--what", "max_depth", "--out", "OUT"), "max_depth.tif"),
        (("compare", "RUN", "RUN", "--maps", "OUT"), "small.tif"),
        (("compare", "RUN", "RUN", "--report", "OUT/page.html"), "page.html"),
    ],
)
def test_what_is_made_of_a_run_is_there_whole_or_not_at_all(
    invoke: Invoke, run_folder: Path, tmp_path: Path, command: tuple[str, ...], name: str
) -> None:
    out = tmp_path / "out"
    told = [part.replace("RUN", str(run_folder)).replace("OUT", str(out)) for part in command]
    assert f"'{out / name}'" in complaint(invoke, 200, *told)
    assert not list(out.iterdir())


def test_a_device_is_written_to_and_not_replaced(invoke: Invoke, run_folder: Path) -> None:
    full = Path("/dev/full")
    if not full.is_char_device():
        pytest.skip("a system without /dev/full")
    result = invoke("report", run_folder, "--out", full)
    assert result.exit_code == 1
    assert result.stderr.startswith("'/dev/full' cannot be written: got No space left on device.")
    assert full.is_char_device()


def test_a_path_that_is_wrong_is_wrong_input(invoke: Invoke, run_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = invoke("export", run_folder, "--out", tmp_path / "file")
    assert result.exit_code == 2
    assert f"'{tmp_path / 'file'}" in result.stderr
    assert "Check the path" in result.stderr
