"""The base of the screen's parts.

It stands beside the folder ``static`` because Panel hands out a component's bundle only from the folder
of the class's module or below it.
"""

from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from viz.frontend.build import BUNDLE


class ScreenPart(JSComponent):
    """A part of the screen; the bundle exports a ``render`` function under each part's class name."""

    language: Any = param.Selector(default="zh", objects=["zh", "en"], doc="Language of the screen.")

    _bundle: ClassVar[Any] = BUNDLE
    __abstract = True
