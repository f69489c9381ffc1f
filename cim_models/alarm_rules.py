"""Alarm rules: when readings of a sensor are an alarm, as data.

A condition is a threshold with duration and hysteresis, the silence of a sensor, or all or any of several
conditions. Rules come from catalogue ``alarm_rules`` or from a file of the same form that a user writes;
`agents.alarms` evaluates them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cim_models.catalogues import load_catalogue
from cim_models.errors import InputError

Kind = Literal["supply", "drainage", "waterlogging", "gas", "heat", "structure", "ground", "sensor"]
"""What an alarm is about."""

KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Threshold:
    """A value that is passed for some time.

    Parameters
    ----------
    quantity
        What is measured, a name of the catalogue's ``quantities``.
    value
        The threshold, in the quantity's unit; reaching it passes it.
    rising
        Whether values from the threshold upwards pass it, else values from there downwards.
    ends_at
        A condition that holds ends when a value is on the good side of this one: below it where
        ``rising``, else above.
    for_s
        How long the threshold must have been passed before the condition holds, s.
    """

    quantity: str
    value: float
    rising: bool
    ends_at: float
    for_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Silence:
    """No reading of anything for so long, s."""

    for_s: float


@dataclass(frozen=True, slots=True)
class Combination:
    """Several conditions, of which all must hold, or any."""

    parts: tuple[Condition, ...]
    every: bool


Condition = Threshold | Silence | Combination


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """When readings of a sensor are an alarm.

    Parameters
    ----------
    id, zh, en
        Its name, for the log and for people.
    kind
        What it is about, one of `KINDS`.
    level
        Response level, 1 (most urgent) to 4.
    condition
        When it holds.
    group
        Rules of one group at one sensor are one alarm.
    class_code
        Event class of the report that the alarm makes; empty for none.
    """

    id: str
    zh: str
    en: str
    kind: str
    level: int
    condition: Condition
    group: str
    class_code: str = ""

    @property
    def quantities(self) -> frozenset[str]:
        """What it looks at; empty for a rule about silence alone."""
        return _quantities(self.condition)


@dataclass(frozen=True, slots=True)
class AlarmRules:
    """A set of rules.

    Parameters
    ----------
    rules
        In the order of the file.
    units
        Unit of each quantity.
    version
        Catalogue or file, with its version.
    """

    rules: tuple[AlarmRule, ...]
    units: Mapping[str, str]
    version: str


def read_alarm_rules(path: Path | None = None) -> AlarmRules:
    """Read rules.

    Parameters
    ----------
    path
        A file with ``rules`` as in catalogue ``alarm_rules``, which it replaces; None for the catalogue.

    Raises
    ------
    InputError
        If the file cannot be read, or a rule names a quantity, kind or event class that there is not, has a
        threshold that makes no sense, or an id that another one has.
    """
    catalogue = load_catalogue("alarm_rules")
    source = f"Catalogue alarm_rules {catalogue['version']}" if path is None else f"Alarm rules '{path}'"
    content = catalogue if path is None else _load(path, source)
    units = {name: str(entry["unit"]) for name, entry in catalogue["quantities"].items()}
    try:
        file = _RuleFile.model_validate({"rules": content.get("rules")})
    except ValidationError as exc:
        raise _fault(exc, content, source) from exc
    for entry in file.rules:
        _check(entry, units, source)
    _refuse_twins(file, source)
    return AlarmRules(tuple(entry.rule() for entry in file.rules), units, source)


# --- the file -------------------------------------------------------------------------------------


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _ConditionEntry(_Part):
    quantity: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    ends_below: float | None = None
    ends_above: float | None = None
    for_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    silent_for_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    every: tuple[_ConditionEntry, ...] | None = Field(default=None, alias="all", min_length=1)
    either: tuple[_ConditionEntry, ...] | None = Field(default=None, alias="any", min_length=1)

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        given = [self.quantity, self.silent_for_s, self.every, self.either]
        if sum(value is not None for value in given) != 1:
            msg = "expected exactly one of quantity, silent_for_s, all, any"
            raise ValueError(msg)
        if self.quantity is not None:
            self._check_threshold()
        elif any(value is not None for value in (self.at_least, self.at_most)):
            msg = "expected a quantity beside at_least or at_most"
            raise ValueError(msg)
        return self

    def _check_threshold(self) -> None:
        if (self.at_least is None) == (self.at_most is None):
            msg = "expected exactly one of at_least, at_most"
            raise ValueError(msg)
        if self.at_least is not None and not (self.ends_above is None and self._below(self.ends_below)):
            msg = f"expected ends_below no larger than at_least, {self.at_least:g}"
            raise ValueError(msg)
        if self.at_most is not None and not (self.ends_below is None and self._above(self.ends_above)):
            msg = f"expected ends_above no smaller than at_most, {self.at_most:g}"
            raise ValueError(msg)

    def _below(self, value: float | None) -> bool:
        return value is None or (self.at_least is not None and value <= self.at_least)

    def _above(self, value: float | None) -> bool:
        return value is None or (self.at_most is not None and value >= self.at_most)

    def condition(self) -> Condition:
        """Return what it says."""
        if self.silent_for_s is not None:
            return Silence(self.silent_for_s)
        parts = self.every or self.either
        if parts is not None:
            return Combination(tuple(part.condition() for part in parts), self.every is not None)
        assert self.quantity is not None
        if self.at_least is not None:
            ends = self.at_least if self.ends_below is None else self.ends_below
            return Threshold(self.quantity, self.at_least, True, ends, self.for_s)
        assert self.at_most is not None
        ends = self.at_most if self.ends_above is None else self.ends_above
        return Threshold(self.quantity, self.at_most, False, ends, self.for_s)


class _RuleEntry(_Part):
    id: Annotated[str, Field(min_length=1)]
    zh: str
    en: str
    kind: Kind
    level: Annotated[int, Field(ge=1, le=4)]
    when: _ConditionEntry
    group: str = ""
    class_code: str = Field(default="", alias="class")
    source: str = ""

    def rule(self) -> AlarmRule:
        """Return the rule that it describes."""
        return AlarmRule(
            id=self.id,
            zh=self.zh,
            en=self.en,
            kind=self.kind,
            level=self.level,
            condition=self.when.condition(),
            group=self.group or self.id,
            class_code=self.class_code,
        )


class _RuleFile(_Part):
    rules: Annotated[tuple[_RuleEntry, ...], Field(min_length=1)]


def _load(path: Path, source: str) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(source, got=str(exc), expected="a YAML file", remedy="Check the path") from exc
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(exc, "problem", None) or "no YAML"
        raise InputError(f"{source}{line}", got=problem, expected="YAML", remedy="Mend the line") from exc
    if not isinstance(content, dict) or not isinstance(content.get("rules"), list):
        raise InputError(source, got="no list 'rules'", expected="a file as catalogue alarm_rules")
    return content


def _fault(error: ValidationError, content: Mapping[str, Any], source: str) -> InputError:
    """Describe the first fault in one line: file, rule, key, value, what would have been right."""
    fault = error.errors(include_url=False)[0]
    place = [part for part in fault["loc"] if part != "rules"]
    name = f"rule {place[0]}" if place and isinstance(place[0], int) else "rules"
    if place and isinstance(place[0], int):
        entry = content["rules"][place[0]]
        name = f"rule '{entry['id']}'" if isinstance(entry, dict) and "id" in entry else name
    key = ".".join(str(part) for part in place[1:])
    expected = str(fault["msg"])
    for prefix in ("Value error, ", "expected ", "Input should be "):
        expected = expected.removeprefix(prefix)
    got = {"missing": "nothing", "extra_forbidden": "an unknown key"}.get(fault["type"]) or repr(
        fault["input"]
    )
    return InputError(
        f"{source}, {name}" + (f", key '{key}'" if key else ""),
        got=got if len(got) <= 80 else got[:77] + "...",
        expected="no such key" if fault["type"] == "extra_forbidden" else expected,
        remedy="Change the rule",
    )


def _check(entry: _RuleEntry, units: Mapping[str, str], source: str) -> None:
    rule = entry.rule()
    for name in sorted(rule.quantities - units.keys()):
        raise InputError(
            f"{source}, rule '{rule.id}', key 'when.quantity'",
            got=f"'{name}', which no sensor measures",
            expected=f"one of {', '.join(units)}",
            remedy="Correct the quantity",
        )
    codes = [str(known["code"]) for known in load_catalogue("event_classes")["classes"]]
    if rule.class_code and rule.class_code not in codes:
        raise InputError(
            f"{source}, rule '{rule.id}', key 'class'",
            got=f"'{rule.class_code}'",
            expected=f"one of {', '.join(codes)}",
            remedy="Correct the event class",
        )


def _refuse_twins(file: _RuleFile, source: str) -> None:
    ids = [entry.id for entry in file.rules]
    for name in ids:
        if ids.count(name) > 1:
            raise InputError(f"{source}, rule '{name}'", got="given twice", expected="an id of its own")
    for entry in file.rules:
        kinds = {other.kind for other in file.rules if (other.group or other.id) == (entry.group or entry.id)}
        if len(kinds) > 1:
            raise InputError(
                f"{source}, group '{entry.group or entry.id}'",
                got=f"kinds {', '.join(sorted(kinds))}",
                expected="rules of one kind",
                remedy="Give them groups of their own",
            )


def _quantities(condition: Condition) -> frozenset[str]:
    if isinstance(condition, Threshold):
        return frozenset({condition.quantity})
    if isinstance(condition, Silence):
        return frozenset()
    return frozenset().union(*(_quantities(part) for part in condition.parts))
