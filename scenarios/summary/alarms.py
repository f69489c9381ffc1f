"""Alarms: how many of which level and kind, what was in time, false or suppressed; from the log alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cim_models.events import Event
from scenarios.summary.indicators import Indicator, spread

_BIRTHS = ("alarm.published", "alarm.shelved", "alarm.suppressed")


@dataclass(slots=True)
class AlarmRecord:
    """One alarm: rule, what it is about, most urgent level, sensor, times, s, and what became of it."""

    rule: str
    about: str
    level: int
    since_s: float
    has_report: bool
    published: bool = False
    shelved: bool = False
    suppressed: bool = False
    responded_after_s: float | None = None
    responded_in_time: bool = False
    fed_back_after_s: float | None = None
    fed_back_in_time: bool = False
    finding: str = ""
    repeats: int = 0
    renewals: int = 0
    archived_s: float | None = None

    @property
    def fate(self) -> str:
        """The one thing that an alarm counts as: published if it ever was, else suppressed, else shelved."""
        if self.published:
            return "published"
        return "suppressed" if self.suppressed else "shelved"

    @property
    def was_held_back_first(self) -> bool:
        """Whether it was suppressed or shelved for a while and published all the same."""
        return self.published and (self.suppressed or self.shelved)


def collect_alarms(events: Sequence[Event]) -> list[AlarmRecord]:
    """Follow each alarm through the event log, in the order in which they began."""
    alarms: dict[str, AlarmRecord] = {}
    for event in events:
        if not event.kind.startswith("alarm."):
            continue
        data = event.data
        if event.kind in _BIRTHS:
            record = alarms.get(event.subject)
            if record is None:
                record = alarms[event.subject] = AlarmRecord(
                    data["rule"], data["about"], data["level"], event.t_s, bool(data["class_code"])
                )
            record.level = min(record.level, data["level"])
            record.has_report = record.has_report or bool(data["class_code"])
            name = event.kind.removeprefix("alarm.")
            setattr(record, name, True)
        elif event.subject in alarms:
            _go_on(alarms[event.subject], event)
    return list(alarms.values())


def _go_on(record: AlarmRecord, event: Event) -> None:
    data = event.data
    match event.kind:
        case "alarm.responded":
            record.responded_after_s, record.responded_in_time = data["after_s"], data["in_time"]
        case "alarm.fed_back":
            record.fed_back_after_s, record.fed_back_in_time = data["after_s"], data["in_time"]
            record.finding = data["finding"]
        case "alarm.escalated":
            record.level, record.rule = data["level"], data["rule"]
            record.has_report = record.has_report or bool(data["class_code"])
        case "alarm.repeated":
            record.repeats = data["repeats"]
        case "alarm.renewed":
            record.renewals += 1
        case "alarm.archived":
            record.archived_s = event.t_s


def summarize_alarms(events: Sequence[Event]) -> dict[str, Any] | None:
    """Say what became of the alarms; None for a run without any.

    Each alarm counts once: as published, or as suppressed or shelved where it never was. How many of the
    published ones had been held back at some time is told beside.
    """
    alarms = collect_alarms(events)
    if not alarms:
        return None
    published = [alarm for alarm in alarms if alarm.published]
    fates = Counter(alarm.fate for alarm in alarms)
    level = Counter(alarm.level for alarm in published)
    about = Counter(alarm.about for alarm in published)
    rule = Counter(alarm.rule for alarm in published)
    return {
        "alarms": len(alarms),
        "published": len(published),
        "with_report": sum(alarm.has_report for alarm in published),
        "suppressed": fates["suppressed"],
        "shelved": fates["shelved"],
        "held_back_first": sum(alarm.was_held_back_first for alarm in alarms),
        "false": sum(alarm.finding == "false" for alarm in alarms),
        "repeated": sum(alarm.repeats for alarm in alarms),
        "renewed": sum(alarm.renewals for alarm in alarms),
        "archived": sum(alarm.archived_s is not None for alarm in alarms),
        "open": sum(alarm.archived_s is None for alarm in alarms),
        "floods": sum(event.kind == "alarm.flood_began" for event in events),
        "by_level": {str(number): level[number] for number in (1, 2, 3, 4)},
        "by_kind": {name: about[name] for name in sorted(about)},
        "by_rule": {name: rule[name] for name in sorted(rule)},
        "indicators": [indicator.to_json() for indicator in alarm_indicators(alarms)],
        "response_time_s": spread(
            [alarm.responded_after_s for alarm in published if alarm.responded_after_s is not None]
        ),
        "feedback_time_s": spread(
            [alarm.fed_back_after_s for alarm in published if alarm.fed_back_after_s is not None]
        ),
        "time_to_archive_s": spread(
            [alarm.archived_s - alarm.since_s for alarm in published if alarm.archived_s is not None]
        ),
    }


def alarm_indicators(alarms: Sequence[AlarmRecord]) -> tuple[Indicator, ...]:
    """Return the shares by which the handling of alarms is judged."""
    published = [alarm for alarm in alarms if alarm.published]
    called = [alarm for alarm in published if alarm.has_report]
    fed_back = [alarm for alarm in called if alarm.finding]
    return (
        Indicator(
            "alarm_response_in_time",
            "告警按时响应率",
            "Alarms responded to in time",
            sum(alarm.responded_in_time for alarm in called),
            len(called),
            "alarms to which a crew was sent within the level's deadline / published alarms that call for a "
            "crew",
            "在等级时限内派出队伍的告警数 / 需要处置的已发布告警数",
        ),
        Indicator(
            "alarm_feedback_in_time",
            "告警按时反馈率",
            "Alarms fed back on in time",
            sum(alarm.fed_back_in_time for alarm in called),
            len(called),
            "alarms on which the site was reported within the level's deadline / published alarms that call "
            "for a crew",
            "在等级时限内反馈现场情况的告警数 / 需要处置的已发布告警数",
        ),
        Indicator(
            "alarm_false_share",
            "误报率",
            "False alarms",
            sum(alarm.finding == "false" for alarm in fed_back),
            len(fed_back),
            "alarms found false / alarms fed back on",
            "核实为误报的告警数 / 已反馈的告警数",
        ),
        Indicator(
            "alarm_suppressed_share",
            "告警抑制率",
            "Suppressed alarms",
            sum(alarm.fate == "suppressed" for alarm in alarms),
            len(alarms),
            "alarms suppressed because of another of their cause and never published / all alarms",
            "因同源告警而被抑制且始终未发布的告警数 / 全部告警数",
        ),
    )
