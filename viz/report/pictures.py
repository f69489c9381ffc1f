"""Pictures inside a page: as data URIs, so that the page needs nothing else."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def png_uri(figure: Figure, dpi: int) -> str:
    """Draw a matplotlib figure as PNG and return it as a data URI."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return _uri("image/png", buffer.getvalue())


def svg_uri(figure: Figure) -> str:
    """Draw a matplotlib figure as SVG with its text as text, and return it as a data URI."""
    import matplotlib as mpl

    buffer = io.BytesIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "citytwin"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return _uri("image/svg+xml", buffer.getvalue())


def file_uri(path: Path) -> str:
    """Return a PNG file as a data URI."""
    return _uri("image/png", path.read_bytes())


def _uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
