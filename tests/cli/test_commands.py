"""The commands: quick help, machine-readable answers, tables and trees."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Invoke = Callable[..., Result]

HELP_LIMIT_S = 0.3


def test_help_answers_at_once() -> None:
    spent = []
    for _ in range(5):
        begun = time.process_time()
        children = _child_cpu_s()
        subprocess.run([sys.executable, "-m", "citytwin", "--help"], check=True, capture_output=True)
        spent.append(_child_cpu_s() - children + time.process_time() - begun)
    assert min(spent) < HELP_LIMIT_S, spent


def test_the_module_imports_nothing_heavy() -> None:
    code = "import sys, citytwin; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    heavy = {
        "numpy",
        "pandas",
        "geopandas",
        "numba",
        "mesa",
        "zarr",
        "duckdb",
        "wntr",
        "panel",
        "scipy",
        "yaml",
    }
    assert not heavy & set(loaded)


def test_every_command_has_help(invoke: Invoke) -> None:
    text = invoke("--help").output
    for command in ("run", "compare", "explain", "report", "export", "replay", "demo", "bench", "city"):
        assert f"\n  {command} " in text
        assert invoke(command, "--help").exit_code == 0
    for command in ("make", "import", "check", "info"):
        assert f"\n  {command} " in invoke("city", "--help").output


def test_run_prints_one_json_object(invoke: Invoke, scenario: Path, tmp_path: Path) -> None:
    result = invoke(
        "run", scenario, "--out", tmp_path / "run", "--set", "duration=3min", "--seed", "9", "--json"
    )
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["run"] == str(tmp_path / "run")
    assert answer["status"] == "finished"
    assert answer["seed"] == 9
    assert answer["summary"]["simulated_s"] == 180
    assert "real time" in result.stderr


def test_run_without_out_takes_a_free_folder(
    invoke: Invoke, scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "cloudburst-1").mkdir(parents=True)
    result = invoke("run", scenario, "--set", "duration=1min", "--quiet")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "runs" / "cloudburst-2" / "summary.json").exists()
    assert "cloudburst-2" in result.stdout


def test_run_tells_people_what_happened(invoke: Invoke, scenario: Path, tmp_path: Path) -> None:
    result = invoke("run", scenario, "--out", tmp_path / "run", "--set", "duration=1min", "--quiet")
    for word in ("Water", "Flooding", "Cases", "Crews", "Run folder"):
        assert word in result.stdout


def test_the_same_folder_can_be_run_into_again(invoke: Invoke, scenario: Path, tmp_path: Path) -> None:
    command = ("run", scenario, "--out", tmp_path / "run", "--set", "duration=1min", "--quiet", "--json")
    first, second = invoke(*command), invoke(*command)
    assert first.exit_code == second.exit_code == 0
    assert json.loads(first.stdout)["event_log_hash"] == json.loads(second.stdout)["event_log_hash"]


def test_compare_shows_what_differs(invoke: Invoke, scenario: Path, run_folder: Path, tmp_path: Path) -> None:
    dry = tmp_path / "dry"
    assert invoke("run", scenario, "--out", dry, "--set", "weather.rain=null", "--quiet").exit_code == 0
    table = invoke("compare", run_folder, dry).stdout
    assert "water.rain_m3" in table
    assert not any(line.startswith("seed") for line in table.splitlines())
    answer = json.loads(invoke("compare", run_folder, dry, "--json").stdout)
    rain = answer["figures"]["water.rain_m3"]
    assert rain[0] > 50
    assert rain[1] == 0


def test_explain_prints_the_chain_of_causes(invoke: Invoke, run_folder: Path) -> None:
    from scenarios.runfolder import RunFolder

    flooded = RunFolder(run_folder).events(kinds=["road.flooded"])[0]
    lines = invoke("explain", run_folder, str(flooded.id)).stdout.splitlines()
    assert "Run started" in lines[0]
    assert "Rain started" in lines[1]
    assert next(line for line in lines if line.startswith(">")).endswith("threshold 0.15 m")
    chinese = invoke("explain", run_folder, str(flooded.id), "--language", "zh").stdout.splitlines()
    assert next(line for line in chinese if line.startswith(">")).endswith("阈值 0.15 m")
    assert "运行开始" in chinese[0]
    assert invoke("explain", run_folder, str(flooded.id), "--language", "fr").exit_code == 2


def test_city_commands(invoke: Invoke, scenario: Path, tmp_path: Path) -> None:
    bundle = scenario.parent / "city"
    assert "40 x 40 cells of 2 m" in invoke("city", "info", bundle).stdout
    info = json.loads(invoke("city", "info", bundle, "--json").stdout)
    assert info["name"] == "tiny"
    checked = invoke("city", "check", bundle)
    assert checked.exit_code == 0
    assert "0 of them errors" in checked.stdout
    made = invoke("city", "make", "--out", tmp_path / "made", "--size-m", "400", "--cell-size-m", "4")
    assert made.exit_code == 0, made.output
    assert (tmp_path / "made" / "city.toml").exists()


def test_bench_knows_its_suites(invoke: Invoke) -> None:
    wrong = invoke("bench", "teapot")
    assert wrong.exit_code == 2
    assert "teapot" in wrong.stderr
    assert invoke("bench", "surface", "--case", "z").exit_code == 2


def _child_cpu_s() -> float:
    import resource

    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
