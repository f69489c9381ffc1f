"""The reasons that the code gives in English, collected from its sources.

A reason is what is given as an argument, a field or a fact named ``reason``: a text, or what a variable or a
function holds or returns. Each is followed to the texts that it can be.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("agents", "scenarios", "twin")
WORD = "reason"
NOTES = "notes"
SAMPLE = "7"
"""Stands in a collected text for each value that the code fills in."""

AstFunction = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True)
class Sources:
    """Functions by name, where a reason stands among their arguments or among fields, and who calls them."""

    trees: Mapping[Path, ast.Module]
    functions: dict[str, list[AstFunction]] = field(default_factory=dict)
    positions: dict[str, int] = field(default_factory=dict)
    calls: dict[str, list[tuple[ast.Call, AstFunction]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for tree in self.trees.values():
            for node in ast.walk(tree):
                if isinstance(node, AstFunction):
                    self.functions.setdefault(node.name, []).append(node)
                    self._enter(node.name, _arguments(node))
                    for part in ast.walk(node):
                        if isinstance(part, ast.Call):
                            self.calls.setdefault(_name(part.func), []).append((part, node))
                elif isinstance(node, ast.ClassDef):
                    self._enter(node.name, [_name(part.target) for part in node.body if _is_field(part)])

    def _enter(self, name: str, names: list[str]) -> None:
        if WORD in names:
            self.positions[name] = names.index(WORD)


def read_sources() -> Sources:
    """Parse the rooms whose code gives reasons, and where an order's outcome is declared."""
    paths = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    paths.append(ROOT / "cim_models" / "orders.py")
    return Sources({path: ast.parse(path.read_text("utf-8")) for path in paths})


def collect_reasons(sources: Sources) -> dict[str, str]:
    """Return texts, each with the file and line where it arises."""
    return _collect(sources, lambda node: _given(node, sources))


def collect_notes(sources: Sources) -> dict[str, str]:
    """Return texts that are put among the notes of a run, in the same way."""
    found = _collect(sources, _noted)
    # findings from readings alone are no run's
    return {text: place for text, place in found.items() if not place.startswith("twin/detection/")}


def _collect(sources: Sources, given_by: Callable[[ast.AST], Iterator[ast.expr]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path, tree in sources.trees.items():
        for function in ast.walk(tree):
            if not isinstance(function, AstFunction):
                continue
            for node in ast.walk(function):
                for given in given_by(node):
                    for text in _texts(given, function, sources, frozenset()):
                        found.setdefault(text, f"{path.relative_to(ROOT)}:{given.lineno}")
    return found


def _given(node: ast.AST, sources: Sources) -> Iterator[ast.expr]:
    """Expressions that a node gives as a reason."""
    match node:
        case ast.Call():
            yield from (keyword.value for keyword in node.keywords if keyword.arg == WORD)
            position = sources.positions.get(_name(node.func))
            if position is not None and len(node.args) > position:
                yield node.args[position]
        case ast.Dict():
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == WORD:
                    yield value
        case ast.Assign(targets=[ast.Name(id=name)]) if name == WORD:
            yield node.value


def _noted(node: ast.AST) -> Iterator[ast.expr]:
    """Texts that a node puts among notes: adds to them, or says in a function that is named after them."""
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr="append")) if _name(value) == NOTES:
            yield from node.args
        case ast.Assign(targets=[target]) if _name(target) == NOTES:
            yield from _said(node.value)
        case ast.FunctionDef() if re.fullmatch("notes?|.*_notes", node.name):
            for part in node.body:
                if not isinstance(part, ast.Expr) or isinstance(part.value, ast.Yield):  # a docstring is none
                    yield from _said(part)


def _said(node: ast.AST) -> Iterator[ast.expr]:
    """Whole texts of several words below a node."""
    match node:
        case ast.JoinedStr():
            yield node
        case ast.Constant(value=str(text)) if len(text.split()) > 2:
            yield node
        case _:
            for part in ast.iter_child_nodes(node):
                yield from _said(part)


def _texts(node: ast.expr, function: AstFunction, sources: Sources, seen: frozenset[str]) -> Iterator[str]:
    """Texts that an expression can be, with a sample for each value in them."""
    match node:
        case ast.Constant(value=str(text)) if text:
            yield text
        case ast.JoinedStr():
            parts = [list(_filled(part, function, sources, seen)) for part in node.values]
            yield from ("".join(chosen) for chosen in product(*parts))
        case ast.IfExp():
            yield from _texts(node.body, function, sources, seen)
            yield from _texts(node.orelse, function, sources, seen)
        case ast.BoolOp():
            for part in node.values:
                yield from _texts(part, function, sources, seen)
        case ast.Name():
            yield from _held(node.id, function, sources, seen)
        case ast.Call():
            yield from _returned(node, sources, seen)


def _held(name: str, function: AstFunction, sources: Sources, seen: frozenset[str]) -> Iterator[str]:
    """Texts that a variable can hold, or that callers give for an argument."""
    key = f"{function.name} {name}"
    if key in seen:
        return
    names = _arguments(function)
    if name in names and name != WORD:
        for call, caller in sources.calls.get(function.name, ()):
            if len(call.args) > names.index(name):
                yield from _texts(call.args[names.index(name)], caller, sources, seen | {key})
    for part in ast.walk(function):
        if isinstance(part, ast.Assign | ast.NamedExpr) and _assigns(part, name):
            yield from _texts(part.value, function, sources, seen | {key})


def _returned(call: ast.Call, sources: Sources, seen: frozenset[str]) -> Iterator[str]:
    """Texts that a called function can return."""
    if isinstance(call.func, ast.Attribute) and call.func.attr == "format":
        if isinstance(call.func.value, ast.Constant):
            yield re.sub(r"{.*?}", SAMPLE, str(call.func.value.value))
        return
    name = _name(call.func)
    for called in sources.functions.get(name, ()) if name not in seen else ():
        for part in ast.walk(called):
            if isinstance(part, ast.Return) and part.value is not None:
                yield from _texts(part.value, called, sources, seen | {name})


def _filled(part: ast.expr, function: AstFunction, sources: Sources, seen: frozenset[str]) -> Iterator[str]:
    """What may stand in a part of an f-string: its words, those of a choice, or a sample."""
    match part:
        case ast.Constant():
            yield str(part.value)
        case ast.FormattedValue(value=ast.IfExp()):
            yield from _texts(part.value, function, sources, seen)
        case _:
            yield SAMPLE


def _arguments(function: AstFunction) -> list[str]:
    return [argument.arg for argument in function.args.args if argument.arg != "self"]


def _assigns(node: ast.Assign | ast.NamedExpr, name: str) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


def _is_field(node: ast.stmt) -> bool:
    return isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
