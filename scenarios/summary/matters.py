"""Matters in the streets: what share anybody finds, who first, and how soon; from the event log alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cim_models.events import Event
from scenarios.summary.indicators import Indicator, spread


@dataclass(slots=True)
class MatterRecord:
    """One matter: class, time of appearance, s, and the times and channels of its reports, in order."""

    class_code: str
    appeared_s: float
    reports: list[tuple[float, str]] = field(default_factory=list)
    gone: str = ""

    @property
    def is_found(self) -> bool:
        """Whether anybody has reported it."""
        return bool(self.reports)

    def found_by(self, channel: str) -> bool:
        """Whether a channel has reported it."""
        return any(by == channel for _, by in self.reports)


def collect_matters(events: Sequence[Event]) -> list[MatterRecord]:
    """Follow each matter through the event log, in the order of appearance."""
    matters: dict[int, MatterRecord] = {}
    by_id: dict[str, MatterRecord] = {}
    for event in events:
        if event.kind == "matter.appeared":
            record = MatterRecord(str(event.data["class_code"]), event.t_s)
            matters[event.id] = by_id[event.subject] = record
        elif event.kind == "matter.gone":
            by_id[event.subject].gone = str(event.data["how"])
        elif event.kind == "report.made" and event.cause in matters:
            matters[event.cause].reports.append((event.t_s, str(event.data["channel"])))
    return list(matters.values())


def summarize_matters(events: Sequence[Event]) -> dict[str, Any]:
    """Say how many matters appeared and what became of them.

    All that appeared until the end of the run count, also those that nobody could have come past yet.
    """
    matters = collect_matters(events)
    found = [matter for matter in matters if matter.is_found]
    first = Counter(matter.reports[0][1] for matter in found)
    gone = Counter(matter.gone for matter in matters)
    return {
        "appeared": len(matters),
        "found": len(found),
        "handled": gone["handled"],
        "gone_by_itself": gone["by itself"],
        "found_first_by": {channel: first[channel] for channel in sorted(first)},
        "indicators": [indicator.to_json() for indicator in _indicators(matters)],
        "time_to_discovery_s": spread([matter.reports[0][0] - matter.appeared_s for matter in found]),
        "by_class": _by_class(matters),
    }


def _indicators(matters: Sequence[MatterRecord]) -> tuple[Indicator, ...]:
    everything = len(matters)
    return (
        Indicator(
            "discovery_rate",
            "发现率",
            "Discovery rate",
            sum(matter.is_found for matter in matters),
            everything,
            "matters that anybody reported / matters that appeared",
            "被上报的问题数 / 出现的问题数",
        ),
        Indicator(
            "patrol_discovery_rate",
            "巡查发现率",
            "Discovery rate of patrols",
            sum(matter.found_by("patrol") for matter in matters),
            everything,
            "matters that a patroller reported / matters that appeared",
            "巡查员上报的问题数 / 出现的问题数",
        ),
    )


def _by_class(matters: Sequence[MatterRecord]) -> Mapping[str, Mapping[str, int]]:
    appeared = Counter(matter.class_code for matter in matters)
    found = Counter(matter.class_code for matter in matters if matter.is_found)
    return {code: {"appeared": appeared[code], "found": found[code]} for code in sorted(appeared)}
