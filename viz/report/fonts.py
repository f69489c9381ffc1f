"""The font inside a page: of the screen's font only the characters that the page holds.

A page then looks the same where no Chinese font is installed. The font is Noto Sans SC, SIL Open Font
License 1.1, whose notice stays in the embedded file and is named beside it. It lies with the built screen
in ``viz/static``, cut into files by ranges of characters, which a page gets as one; where the screen has not
been built the page falls back on the fonts of its reader.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from viz.frontend.build import STATIC
from viz.report.fontmerge import merge_fonts

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont

FAMILY = "citytwin Noto Sans SC"
"""Name of the embedded font, first in ``page.css``."""

_FACE = re.compile(r"src: url\((fonts/noto-sans-sc[^)]*)\)[^;]*;\s*unicode-range: ([^;]+);")
_FEATURES = ("locl", "ccmp", "mark", "mkmk", "kern", "tnum")
_NAMES = (0, 1, 2, 14)
"""Entries of the font's table of names that stay: copyright, family, style, address of the licence."""

_NOTICE = "/* Noto Sans SC (c) 2014-2021 Adobe; SIL Open Font License 1.1, scripts.sil.org/OFL; a subset */"


@dataclass(frozen=True, slots=True)
class FontFile:
    """A file of the font, and the characters that it is for, as code points."""

    path: Path
    characters: frozenset[int]


def with_font(page: str, static: Path = STATIC) -> str:
    """Return a page of HTML with the font that its characters need, as data inside it.

    Parameters
    ----------
    page
        The page; must have a head.
    static
        The folder of the built screen. Where it holds no font the page is returned as it is.
    """
    wanted = {ord(character) for character in page if character.isprintable()}
    subsets, characters = [], set[int]()
    for file in reversed([*font_files(static)]):  # of files with the same character a browser takes the last
        subset, drawn = _subset(file, wanted - characters)
        if subset is not None:
            subsets.append(subset)
            characters |= drawn
    if not subsets:
        return page
    style = "\n".join(
        ("<style>", _NOTICE, _face(_packed(merge_fonts(subsets)), characters), "</style>", "</head>")
    )
    return page.replace("</head>", style, 1)


def font_files(static: Path) -> Iterator[FontFile]:
    """Files of the font in the folder of the built screen, in the order of its style sheet."""
    sheet = static / "fonts.css"
    if not sheet.exists():
        return
    for name, ranges in _FACE.findall(sheet.read_text("utf-8")):
        yield FontFile(static / name, frozenset(_code_points(ranges)))


def _code_points(ranges: str) -> Iterator[int]:
    """Code points of a ``unicode-range``, such as ``U+4e00-4e0f,U+4e12``."""
    for part in ranges.split(","):
        first, _, last = part.strip().removeprefix("U+").partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)


def _subset(file: FontFile, wanted: set[int]) -> tuple[TTFont | None, set[int]]:
    """Return a file of the font with what it has of some characters alone, in all weights, and those."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    if not wanted & file.characters:
        return None, set()
    options = Options()
    options.layout_features = [*_FEATURES]
    options.name_IDs = [*_NAMES]
    options.bidi_closure = False  # no page here runs from right to left
    font = TTFont(file.path, recalcTimestamp=False)
    drawn = wanted & file.characters & font.getBestCmap().keys()
    if not drawn:
        return None, set()
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=drawn)
    subsetter.subset(font)
    return font, drawn


def _packed(font: TTFont) -> bytes:
    content = io.BytesIO()
    font.flavor = "woff2"
    font.save(content)
    return content.getvalue()


def _face(font: bytes, characters: set[int]) -> str:
    ranges = ",".join(f"U+{character:x}" for character in sorted(characters))
    data = base64.b64encode(font).decode("ascii")
    return (
        f'@font-face {{ font-family: "{FAMILY}"; font-weight: 100 900; '
        f'src: url(data:font/woff2;base64,{data}) format("woff2"); unicode-range: {ranges}; }}'
    )
