"""Columns: many objects of one class as one column for each of their fields, small and quick to save.

Values come back exactly as they were, with their types: a column is coded as numbers or as one text only
where all its values are of one plain type, and kept as it is elsewhere.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = tuple[str, Any]
"""How the values are coded, and what they are coded as."""


class Mass(list[Any]):
    """Many objects of one class, which `agents.snapshot` saves at once by their numbers in its columns."""


_NONE = type(None)
_SEPARATOR = "\x1f"
_MOST_WORDS = 65_536
_DIGITS = "0123456789"
_LARGE = 2**62


def to_columns(fields: Iterable[Sequence[Any]], number: int) -> list[Column]:
    """Code the values of each field of ``number`` objects as a column.

    A column of floats that mostly equals an earlier one, as many times in the life of a case do, is told by
    the bits in which it differs, and compresses to next to nothing. The bytes of floats go by their
    significance, since the first ones are much alike. Texts that equal those of an earlier column are told by
    its number, and lists of texts that all begin with the text of the first column, as the tasks of a case do
    with its id, by what follows.
    """
    columns = []
    known = [np.zeros(number, dtype=np.uint64)]
    texts: dict[int, Sequence[Any]] = {}
    for index, values in enumerate(fields):
        kind, coded = _code(values)
        if kind in ("words", "texts", "numbered"):
            same = next((earlier for earlier, other in texts.items() if _are_same(other, values)), None)
            if same is not None:
                kind, coded = "same", same
            texts[index] = values
        elif kind == "lists" and 0 in texts:
            kind, coded = _after_names(values, texts[0]) or (kind, coded)
        elif kind == "floats":
            bits, missing = coded
            equal = [np.count_nonzero(bits == other) for other in known]
            like = equal.index(max(equal)) if 2 * max(equal) > number else 0
            coded = _by_byte(bits ^ known[like]), like, missing
            known.append(bits)
        columns.append((kind, coded))
    return columns


def to_fields(columns: Sequence[Column], number: int) -> list[Sequence[Any]]:
    """Return the values of each field that were coded as columns."""
    fields: list[Sequence[Any]] = []
    known = [np.zeros(number, dtype=np.uint64)]
    for kind, coded in columns:
        if kind == "floats":
            by_byte, like, missing = coded
            known.append(np.ascontiguousarray(by_byte.T).view(np.uint64)[:, 0] ^ known[like])
            fields.append(_floats(known[-1], missing))
        elif kind == "same":
            fields.append(fields[coded])
        elif kind == "lists of names":
            fields.append(
                [
                    [name + part for part in parts]
                    for name, parts in zip(fields[0], _lists(coded), strict=True)
                ]
            )
        else:
            fields.append(_DECODERS[kind](coded))
    return fields


def _code(values: Sequence[Any]) -> Column:
    """Code one column."""
    kinds = set(map(type, values))
    if not kinds:
        return "plain", values
    if kinds == {float}:
        return "floats", (np.array(values).view(np.uint64), None)
    if kinds == {float, _NONE}:
        missing = np.array([value is None for value in values])
        floats = np.array([0.0 if value is None else value for value in values])
        return "floats", (floats.view(np.uint64), np.packbits(missing))
    if kinds == {int} and max(map(abs, values)) < _LARGE:
        return "ints", np.diff(np.array(values, dtype=np.int64), prepend=0)
    if kinds == {bool}:
        return "bools", np.array(values)
    if kinds == {list}:
        return _code_lists(values)
    if len(kinds - {_NONE}) == 1 and all(issubclass(kind, str) for kind in kinds - {_NONE}):
        return _code_texts(values, kinds)
    return "plain", values


def _code_texts(values: Sequence[Any], kinds: set[type]) -> Column:
    """Code texts, or words of a list of words, by number where they come again, else as one text."""
    number = {value: index for index, value in enumerate(dict.fromkeys(values))}
    if len(number) <= min(len(values) // 2 + 1, _MOST_WORDS):
        numbers = np.array([number[value] for value in values], dtype=np.uint16)
        return "words", (list(number), _by_byte(numbers))
    if kinds == {str}:
        numbered = _code_numbered(values)
        if numbered is not None:
            return numbered
        text = _SEPARATOR.join(values)
        if text.count(_SEPARATOR) == len(values) - 1:
            return "texts", text
    return "plain", values


def _code_numbered(values: Sequence[str]) -> Column | None:
    """Code texts that are one text and a number, padded with zeros to one width; None for others."""
    head = values[0].rstrip(_DIGITS)
    form = re.compile(re.escape(head) + f"[{_DIGITS}]{{1,18}}")
    if not all(map(form.fullmatch, values)):
        return None
    digits = [value[len(head) :] for value in values]
    width = min(map(len, digits))
    if any(len(number) > width and number[0] == "0" for number in digits):
        return None
    numbers: NDArray[np.int64] = np.array([*map(int, digits)], dtype=np.int64)
    return "numbered", (head, width, np.diff(numbers, prepend=0))


def _code_lists(values: Sequence[list[Any]]) -> Column:
    """Code lists of texts as one text."""
    parts = [part for value in values for part in value]
    if set(map(type, parts)) == {str}:
        text = _SEPARATOR.join(parts)
        if text.count(_SEPARATOR) == len(parts) - 1:
            return "lists", (text, np.array([len(value) for value in values], dtype=np.uint32))
    return "plain", values


def _after_names(values: Sequence[list[str]], names: Sequence[str]) -> Column | None:
    """Code lists of texts that all begin with a name by what follows it; None where one does not."""
    pairs = list(zip(values, names, strict=True))
    if not all(part.startswith(name) for parts, name in pairs for part in parts):
        return None
    _, coded = _code_lists([[part[len(name) :] for part in parts] for parts, name in pairs])
    return "lists of names", coded


def _are_same(values: Sequence[Any], others: Sequence[Any]) -> bool:
    return values == others and [*map(type, values)] == [*map(type, others)]


def _by_byte(numbers: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the bytes of numbers by significance, shape (bytes of a number, numbers)."""
    return np.ascontiguousarray(numbers.view(np.uint8).reshape(len(numbers), -1).T)


def _floats(bits: NDArray[np.uint64], missing: NDArray[np.uint8] | None) -> list[float | None]:
    floats: list[float | None] = bits.view(np.float64).tolist()
    if missing is not None:
        for index in np.flatnonzero(np.unpackbits(missing, count=len(floats))).tolist():
            floats[index] = None
    return floats


def _ints(steps: NDArray[np.int64]) -> list[int]:
    numbers: list[int] = np.cumsum(steps).tolist()
    return numbers


def _bools(values: NDArray[np.bool_]) -> list[bool]:
    flags: list[bool] = values.tolist()
    return flags


def _words(coded: tuple[list[Any], NDArray[np.uint8]]) -> list[Any]:
    words, by_byte = coded
    numbers = np.ascontiguousarray(by_byte.T).view(np.uint16)[:, 0]
    return [words[number] for number in numbers.tolist()]


def _numbered(coded: tuple[str, int, NDArray[np.int64]]) -> list[str]:
    head, width, steps = coded
    return [f"{head}{number:0{width}d}" for number in _ints(steps)]


def _texts(text: str) -> list[str]:
    return text.split(_SEPARATOR)


def _lists(coded: tuple[str, NDArray[np.uint32]]) -> list[list[str]]:
    text, lengths = coded
    parts = text.split(_SEPARATOR)
    return [parts[first:last] for first, last in pairwise(accumulate(lengths.tolist(), initial=0))]


def _plain(values: Sequence[Any]) -> Sequence[Any]:
    return values


_DECODERS: Mapping[str, Callable[[Any], Sequence[Any]]] = {
    "ints": _ints,
    "bools": _bools,
    "words": _words,
    "numbered": _numbered,
    "texts": _texts,
    "lists": _lists,
    "plain": _plain,
}
