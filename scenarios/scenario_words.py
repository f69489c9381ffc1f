"""What a scenario says under a key, in words and units, in Chinese or English.

English keeps the names of the keys and the form in which ``--set`` takes a value; Chinese has words and
units. What a scenario does not set, or leaves as it is by default, is left out within a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, BeforeValidator

from scenarios.phrasebook import skill_name
from scenarios.scenario_terms import KEYS, UNITS, VALUES
from scenarios.schema.model import Scenario
from scenarios.schema.quantities import duration_text, parse_duration, parse_length

_READERS: Mapping[Any, str] = {parse_duration: "s", parse_length: "m"}
_SPANS: Mapping[str, str] = {"h": "小时", "min": "分钟", "s": "秒"}


@dataclass(frozen=True, slots=True)
class _Kind:
    """What the schema knows of a value: the sections that it may be, and its unit, s or m or nothing."""

    sections: tuple[type[BaseModel], ...]
    unit: str = ""


def key_words(key: str, language: str) -> str:
    """Name a dotted key of a scenario; a part that is no key of the schema, such as a skill, by its word."""
    if language != "zh":
        return key
    kind, names = _Kind((Scenario,)), []
    for part in key.split("."):
        names.append(_key_name(kind, part))
        kind = _inner(kind, part)
    return " · ".join(names)


def value_words(key: str, value: Any, language: str) -> str:
    """Say a value of a scenario.

    Parameters
    ----------
    key
        Dotted key that holds it.
    value
        Plain value as in ``run.json``.
    language
        ``zh`` or ``en``.
    """
    kind, last = _Kind((Scenario,)), ""
    for last in key.split("."):
        kind = _inner(kind, last)
    return _chinese(value, kind, last) if language == "zh" else _english(value, kind)


def _english(value: Any, kind: _Kind) -> str:
    if value is None or value in ([], {}):
        return "none"
    if isinstance(value, Mapping):
        entries = (f"{key}: {_english(inner, _inner(kind, key))}" for key, inner in _said(value, kind))
        return f"{{{', '.join(entries)}}}"
    if isinstance(value, list):
        return f"[{', '.join(_english(inner, kind) for inner in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    return _number(value, kind) if isinstance(value, int | float) else str(value)


def _chinese(value: Any, kind: _Kind, key: str) -> str:
    if value is None or value in ([], {}, ""):
        return "无"
    if isinstance(value, Mapping):
        return "，".join(_chinese_entry(kind, key, inner) for key, inner in _said(value, kind)) or "默认"
    if isinstance(value, list):
        between = "；" if isinstance(value[0], Mapping) else "、"
        return between.join(_chinese(inner, kind, key) for inner in value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if not isinstance(value, int | float):
        return VALUES.get(str(value)) or skill_name(str(value))
    if kind.unit == "s":
        return re.sub(r"([a-z]+)$", lambda found: f" {_SPANS[found[1]]}", _number(value, kind))
    unit = kind.unit or next((unit for end, unit in UNITS.items() if key.endswith(end)), "")
    return f"{value:.10g} {unit}".rstrip()


def _chinese_entry(kind: _Kind, key: str, value: Any) -> str:
    name, told = _key_name(kind, key), _chinese(value, _inner(kind, key), key)
    return f"{name}（{told}）" if isinstance(value, Mapping) else f"{name} {told}"


def _number(value: float, kind: _Kind) -> str:
    return duration_text(value) if kind.unit == "s" else f"{value:.10g}{kind.unit}"


def _said(value: Mapping[str, Any], kind: _Kind) -> Iterator[tuple[str, Any]]:
    """Entries of a mapping that are set and not as they are by default."""
    for key, inner in value.items():
        section = _section(kind, key)
        field = None if section is None else section.model_fields[_field_name(section, key)]
        if inner is not None and (field is None or field.is_required() or field.default != inner):
            yield key, inner


def _key_name(kind: _Kind, key: str) -> str:
    section = _section(kind, key)
    if section is None:
        return VALUES.get(key) or skill_name(key)
    name = _field_name(section, key)
    return KEYS.get(f"{section.__name__}.{name}") or KEYS[name]


def _inner(kind: _Kind, key: str) -> _Kind:
    """Return what is known of the value under a key; where keys are free, all values are of one kind."""
    section = _section(kind, key)
    if section is None:
        return kind
    field = section.model_fields[_field_name(section, key)]
    return _Kind(tuple(_sections(field.annotation)), _unit((*field.metadata, field.annotation)))


def _section(kind: _Kind, key: str) -> type[BaseModel] | None:
    return next((section for section in kind.sections if _field_name(section, key)), None)


def _field_name(section: type[BaseModel], key: str) -> str:
    """Return the name of the field that a file calls by a key; nothing where there is none."""
    fields = section.model_fields
    return key if key in fields else next((name for name, field in fields.items() if field.alias == key), "")


def _sections(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _sections(part)


def _unit(parts: Sequence[Any]) -> str:
    """Find how a value is read from text: as a duration, s, or a length, m."""
    for part in parts:
        if isinstance(part, BeforeValidator):
            found = _READERS.get(part.func, "")
        else:
            found = _unit((*getattr(part, "__metadata__", ()), *get_args(part)))
        if found:
            return found
    return ""
