"""Say which key of which scenario led to an error that was found deeper down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cim_models.errors import InputError, ScenarioError


@contextmanager
def blame(source: str, key: str) -> Iterator[None]:
    """Turn an input error inside the block into one that names the scenario's file and key.

    One that names a key of this file already goes through as it is.
    """
    try:
        yield
    except InputError as exc:
        if exc.what.startswith(f"Scenario '{source}', key "):
            raise
        raise ScenarioError(
            f"Scenario '{source}', key '{key}': {exc.what}",
            got=exc.got,
            expected=exc.expected,
            remedy=exc.remedy or "Change the value",
        ) from exc
