"""Sections and rows of an input file of SWMM or EPANET."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cim_models.errors import NetworkError

_QUOTED = re.compile(r'"([^"]*)"|(\S+)')
_KEY_LENGTH = 4  # as EPANET does; it also tells SWMM's section names apart


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an input file, cut into words, comments removed.

    Parameters
    ----------
    source
        Name of the file, for messages.
    line
        Line number, from 1.
    words
        At least one word.
    """

    source: str
    line: int
    words: tuple[str, ...]

    @property
    def id(self) -> str:
        """The first word: what the row is about."""
        return self.words[0]

    def text(self, index: int, name: str) -> str:
        """Return word ``index``; raise `NetworkError` naming the missing value otherwise."""
        if index >= len(self.words):
            raise NetworkError(
                f"{self.where}: no {name}",
                got=" ".join(self.words),
                expected=f"at least {index + 1} values",
                remedy="Complete the line",
            )
        return self.words[index]

    def number(self, index: int, name: str, default: float | None = None) -> float:
        """Return word ``index`` as a number, or ``default`` when the line ends before it."""
        if default is not None and index >= len(self.words):
            return default
        word = self.text(index, name)
        try:
            return float(word)
        except ValueError as exc:
            raise NetworkError(
                f"{self.where}: {name} is not a number",
                got=repr(word),
                expected="a decimal number",
                remedy="Correct the line",
            ) from exc

    @property
    def where(self) -> str:
        """File, line and id, for messages."""
        return f"{self.source} line {self.line}, '{self.id}'"


class Sections:
    """The rows of an input file by section; section names may be shortened, as the engines allow.

    Parameters
    ----------
    text
        The input file.
    source
        Its name, for messages.
    """

    def __init__(self, text: str, source: str) -> None:
        self.source = source
        self._rows: Mapping[str, list[Row]] = _read_rows(text, source)

    def __contains__(self, section: str) -> bool:
        return section[:_KEY_LENGTH].upper() in self._rows

    def __getitem__(self, section: str) -> list[Row]:
        return self._rows.get(section[:_KEY_LENGTH].upper(), [])

    def option(self, name: str, default: str) -> str:
        """Return a value of section OPTIONS in upper case; the last one counts."""
        value = default
        for row in self["OPTIONS"]:
            if row.id.upper() == name.upper() and len(row.words) > 1:
                value = row.words[1]
        return value.upper()


def _read_rows(text: str, source: str) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {}
    current: list[Row] | None = None
    for line, words in _lines(text):
        if words[0].startswith("["):
            key = words[0].strip("[]").upper()[:_KEY_LENGTH]
            if key == "END":
                break
            current = rows.setdefault(key, [])
        elif current is not None:
            current.append(Row(source, line, words))
    return rows


def _lines(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    for number, line in enumerate(text.splitlines(), start=1):
        content = line.partition(";")[0]
        if '"' in content:
            words = tuple(quoted or bare for quoted, bare in _QUOTED.findall(content))
        else:
            words = tuple(content.split())
        if words:
            yield number, words
