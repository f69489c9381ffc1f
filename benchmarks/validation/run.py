"""Runs validation cases and tells their figures."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from benchmarks.validation.outcome import Measure, Outcome
from benchmarks.validation.registry import Case


def run_cases(
    cases: Iterable[Case], quick: bool, say: Callable[[str], None]
) -> tuple[dict[str, Outcome], dict[str, str]]:
    """Run cases, and return the outcomes and the reasons of those that were skipped, by name.

    Parameters
    ----------
    quick
        Whether to run them small.
    say
        Is told the figures of each case as soon as it has ended.
    """
    outcomes, skipped = {}, {}
    for case in cases:
        if (reason := case.absent_data) is not None:
            skipped[case.name] = reason
            say(f"{case.name}: skipped, {reason}")
            continue
        outcomes[case.name] = case.run(quick)
        for line in outcome_lines(case.name, outcomes[case.name]):
            say(line)
    return outcomes, skipped


def outcome_lines(name: str, outcome: Outcome) -> list[str]:
    """Return a case's figures for people."""
    lines = [f"{name}: {'failed' if outcome.failures else 'holds'}"]
    width = max((len(measure.name) for measure in outcome.measures), default=0)
    for measure in outcome.measures:
        limit = f"  limit {limit_text(measure)}" if limit_text(measure) else ""
        verdict = "" if measure.holds else "  FAILED"
        lines.append(f"  {measure.name:{width}}  {value_text(measure)}{limit}{verdict}")
    return lines


def value_text(measure: Measure) -> str:
    """Return a figure to four digits, with its unit."""
    return f"{_number(measure.value)} {measure.unit}".rstrip()


def limit_text(measure: Measure) -> str:
    """Return the limits of a figure in signs, or an empty text."""
    low, high = measure.at_least, measure.at_most
    if low is not None and low == high:
        return f"= {_number(low)}"
    parts = []
    if low is not None:
        parts.append(f"≥ {_number(low)}")
    if high is not None:
        parts.append(f"≤ {_number(high)}")
    return " and ".join(parts)


def _number(value: float) -> str:
    """Return a number to four digits; whole ones in full, and no minus before a zero."""
    if float(value).is_integer() and abs(value) < 1e12:
        return f"{int(value):,}"
    return f"{value:.4g}"


def figures(outcomes: Mapping[str, Outcome], skipped: Mapping[str, str]) -> dict[str, Any]:
    """Return the figures, ready to be written as JSON."""
    rows: list[dict[str, Any]] = [
        {
            "case": name,
            "status": "failed" if outcome.failures else "holds",
            "title": outcome.title,
            "measures": [_measure_figures(measure) for measure in outcome.measures],
        }
        for name, outcome in outcomes.items()
    ]
    rows += [{"case": name, "status": "skipped", "reason": reason} for name, reason in skipped.items()]
    return {"cases": rows, "failures": sum(len(outcome.failures) for outcome in outcomes.values())}


def _measure_figures(measure: Measure) -> dict[str, Any]:
    return {
        "name": measure.name,
        "value": _plain(measure.value),
        "unit": measure.unit,
        "at_most": _plain(measure.at_most),
        "at_least": _plain(measure.at_least),
        "holds": bool(measure.holds),
    }


def _plain(value: float | None) -> float | None:
    """Return a number that JSON has, which knows neither NumPy's kinds nor what is not finite."""
    return float(value) if value is not None and math.isfinite(value) else None
