"""The relation of two runs in sentences, in Chinese and English, for terminals and pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scenarios.relations import Changed, Relation
from scenarios.scenario_words import key_words, value_words
from scenarios.story_words import Teller, kind_words
from scenarios.terminal import padded
from scenarios.worlds import ComparedWorlds, Difference

_TEXTS: Mapping[str, tuple[str, str]] = {
    "against": ("{other} 对比 {base}：{history}", "{other} against {base}: {history}"),
    "changed_label": ("改动", "changed"),
    "world_label": ("外部情况", "world"),
    "warning_label": ("注意", "WARNING"),
    "itself": ("与基准为同一次运行", "the same run as the base"),
    "child_other": ("{clock} 自基准分支", "branched off the base at {clock}"),
    "child_base": ("基准于 {clock} 自本运行分支", "the base branched off this run at {clock}"),
    "siblings": (
        "{clock} 之前与基准历史相同，此后分开",
        "one history with the base until {clock}, apart from then on",
    ),
    "separate": ("独立运行，不是分支；{same}", "a run of its own, not a branch; {same}"),
    "same_seed": ("种子与起始时间均与基准相同", "same seed and start as the base"),
    "other_seed": ("种子不同（{seeds}）", "another seed ({seeds})"),
    "other_start": ("起始时间不同", "another start"),
    "other_city": ("城市不同", "another city"),
    "between": ("，", ", "),
    "warning": (
        "种子、起始时间或城市不同：差异不全由改动引起。",
        "Seed, start or city differ: not every difference comes of what was changed.",
    ),
    "equal": ("两份事件日志完全相同。", "The event logs are equal."),
    "same_and_same": (
        "外部情况（降雨、故障、上报等）全程相同，共 {count} 条事件；现场处置也相同。"
        "日志自 {log} 起有别，首先是“{log_kind}”。",
        "The same world throughout, {count} events, and the same acts in it. "
        "The logs differ from {log} on, first in: {log_kind}.",
    ),
    "same_world": (
        "外部情况（降雨、故障、上报等）全程相同，共 {count} 条事件；"
        "现场处置自 {act} 起不同，首先是“{act_kind}”。",
        "The same world throughout, {count} events; what was done in it differs from {act} on, "
        "first in: {act_kind}.",
    ),
    "same_until_act": (
        "现场处置在 {act} 首次不同（“{act_kind}”），此前外部情况（降雨、故障、上报等）相同，"
        "共 {count} 条事件；由此引起的差别自 {world} 起，首先是“{world_kind}”。",
        "The same world up to the first different act at {act} ({act_kind}), {count} events; "
        "what follows from it differs from {world} on, first in: {world_kind}.",
    ),
    "other_world": (
        "外部情况（降雨、故障、上报等）自 {world} 起不同，首先是“{world_kind}”；此前现场处置相同。",
        "Another world from {world} on, first in: {world_kind}; until then the same was done in it.",
    ),
    "other_world_same_acts": (
        "外部情况（降雨、故障、上报等）自 {world} 起不同，首先是“{world_kind}”；现场处置全程相同。",
        "Another world from {world} on, first in: {world_kind}; the same was done in it throughout.",
    ),
    "other_rain": (
        "记录的降雨自 {rain} 起不同，外部情况由此不同。",
        "Another world: the recorded rain differs from {rain} on.",
    ),
    "logs_same_acts": (
        "日志自 {log} 起有别，首先是“{log_kind}”；现场处置全程相同。",
        "The logs differ from {log} on, first in: {log_kind}; the same was done throughout.",
    ),
    "logs_and_acts": (
        "日志自 {log} 起有别，首先是“{log_kind}”；现场处置自 {act} 起不同，首先是“{act_kind}”。",
        "The logs differ from {log} on, first in: {log_kind}; what was done differs from {act} on, "
        "first in: {act_kind}.",
    ),
    "until": (
        "比较到 {clock}，即较短的一次运行结束之时。",
        "Compared until {clock}, when the shorter one ended.",
    ),
}


@dataclass(frozen=True, slots=True)
class RelationWords:
    """A relation in words.

    Parameters
    ----------
    history
        Branch or not, without a full stop.
    changes
        What the scenario changes, a key each, as ``key: base → other``, in words and units.
    world
        Sentences on what happened by itself and what was done.
    warning
        A sentence where differences need not come of the changes; else nothing.
    """

    history: str
    changes: tuple[str, ...]
    world: str
    warning: str


def relation_words(relation: Relation, language: str) -> RelationWords:
    """Say how a run is related to the base.

    Parameters
    ----------
    relation
        What is known of it.
    language
        ``zh`` or ``en``.
    """
    teller = Teller(language, relation.start)
    return RelationWords(
        history=_history(relation, teller),
        changes=tuple(_change(change, teller) for change in relation.changed),
        world=_world(relation, teller),
        warning="" if relation.is_comparable else teller.pick(_TEXTS["warning"]),
    )


def relation_lines(relation: Relation, language: str = "en") -> list[str]:
    """Say how a run is related to the base for people who read a terminal."""
    words, teller = relation_words(relation, language), Teller(language, relation.start)
    told = [("changed_label", change) for change in words.changes] + [("world_label", words.world)]
    told += [("warning_label", words.warning)] if words.warning else []
    against = teller.pick(_TEXTS["against"])
    return [
        against.format(base=relation.base, other=relation.other, history=words.history),
        *(f"  {padded(teller.pick(_TEXTS[label]), 8)} {text}" for label, text in told),
    ]


def _change(change: Changed, teller: Teller) -> str:
    base, other = (value_words(change.key, value, teller.language) for value in (change.base, change.other))
    return f"{key_words(change.key, teller.language)}{teller.pick(('：', ': '))}{base} → {other}"


def _history(relation: Relation, teller: Teller) -> str:
    if relation.is_itself:
        return teller.pick(_TEXTS["itself"])
    if relation.parted_s is not None:
        key = f"child_{relation.child}" if relation.child else "siblings"
        return teller.pick(_TEXTS[key]).format(clock=teller.clock(relation.parted_s))
    seeds = teller.pick(("、", ", ")).join(map(str, relation.seeds))
    others = {
        "other_city": not relation.same_city,
        "other_seed": relation.seeds[0] != relation.seeds[1],
        "other_start": not relation.same_start,
    }
    found = [teller.pick(_TEXTS[key]).format(seeds=seeds) for key, is_so in others.items() if is_so]
    same = teller.pick(_TEXTS["between"]).join(found or [teller.pick(_TEXTS["same_seed"])])
    return teller.pick(_TEXTS["separate"]).format(same=same)


def _world(relation: Relation, teller: Teller) -> str:
    worlds = relation.worlds
    gaps: dict[str, str] = {"count": f"{worlds.shared:,}"}
    for name, difference in (("world", worlds.world), ("act", worlds.act), ("log", worlds.log)):
        if difference is not None:
            gaps |= {name: teller.clock(difference.t_s), f"{name}_kind": _kind(difference, teller)}
    if worlds.rain_s is not None:
        gaps["rain"] = teller.clock(worlds.rain_s)
    keys = [_world_key(worlds)] if worlds.rain_s is None else ["other_rain", _log_key(worlds)]
    if relation.ended_s is not None:
        gaps["clock"] = teller.clock(relation.ended_s)
        keys.append("until")
    return teller.pick(("", " ")).join(teller.pick(_TEXTS[key]).format(**gaps) for key in keys)


def _log_key(worlds: ComparedWorlds) -> str:
    if worlds.log is None:
        return "equal"
    return "logs_same_acts" if worlds.act is None else "logs_and_acts"


def _world_key(worlds: ComparedWorlds) -> str:
    if worlds.log is None:
        return "equal"
    if worlds.world is None:
        return "same_and_same" if worlds.act is None else "same_world"
    if worlds.is_same:
        return "same_until_act"
    return "other_world_same_acts" if worlds.act is None else "other_world"


def _kind(difference: Difference, teller: Teller) -> str:
    event = difference.first or difference.second
    return "" if event is None else kind_words(event.kind, teller)
