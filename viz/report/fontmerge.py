"""Put several files of one font together again: a browser then loads one, and draws one line from one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont

_WITHOUT = ("HVAR", "VVAR", "vhea", "vmtx", "VORG", "BASE")
"""Tables of the first file that do not hold for the others: widths also vary by the outlines' own deltas."""


def merge_fonts(fonts: Sequence[TTFont]) -> TTFont:
    """Return the first font with the glyphs of all others added to it.

    Rules of layout, such as kerning, stay those of the first one.

    Parameters
    ----------
    fonts
        Variable fonts with TrueType outlines, cut from one font, each with characters that no other has.

    Raises
    ------
    ValueError
        If their axes differ, so that they are not of one font.
    """
    merged, *others = fonts
    for table in _WITHOUT:
        if table in merged:
            del merged[table]
    order = [*merged.getGlyphOrder()]
    for number, other in enumerate(others, start=1):
        if _axes(other) != _axes(merged):
            msg = f"Font {number}: axes {_axes(other)}; expected {_axes(merged)}"
            raise ValueError(msg)
        order += _add_glyphs(merged, other, number)
    merged.setGlyphOrder(order)
    merged["maxp"].numGlyphs = len(order)
    return merged


def _axes(font: TTFont) -> list[tuple[str, float, float, float]]:
    return [(axis.axisTag, axis.minValue, axis.defaultValue, axis.maxValue) for axis in font["fvar"].axes]


def _add_glyphs(merged: TTFont, other: TTFont, number: int) -> list[str]:
    """Copy all glyphs but the one for what is missing, under names that the font does not have yet."""
    names = {name: f"{name}.{number}" for name in other.getGlyphOrder() if name != ".notdef"}
    glyphs, outlines = merged["glyf"], other["glyf"]
    for old, new in names.items():
        glyph = outlines[old]
        if glyph.isComposite():
            for component in glyph.components:
                component.glyphName = names[component.glyphName]
        glyphs.glyphs[new] = glyph
        merged["hmtx"].metrics[new] = other["hmtx"].metrics[old]
        merged["gvar"].variations[new] = other["gvar"].variations[old]
    drawn = {code: names[name] for code, name in other.getBestCmap().items() if name in names}
    for table in merged["cmap"].tables:
        if table.isUnicode():
            most = 0xFFFF if table.format == 4 else 0x10FFFF
            table.cmap.update({code: name for code, name in drawn.items() if code <= most})
    return list(names.values())
