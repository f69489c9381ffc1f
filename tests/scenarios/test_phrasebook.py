"""What the log says in English is shown in Chinese, and no text is lost."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from agents.deadlines import AT_IT
from cim_models.catalogues import load_catalogue
from cim_models.checks import Severity, check_city
from cim_models.city import City
from cim_models.importers.recipe import read_recipe, recipe_names
from cim_models.lifeline_city import make_lifeline_city
from scenarios.composition import note_of
from scenarios.phrasebook import in_language, origin_in_language
from scenarios.runfolder import RunFolder
from tests.cim_models.test_checks import CASES
from tests.scenarios.reasons import SAMPLE, collect_notes, collect_reasons, read_sources
from tests.scenarios.small_runs import run_small, write_bundle, write_scenario

HAN = re.compile(r"[\u4e00-\u9fff]")
LESSER = [spoil for spoil, severity, *_ in CASES if severity is not Severity.ERROR]


def notes_of(city: City) -> list[str]:
    return [note_of(defect) for defect in check_city(city) if defect.severity is not Severity.ERROR]


@pytest.mark.parametrize("spoil", LESSER)
def test_every_lesser_defect_of_a_city_is_told_in_chinese(
    tiny_city: City, spoil: Callable[[City], City]
) -> None:
    notes = notes_of(spoil(tiny_city))
    assert notes
    for note in notes:
        assert HAN.search(in_language(note, "zh")), note
        assert in_language(note, "en") == note


def test_what_a_city_lacks_is_told_in_chinese(tiny_city: City) -> None:
    bare = replace(tiny_city, sewer=None, supply=None, layers={})
    for note in (*notes_of(bare), *notes_of(make_lifeline_city(area_km2=6.0))):
        assert HAN.search(in_language(note, "zh")), note


def test_what_a_run_of_a_bare_city_notes_is_told_in_chinese(tiny_city: City, tmp_path: Path) -> None:
    bare = replace(tiny_city, layers={"roads": tiny_city.layers["roads"]})
    path = write_scenario(tmp_path / "bare.yaml", write_bundle(tmp_path / "city", bare), {"duration": "1min"})
    run: RunFolder = run_small(path, tmp_path / "run")
    notes = [str(event.data["text"]) for event in run.events(kinds=["run.noted"])]
    assert any(note.startswith("The city has no depots") for note in notes)
    for note in notes:
        assert HAN.search(in_language(note, "zh")), note


@pytest.mark.parametrize(
    ("text", "chinese"),
    [
        (
            "sewer 132: rim 22.66 m is -1.23 m off the terrain",
            "排水管网 132：井口高程 22.66 m，与地形相差 -1.23 m",
        ),
        (
            "organisations: the city has none, so cases name no unit that answers for them",
            "组织机构：城市无此图层，案件无责任单位",
        ),
        (
            "rainstorm formula 'qingdao' is unverified: "
            "coefficients quoted from memory, not read in a publication of the city",
            "暴雨强度公式“qingdao”未经核实：系数凭记忆引用，未见该市发布的原文",
        ),
        ("still 0.20 m after 3 checks", "核查 3 次后仍有 0.20 m"),
        ("no crew has the skill 'pump'", "没有专业为“龙吸水”的队伍"),
        ("found false, and the reading stands", "核实为误报，读数仍未恢复"),
        ("the case is void", "案件已作废"),
        ("0.02 m of water on arrival", "到场时水深 0.02 m"),
        ("0.20 m of water", "水深 0.20 m"),
        ("gauge 'G': 7 missing values counted as no rain", "gauge 'G'：7 个缺测值按无雨计"),
        ("words: that nobody put in the book", "words: that nobody put in the book"),
        ("roads R1: words that nobody put in the book", "roads R1: words that nobody put in the book"),
    ],
)
def test_values_are_taken_over_and_what_is_unknown_stays(text: str, chinese: str) -> None:
    assert in_language(text, "zh") == chinese


def test_every_reason_in_the_code_is_told_in_chinese() -> None:
    reasons = collect_reasons(read_sources())
    of_states = reasons.pop(f"it is {SAMPLE}")
    reasons |= {f"it is {state}": of_states for state in AT_IT}
    # known ones, each found by another way: a variable, a caller's argument, a choice, a format
    for text in (
        f"no open ground at {SAMPLE}, {SAMPLE}",
        "no such crew is at work, or it was named twice",
        f"road '{SAMPLE}' is already closed",
        f"no open ground at the outlet {SAMPLE}, {SAMPLE}",
        "its crew was cut off by water",
    ):
        assert text in reasons
    untold = {text: place for text, place in reasons.items() if not HAN.search(in_language(text, "zh"))}
    assert untold == {}


def test_every_note_in_the_code_is_told_in_chinese() -> None:
    notes = collect_notes(read_sources())
    total = f"{SAMPLE} missing values in {SAMPLE} places"  # a part of the other one
    notes.pop(total)
    notes[f"rain: {total} counted as no rain"] = notes.pop(f"rain: {SAMPLE} counted as no rain")
    assert len(notes) > 20
    untold = {text: place for text, place in notes.items() if not HAN.search(in_language(text, "zh"))}
    assert untold == {}


def test_both_sides_of_a_phrase_have_the_same_gaps() -> None:
    for phrase in load_catalogue("phrases")["phrases"]:
        english, chinese = (re.findall(r"{(\w+)}", phrase[side]) for side in ("en", "zh"))
        assert set(chinese) <= set(english), phrase
        assert len(english) == len(set(english)), phrase
        assert HAN.search(phrase["zh"]), phrase


@pytest.mark.parametrize("recipe", recipe_names())
def test_origin_and_licence_of_each_recipe_are_told_in_chinese(recipe: str) -> None:
    rules = read_recipe(recipe)
    for text in (rules.origin, rules.licence):
        assert HAN.search(in_language(text, "zh")), text


def test_the_origin_of_a_layer_is_told_with_its_file_and_what_was_assumed() -> None:
    source = "Giswater sample project, github.com/Giswater (giswater_qgis_plugin, giswater_dbmodel)"
    origin = f"{source}: gis/base_map.gpkg:roads; assumed: width_m = 8.0; width_m = 10.0 where c2 is Av or Rd"
    assert origin_in_language(origin, "zh") == (
        "Giswater 示例项目，github.com/Giswater（giswater_qgis_plugin、giswater_dbmodel）："
        "gis/base_map.gpkg:roads；假定：width_m = 8.0；c2 为 Av or Rd 时 width_m = 10.0"
    )
    assert origin_in_language("assumed by recipe santboi", "zh") == "由导入配方 santboi 假定"
    assert origin_in_language(origin, "en") == origin
