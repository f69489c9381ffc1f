"""The page: a Panel template with every part in its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import panel as pn

from viz.screen.parts import HeaderBar, make_parts
from viz.screen.state import ScreenState

SCREEN_PATH = "/screen"
_TEMPLATE = Path(__file__).with_name("page.html")
TITLES = {"zh": "城市运行数字孪生指挥中心", "en": "City Twin Command Centre"}


def page_maker(language: str) -> Callable[[], pn.Template]:
    """Return the function that Panel calls for each new viewer.

    Parameters
    ----------
    language
        Language when the address does not say (``?lang=en``).
    """
    pn.extension(design="native", theme="dark", reconnect=True)
    template = _TEMPLATE.read_text("utf-8")

    def make() -> pn.Template:
        return _page(template, ScreenState(language=_asked_language(language)))

    return make


def _page(template: str, state: ScreenState) -> pn.Template:
    page = pn.Template(template)
    page.add_variable("lang", state.language)
    page.add_variable("app_favicon", "/assets/icon.svg")
    for name, part in make_parts(state.language).items():
        if isinstance(part, HeaderBar):
            part.link(state, language="language", opened="opened")
        page.add_panel(name, part)
    return page


def _asked_language(default: str) -> str:
    """Language in the page's address, else the default."""
    asked = [value.decode("ascii", "ignore") for value in pn.state.session_args.get("lang", [])]
    known = [value for value in asked if value in TITLES]
    return known[0] if known else default
