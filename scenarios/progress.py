"""Watching a run: nothing at all, or a bar on the terminal."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn


class RunObserver(Protocol):
    """Somebody who watches a run."""

    def on_time(self, t_s: float) -> None:
        """Take note of the simulated time, s since the start."""
        ...


class Unwatched:
    """Nobody watches."""

    def on_time(self, t_s: float) -> None:
        """Do nothing."""


class ProgressBar:
    """A bar on stderr: simulated time, speed against real time, time left.

    Parameters
    ----------
    name
        What runs.
    start
        Start of the scenario.
    duration_s
        How long it will be, s.
    """

    def __init__(self, name: str, start: datetime, duration_s: float) -> None:
        self._start = start
        self._begun = time.monotonic()
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %  {task.fields[clock]}  {task.fields[speed]}  left"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = self._progress.add_task(name, total=duration_s, clock=self._clock(0.0), speed="")

    def __enter__(self) -> Self:
        """Show the bar."""
        self._begun = time.monotonic()
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the bar as it stands."""
        self._progress.stop()

    def on_time(self, t_s: float) -> None:
        """Move the bar."""
        wall_s = max(time.monotonic() - self._begun, 1e-3)
        self._progress.update(
            self._task, completed=t_s, clock=self._clock(t_s), speed=f"{t_s / wall_s:.0f} × real time"
        )

    def _clock(self, t_s: float) -> str:
        return f"{self._start + timedelta(seconds=t_s):%H:%M:%S}"
