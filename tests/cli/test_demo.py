"""The demo as one process tree: the screen's server and the simulation behind it."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from scenarios.runfolder import RunFolder
from tests.scenarios.small_runs import write_bundle, write_scenario

LIMIT_S = 90.0


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start_demo(scenario: Path, out: Path, port: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "citytwin", "demo", "--scenario", scenario, "--out", out]
    return subprocess.Popen(
        [str(word) for word in (*command, "--port", port, "--host", "127.0.0.1")],
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_page(port: int) -> None:
    deadline = time.monotonic() + LIMIT_S
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port}/screen", timeout=LIMIT_S) as page:
                assert page.status == 200
                return
        except URLError:
            assert time.monotonic() < deadline, "no screen"
            time.sleep(0.2)


def test_the_simulation_ends_with_the_demo(tmp_path: Path) -> None:
    scenario = write_scenario(tmp_path / "s.yaml", write_bundle(tmp_path / "city"), {"duration": "200h"})
    port, out = free_port(), tmp_path / "run"
    demo = start_demo(scenario, out, port)
    try:
        wait_for_page(port)
        run = RunFolder(out)
        simulation: int = run.meta["process"]["pid"]
        assert run.status == "running"
        os.kill(simulation, 0)
        demo.send_signal(signal.SIGTERM)
        demo.communicate(timeout=60)
    finally:
        demo.kill()
    assert run.status == "interrupted"
    assert not Path(f"/proc/{simulation}").exists()


def test_a_taken_port_is_refused_before_anything_runs(tmp_path: Path) -> None:
    scenario = write_scenario(tmp_path / "s.yaml", write_bundle(tmp_path / "city"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        demo = start_demo(scenario, tmp_path / "run", taken.getsockname()[1])
        _, errors = demo.communicate(timeout=60)
    assert demo.returncode == 2
    assert errors.count("\n") == 1
    assert not (tmp_path / "run").exists()
