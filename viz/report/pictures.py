"""Pictures inside a page: as data URIs, so that the page needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NEEDLESS = re.compile(r'\s*<metadata>.*?</metadata>|\sxmlns(?::\w+)?="[^"]*"', re.DOTALL)
"""Parts of an SVG that a page of HTML has no use for."""

_ID = re.compile(r'(?:\bid="|url\(#|href="#)')
"""What stands before an id in an SVG, where it is given and where it is used."""


def png_uri(figure: Figure, dpi: int) -> str:
    """Draw a matplotlib figure as PNG and return it as a data URI."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return _uri("image/png", buffer.getvalue())


def svg_markup(figure: Figure, name: str) -> str:
    """Draw a matplotlib figure as SVG to stand in a page, its text as text in the page's own font.

    Parameters
    ----------
    figure
        What to draw.
    name
        Name of the figure; ids within the SVG begin with a digest of it, as a page holds several.
    """
    import matplotlib as mpl

    buffer = io.BytesIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "citytwin"}), warnings.catch_warnings():
        # matplotlib only measures the text, with a font of its own that has no Chinese
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue().decode("utf-8")
    svg = _NEEDLESS.sub("", svg[svg.index("<svg") :]).replace("xlink:href", "href")
    prefix = hashlib.sha256(name.encode("utf-8")).hexdigest()[:8]
    return _ID.sub(rf"\g<0>c{prefix}-", svg)


def file_uri(path: Path) -> str:
    """Return a PNG file as a data URI."""
    return _uri("image/png", path.read_bytes())


def _uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
