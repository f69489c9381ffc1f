"""A page carries the font that its characters need, and nothing more of it."""

import base64
import io
import re

import pytest
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont

from viz.frontend import build as frontend
from viz.frontend.build import STATIC
from viz.report.fonts import FAMILY, font_files, with_font
from viz.report.writing import FOLDER

PAGE = "<html><head><style>p {}</style></head><body><p>暴雨积水 0.25 m ≥ 道路</p></body></html>"
RARE = "龘"


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    frontend.build()


def glyphs(page: str) -> dict[int, int]:
    """Number of embedded files, which is one, by the character that it draws for."""
    assert page.count("@font-face") == 1
    found: dict[int, int] = {}
    for data, ranges in re.findall(r"base64,([^)]+)\).*?unicode-range: ([^;]+);", page):
        font = TTFont(io.BytesIO(base64.b64decode(data)))
        drawn = set(font.getBestCmap())
        for part in ranges.split(","):
            character = int(part.removeprefix("U+"), 16)
            found[character] = found.get(character, 0) + (character in drawn)
        assert drawn <= found.keys()
        assert "Adobe" in font["name"].getDebugName(0)
        assert font["name"].getDebugName(14).endswith("/OFL")
        assert "fvar" in font  # bold headings are drawn, not smeared
    return found


def test_every_character_of_a_page_is_drawn_from_it() -> None:
    found = glyphs(with_font(PAGE))
    text = {ord(character) for character in re.sub("<.*?>", "", PAGE)}
    assert {character for character in text if found.get(character) != 1} == set()
    assert ord(RARE) not in found
    assert glyphs(with_font(PAGE.replace("积", RARE)))[ord(RARE)] == 1


def test_outlines_and_widths_of_all_weights_are_those_of_the_files_that_were_merged() -> None:
    page = with_font(PAGE)
    merged = TTFont(io.BytesIO(base64.b64decode(re.search(r"base64,([^)]+)\)", page)[1])))
    compared = 0
    for file in font_files(STATIC):
        for code in {ord(character) for character in "暴水0≥"} & file.characters:
            with TTFont(file.path) as source:
                for weight in (100, 400, 900):
                    (outline, width), (given, given_width) = (
                        _drawn(font, code, weight) for font in (merged, source)
                    )
                    assert outline == given
                    assert width == pytest.approx(given_width, abs=1.0)  # of 1000 to the em
                    compared += 1
    assert compared >= 9


def _drawn(font: TTFont, code: int, weight: int) -> tuple[list[object], float]:
    """Outline and width of a character in a weight."""
    glyphs = font.getGlyphSet(location={"wght": weight})
    glyph, pen = glyphs[font.getBestCmap()[code]], DecomposingRecordingPen(glyphs)
    glyph.draw(pen)
    return pen.value, glyph.width


def test_a_page_with_its_font_is_the_same_each_time_and_small() -> None:
    page = with_font(PAGE)
    assert page == with_font(PAGE)
    assert page.count("</head>") == page.count("<body>") == 1
    assert "SIL Open Font License" in page
    assert len(page) < 100_000


def test_the_style_sheet_asks_for_the_embedded_font_first() -> None:
    style = (FOLDER / "page.css").read_text("utf-8")
    assert re.search(r'font: [^;]*?"([^"]+)"', style)[1] == FAMILY


def test_without_the_built_screen_a_page_stays_as_it_is(tmp_path) -> None:
    assert list(font_files(tmp_path)) == []
    assert with_font(PAGE, tmp_path) == PAGE
