"""Watching an experiment on a terminal."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from scenarios.experiments.running import Outcome, RunWatcher


class RunCounter(RunWatcher):
    """A bar on stderr that counts runs, and the time left.

    Parameters
    ----------
    name
        What runs.
    shown
        False for no bar.
    """

    def __init__(self, name: str, *, shown: bool) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not shown,
        )
        self._task = self._progress.add_task(name, total=None)

    def __enter__(self) -> Self:
        """Show the bar."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        self._progress.stop()

    def on_begin(self, total: int) -> None:
        """Show how many runs there are to be."""
        self._progress.update(self._task, completed=0, total=total)

    def on_run(self, done: int, total: int, outcome: Outcome) -> None:
        """Count a run; one that failed is named."""
        if outcome.failure:
            self._progress.console.print(f"seed {outcome.run.seed} failed: {outcome.failure}", markup=False)
        self._progress.update(self._task, completed=done, total=total)
