"""Compare runs: every figure of their summaries, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cim_models.errors import RunFolderError
from scenarios.runfolder import RunFolder


@dataclass(frozen=True, slots=True)
class ComparedFigure:
    """One figure in all compared runs; None where a run has no such figure."""

    name: str
    values: tuple[float | None, ...]

    @property
    def differs(self) -> bool:
        """Whether the runs disagree."""
        return len(set(self.values)) > 1

    def change(self, index: int) -> float | None:
        """Difference of run ``index`` from the first one."""
        first, other = self.values[0], self.values[index]
        return None if first is None or other is None else other - first


def compare_runs(runs: Sequence[RunFolder]) -> list[ComparedFigure]:
    """Collect every numeric figure of the summaries, in the order of the first run that has it.

    Raises
    ------
    RunFolderError
        If a run has no summary.
    """
    tables = [dict(figures(_summary(run))) for run in runs]
    names = list(dict.fromkeys(name for table in tables for name in table))
    return [ComparedFigure(name, tuple(table.get(name) for table in tables)) for name in names]


def figures(value: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """Walk a summary and yield its numbers under dotted names; list entries go by their ``id``."""
    if isinstance(value, bool):
        return
    if isinstance(value, int | float):
        yield name, float(value)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from figures(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            label = inner.get("id", index) if isinstance(inner, Mapping) else index
            yield from figures(inner, f"{name}.{label}")


def _summary(run: RunFolder) -> dict[str, Any]:
    summary = run.summary
    if summary is None:
        raise RunFolderError(
            f"Run '{run.path}'",
            got=f"no summary (the run is {run.status})",
            expected="a finished run",
            remedy="Let it finish, or run the scenario again",
        )
    return summary
