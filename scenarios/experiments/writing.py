"""Write what an experiment found: ``results.json`` with intervals ``runs.csv`` with each run's figures."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cim_models.placing import placed_whole, write_whole
from scenarios.experiments.definition import LoadedExperiment, MeasureChoice
from scenarios.experiments.statistics import CONFIDENCE, Estimate, estimate, paired

if TYPE_CHECKING:
    from scenarios.experiments.running import Outcome

RESULTS_FILE, RUNS_FILE = "results.json", "runs.csv"
_NO_FINDINGS = ("performance.",)
"""Figures that say how fast a machine was and nothing of the city."""


def write_results(loaded: LoadedExperiment, outcomes: Sequence[Outcome], planned: int, out: Path) -> None:
    """Write both files.

    Parameters
    ----------
    loaded
        The experiment.
    outcomes
        What came of its runs, by replication and variant.
    planned
        How many runs there were to be.
    out
        The folder.
    """
    results = summarize(loaded, outcomes, planned)
    text = json.dumps(results, ensure_ascii=False, indent=2, allow_nan=False)
    write_whole(out / RESULTS_FILE, text + "\n")
    _write_runs(loaded, outcomes, out / RUNS_FILE)


def summarize(loaded: LoadedExperiment, outcomes: Sequence[Outcome], planned: int) -> dict[str, Any]:
    """Return the results as plain values: inputs, and each measure by variant, alone and in pairs."""
    experiment = loaded.experiment
    seeds = sorted({outcome.run.number: outcome.run.seed for outcome in outcomes}.items())
    return {
        "experiment": experiment.model_dump(mode="json"),
        "version": metadata.version("citytwin"),
        "confidence": CONFIDENCE,
        "runs": {
            "planned": planned,
            "finished": sum(not outcome.failure for outcome in outcomes),
            "failed": [
                {**asdict(outcome.run), "reason": outcome.failure} for outcome in outcomes if outcome.failure
            ],
        },
        "seeds": [seed for _, seed in seeds],
        "variants": [
            {
                "name": variant.name,
                "scenario": str(scenario.path.name),
                "sha256": scenario.sha256,
                "set": list(scenario.overrides),
            }
            for variant, scenario in zip(experiment.variants, loaded.scenarios, strict=True)
        ],
        "measures": [_measured(loaded, choice, outcomes) for choice in measures_of(loaded, outcomes)],
    }


def measures_of(loaded: LoadedExperiment, outcomes: Sequence[Outcome]) -> tuple[MeasureChoice, ...]:
    """Return what the experiment measures; every figure that differs between runs where it names none."""
    if loaded.experiment.measures:
        return loaded.experiment.measures
    names = dict.fromkeys(name for outcome in outcomes for name in outcome.figures)
    return tuple(
        MeasureChoice(figure=name, zh=name, en=name)
        for name in names
        if name != "seed" and not name.startswith(_NO_FINDINGS)
        if len({outcome.figures.get(name) for outcome in outcomes if not outcome.failure}) > 1
    )


def table_lines(results: Mapping[str, Any]) -> list[str]:
    """Say the results for people who read a terminal: mean ± half of the interval, paired difference."""
    names = [variant["name"] for variant in results["variants"]]
    lines = [f"{results['runs']['finished']} of {results['runs']['planned']} runs, 95 % intervals"]
    for failure in results["runs"]["failed"]:
        variant = names[failure["variant"]]
        lines.append(f"FAILED {variant}, seed {failure['seed']}: {failure['reason']}")
    for measure in results["measures"]:
        unit = f" {measure['unit']}" if measure["unit"] else ""
        lines.append(f"{measure['en']}{unit}")
        for place, (name, value) in enumerate(zip(names, measure["variants"], strict=True)):
            line = f"  {name:24} {_interval(value['estimate'])}"
            if place:
                line += f"   difference {_interval(value['against_first'])}"
            lines.append(line)
    return lines


def _measured(loaded: LoadedExperiment, choice: MeasureChoice, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    count = 1 + max((outcome.run.number for outcome in outcomes), default=-1)
    values: list[list[float | None]] = [[None] * count for _ in loaded.scenarios]
    for outcome in outcomes:
        values[outcome.run.variant][outcome.run.number] = outcome.figures.get(choice.figure)
    return {
        **choice.model_dump(mode="json"),
        "variants": [
            {
                "values": row,
                "estimate": _plain(estimate(row)),
                "against_first": _plain(paired(row, values[0])) if place else None,
            }
            for place, row in enumerate(values)
        ],
    }


def _plain(found: Estimate) -> dict[str, Any]:
    return {**asdict(found), "low": found.low, "high": found.high}


def _interval(found: Mapping[str, Any]) -> str:
    if found["mean"] is None:
        return "no value"
    spread = "" if found["half_width"] is None else f" ± {found['half_width']:.3g}"
    return f"{found['mean']:.4g}{spread} (n={found['count']})"


def _write_runs(loaded: LoadedExperiment, outcomes: Sequence[Outcome], path: Path) -> None:
    names = list(dict.fromkeys(name for outcome in outcomes for name in outcome.figures))
    with placed_whole(path) as place, place.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["variant", "replication", "run_seed", "event_log_hash", "failure", *names])
        for outcome in outcomes:
            run = outcome.run
            variant = loaded.experiment.variants[run.variant].name
            row = [variant, run.number + 1, run.seed, outcome.log_hash or "", outcome.failure]
            writer.writerow([*row, *(outcome.figures.get(name, "") for name in names)])
