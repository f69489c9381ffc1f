"""The facts of an event in words and units, in Chinese or English."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from cim_models.catalogues import load_catalogue
from cim_models.events import EVENT_KINDS, PLAN_REASONS, Event
from scenarios.phrasebook import in_language
from scenarios.story_terms import ORDERS, SPECIAL, TERMS, WORDS, Term

LANGUAGES = ("zh", "en")
PLACES = frozenset({"x", "y", "place_zh", "place_en", "grid_cell"})
"""Facts that say where an event was once more; a line of a story leaves them out."""
UNTOLD = PLACES | {"path", "line", "changed", "evidence"}
"""Facts that are no words: places, lines on the map, and lists of figures."""

_NUMERALS = (("一级", "level I"), ("二级", "level II"), ("三级", "level III"), ("四级", "level IV"))
_MOST_NAMES = 6


@dataclass(frozen=True, slots=True)
class Teller:
    """In which language, and since when, a story is told."""

    language: str
    start: datetime

    def pick(self, pair: tuple[str, str]) -> str:
        """Return the one of (zh, en) that is asked for."""
        return pair[LANGUAGES.index(self.language)]

    def clock(self, t_s: float) -> str:
        """Time of day of a simulated time; with the date where it is another one."""
        moment = self.start + timedelta(seconds=t_s)
        if moment.date() == self.start.date():
            return f"{moment:%H:%M:%S}"
        form = "%m-%d %H:%M:%S" if moment.year == self.start.year else "%Y-%m-%d %H:%M:%S"
        return moment.strftime(form)


def kind_words(kind: str, teller: Teller) -> str:
    """Say a kind of event; its name where it is not known."""
    found = EVENT_KINDS.get(kind)
    return kind if found is None else teller.pick((found.zh, found.en))


def tell_facts(event: Event, teller: Teller) -> str:
    """Say all that an event's data tell, in the order in which its kind declares them."""
    declared = EVENT_KINDS[event.kind].data if event.kind in EVENT_KINDS else {}
    keys = [key for key in declared if key in event.data] + [key for key in event.data if key not in declared]
    told = [_tell(event, key, teller) for key in keys if key not in UNTOLD]
    return teller.pick(("，", ", ")).join(words for words in told if words)


def _tell(event: Event, key: str, teller: Teller) -> str:
    value = event.data[key]
    if value is None or value == "":
        return ""
    term = SPECIAL.get((event.kind, key)) or TERMS.get(key) or Term(key, key)
    words = FORMS[term.form](value, teller) if term.form in FORMS else _with_unit(value, term.form)
    label = teller.pick((term.zh, term.en))
    return f"{label} {words}".strip() if words else ""


# --- forms ------------------------------------------------------------------------------------------


def _with_unit(value: Any, unit: str) -> str:
    return f"{_number(value)} {unit}"


def _number(value: Any) -> str:
    if not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int) or value == 0 or abs(value) >= 0.01:
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{value:.2g}"


def _plain(value: Any, teller: Teller) -> str:
    match value:
        case float():
            return _number(value)
        case list():
            return _names(value, teller)
        case dict():
            return teller.pick(("，", ", ")).join(f"{key} {_number(part)}" for key, part in value.items())
        case _:
            return in_language(str(value), teller.language)


def _count(value: Any, _teller: Teller) -> str:
    return _number(value)


def _span(value: Any, teller: Teller) -> str:
    seconds = round(float(value))
    if abs(seconds) < 60:
        return f"{float(value):.0f} {teller.pick(('秒', 's'))}"
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, ("天", "d")), (hours, ("小时", "h")), (rest, ("分钟", "min"))]
    return " ".join(f"{count} {teller.pick(unit)}" for count, unit in parts if count)


def _some(value: Any, _teller: Teller) -> str:
    return _number(value) if value else ""


def _some_span(value: Any, teller: Teller) -> str:
    return _span(value, teller) if float(value) >= 0.5 else ""


def _some_volume(value: Any, _teller: Teller) -> str:
    return f"{_number(value)} m³" if value else ""


def _moment(value: Any, teller: Teller) -> str:
    return teller.clock(float(value))


def _share(value: Any, _teller: Teller) -> str:
    return f"{_number(100.0 * float(value))} %"


def _elevation(value: Any, _teller: Teller) -> str:
    """To the millimetre: a head stands above a cover by so little."""
    return f"{float(value):,.3f} m"


def _lel(value: Any, teller: Teller) -> str:
    return f"{_share(value, teller)} {teller.pick(('爆炸下限', 'of the lower explosive limit'))}"


def _level(value: Any, teller: Teller) -> str:
    return teller.pick(_NUMERALS[int(value) - 1]) if value in (1, 2, 3, 4) else str(value)


def _word(value: Any, teller: Teller) -> str:
    return teller.pick(WORDS[value]) if value in WORDS else str(value).replace("_", " ")


def _names(value: Any, teller: Teller) -> str:
    if not value:
        return ""
    shown = ", ".join(str(name) for name in value[:_MOST_NAMES])
    more = len(value) - _MOST_NAMES
    return shown + (teller.pick((f" 等 {len(value)} 个", f" and {more} more")) if more > 0 else "")


def _order(value: Any, teller: Teller) -> str:
    return teller.pick(ORDERS[value]) if value in ORDERS else str(value)


def _plan_reason(value: Any, teller: Teller) -> str:
    return teller.pick(PLAN_REASONS[value]) if value in PLAN_REASONS else str(value)


def _readings(value: Any, teller: Teller) -> str:
    known = _entries("alarm_rules", "quantities")
    told = []
    for name, reading in value.items():
        words = known.get(name, {"zh": name, "en": name, "unit": ""})
        unit = "" if words["unit"] == "-" else words["unit"]
        told.append(f"{words[teller.language]} {_number(reading)} {unit}".strip())
    return teller.pick(("，", ", ")).join(told)


def _grade(value: Any, teller: Teller) -> str:
    known = _entries("monitoring", "grades").get(str(value))
    return str(value) if known is None else f"{value} ({known[teller.language]})"


def _looked_up(catalogue: str, part: str, key: str = "") -> Callable[[Any, Teller], str]:
    def say(value: Any, teller: Teller) -> str:
        entry = _entries(catalogue, part, key).get(str(value))
        return str(value) if entry is None else str(entry[teller.language])

    return say


@cache
def _entries(catalogue: str, part: str, key: str = "") -> Mapping[str, Mapping[str, Any]]:
    entries = load_catalogue(catalogue)[part]
    return entries if not key else {str(entry[key]): entry for entry in entries}


def _flag(yes: tuple[str, str], no: tuple[str, str]) -> Callable[[Any, Teller], str]:
    def say(value: Any, teller: Teller) -> str:
        return teller.pick(yes if value else no)

    return say


_SILENT = ("", "")

FORMS: Mapping[str, Callable[[Any, Teller], str]] = {
    "text": _plain,
    "number": _count,
    "some": _some,
    "span": _span,
    "some_span": _some_span,
    "some_m³": _some_volume,
    "moment": _moment,
    "share": _share,
    "elevation": _elevation,
    "lel": _lel,
    "level": _level,
    "word": _word,
    "names": _names,
    "order": _order,
    "event": lambda value, teller: kind_words(str(value), teller),
    "plan_reason": _plan_reason,
    "readings": _readings,
    "grade": _grade,
    "quantity": _looked_up("monitoring", "quantities"),
    "structure_kind": _looked_up("monitoring", "kinds"),
    "says_nothing": _flag(("无读数", "says nothing"), _SILENT),
    "class": _looked_up("event_classes", "classes", "code"),
    "kind": _looked_up("failure_rates", "kinds", "kind"),
    "skill": _looked_up("skills", "skills", "name"),
    "task": _looked_up("skills", "tasks", "kind"),
    "rule": _looked_up("alarm_rules", "rules", "id"),
    "false_alarm": _flag(_SILENT, ("误报", "a false alarm")),
    "in_time": _flag(("按时", "in time"), ("超时", "late")),
    "overdue": _flag(("超期", "overdue"), _SILENT),
    "passed": _flag(("通过", "passed"), ("未通过", "not passed")),
    "point_to_point": _flag(("点对点直派", "point to point"), _SILENT),
    "reported": _flag(("此前已上报", "reported before"), ("此前无人上报", "never reported")),
}
"""Ways of telling a value; a term that names none of them names a unit."""
