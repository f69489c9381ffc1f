"""Lifelines without a hydraulic model: what failed, who found out, how soon it was mended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cim_models.events import Event
from scenarios.summary.indicators import spread


@dataclass(slots=True)
class FailureRecord:
    """One failure: kind, material, time, s, first call and mending, s after it, and by whom."""

    kind: str
    material: str
    network: str
    t_s: float
    called_after_s: float | None = None
    called_by: str = ""
    mended_after_s: float | None = None
    how: str = ""


def collect_failures(events: Sequence[Event]) -> list[FailureRecord]:
    """Follow each failure through the event log, in the order of time."""
    found: dict[str, FailureRecord] = {}
    by_event: dict[int, FailureRecord] = {}
    for event in events:
        if event.kind == "lifeline.failed":
            data = event.data
            record = FailureRecord(data["kind"], data["material"], data["network"], event.t_s)
            found[event.subject] = by_event[event.id] = record
        elif event.kind in ("report.made", "alarm.published") and event.cause in by_event:
            _call(by_event[event.cause], event)
        elif event.kind == "lifeline.repaired":
            found[event.subject].mended_after_s = event.data["after_s"]
            found[event.subject].how = event.data["how"]
    return list(found.values())


def _call(record: FailureRecord, event: Event) -> None:
    if record.called_after_s is None:
        record.called_after_s = event.t_s - record.t_s
        record.called_by = "alarm" if event.kind == "alarm.published" else str(event.data["channel"])


def summarize_lifelines(events: Sequence[Event]) -> dict[str, Any] | None:
    """Say what failed and what became of it; None for a run in which nothing of the kind failed."""
    failures = collect_failures(events)
    if not failures:
        return None
    by = Counter(failure.called_by or "nobody" for failure in failures)
    return {
        "failures": len(failures),
        "mended_by_crews": sum(failure.how == "crew" for failure in failures),
        "over_by_itself": sum(failure.how == "by itself" for failure in failures),
        "not_mended": sum(failure.mended_after_s is None for failure in failures),
        "first_called_by": {name: by[name] for name in sorted(by)},
        "by_kind": _by_kind(failures),
        "by_material": _by_material(failures),
        "time_to_call_s": spread([f.called_after_s for f in failures if f.called_after_s is not None]),
        "time_to_mend_s": spread(
            [f.mended_after_s for f in failures if f.mended_after_s is not None and f.how == "crew"]
        ),
    }


def _by_kind(failures: Sequence[FailureRecord]) -> Mapping[str, Mapping[str, int]]:
    kinds = sorted({failure.kind for failure in failures})
    return {
        kind: {
            "failed": sum(failure.kind == kind for failure in failures),
            "by_alarm": sum(failure.kind == kind and failure.called_by == "alarm" for failure in failures),
            "mended": sum(failure.kind == kind and failure.how == "crew" for failure in failures),
        }
        for kind in kinds
    }


def _by_material(failures: Sequence[FailureRecord]) -> Mapping[str, Mapping[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for failure in failures:
        if failure.network:
            counts.setdefault(failure.network, Counter())[failure.material] += 1
    return {network: dict(sorted(count.items())) for network, count in sorted(counts.items())}
