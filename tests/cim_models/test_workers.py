"""Processes that work beside this one: order of results, and what remains when somebody dies."""

import os
import subprocess
import sys
import time
from pathlib import Path

from cim_models.workers import spread, worker_pool

SCRIPT = """
import os, time
from cim_models.workers import worker_pool

if __name__ == "__main__":
    with worker_pool(1) as pool:
        print(pool.submit(os.getpid).result(), flush=True)
        pool.submit(time.sleep, 600).result()
"""


def test_results_come_in_order() -> None:
    tasks = [0.2, 0.0, 0.1]
    assert list(spread(_wait, tasks, 2)) == tasks
    assert list(spread(_wait, tasks, 1)) == tasks


def test_workers_are_processes_of_their_own() -> None:
    with worker_pool(1) as pool:
        assert pool.submit(os.getpid).result() != os.getpid()


def test_a_worker_does_not_outlast_whoever_made_it(tmp_path: Path) -> None:
    script = tmp_path / "makes_workers.py"
    script.write_text(SCRIPT, "utf-8")
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert int(parent.stdout.readline()) != parent.pid
        parent.kill()
        # the pipe ends when the last process that can write to it is gone
        assert parent.communicate(timeout=30.0)[0] == ""


def _wait(seconds: float) -> float:
    time.sleep(seconds)
    return seconds
