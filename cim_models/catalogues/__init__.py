"""Catalogues: codes, limits and coefficients as versioned data files with their sources.

Each catalogue is a YAML file in this folder. Its top says ``catalogue``, ``version`` and ``source``;
an entry that departs from that source, or that is the project's own assumption, says so itself.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from cim_models.errors import InputError


def catalogue_names() -> tuple[str, ...]:
    """Names of the catalogues that come with the package, sorted."""
    entries = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in entries if name.endswith(".yaml")))


@cache
def load_catalogue(name: str) -> Mapping[str, Any]:
    """Read a catalogue.

    Parameters
    ----------
    name
        File name without ``.yaml``, e.g. ``"event_classes"``.

    Returns
    -------
    The file's content. It is shared between callers: read it, do not change it.

    Raises
    ------
    InputError
        If there is no such catalogue, or it does not name itself and its version.
    """
    names = catalogue_names()
    if name not in names:
        raise InputError(f"Catalogue '{name}' is unknown", got=name, expected=f"one of {', '.join(names)}")
    content = yaml.safe_load((files(__name__) / f"{name}.yaml").read_text(encoding="utf-8"))
    for key in ("catalogue", "version", "source"):
        if not isinstance(content, dict) or key not in content:
            raise InputError(
                f"Catalogue file {name}.yaml lacks its head",
                expected=f"the key '{key}' at the top",
                remedy="Name the catalogue, its version and its source",
            )
    return dict(content)
