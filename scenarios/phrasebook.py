"""Chinese for what a run's log says in English sentences: its notes, and the reasons that it gives.

The log holds one text, in English; whoever shows it in Chinese looks it up here. A text that is not in the
book, catalogue ``phrases``, is returned as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from cim_models.catalogues import load_catalogue

_ASSUMED = "; assumed: "
_ABOUT = re.compile(r"(?P<layer>[a-z_]+)(?: (?P<id>.+?))?: (?P<what>.+)")


@dataclass(frozen=True, slots=True)
class _Book:
    """Chinese of whole texts, of texts of a form, of parts of a city, and of skills."""

    texts: Mapping[str, str]
    forms: tuple[tuple[re.Pattern[str], str], ...]
    layers: Mapping[str, str]
    skills: Mapping[str, str]

    def look_up(self, text: str) -> str | None:
        """Chinese of a text; None for one that is not in the book."""
        if text in self.texts:
            return self.texts[text]
        for form, chinese in self.forms:
            found = form.fullmatch(text)
            if found is not None:
                gaps = {name: self.texts.get(said, said) for name, said in found.groupdict().items()}
                if "skill" in gaps:
                    gaps["skill"] = self.skills.get(gaps["skill"], gaps["skill"])
                return chinese.format(**gaps)
        return None


def in_language(text: str, language: str) -> str:
    """Return a text of the log in Chinese or English.

    Parameters
    ----------
    text
        As it stands in the log.
    language
        ``zh`` or ``en``.
    """
    if language != "zh":
        return text
    book = _book()
    said = book.look_up(text)
    if said is not None:
        return said
    about = _ABOUT.fullmatch(text)
    if about is None or about["layer"] not in book.layers:
        return text
    what = book.look_up(about["what"])
    if what is None:
        return text
    named = f" {about['id']}" if about["id"] else ""
    return f"{book.layers[about['layer']]}{named}：{what}"


def origin_in_language(origin: str, language: str) -> str:
    """Return where a layer of a city comes from, in Chinese or English.

    Parameters
    ----------
    origin
        As a bundle says it: a source with its file, and what was assumed about it.
    language
        ``zh`` or ``en``.
    """
    if language != "zh":
        return origin
    taken, _, assumed = origin.partition(_ASSUMED)
    source, colon, file = taken.rpartition(": ")
    said = (
        f"{in_language(source, language)}：{in_language(file, language)}"
        if colon
        else in_language(taken, language)
    )
    parts = [in_language(part, language) for part in assumed.split("; ")] if assumed else []
    return f"{said}；假定：{'；'.join(parts)}" if parts else said


def layer_name(layer: str, language: str) -> str:
    """Return the name of a part of a city for people, in Chinese or English."""
    return _book().layers.get(layer, layer) if language == "zh" else layer.replace("_", " ")


def skill_name(skill: str) -> str:
    """Return the Chinese name of a crew's skill; what is none stays as it is."""
    return _book().skills.get(skill, skill)


@cache
def _book() -> _Book:
    catalogue = load_catalogue("phrases")
    texts = {str(phrase["en"]): str(phrase["zh"]) for phrase in catalogue["phrases"]}
    forms = tuple((_pattern(english), chinese) for english, chinese in texts.items() if "{" in english)
    skills = {str(skill["name"]): str(skill["zh"]) for skill in load_catalogue("skills")["skills"]}
    return _Book(texts, forms, catalogue["layers"], skills)


def _pattern(english: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", english)
    return re.compile(
        "".join(re.escape(part) if index % 2 == 0 else f"(?P<{part}>.+?)" for index, part in enumerate(parts))
    )
