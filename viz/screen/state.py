"""What one viewer of the screen has chosen; no Panel in here."""

from typing import Any

import param


class ScreenState(param.Parameterized):
    """Choices of one viewer, kept in step with the browser.

    The simulated clock and everything that follows from it live in the browser, which plays the run
    folder's feeds by itself; this is what the server may want to know or to set.
    """

    language: Any = param.Selector(default="zh", objects=["zh", "en"], doc="Language of the screen.")
    opened: Any = param.Dict(default={}, doc="What the drawer shows: ``kind`` and ``id``; empty when shut.")
