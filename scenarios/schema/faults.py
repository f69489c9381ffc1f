"""Turn pydantic's findings into one line that names file, key, value, choice and remedy."""

from __future__ import annotations

import difflib
import types
from collections.abc import Mapping, Sequence
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from cim_models.errors import ScenarioError

Location = tuple[str | int, ...]

_PLAIN = {
    "timezone_aware": "a date and time with its zone, such as 2026-06-18T17:00:00+08:00",
    "model_type": "keys and values",
    "tuple_type": "a list",
    "string_type": "text",
    "int_parsing": "a whole number",
    "float_parsing": "a number",
}


def scenario_error(
    error: ValidationError, model: type[BaseModel], source: str, overridden: Sequence[str]
) -> ScenarioError:
    """Describe the first fault of a scenario.

    Parameters
    ----------
    error
        What pydantic found.
    model
        The model that was filled.
    source
        File, as the user named it.
    overridden
        Keys set on the command line; a fault below one of them is blamed on ``--set``.
    """
    faults = sorted(error.errors(include_url=False), key=_depth, reverse=True)
    fault = faults[0]
    location = _without_tags(fault["loc"], model)
    key = ".".join(str(part) for part in location)
    others = len({_without_tags(other["loc"], model) for other in faults}) - 1
    return ScenarioError(
        f"{_place(source, key, overridden)}{f' (and {others} more)' if others > 0 else ''}",
        **_words(fault, location, model),
    )


def dotted(location: Sequence[str | int]) -> str:
    """Write a location as ``--set`` takes it."""
    return ".".join(str(part) for part in location)


def _place(source: str, key: str, overridden: Sequence[str]) -> str:
    for name in overridden:
        if key == name or name.startswith(key + "."):
            return f"--set {name}"
        if key.startswith(name + "."):
            return f"--set {name}, key '{key}'"
    return f"Scenario '{source}', key '{key}'" if key else f"Scenario '{source}'"


def _words(fault: Mapping[str, Any], location: Location, model: type[BaseModel]) -> dict[str, Any]:
    kind = fault["type"]
    if kind == "extra_forbidden":
        allowed = _fields(model, location[:-1])
        near = difflib.get_close_matches(str(location[-1]), allowed, n=1)
        remedy = f"Perhaps '{near[0]}' was meant" if near else "Remove it"
        return {"got": "an unknown key", "expected": "one of " + ", ".join(allowed), "remedy": remedy}
    if kind == "missing":
        return {"got": "nothing", "expected": "a value", "remedy": f"Add '{location[-1]}'"}
    expected = _PLAIN.get(kind) or str(fault["msg"])
    for prefix in ("Value error, ", "expected ", "Input should be "):
        expected = expected.removeprefix(prefix)
    return {"got": _shown(fault["input"]), "expected": expected, "remedy": "Change the value"}


def _shown(value: Any) -> str:
    text = f"'{value}'" if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _depth(fault: Mapping[str, Any]) -> tuple[bool, int]:
    """Rank a fault: unknown keys first, then the deepest, which is the most exact."""
    return fault["type"] == "extra_forbidden", len(fault["loc"])


def _without_tags(location: Location, model: type[BaseModel]) -> Location:
    """Drop the parts of a location that name a member of a union instead of a key."""
    kept: list[str | int] = []
    for part in location:
        if isinstance(part, int) or _is_key(model, kept, part):
            kept.append(part)
    return tuple(kept)


def _is_key(model: type[BaseModel], parents: Sequence[str | int], part: str) -> bool:
    if part in _fields(model, parents):
        return True
    owner = _annotation(model, parents)
    return part.replace("_", "").isalnum() and not any(part == _name(kind) for kind in _members(owner))


def _fields(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    for kind in _members(_annotation(model, location)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return [field.alias or name for name, field in kind.model_fields.items()]
    return []


def _annotation(model: Any, location: Sequence[str | int]) -> Any:
    """Type of the value at a location; None where the schema does not reach."""
    kind: Any = model
    for part in location:
        kind = _step(kind, part)
    return kind


def _step(kind: Any, part: str | int) -> Any:
    for member in _members(kind):
        if isinstance(member, type) and issubclass(member, BaseModel):
            for name, field in member.model_fields.items():
                if part in (name, field.alias):
                    return field.annotation
        elif get_origin(member) in (tuple, list) and isinstance(part, int):
            return get_args(member)[0]
        elif get_origin(member) is dict:
            return get_args(member)[1]
    return None


def _members(kind: Any) -> tuple[Any, ...]:
    if get_origin(kind) in (Union, types.UnionType):
        return tuple(inner for member in get_args(kind) for inner in _members(member))
    return (kind,)


def _name(kind: Any) -> str:
    origin = get_origin(kind)
    return getattr(origin or kind, "__name__", str(kind))
