"""Words and rules that the screen needs from the project's registries and catalogues."""

from __future__ import annotations

from typing import Any

from cim_models.catalogues import load_catalogue
from cim_models.events import EVENT_KINDS, PLAN_REASONS
from cim_models.failures import FAILURE_ENDS


def vocabulary() -> dict[str, Any]:
    """Words by language for what can happen and be done, and the rules for the level of rain."""
    return {
        "kinds": {name: {"zh": kind.zh, "en": kind.en} for name, kind in EVENT_KINDS.items()},
        "failure_ends": {kind: list(ends) for kind, ends in FAILURE_ENDS.items()},
        "plan_reasons": {key: {"zh": zh, "en": en} for key, (zh, en) in PLAN_REASONS.items()},
        "classes": _names(load_catalogue("event_classes")["classes"], "code"),
        "skills": _names(load_catalogue("skills")["skills"], "name"),
        "tasks": _names(load_catalogue("skills")["tasks"], "kind"),
        "grades": dict(load_catalogue("monitoring")["grades"]),
        "structure_kinds": _words(load_catalogue("monitoring")["kinds"]),
        "quantities": _words(
            {**load_catalogue("alarm_rules")["quantities"], **load_catalogue("monitoring")["quantities"]}
        ),
        "alarm_rules": _names(load_catalogue("alarm_rules")["rules"], "id"),
        "limits": _limits(load_catalogue("alarm_rules")["rules"]),
        "detector_levels": _detector_levels(load_catalogue("gas_hazards")["levels"]),
        "site_kinds": _names(load_catalogue("gas_hazards")["sites"], "kind"),
        "response_levels": list(load_catalogue("response_levels")["rain"]),
    }


def _limits(rules: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the limits of each quantity that a rule looks at alone, the least urgent first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for rule in rules:
        when = rule["when"]
        if "quantity" in when:
            is_below = "at_most" in when
            limit = {
                "value": when["at_most" if is_below else "at_least"],
                "level": rule["level"],
                "below": is_below,
            }
            found.setdefault(when["quantity"], []).append(limit)
    return {name: sorted(limits, key=lambda limit: -limit["level"]) for name, limits in found.items()}


def _detector_levels(levels: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the readings, %LEL, from which detectors of gas are in alarm."""
    return [
        {"value": round(100.0 * each["from_lel"], 3), "level": each["level"], "below": False}
        for each in levels
    ]


def _words(entries: dict[str, dict[str, Any]]) -> dict[str, dict[str, str]]:
    return {name: {"zh": entry["zh"], "en": entry["en"]} for name, entry in entries.items()}


def _names(entries: list[dict[str, Any]], key: str) -> dict[str, dict[str, str]]:
    return {str(entry[key]): {"zh": entry["zh"], "en": entry["en"]} for entry in entries}
