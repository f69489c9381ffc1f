"""Find a scenario, read its YAML, apply ``--set`` and check the result."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from cim_models.errors import ScenarioError
from scenarios.schema.faults import scenario_error
from scenarios.schema.model import Scenario

_POLICY = "dispatch.policy"
LIBRARY = Path(__file__).parents[1] / "library"


@dataclass(frozen=True, slots=True)
class LoadedScenario:
    """A checked scenario with its origin.

    Parameters
    ----------
    scenario
        What it says after all overrides.
    path
        The file.
    sha256
        Hash of the file's bytes.
    overrides
        Texts given with ``--set``, in order.
    """

    scenario: Scenario
    path: Path
    sha256: str
    overrides: tuple[str, ...] = ()

    def resolve(self, reference: str) -> Path:
        """Find a file or folder that the scenario names: from here first, then from its own folder."""
        path = Path(reference).expanduser()
        beside = self.path.parent / path
        return path if path.exists() or not beside.exists() else beside


def library_names() -> list[str]:
    """Names of the scenarios that come with citytwin."""
    return sorted(path.stem for path in LIBRARY.glob("*.yaml"))


def load_scenario(name: str, overrides: Sequence[str] = (), seed: int | None = None) -> LoadedScenario:
    """Read a scenario.

    Parameters
    ----------
    name
        A file, or the name of a library scenario.
    overrides
        Texts ``key=value``; keys with dots, list places as numbers, values as YAML.
    seed
        Replaces the scenario's seed when given.

    Raises
    ------
    ScenarioError
        With file, key, value, what is allowed and what to do.
    """
    path = find_scenario(name)
    content = _read(path)
    values = _parse(content, path)
    overrides = [with_place(text) for text in overrides]
    keys = [set_value(values, text) for text in overrides]
    if seed is not None:
        values["seed"] = seed
        keys.append("seed")
    scenario = checked(values, str(path), keys)
    return LoadedScenario(scenario, path, hashlib.sha256(content).hexdigest(), tuple(overrides))


def override(loaded: LoadedScenario, overrides: Sequence[str]) -> LoadedScenario:
    """Return a scenario with more changes; files that it names are looked for where they were before.

    Raises
    ------
    ScenarioError
        If a key or value is wrong.
    """
    values = loaded.scenario.model_dump(mode="json", by_alias=True)
    overrides = [with_place(text) for text in overrides]
    keys = [set_value(values, text) for text in overrides]
    scenario = checked(values, f"{loaded.path}", keys)
    return replace(loaded, scenario=scenario, overrides=(*loaded.overrides, *overrides))


def checked(values: Mapping[str, Any], source: str, overridden: Sequence[str] = ()) -> Scenario:
    """Return what the keys and values of a scenario say.

    Parameters
    ----------
    values
        As a file or ``run.json`` holds them.
    source
        Where they are from, for messages.
    overridden
        Keys that were set on the command line.

    Raises
    ------
    ScenarioError
        If a key or value is wrong.
    """
    try:
        return Scenario.model_validate(values)
    except ValidationError as exc:
        raise scenario_error(exc, Scenario, source, overridden) from exc


def find_scenario(name: str) -> Path:
    """Return the file of a scenario given by path or library name."""
    path = Path(name).expanduser()
    if path.is_file():
        return path
    inside = LIBRARY / f"{name}.yaml"
    if inside.is_file():
        return inside
    near = difflib.get_close_matches(name, library_names(), n=1)
    raise ScenarioError(
        f"Scenario '{name}'",
        got="no such file or library scenario",
        expected=f"a file, or one of {', '.join(library_names())}",
        remedy=f"Perhaps '{near[0]}' was meant" if near else "Check the name",
    )


def with_place(text: str, folder: Path | None = None) -> str:
    """Return a ``key=value`` that names the same policy file wherever it is read.

    Only ``dispatch.policy=FILE.py:Class`` changes, where the folder has such a file; in a scenario itself a
    relative file lies beside the scenario.

    Parameters
    ----------
    text
        As given with ``--set``.
    folder
        Where the file is looked for; the working folder if none.
    """
    key, _, value = text.partition("=")
    module, _, attribute = value.strip().strip("'\"").rpartition(":")
    if key.strip() != _POLICY or not module.endswith(".py"):
        return text
    path = (folder or Path()) / Path(module).expanduser()
    return f"{_POLICY}={json.dumps(f'{path.resolve()}:{attribute}')}" if path.is_file() else text


def set_value(values: dict[str, Any], text: str) -> str:
    """Apply one ``key=value`` in place and return its key; ``key+=value`` adds to the end of a list.

    Raises
    ------
    ScenarioError
        If the text has no ``=``, the value is no YAML, or the key leads through something that
        is neither a mapping nor a list.
    """
    key, equals, raw = text.partition("=")
    adds = key.rstrip().endswith("+")
    key = key.rstrip().removesuffix("+").strip()
    if not equals or not key:
        raise ScenarioError(
            "--set", got=f"'{text}'", expected="key=value", remedy="Write for example --set seed=3"
        )
    try:
        value = yaml.load(raw, Loader=_Loader)
    except yaml.YAMLError as exc:
        raise ScenarioError(
            f"--set {key}", got=f"'{raw}'", expected="a YAML value", remedy="Quote the value"
        ) from exc
    place: Any = values
    *parents, last = key.split(".")
    for index, part in enumerate(parents):
        place = _enter(place, part, ".".join(parents[: index + 1]), key)
    if adds:
        value = [*_listed(place, last, key), value]
    _put(place, last, value, key)
    return key


def _listed(place: Any, part: str, key: str) -> list[Any]:
    """Return the list under a key; an empty one where there is nothing yet."""
    found = place.get(part) if isinstance(place, dict) else None
    if found is not None and not isinstance(found, list):
        raise ScenarioError(
            f"--set {key}+", got=f"{type(found).__name__}", expected="a list to add to", remedy="Use ="
        )
    return found or []


def _enter(place: Any, part: str, reached: str, key: str) -> Any:
    if isinstance(place, dict):
        inner = place.setdefault(part, {})
        if inner is None:
            inner = place[part] = {}
        return inner
    if isinstance(place, list) and part.isdigit() and int(part) < len(place):
        return place[int(part)]
    raise _no_place(place, reached, key)


def _put(place: Any, part: str, value: Any, key: str) -> None:
    if isinstance(place, dict):
        place[part] = value
    elif isinstance(place, list) and part.isdigit() and int(part) < len(place):
        place[int(part)] = value
    else:
        raise _no_place(place, key, key)


def _no_place(place: Any, reached: str, key: str) -> ScenarioError:
    expected = (
        f"a place from 0 to {len(place) - 1}" if isinstance(place, list) and place else "a mapping there"
    )
    return ScenarioError(
        f"--set {key}", got=f"no '{reached}' in the scenario", expected=expected, remedy="Check the key"
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise ScenarioError(f"Scenario '{path}'", got=exc.strerror, remedy="Check the file") from exc


def _parse(content: bytes, path: Path) -> dict[str, Any]:
    try:
        values = yaml.load(content.decode("utf-8"), Loader=_Loader)
    except UnicodeDecodeError as exc:
        raise ScenarioError(
            f"Scenario '{path}'", got=str(exc), expected="UTF-8 text", remedy="Convert it"
        ) from exc
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(exc, "problem", None) or str(exc)
        raise ScenarioError(
            f"Scenario '{path}'{line}", got=problem, expected="YAML", remedy="Mend the line"
        ) from exc
    if not isinstance(values, dict):
        raise ScenarioError(
            f"Scenario '{path}'",
            got=type(values).__name__,
            expected="keys and values",
            remedy="Check the file",
        )
    return values


class _Loader(yaml.SafeLoader):
    """YAML without its surprises: 17:20 and dates stay text, yes and no too; keys are unique."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key '{key}' given twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


_RESOLVED = {
    "tag:yaml.org,2002:bool": (r"true|True|false|False", "tTfF"),
    "tag:yaml.org,2002:int": (r"[-+]?\d+", "-+0123456789"),
    "tag:yaml.org,2002:float": (r"[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?", "-+.0123456789"),
    "tag:yaml.org,2002:null": (r"~|null|", "~n"),
}


def _resolvers() -> dict[str | None, list[tuple[str, re.Pattern[str]]]]:
    table: dict[str | None, list[tuple[str, re.Pattern[str]]]] = {}
    for tag, (pattern, first) in _RESOLVED.items():
        for letter in first:
            table.setdefault(letter, []).append((tag, re.compile(f"(?:{pattern})$")))
    table.setdefault("", []).append(("tag:yaml.org,2002:null", re.compile("$")))
    return table


_Loader.yaml_implicit_resolvers = _resolvers()
