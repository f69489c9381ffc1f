"""Chance as the physics asks for it: numbers that belong to what they decide."""

from __future__ import annotations

from typing import Protocol

from numpy.random import Generator


class Chance(Protocol):
    """Random numbers looked up by key, so that nothing depends on the order in which they are asked for."""

    def of(self, *key: str | int) -> Generator:
        """Return the generator that belongs to a key: the same key, the same numbers."""
        ...
