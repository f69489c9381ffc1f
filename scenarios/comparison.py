"""Compare runs: every figure of their summaries, side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cim_models.errors import RunFolderError
from scenarios.runfolder import RunFolder

ROUNDING = 1e-9
"""Difference below which two figures are one, relative or near 0 as it is: sums of another order."""
_FEWEST_DIGITS, _MOST_DIGITS = 4, 10
_SMALL = 1e-3
_ASIDE = ("performance.", "water.units.")
_NUMBERS = (".event", ".ended_event")


@dataclass(frozen=True, slots=True)
class ComparedFigure:
    """One figure in all compared runs; None where a run has no such figure."""

    name: str
    values: tuple[float | None, ...]

    @property
    def differs(self) -> bool:
        """Whether the runs disagree by more than rounding."""
        known = [value for value in self.values if value is not None]
        if len(known) < len(self.values):
            return len(known) > 0
        first = known[0]
        return not all(math.isclose(first, value, rel_tol=ROUNDING, abs_tol=ROUNDING) for value in known)

    @property
    def is_result(self) -> bool:
        """Whether it tells of the city: no time of the computer, no number of an event, nothing twice."""
        return not (self.name.startswith(_ASIDE) or self.name.endswith(_NUMBERS))

    def texts(self) -> list[str]:
        """Return the values as people read them, with so many digits that different ones look different."""
        different = len({_rounded(value) for value in self.values})
        for digits in range(_FEWEST_DIGITS, _MOST_DIGITS):
            texts = [_text(value, digits) for value in self.values]
            if len(set(texts)) >= different:
                return texts
        return [_text(value, _MOST_DIGITS) for value in self.values]

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


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{_MOST_DIGITS}g}")


def _text(value: float | None, digits: int) -> str:
    """Write a value with a number of digits, whole places not counted against it."""
    if value is None:
        return "–"
    if value != 0.0 and abs(value) < _SMALL:
        return f"{value:.{digits}g}"
    places = max(digits - 1 - math.floor(math.log10(abs(value))), 0) if value else 0
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


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
