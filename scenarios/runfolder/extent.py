"""How far a run folder had come at a moment, and files that two run folders share."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Extent:
    """What a run folder held at a moment: where a branch of the run begins.

    Parameters
    ----------
    t_s
        Simulated time, s.
    events
        Number of events.
    log_hash
        SHA-256 of the event log up to there.
    frames, velocity_frames
        Numbers of depth and velocity frames.
    reading_parts, point_parts
        Numbers of parts with readings, and with the series of output points.
    """

    t_s: float
    events: int
    log_hash: str
    frames: int
    velocity_frames: int
    reading_parts: int
    point_parts: int


def share_file(source: Path, target: Path) -> None:
    """Let a file that nobody will change stand in two folders: as one file where the disk allows it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def share_tree(source: Path, target: Path) -> None:
    """Let the files of a folder stand in another one too."""
    for folder, _, names in os.walk(source):
        inside = target / Path(folder).relative_to(source)
        inside.mkdir(parents=True, exist_ok=True)
        for name in names:
            share_file(Path(folder) / name, inside / name)
