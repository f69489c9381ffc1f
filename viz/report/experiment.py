"""Write the page about an experiment: question, inputs, variants, and each measure with its intervals."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cim_models.errors import InputError
from cim_models.placing import write_whole
from scenarios.experiments.running import read_results
from viz.report.experiment_texts import EXPERIMENT_TEXTS
from viz.report.fonts import with_font
from viz.report.quantities import number_text
from viz.report.texts import LANGUAGES, Translate, translator

FOLDER = Path(__file__).resolve().parent
FILE_NAME = "report.html"
_MINUS = "\u2212"


def write_experiment(folder: Path, language: str = "en") -> Path:
    """Write ``report.html`` beside the results of an experiment and return it.

    Parameters
    ----------
    folder
        What ``citytwin sweep`` wrote.
    language
        ``zh`` or ``en``.

    Raises
    ------
    InputError
        If the folder holds no results or the language is unknown.
    """
    if language not in LANGUAGES:
        raise InputError("Report language", got=language, expected=" or ".join(LANGUAGES))
    path = folder / FILE_NAME
    write_whole(path, render_experiment(read_results(folder), language))
    return path


def render_experiment(results: Mapping[str, Any], language: str) -> str:
    """Return the page as HTML; ``results`` as in ``results.json``."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined)
    say, experiment, runs = translator(language, EXPERIMENT_TEXTS), results["experiment"], results["runs"]
    names = [_variant_name(variant, language) for variant in experiment["variants"]]
    page = environment.get_template("experiment.html.j2").render(
        say=say,
        language=language,
        style=Markup((FOLDER / "page.css").read_text("utf-8")),
        title=experiment["title"][language],
        question=experiment["question"][language],
        inputs=[{"text": entry[language], "source": entry["source"]} for entry in experiment["inputs"]],
        variants=[
            {"name": name, "settings": "; ".join(variant["set"]) or say("unchanged")}
            for name, variant in zip(names, results["variants"], strict=True)
        ],
        runs=say("runs", planned=str(runs["planned"]), finished=str(runs["finished"])),
        failures=[
            f"{names[failure['variant']]}, {say('seed', seed=str(failure['seed']))}: {failure['reason']}"
            for failure in runs["failed"]
        ],
        measures=[_measure(measure, names, say, language) for measure in results["measures"]],
    )
    return with_font(page)


def _variant_name(variant: Mapping[str, Any], language: str) -> str:
    title = variant["title"]
    return str(title[language] if title else variant["name"])


def _measure(measure: Mapping[str, Any], names: list[str], say: Translate, language: str) -> dict[str, Any]:
    """Return a measure's rows, with the places of mean and interval along one common axis, 0 to 100."""
    found = [variant["estimate"] for variant in measure["variants"]]
    ends = [
        value
        for entry in found
        for value in (entry["low"], entry["mean"], entry["high"])
        if value is not None
    ]
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    scale = 92.0 / (high - low) if high > low else 0.0
    unit = f" ({measure['unit']})" if measure["unit"] else ""
    rows = [
        _row(name, variant, say, low, scale) for name, variant in zip(names, measure["variants"], strict=True)
    ]
    better = say(measure["better"]) if measure["better"] else ""
    return {"name": f"{measure[language]}{unit}", "better": better, "rows": rows}


def _row(name: str, variant: Mapping[str, Any], say: Translate, low: float, scale: float) -> dict[str, Any]:
    found, against = variant["estimate"], variant["against_first"]
    known = found["low"] is not None
    return {
        "name": name,
        "at": None if found["mean"] is None else 4.0 + scale * (found["mean"] - low),
        "from_": 4.0 + scale * (found["low"] - low) if known else None,
        "wide": scale * (found["high"] - found["low"]) if known else None,
        "mean": _interval_text(found, say),
        "difference": "" if against is None else _interval_text(against, say, signed=True),
        "clear": against is not None and _excludes_zero(against),
        "count": found["count"],
    }


def _excludes_zero(found: Mapping[str, Any]) -> bool:
    return found["low"] is not None and (found["low"] > 0.0 or found["high"] < 0.0)


def _interval_text(found: Mapping[str, Any], say: Translate, *, signed: bool = False) -> str:
    if found["mean"] is None:
        return say("no_value")
    mean = _small_text(abs(found["mean"]))
    sign = _MINUS if found["mean"] < 0.0 else "+" if signed and found["mean"] > 0.0 else ""
    spread = "" if found["half_width"] is None else f"\u00a0±\u00a0{_small_text(found['half_width'])}"
    return f"{sign}{mean}{spread}"


def _small_text(value: float) -> str:
    """Three digits, also of shares."""
    return f"{value:.3f}" if value < 1.0 else number_text(value)
