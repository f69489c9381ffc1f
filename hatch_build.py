"""Build hook: makes the screen's offline bundle when a wheel is built."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FrontendBuildHook(BuildHookInterface):
    """Put the bundled JavaScript and the fonts into ``viz/static``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the frontend, except for an editable install: there the set-up does it.

        Parameters
        ----------
        version
            ``standard`` or ``editable``.
        build_data
            What hatchling puts into the wheel; left as it is.
        """
        if version == "editable":
            return
        sys.path.insert(0, str(Path(self.root)))
        from viz.frontend.build import build

        build()
