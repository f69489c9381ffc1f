"""Why an event happened and what came of it: the chain of causes in the event log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cim_models.errors import InputError
from cim_models.events import Event
from scenarios.story_words import LANGUAGES, Teller, kind_words, tell_facts

DEEPEST = 16
"""Levels by which lines are indented; deeper ones stay there."""


@dataclass(frozen=True, slots=True)
class Story:
    """An event with its causes, the first one first, and its direct and later consequences."""

    causes: tuple[Event, ...]
    event: Event
    consequences: Mapping[int, tuple[Event, ...]]


def tell(events: Sequence[Event], event_id: int) -> Story:
    """Find the causes and consequences of one event.

    Parameters
    ----------
    events
        The whole event log, in order.
    event_id
        Id of the event.

    Raises
    ------
    InputError
        If there is no such event.
    """
    by_id = {event.id: event for event in events}
    if event_id not in by_id:
        raise InputError(
            "Event", got=event_id, expected=f"1 to {len(events)}", remedy="Look the id up in events.sqlite"
        )
    causes: list[Event] = []
    cause = by_id[event_id].cause
    while cause is not None:
        causes.append(by_id[cause])
        cause = by_id[cause].cause
    followers: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        if event.cause is not None:
            followers[event.cause].append(event)
    return Story(
        tuple(reversed(causes)), by_id[event_id], {key: tuple(value) for key, value in followers.items()}
    )


def story_lines(story: Story, start: datetime, most: int = 400, language: str = "en") -> list[str]:
    """Write a story as an indented tree, one event a line; the asked event is marked with ``>``.

    Parameters
    ----------
    story
        What to tell.
    start
        Start of the scenario.
    most
        Consequences to write at most; a last line says how many were left out.
    language
        ``zh`` or ``en``.

    Raises
    ------
    InputError
        If the language is another one.
    """
    if language not in LANGUAGES:
        raise InputError("Language", got=language, expected=" or ".join(LANGUAGES))
    teller = Teller(language, start)
    lines = [_line(event, teller, depth) for depth, event in enumerate(story.causes)]
    depth = len(story.causes)
    lines.append(_line(story.event, teller, depth, mark=">"))
    stack = [(depth + 1, event) for event in reversed(story.consequences.get(story.event.id, ()))]
    shown = 0
    while stack and shown < most:
        depth, event = stack.pop()
        lines.append(_line(event, teller, depth))
        stack += [(depth + 1, inner) for inner in reversed(story.consequences.get(event.id, ()))]
        shown += 1
    left_out = _count(story, [event for _, event in stack])
    if left_out:
        option = f"--most {shown + left_out}"
        zh, en = (
            f"… 另有 {left_out} 个事件，用 {option} 显示",
            f"… {left_out} more events, shown with {option}",
        )
        lines.append(teller.pick((zh, en)))
    return lines


def _count(story: Story, events: Sequence[Event]) -> int:
    """Count events and all their consequences."""
    waiting, count = list(events), 0
    while waiting:
        waiting += story.consequences.get(waiting.pop().id, ())
        count += 1
    return count


def _line(event: Event, teller: Teller, depth: int, mark: str = " ") -> str:
    when, indent = teller.clock(event.t_s), "  " * min(depth, DEEPEST)
    words, facts = kind_words(event.kind, teller), tell_facts(event, teller)
    return f"{mark}{event.id:>6} {when} {indent}{words} [{event.subject}] {facts}".rstrip()
