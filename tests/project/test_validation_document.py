"""`docs/validation.md` has a section and a plot of every case, and of nothing else."""

import re
from pathlib import Path

import pytest

from benchmarks.validation.document import read_sections
from benchmarks.validation.registry import find_cases

DOCS = Path(__file__).resolve().parents[2] / "docs"
PLOTS = DOCS / "validation"
MAX_PLOT_BYTES = 150_000


@pytest.fixture(scope="module")
def text():
    return (DOCS / "validation.md").read_text("utf-8")


def test_every_case_has_its_section(text):
    assert list(read_sections(text)) == list(find_cases())


def test_every_section_has_figures_within_their_limits(text):
    for name, section in read_sections(text).items():
        assert re.search(r"^\| [^|]+ \| [^|]+ \| [≤≥=]", section, re.MULTILINE), name
        assert f"`citytwin bench validation --case {name}" in section


def test_plots_are_those_that_the_document_shows(text):
    shown = set(re.findall(r"\]\(validation/([\w.]+)\)", text))
    assert shown == {path.name for path in PLOTS.iterdir()}


def test_plots_are_small_and_without_date():
    for path in PLOTS.iterdir():
        assert path.stat().st_size <= MAX_PLOT_BYTES, path.name
        assert b"<dc:date>" not in path.read_bytes(), path.name
