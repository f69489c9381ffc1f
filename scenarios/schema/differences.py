"""How two scenarios differ, key by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def differing_keys(before: Any, after: Any, key: str = "") -> Iterator[str]:
    """Walk two scenarios as plain values and yield the keys that differ; a list counts as one value."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys((*before, *after)):
            yield from differing_keys(before.get(name), after.get(name), f"{key}.{name}" if key else name)
    elif before != after:
        yield key


def value_at(values: Any, key: str) -> Any:
    """Return what a scenario says under a dotted key; None where it says nothing."""
    for part in key.split("."):
        values = values.get(part) if isinstance(values, Mapping) else None
    return values
