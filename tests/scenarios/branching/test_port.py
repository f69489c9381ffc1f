"""The port of a running simulation: other processes ask it for branches and checkpoints."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from cim_models.errors import InputError, RunError, RunFolderError
from scenarios.branching import branch_stored
from scenarios.branching.port import ask
from scenarios.checkpoints import CHECKPOINTS_FOLDER, KeptState, checkpoints, write_checkpoint
from scenarios.composition import prepare
from scenarios.runfolder import RunFolder
from scenarios.schema import load_scenario
from scenarios.simulation import Simulation
from tests.filling import files_up_to
from tests.scenarios.branching.alike import assert_same_run
from tests.scenarios.small_runs import write_bundle, write_scenario

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("port")
    changes = {
        "duration": "20min",
        "weather": {"rain": {"constant": {"intensity_mm_h": 90, "duration": "20min"}}},
        "output": {"depth_every": "5min", "sensors_every": "5min"},
    }
    return write_scenario(folder / "short.yaml", write_bundle(folder / "city"), changes)


def ask_from_outside(simulation: Simulation, *words: str) -> tuple[int, dict[str, Any], str]:
    """Run a command of citytwin in another process while the simulation listens."""
    command = [sys.executable, "-m", "citytwin", *words]
    client = subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while client.poll() is None:
        simulation.answer_commands()
        time.sleep(0.01)
    out, errors = client.communicate()
    return client.returncode, json.loads(out or "{}"), errors


def test_a_running_twin_is_branched_and_kept_from_another_process(scenario: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    with Simulation(prepare(load_scenario(str(scenario))), run) as simulation:
        simulation.advance_to(400.0)
        _, kept, _ = ask_from_outside(simulation, "checkpoint", str(run), "--json")
        simulation.advance_to(500.0)
        out = ("--out", str(tmp_path / "drier"), "--json")
        _, drier, _ = ask_from_outside(simulation, "branch", str(run), "--set", "weather.rain=null", *out)
        status, _, errors = ask_from_outside(simulation, "branch", str(run), "--set", "seed=9", *out)
        simulation.run()
        assert [branch.wait() for branch in simulation.branches] == [0]
    assert kept["t_s"] == 400.0
    assert (drier["t_s"], drier["run"]) == (500.0, str(tmp_path / "drier"))
    assert 0.0 < drier["fork_s"] <= drier["ready_s"]
    assert status == 2
    assert "cannot change after the start" in errors
    assert errors.count("\n") == 1
    assert RunFolder(tmp_path / "drier").meta["parent"]["changed"] == {"weather.rain": None}
    parent = RunFolder(run)
    assert parent.meta["checkpoints"] == [400.0]
    # a checkpoint that was asked for is no event: whoever repeats the run from before keeps it too
    assert_same_run(parent, branch_stored(parent, 300.0, (), tmp_path / "repeated"))


def test_a_run_that_has_ended_takes_no_commands(scenario: Path, tmp_path: Path) -> None:
    with Simulation(prepare(load_scenario(str(scenario))), tmp_path / "run") as simulation:
        simulation.advance_to(10.0)
        assert RunFolder(tmp_path / "run").meta["port"]
    run = RunFolder(tmp_path / "run")
    assert run.meta["port"] is None
    with pytest.raises(RunFolderError, match="interrupted; expected one that is going on"):
        ask(run, {"do": "checkpoint"})


@pytest.mark.parametrize("command", [{"do": "stop"}, {}, {"do": "branch"}])
def test_a_command_that_makes_no_sense_is_refused(
    scenario: Path, tmp_path: Path, command: dict[str, Any]
) -> None:
    with Simulation(prepare(load_scenario(str(scenario))), tmp_path / "run") as simulation:
        caught: list[BaseException] = []

        def client() -> None:
            try:
                ask(RunFolder(tmp_path / "run"), command)
            except InputError as error:
                caught.append(error)

        thread = threading.Thread(target=client)
        thread.start()
        while thread.is_alive():
            simulation.answer_commands()
            time.sleep(0.01)
        thread.join()
    assert len(caught) == 1
    assert "command" in str(caught[0])


def test_a_checkpoint_without_room_is_refused_and_the_run_goes_on(scenario: Path, tmp_path: Path) -> None:
    with Simulation(prepare(load_scenario(str(scenario))), tmp_path / "run") as simulation:
        simulation.advance_to(60.0)
        extent = simulation.writer.extent(60.0)
        state = KeptState(simulation.water.state(), simulation.coupling.state())
        message = "cannot be written: got File too large. Make room on the disk"
        with files_up_to(200), pytest.raises(RunError, match=message):
            write_checkpoint(tmp_path / "run", simulation.setup, extent, state)
        assert not list((tmp_path / "run" / CHECKPOINTS_FOLDER).iterdir())
        simulation.advance_to(120.0)
        simulation.checkpoint()
    assert len(checkpoints(tmp_path / "run")) == 1
