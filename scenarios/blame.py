"""Say which key of which scenario led to an error that was found deeper down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cim_models.errors import InputError, ScenarioError


@contextmanager
def blame(source: str, key: str) -> Iterator[None]:
    """Turn an input error inside the block into one that names the scenario's file and key."""
    try:
        yield
    except InputError as exc:
        raise ScenarioError(
            f"Scenario '{source}', key '{key}': {exc.what}",
            got=exc.got,
            expected=exc.expected,
            remedy=exc.remedy or "Change the value",
        ) from exc
