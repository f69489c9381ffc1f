"""Have stills drawn by another process, because a driver without OpenGL ends the process it is in."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Literal

from cim_models.errors import RunError
from viz.stills.scene import Scene

View = Literal["flood", "sewer"]

ROOT = Path(__file__).resolve().parents[2]
TIME_LIMIT_S = 180.0


def render_stills(
    scene: Scene,
    folder: Path,
    views: tuple[View, ...] = ("flood", "sewer"),
    size: tuple[int, int] = (1600, 900),
    time_limit_s: float = TIME_LIMIT_S,
) -> dict[View, Path]:
    """Draw pictures of a scene without a screen.

    Parameters
    ----------
    scene
        What to draw.
    folder
        Where the pictures go; must exist.
    views
        ``flood`` for the city from above, ``sewer`` for what lies below; the sewer is left out
        when the scene has none.
    size
        Width and height, pixels.
    time_limit_s
        When to give up, s.

    Returns
    -------
    Path of each picture.

    Raises
    ------
    RunError
        If nothing can be drawn on this machine.
    """
    wanted = tuple(view for view in views if view != "sewer" or scene.pipes is not None)
    request = pickle.dumps((scene, wanted, str(folder), size))
    command = [sys.executable, "-m", "viz.stills.worker"]
    try:
        done = subprocess.run(
            command, input=request, cwd=ROOT, capture_output=True, timeout=time_limit_s, check=False
        )
    except subprocess.TimeoutExpired as exc:
        raise _failure(f"no answer within {time_limit_s:.0f} s") from exc
    pictures = {view: folder / f"{view}.png" for view in wanted}
    if done.returncode != 0 or not all(path.exists() for path in pictures.values()):
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise _failure(lines[-1] if lines else f"exit status {done.returncode}")
    return pictures


def _failure(got: str) -> RunError:
    return RunError(
        "Drawing in 3-D",
        got=got,
        expected="OpenGL without a screen",
        remedy="Install it: apt-get install libegl1 libgl1 libgl1-mesa-dri",
    )
