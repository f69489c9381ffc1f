"""Whether two runs met the same world: what happens by itself, up to the first act that differs.

Under one seed, what the world does must not depend on what a policy decides: the same rain, the same
failures, the same reports by sensors, cameras, patrols and citizens. That holds until crews do something
different on site, for then the water differs too. Both can be read off the event logs, but for how hard it
rains, which no event tells and no act changes (`scenarios.rain_difference`). Logs may differ although nobody
acts differently: who is sent is no act before the crew does something.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from cim_models.events import Event

WORLD = (
    "rain.",
    "road.",
    "sewer.",
    "gully.",
    "supply.",
    "matter.",
    "lifeline.failed",
    "structure.damaged",
    "structure.creeping",
    "gauge.",
    "report.made",
)
"""Beginnings of the kinds of events that nobody who is dispatched brings about directly."""

ACTS = (
    "order.",
    "structure.placed",
    "structure.removed",
    "structure.shut",
    "structure.opened",
    "structure.secured",
    "valve.",
    "lifeline.repaired",
)
"""Beginnings of the kinds of events by which those who are dispatched change the world."""

_HANDLED = "handled"

_FRAME = ("run.started", "run.branched", "run.ended")
"""Kinds of events that tell of the run itself and not of the city."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The first events of a sort in which two runs differ; None where a run has no more of them."""

    t_s: float
    first: Event | None
    second: Event | None


@dataclass(frozen=True, slots=True)
class ComparedWorlds:
    """How far two runs went together.

    Parameters
    ----------
    world, act
        The first difference in what happens by itself, and in what was done; None where there is none.
    log
        The first difference of any sort, but for ids; None for equal logs.
    shared
        Number of events of the world before the first difference.
    rain_s
        When the rain first differs, s; None where it does not.
    """

    world: Difference | None
    act: Difference | None
    log: Difference | None
    shared: int
    rain_s: float | None = None

    @property
    def is_same(self) -> bool:
        """Whether the rain was the same, and the world for as long as everybody did the same in it."""
        if self.rain_s is not None:
            return False
        if self.world is None:
            return True
        return self.act is not None and self.act.t_s <= self.world.t_s


def compare_worlds(
    first: Sequence[Event],
    second: Sequence[Event],
    until_s: float = math.inf,
    rain_s: float | None = None,
) -> ComparedWorlds:
    """Compare two event logs.

    Event ids are passed over, because every event of a dispatch shifts them; the cause of an event of the
    world counts as far as it is one of the world's own.

    Parameters
    ----------
    first, second
        Whole event logs, in order.
    until_s
        Events from then on are passed over, s: one run may have ended.
    rain_s
        When the rain of the two first differs, s; None where it does not.
    """
    first, second = ([event for event in log if event.t_s < until_s] for log in (first, second))
    world, shared = _first_difference(_world(first), _world(second))
    act, _ = _first_difference(_acts(first), _acts(second))
    log, _ = _first_difference(_all(first), _all(second))
    return ComparedWorlds(world, act, log, shared, rain_s)


_Told = tuple[Event, Any]


def _first_difference(first: Iterable[_Told], second: Iterable[_Told]) -> tuple[Difference | None, int]:
    shared = 0
    for one, other in zip_longest(first, second):
        if one is None or other is None or one[1] != other[1]:
            events = [told[0] for told in (one, other) if told is not None]
            t_s = min(event.t_s for event in events)
            return Difference(t_s, one[0] if one else None, other[0] if other else None), shared
        shared += 1
    return None, shared


def _world(events: Sequence[Event]) -> Iterator[_Told]:
    """Events of the world with all that must be equal: time, kind, subject, data and cause.

    The report that an alarm makes is no event of the world: whether an alarm is published, held back or
    reported anew depends on what became of others.
    """
    number: dict[int, int] = {}
    alarms: set[int | None] = set()
    for event in events:
        if event.kind.startswith("alarm."):
            alarms.add(event.id)
        elif event.kind.startswith(WORLD) and not _is_handled(event) and event.cause not in alarms:
            number[event.id] = len(number)
            cause = number.get(event.cause) if event.cause is not None else None
            yield event, (event.t_s, event.kind, event.subject, _plain(event.data), cause)


def _acts(events: Sequence[Event]) -> Iterator[_Told]:
    """Acts with all that changes the world; who did it, and for which case, changes nothing."""
    for event in events:
        if event.kind.startswith(ACTS) or _is_handled(event):
            data = {key: value for key, value in event.data.items() if key not in ("crew", "case")}
            yield event, (event.t_s, event.kind, _plain(data))


def _all(events: Sequence[Event]) -> Iterator[_Told]:
    """Events with all that they tell; the cause by what it was and where, as a branch shifts its number."""
    told: dict[int | None, tuple[float, str, str]] = {}
    for event in events:
        what = (event.t_s, event.kind, event.subject)
        told[event.id] = what
        if event.kind not in _FRAME:
            yield event, (*what, _plain(event.data), told.get(event.cause))


def _is_handled(event: Event) -> bool:
    """Whether a crew dealt with a matter, which would else have been there longer."""
    return event.kind == "matter.gone" and event.data.get("how") == _HANDLED


def _plain(data: Mapping[str, Any]) -> str:
    return repr(sorted(data.items(), key=lambda item: item[0]))
