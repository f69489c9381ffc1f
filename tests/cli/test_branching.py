"""Branches and comparisons from the command line."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from scenarios.runfolder import RunFolder

Invoke = Callable[..., Result]


@pytest.fixture(scope="module")
def branch(run_folder: Path, invoke: Invoke, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drier future of the small run from its fourth minute on."""
    out = tmp_path_factory.mktemp("branch") / "drier"
    words = ("--set", "weather.rain=null", "--out", out, "--quiet")
    result = invoke("run", "--from", f"{run_folder}@17:04", *words)
    assert result.exit_code == 0, result.output
    assert f"Run folder: {out}" in result.output
    return out


def test_a_branch_names_its_parent(branch: Path, run_folder: Path) -> None:
    parent = RunFolder(branch).meta["parent"]
    assert parent["path"] == str(run_folder.resolve())
    assert parent["t_s"] == 240.0
    assert parent["set"] == ["weather.rain=null"]
    assert len(parent["event_log_hash"]) == 64


def test_compare_pairs_parent_and_branch(
    branch: Path, run_folder: Path, invoke: Invoke, tmp_path: Path
) -> None:
    page, maps = tmp_path / "page.html", tmp_path / "maps"
    words = ("--report", page, "--maps", maps, "--json")
    result = invoke("compare", run_folder, branch, *words)
    assert result.exit_code == 0, result.output
    answer = json.loads(result.output)
    pair = answer["pairs"][0]
    relation = answer["relations"][0]
    assert pair["from_s"] == relation["parted_s"] == 240.0
    assert relation["branch"] == "other"
    assert relation["same_seed"]
    assert relation["changed"]["weather.rain"][1] is None
    assert pair["cells_shallower_m2"] > 0.0
    assert answer["files"] == [str(maps / "drier.tif"), str(page)]
    assert all(Path(file).stat().st_size > 0 for file in answer["files"])
    told = invoke("compare", run_folder, branch).output
    assert "drier against small: branched off the base at 17:04:00" in told
    rain = "{constant: {intensity_mm_h: 90, duration: 40min}}"
    assert f"changed  weather.rain: {rain} → none" in told
    assert "performance." not in told


@pytest.mark.parametrize(
    ("words", "history", "world"),
    [
        ((), "独立运行，不是分支；种子与起始时间均与基准相同", "两份事件日志完全相同。"),
        (("--seed", "4"), "独立运行，不是分支；种子不同（3、4）", "外部情况（降雨、故障、上报等）自 "),
    ],
)
def test_compare_of_runs_that_are_no_branches(
    run_folder: Path,
    scenario: Path,
    invoke: Invoke,
    tmp_path: Path,
    words: tuple[str, ...],
    history: str,
    world: str,
) -> None:
    out, page = tmp_path / "again", tmp_path / "page.html"
    assert invoke("run", scenario, *words, "--out", out, "--quiet").exit_code == 0
    told = invoke("compare", run_folder, out, "--report", page, "--language", "zh").output
    assert history in told
    assert world in told
    assert ("所有指标相同。" in told) == (not words)
    assert ("注意" in told) == bool(words)
    said = told.replace(str(page), "").replace("small", "").replace("again", "")
    assert not re.search(r"[A-Za-z]{3,}", said), said
    html = page.read_text("utf-8")
    assert not re.search(r"\d,\d{3}", re.sub("<style>.*?</style>", "", html, flags=re.DOTALL))
    assert "独立运行" in html
    assert "分支后" not in html
    assert ("所有指标与事件日志均相同" in html) == (not words)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("run",), "no scenario"),
        (("run", "--from", "{run}"), "expected RUN@TIME"),
        (("run", "--from", "{run}@16:59"), "which the run has reached"),
        (("run", "--from", "{run}@soon"), "small'; expected a clock time"),
        (("run", "--from", "{run}@17:99"), "small'; expected a clock time"),
        (("run", "--from", "{run}@+soon"), "small'; expected a duration"),
        (("run", "--from", "{run}@17:04", "--seed", "4"), "--seed"),
        (("run", "--from", "{run}@17:04", "--set", "ground.model=horton"), "cannot change after the start"),
        (("run", "--from", "/nowhere@17:04"), "no run.json"),
        (("checkpoint", "{run}"), "expected one that is going on"),
        (("branch", "{run}"), "expected one that is going on"),
        (("compare", "{run}", "{run}", "--language", "fr"), "got fr; expected zh or en"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    run_folder: Path, invoke: Invoke, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    asked = [word.format(run=run_folder) for word in words]
    if words[0] == "run":
        asked += ["--out", str(tmp_path / "out"), "--quiet"]
    result = invoke(*asked)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()
