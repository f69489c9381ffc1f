"""Why an event happened and what came of it: the chain of causes in the event log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cim_models.errors import InputError
from cim_models.events import EVENT_KINDS, Event

PLACES = frozenset({"x", "y", "place_zh", "place_en", "grid_cell"})
"""Facts of an event that say where it was once more; a line of a story leaves them out."""

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


def story_lines(story: Story, start: datetime, most: int = 400) -> list[str]:
    """Write a story as an indented tree, one event a line; the asked event is marked with ``>``.

    At most ``most`` consequences are written; a last line says how many were left out.
    """
    lines = [_line(event, start, depth) for depth, event in enumerate(story.causes)]
    depth = len(story.causes)
    lines.append(_line(story.event, start, depth, mark=">"))
    stack = [(depth + 1, event) for event in reversed(story.consequences.get(story.event.id, ()))]
    shown = 0
    while stack and shown < most:
        depth, event = stack.pop()
        lines.append(_line(event, start, depth))
        stack += [(depth + 1, inner) for inner in reversed(story.consequences.get(event.id, ()))]
        shown += 1
    left_out = _count(story, [event for _, event in stack])
    if left_out:
        lines.append(f"… {left_out} more events, shown with --most {shown + left_out}")
    return lines


def _count(story: Story, events: Sequence[Event]) -> int:
    """Count events and all their consequences."""
    waiting, count = list(events), 0
    while waiting:
        waiting += story.consequences.get(waiting.pop().id, ())
        count += 1
    return count


def _line(event: Event, start: datetime, depth: int, mark: str = " ") -> str:
    moment = start + timedelta(seconds=event.t_s)
    clock = f"{moment:%H:%M:%S}" if moment.date() == start.date() else f"{moment:%m-%d %H:%M:%S}"
    told = {key: value for key, value in event.data.items() if key not in PLACES and _short(value)}
    facts = ", ".join(f"{key} {_fact(value)}" for key, value in told.items())
    label = EVENT_KINDS[event.kind].en if event.kind in EVENT_KINDS else event.kind
    return (
        f"{mark}{event.id:>6} {clock} {'  ' * min(depth, DEEPEST)}{label} [{event.subject}] {facts}".rstrip()
    )


def _short(value: object) -> bool:
    return value not in (None, "") and not isinstance(value, list | dict)


def _fact(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
