"""Discovery: which of the matters were found, by whom and how soon; from the event log alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from cim_models.events import Event
from scenarios.summary.indicators import Indicator, spread

_CHANNELS = (
    ("patrol", "巡查发现率", "Found by patrols", "巡查首先上报的问题", "matters first reported by a patrol"),
    (
        "citizen",
        "市民发现率",
        "Told by citizens",
        "市民首先上报的问题",
        "matters first reported by a citizen",
    ),
    ("video", "视频发现率", "Found on video", "视频首先上报的问题", "matters first reported by a camera"),
)


def summarize_discovery(events: Sequence[Event]) -> dict[str, Any] | None:
    """Say how many matters were found; None where the run had none.

    A matter is found by the first report that it is the cause of; reports that only seem to be of it count
    for nothing.
    """
    appeared = {event.id: event for event in events if event.kind == "matter.appeared"}
    if not appeared:
        return None
    found: dict[int, Event] = {}
    for event in events:
        if event.kind == "report.made" and event.cause in appeared:
            found.setdefault(event.cause, event)
    ends = Counter(str(event.data["how"]) for event in events if event.kind == "matter.gone")
    first = Counter(str(event.data["channel"]) for event in found.values())
    return {
        "appeared": len(appeared),
        "found": len(found),
        "first_by_channel": {channel: first[channel] for channel in sorted(first)},
        "handled": ends["handled"],
        "gone_by_itself": ends["by itself"],
        "indicators": [indicator.to_json() for indicator in _indicators(len(appeared), len(found), first)],
        "time_to_discovery_s": spread(
            [report.t_s - appeared[matter].t_s for matter, report in sorted(found.items())]
        ),
    }


def _indicators(appeared: int, found: int, first: Counter[str]) -> list[Indicator]:
    below_zh, below_en = "出现的问题", "matters that appeared"
    shares = [("discovery_rate", "问题发现率", "Found by anybody", "被上报的问题", "matters reported", found)]
    shares += [
        (f"discovery_rate_{channel}", zh, en, above_zh, above_en, first[channel])
        for channel, zh, en, above_zh, above_en in _CHANNELS
    ]
    return [
        Indicator(
            id=name,
            zh=zh,
            en=en,
            numerator=count,
            denominator=appeared,
            formula=f"{above_en} / {below_en}",
            formula_zh=f"{above_zh} / {below_zh}",
        )
        for name, zh, en, above_zh, above_en, count in shares
    ]
