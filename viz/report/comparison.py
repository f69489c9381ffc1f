"""Write the page that compares runs: their figures, where water differs, which streets gain or lose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cim_models.errors import InputError
from cim_models.placing import write_whole
from scenarios.comparison import compare_runs
from scenarios.pair_words import lengths_note, pair_note
from scenarios.pairing import Pairing, RoadDifference, pair_runs
from scenarios.relation_words import relation_words
from scenarios.relations import Relation, relate_runs
from scenarios.runfolder import RunFolder
from viz.report.comparison_texts import COMPARISON_TEXTS
from viz.report.figure_words import figure_words
from viz.report.fonts import with_font
from viz.report.maps import MapPicture, change_map, change_scale_css
from viz.report.quantities import MINUS, THIN_SPACE, area_text, depth_text, length_text, number_text
from viz.report.texts import LANGUAGES, Translate, translator

if TYPE_CHECKING:
    from cim_models.city import City

FOLDER = Path(__file__).resolve().parent
_LEAST_SCALE_M = 0.05


@dataclass(frozen=True, slots=True)
class PairSection:
    """What the page says of one run against the base."""

    name: str
    note: str
    facts: str
    map: MapPicture | None
    most: str
    roads: list[dict[str, str]]
    series: list[dict[str, str]]
    mean: str


def write_comparison(runs: Sequence[RunFolder], out: Path, language: str = "en") -> Path:
    """Write a page that compares runs of one city.

    Parameters
    ----------
    runs
        At least two; the first is the base.
    out
        The file to write.
    language
        ``zh`` or ``en``.

    Raises
    ------
    InputError
        If the language is unknown, a run has no summary, or the runs are of different cities.
    """
    if language not in LANGUAGES:
        raise InputError("Report language", got=language, expected=" or ".join(LANGUAGES))
    page = render_comparison(runs, language)
    write_whole(out, page)
    return out


def render_comparison(runs: Sequence[RunFolder], language: str) -> str:
    """Return the page as HTML."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined)
    environment.globals.update(length_text=length_text)
    say, city = translator(language, COMPARISON_TEXTS), runs[0].city()
    names = [run.path.name for run in runs]
    pairs = [pair_runs(runs[0], run) for run in runs[1:]]
    relations = [relate_runs(runs[0], run) for run in runs[1:]]
    figures = [figure for figure in compare_runs(runs) if figure.differs and figure.is_result]
    all_equal = all(relation.worlds.log is None and relation.worlds.rain_s is None for relation in relations)
    words_of = figure_words if language == "zh" else lambda name: name
    page = environment.get_template("comparison.html.j2").render(
        say=say,
        language=language,
        style=Markup((FOLDER / "page.css").read_text("utf-8")),
        title=say("title", names=" · ".join(names)),
        city_title=city.title.get(language, city.name),
        names=names,
        base_name=names[0],
        runs=[
            _base_row(runs[0], say, language),
            *(_run_row(relation, say, language) for relation in relations),
        ],
        pairs=[_section(pair, city, say, language) for pair in pairs],
        scale=change_scale_css(),
        figures=[
            {
                "name": figure.name,
                "words": words_of(figure.name),
                "texts": [text.replace("-", MINUS).replace(",", THIN_SPACE) for text in figure.texts()],
            }
            for figure in figures
        ],
        lengths_note=lengths_note(runs, language),
        no_figures=say("all_equal" if all_equal else "no_figures"),
    )
    return with_font(page)


def _base_row(run: RunFolder, say: Translate, language: str) -> dict[str, Any]:
    scenario = run.meta["scenario"]
    title = (scenario.get("title") or {}).get(language) or scenario["name"]
    relation = say("base", scenario=title)
    return {"name": run.path.name, "relation": relation, "changes": (), "world": "", "warning": ""}


def _run_row(relation: Relation, say: Translate, language: str) -> dict[str, Any]:
    words = relation_words(relation, language)
    return {"name": relation.other, "relation": words.history} | {
        "changes": words.changes or ((say("nothing_changed"),) if not relation.is_itself else ()),
        "world": words.world,
        "warning": words.warning,
    }


def _section(pair: Pairing, city: City, say: Translate, language: str) -> PairSection:
    change = pair.change_m
    differing = np.abs(change[np.abs(change) > 0.0])
    most_m = max(float(np.percentile(differing, 99)) if differing.size else 0.0, _LEAST_SCALE_M)
    differs = pair.cells_shallower_m2 > 0.0 or pair.cells_deeper_m2 > 0.0
    facts = say(
        "map_facts" if differs else "map_same",
        less=area_text(pair.cells_shallower_m2),
        more=area_text(pair.cells_deeper_m2),
        count=str(pair.roads_compared),
        better=str(pair.roads_shallower),
        worse=str(pair.roads_deeper),
    )
    names = _road_names(city, language)
    return PairSection(
        name=pair.other.path.name,
        note=pair_note(pair, language),
        facts=facts,
        map=change_map(city, change, most_m, language) if differs else None,
        most=depth_text(most_m),
        roads=[_road_row(road, names) for road in (*pair.best, *pair.worst)],
        series=[
            {
                "name": say(series.quantity),
                "mean": f"{_signed(series.mean)}\u00a0{_unit(series.unit)}",
                "peak": f"{_signed(series.peak)}\u00a0{_unit(series.unit)}",
            }
            for series in pair.series
            if series.differs
        ],
        mean=say(_mean_name(pair)),
    )


def _mean_name(pair: Pairing) -> str:
    if pair.from_s > 0.0:
        return "mean_since"
    return "mean" if pair.until_s is None else "mean_common"


def _road_names(city: City, language: str) -> dict[str, str]:
    roads = city.layer("roads")
    if roads is None:
        return {}
    pairs = zip(roads["id"], roads[f"name_{language}"], strict=True)
    return {str(road): f"{name} ({road})" if name else str(road) for road, name in pairs}


def _road_row(road: RoadDifference, names: dict[str, str]) -> dict[str, str]:
    return {
        "name": names.get(road.road, road.road),
        "base": depth_text(road.base_m),
        "other": depth_text(road.other_m),
        "change": f"{_signed(road.change_m)}\u00a0m",
    }


def _unit(unit: str) -> str:
    return unit.replace("m2", "m²").replace("m3", "m³")


def _signed(value: float) -> str:
    text = number_text(abs(value))
    return text if text == "0" else f"{MINUS if value < 0.0 else '+'}{text}"
