"""The run in one line: what fell, what failed and what came of it, each only where it happened."""

from __future__ import annotations

from viz.report.quantities import length_text, number_text, rain_text
from viz.report.record import RunRecord
from viz.report.texts import Translate

_SEWER_FAILURES = ("sewer.blocked", "sewer.collapsed", "sewer.pump_stopped")


def headline(record: RunRecord, say: Translate) -> str:
    """Say the run in one line; a run in which nothing happened is told by its cases."""
    parts = [
        _rain(record, say),
        _lifelines(record, say),
        _supply(record, say),
        _sewer(record, say),
        _gas(record, say),
        _collapses(record, say),
        _streets(record, say),
    ]
    told = [part for part in parts if part] or [say("head_cases", count=len(record.cases))]
    return say("headline", title=scenario_title(record), parts=say("between").join(told))


def scenario_title(record: RunRecord) -> str:
    """Title of the scenario in the report's language; its name where it has none."""
    scenario = record.meta.get("scenario", {})
    title = scenario.get("title") or {}
    return str(title.get(record.language) or scenario.get("name", ""))


def _rain(record: RunRecord, say: Translate) -> str:
    depth_mm = record.rain_depth_mm
    return say("head_rain", rain=rain_text(depth_mm)) if depth_mm > 0.0 else ""


def _lifelines(record: RunRecord, say: Translate) -> str:
    failures = len(record.of_kind("lifeline.failed"))
    alarms = len({event.subject for event in record.of_kind("alarm.published")})
    return say("head_lifelines", failures=failures, alarms=alarms) if failures else ""


def _supply(record: RunRecord, say: Translate) -> str:
    bursts = len({event.subject for event in record.of_kind("supply.burst")})
    leaks = len({event.subject for event in record.of_kind("supply.leaking")})
    persons = number_text(record.most_customers_out)
    clauses = [
        say("head_bursts", count=bursts) if bursts else "",
        say("head_leaks", count=leaks) if leaks else "",
        say("head_persons", persons=persons) if record.most_customers_out > 0.0 else "",
    ]
    return say("between").join(clause for clause in clauses if clause)


def _sewer(record: RunRecord, say: Translate) -> str:
    failed = len({(event.kind, event.subject) for event in record.of_kind(*_SEWER_FAILURES)})
    return say("head_sewer", count=failed) if failed else ""


def _gas(record: RunRecord, say: Translate) -> str:
    leaks = len(record.of_kind("gas.leaking"))
    sites = len({event.subject for event in record.of_kind("gas.alarm")})
    return say("head_gas", count=leaks, sites=sites) if leaks or sites else ""


def _collapses(record: RunRecord, say: Translate) -> str:
    collapsed = len(record.of_kind("cavity.collapsed"))
    return say("head_collapses", count=collapsed) if collapsed else ""


def _streets(record: RunRecord, say: Translate) -> str:
    length = record.series.get("flooded_road_015")
    if length is not None and length.peak > 0.0:
        return say("head_flood", length=length_text(length.peak))
    return say("head_no_flood") if record.incoming_m3 > 0.0 else ""
