"""Wall time of the parts of a run, each without what it calls of the others."""

import functools
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any


class PartClock:
    """Times nested parts; the time of a part excludes that of the parts inside it.

    Attributes
    ----------
    wall_s, calls
        Wall time, s, and number of entries of each part.
    """

    def __init__(self) -> None:
        self.wall_s: dict[str, float] = {}
        self.calls: dict[str, int] = {}
        self._stack: list[str] = []
        self._since = 0.0

    @contextmanager
    def within(self, part: str) -> Iterator[None]:
        """Count the time inside to a part."""
        self._charge()
        self._stack.append(part)
        self.calls[part] = self.calls.get(part, 0) + 1
        try:
            yield
        finally:
            self._charge()
            self._stack.pop()

    def timed(self, part: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a function so that its time counts to a part."""

        @functools.wraps(work)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self.within(part):
                return work(*args, **kwargs)

        return wrapper

    @contextmanager
    def watching(self, methods: Sequence[tuple[type, str, str]]) -> Iterator[None]:
        """Time methods, given as class, name and part, while the context lasts."""
        originals = [(owner, name, getattr(owner, name)) for owner, name, _ in methods]
        try:
            for owner, name, part in methods:
                setattr(owner, name, self.timed(part, getattr(owner, name)))
            yield
        finally:
            for owner, name, original in originals:
                setattr(owner, name, original)

    def _charge(self) -> None:
        now = time.perf_counter()
        if self._stack:
            part = self._stack[-1]
            self.wall_s[part] = self.wall_s.get(part, 0.0) + now - self._since
        self._since = now
