"""The frame of the validation: limits, choice of cases, the document, the command."""

import json
import math

import numpy as np
import pytest
from typer.testing import CliRunner

import citytwin
from benchmarks.validation.document import read_sections, write_document
from benchmarks.validation.outcome import Measure, Outcome
from benchmarks.validation.registry import Case, choose_cases, find_cases
from benchmarks.validation.run import figures, limit_text, outcome_lines, value_text
from cim_models.errors import InputError


def outcome(value: float = 1.0, title: str = "A case", draw=None) -> Outcome:
    return Outcome(title, "What it\n is.", (Measure("error", value, "mm", at_most=2.0),), draw)


@pytest.mark.parametrize(
    ("value", "at_most", "at_least", "holds"),
    [(1.0, 1.0, None, True), (1.1, 1.0, None, False), (0.9, None, 1.0, False), (5.0, None, None, True)],
)
def test_a_figure_holds_within_its_limits(value, at_most, at_least, holds):
    assert Measure("m", value, "", at_most, at_least).holds is holds


def test_not_a_number_never_holds_where_there_is_a_limit():
    assert not Measure("m", math.nan, "", at_most=1.0).holds
    assert not Measure("m", math.nan, "", at_least=1.0).holds


def test_figures_in_words():
    assert limit_text(Measure("m", 0.0, "", at_most=0.0, at_least=0.0)) == "= 0"
    assert limit_text(Measure("m", 0.0, "", at_most=10.0)) == "≤ 10"
    assert limit_text(Measure("m", 0.0, "", at_least=0.96)) == "≥ 0.96"
    assert limit_text(Measure("m", 0.0, "")) == ""
    assert value_text(Measure("m", 9.16247, "mm")) == "9.162 mm"
    assert value_text(Measure("m", -0.0, "")) == "0"
    assert outcome_lines("x", outcome(3.0))[1].endswith("3 mm  limit ≤ 2  FAILED")


def test_every_module_with_a_validate_is_a_case():
    assert {"lake_at_rest", "hunter_wave", "uniform_flow"} <= set(find_cases())
    assert not {"outcome", "registry", "run", "document"} & set(find_cases())


def test_choice_of_cases():
    assert [case.name for case in choose_cases(["uniform_flow", "hunter_wave"], False)] == [
        "uniform_flow",
        "hunter_wave",
    ]
    assert all(not case.peers for case in choose_cases([], False))
    assert len(choose_cases([], True)) == len(find_cases())
    with pytest.raises(InputError, match="'nowhere'"):
        choose_cases(["nowhere"], False)


def test_the_same_figures_give_the_same_bytes(tmp_path):
    def draw(figure):
        figure.subplots().imshow([[0.0, 1.0]])

    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        write_document({"one": outcome(draw=draw)}, {"one": None}, folder)
    for name in ("validation.md", "validation/one.svg"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_case_that_ran_replaces_its_section_and_no_other(tmp_path):
    known = {"one": None, "two": None}
    write_document({"two": outcome(1.0, "Second"), "one": outcome(1.0, "First")}, known, tmp_path)
    path = write_document({"two": outcome(1.5, "Second")}, known, tmp_path)
    sections = read_sections(path.read_text("utf-8"))
    assert list(sections) == ["one", "two"]
    assert "| error | 1 mm | ≤ 2 |" in sections["one"]
    assert "| error | 1.5 mm | ≤ 2 |" in sections["two"]
    assert "[Second](#second)" in path.read_text("utf-8")
    path = write_document({}, {"one": None}, tmp_path)
    assert list(read_sections(path.read_text("utf-8"))) == ["one"]


def test_figures_as_json_are_json():
    answer = figures({"one": outcome(math.nan)}, {"two": "no data"})
    assert json.loads(json.dumps(answer, allow_nan=False))["failures"] == 1
    assert [row["status"] for row in answer["cases"]] == ["failed", "skipped"]


def test_figures_of_arrays_are_json_as_well():
    measure = Measure("m", np.float32(0.5), "", at_most=np.float64(1.0), at_least=np.int64(0))
    answer = figures({"one": Outcome("A case", "", (measure,))}, {})
    (told,) = json.loads(json.dumps(answer))["cases"][0]["measures"]
    assert (told["value"], told["at_most"], told["at_least"], told["holds"]) == (0.5, 1.0, 0.0, True)


@pytest.mark.parametrize(("value_mm", "status"), [(1.0, 0), (3.0, 1)])
def test_the_command_tells_a_failure_by_its_status(monkeypatch, value_mm, status):
    one = Case("one", lambda value: outcome(value), {"value": value_mm}, (), ())
    monkeypatch.setitem(find_cases(), "one", one)
    answer = CliRunner().invoke(citytwin.app, ["bench", "validation", "--case", "one", "--quick", "--json"])
    assert answer.exit_code == status
    figures_told = json.loads(answer.stdout)
    assert figures_told["failures"] == status
    assert figures_told["cases"][0]["measures"][0]["value"] == value_mm


def test_a_case_without_its_data_is_skipped_and_says_so(monkeypatch):
    one = Case("one", outcome, {}, ("no_such_data",), ())
    monkeypatch.setitem(find_cases(), "one", one)
    answer = CliRunner().invoke(citytwin.app, ["bench", "validation", "--case", "one", "--json"])
    assert answer.exit_code == 0
    assert json.loads(answer.stdout)["cases"][0]["status"] == "skipped"
    assert "no_such_data" in answer.stderr


@pytest.mark.parametrize("more", [["--case", "nowhere"], ["--quick", "--write"]])
def test_wrong_input_is_one_line(more):
    answer = CliRunner().invoke(citytwin.app, ["bench", "validation", *more])
    assert answer.exit_code == 2
    assert len(answer.stderr.strip().splitlines()) == 1
