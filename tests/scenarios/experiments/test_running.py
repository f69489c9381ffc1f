"""A small experiment in processes of its own: pairs, failures, files."""

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from cim_models.errors import InputError, RunError
from scenarios.experiments import load_experiment, run_experiment
from scenarios.runfolder import RunFolder
from scenarios.worlds import compare_worlds
from viz.report.experiment import write_experiment


def write(path: Path, scenario: Path, variants: list[dict[str, object]]) -> Path:
    """Write an experiment on a scenario file."""
    words = {"zh": "试验", "en": "A trial"}
    values = {"name": "trial", "title": words, "question": words, "scenario": str(scenario)}
    measures = [{"figure": "cases.response_time_s.mean", "zh": "到场", "en": "Response", "unit": "s"}]
    content = {**values, "variants": variants, "replications": 2, "measures": measures}
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    return path


@pytest.fixture(scope="module")
def trial(cloudburst: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of two variants, twice each; treat them as read-only."""
    folder = tmp_path_factory.mktemp("trial")
    variants: list[dict[str, object]] = [
        {"name": "quick", "set": ["dispatch.delay=1s"]},
        {"name": "slow", "set": ["dispatch.delay=20min"]},
    ]
    loaded = load_experiment(str(write(folder / "trial.yaml", cloudburst, variants)), ["duration=80min"])
    run_experiment(loaded, folder / "out", jobs=1, keep=True)
    return folder / "out"


@pytest.mark.slow
def test_a_delay_comes_out_as_later_arrivals(trial: Path) -> None:
    results = json.loads((trial / "results.json").read_text("utf-8"))
    assert results["runs"] == {"planned": 4, "finished": 4, "failed": []}
    assert results["seeds"] == [3, 4]
    against = results["measures"][0]["variants"][1]["against_first"]
    assert against["count"] == 2
    # most urgent cases go point to point and wait for no dispatcher, so the mean is later by less than 20 min
    assert 240.0 < against["mean"] < 1200.0
    rows = list(csv.DictReader((trial / "runs.csv").read_text("utf-8").splitlines()))
    assert [(row["variant"], row["run_seed"]) for row in rows] == [
        ("quick", "3"),
        ("slow", "3"),
        ("quick", "4"),
        ("slow", "4"),
    ]
    assert len({row["event_log_hash"] for row in rows}) == 4


@pytest.mark.slow
def test_pairs_meet_the_same_world(trial: Path) -> None:
    first, second, other = (RunFolder(trial / "runs" / name).events() for name in ("1-1", "2-1", "1-2"))
    assert compare_worlds(first, second).is_same
    assert not compare_worlds(first, other).is_same


@pytest.mark.slow
@pytest.mark.parametrize(("language", "word"), [("zh", "配对差"), ("en", "Paired difference")])
def test_the_page_shows_every_variant(trial: Path, language: str, word: str) -> None:
    page = write_experiment(trial, language).read_text("utf-8")
    assert word in page
    assert page.count('class="whisker"') == 2


def test_a_run_that_fails_is_named_and_the_others_go_on(cloudburst: Path, tmp_path: Path) -> None:
    variants: list[dict[str, object]] = [{"name": "broken", "set": ["dispatch.policy=nowhere:Nobody"]}]
    loaded = load_experiment(str(write(tmp_path / "x.yaml", cloudburst, variants)))
    with pytest.raises(RunError, match="every run failed"):
        run_experiment(loaded, tmp_path / "out", jobs=1)
    results = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))
    assert [entry["seed"] for entry in results["runs"]["failed"]] == [3, 4]
    assert "nowhere" in results["runs"]["failed"][0]["reason"]


def test_nothing_is_overwritten(cloudburst: Path, tmp_path: Path) -> None:
    loaded = load_experiment(str(write(tmp_path / "x.yaml", cloudburst, [{"name": "a"}])))
    with pytest.raises(InputError, match=r"Folder .* expected none"):
        run_experiment(loaded, tmp_path)
    with pytest.raises(InputError, match="Replications"):
        run_experiment(loaded, tmp_path / "out", replications=1)


def test_a_stopped_experiment_writes_what_it_has_and_leaves_no_process(
    cloudburst: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    trial = write(tmp_path / "x.yaml", cloudburst, [{"name": "a", "set": ["duration=12h"]}])
    command = [sys.executable, "-m", "citytwin", "sweep", str(trial), "--out", str(out), "--jobs", "1"]
    with subprocess.Popen([*command, "--quiet"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as sweep:
        while not list(out.glob("runs/*/run.json")):
            assert sweep.poll() is None
            time.sleep(0.2)
        sweep.send_signal(signal.SIGTERM)
        # ends when the last process that can write is gone
        said, _ = sweep.communicate(timeout=60.0)
    assert sweep.returncode == 130
    assert said.decode().splitlines() == [
        f"The experiment was stopped: '{out / 'results.json'}' holds 0 of 2 runs. "
        "Start it again with another --out for all of them."
    ]
    assert json.loads((out / "results.json").read_text("utf-8"))["runs"]["finished"] == 0
    assert not list(out.glob("runs/*"))
