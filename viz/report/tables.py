"""Tables of the report: indicators with their formulas, and where the water went."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from cim_models.catalogues import load_catalogue
from scenarios.summary.alarms import alarm_indicators, collect_alarms
from scenarios.summary.cases import case_denominators, summarize_cases
from scenarios.summary.crews import summarize_crews
from scenarios.summary.structures import summarize_structures
from twin.surface.hazard import rating_classes
from viz.report.quantities import MINUS, depth_text, error_text, number_text, share_text, volume_text
from viz.report.record import RunRecord
from viz.report.texts import Translate
from viz.stills.palette import HAZARD_COLOURS


@dataclass(frozen=True, slots=True)
class IndicatorRow:
    """An indicator as text: name, value, numerator over denominator, formula."""

    name: str
    value: str
    fraction: str
    formula: str


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """A volume of the water balance as text, its share, and what that is a share of."""

    name: str
    volume: str
    share: str
    base: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class PointRow:
    """An output point as text: largest depth, its level and time, when the water came, largest speed."""

    id: str
    depth: str
    level: str
    time: str
    arrival: str
    speed: str


@dataclass(frozen=True, slots=True)
class StructureRow:
    """A watched structure as text: its grades, readings, worst gauge, and what happened when.

    ``outside_since`` is about now: a dash where no gauge is outside at the end.
    """

    name: str
    grade: str
    worst: str
    readings: str
    outside: str
    gauge: str
    first_outside: str
    secured: str
    outside_since: str


_VOLUMES = (
    ("balance_rain", "rain_volume", True),
    ("balance_inflow", "surface_inflow", True),
    ("balance_supply", "from_supply", True),
    ("balance_surface", "surface_volume", False),
    ("balance_sewer", "sewer_volume", False),
    ("balance_outfall", "outfall_volume", False),
    ("balance_edge", "edge_outflow", False),
    ("balance_infiltrated", "infiltrated_volume", False),
    ("balance_depression", "depression_volume", False),
    ("balance_pumped", "pumped_volume", False),
    ("balance_roofs", "roofs_to_sewer", False),
    ("balance_to_sewer", "exchange_to_sewer", False),
    ("balance_to_surface", "exchange_to_surface", False),
)


def indicator_rows(record: RunRecord, say: Translate) -> list[IndicatorRow]:
    """Compute the indicators of cases, crews and alarms from the event log."""
    alarms = collect_alarms(record.events)
    of_alarms = [indicator.to_json() for indicator in alarm_indicators(alarms)] if alarms else []
    cases = summarize_cases(record.events, record.end_s, case_denominators(record.meta))
    formula = "formula_zh" if record.language == "zh" else "formula"
    rows = [
        IndicatorRow(
            name=str(row[record.language]),
            value=say("no_value") if row["value"] is None else share_text(row["value"]),
            fraction=f"{number_text(row['numerator'])} / {number_text(row['denominator'])}",
            formula=str(row[formula]),
        )
        for row in (
            *cases["indicators"],
            summarize_crews(record.events, record.end_s)["utilisation"],
            *of_alarms,
        )
    ]
    score = cases["composite"]
    points = say("no_value") if score["value"] is None else number_text(score["value"])
    sum_of = str(score[formula])
    for plain, typeset in ((" x ", " × "), (" - ", f" {MINUS} "), ("_", " ")):
        sum_of = sum_of.replace(plain, typeset)
    return [*rows, IndicatorRow(str(score[record.language]), points, "", sum_of)]


def balance_rows(record: RunRecord, say: Translate) -> list[BalanceRow]:
    """Volumes at the end of the run, then the relative errors of the balances.

    Volumes are shares of what came from outside, rain or not; the error of a part is a share of all the water
    that part ever held. A run without any water has no balance.
    """
    incoming = record.incoming_m3
    if incoming <= 0.0 and not record.is_wet:
        return []
    others = any(name in record.series for name in ("surface_inflow", "from_supply"))
    rows = []
    for key, name, strong in _VOLUMES:
        if name in record.series:
            volume = record.series[name].last
            share = share_text(volume / incoming) if incoming > 0 else ""
            base = say("base_incoming" if others else "base_rain") if share else ""
            rows.append(BalanceRow(say(key), volume_text(volume), share, base, strong))
    return rows + _error_rows(record, say)


def _error_rows(record: RunRecord, say: Translate) -> list[BalanceRow]:
    errors, units = record.relative_errors, record.error_units
    rows: dict[str, BalanceRow] = {
        part: BalanceRow(
            say(f"error_{part}"), "", error_text(errors[part]), say(f"base_{part}"), part == "whole"
        )
        for part in ("surface", "sewer", "whole")
        if part in errors
    }
    if "handover" in units:
        text = say("error_units", count=units["handover"])
        rows["handover"] = BalanceRow(say("error_handover"), text, "", "")
    return [rows[part] for part in ("surface", "handover", "sewer", "whole") if part in rows]


def point_rows(record: RunRecord) -> list[PointRow]:
    """Return the output points in the order of their file; a value that is not there is a dash."""

    def text(value: float, form: str) -> str:
        return "–" if math.isnan(value) else form.format(value)

    def clock(t_s: float) -> str:
        return "–" if math.isnan(t_s) else record.clock(t_s)

    return [
        PointRow(
            id=str(row["id"]),
            depth=depth_text(row["max_depth_m"]),
            level=text(row["max_level_m"], "{:.2f}\N{NO-BREAK SPACE}m"),
            time=clock(row["time_of_max_s"]),
            arrival=clock(row["arrival_time_s"]),
            speed=text(row["max_speed_m_s"], "{:.2f}\N{NO-BREAK SPACE}m/s"),
        )
        for row in record.points
    ]


def structure_rows(record: RunRecord, say: Translate) -> list[StructureRow]:
    """Return the health of each watched structure, the worst first; what there is not is a dash."""
    found = summarize_structures(record.events)
    if found is None:
        return []
    catalogue, language = load_catalogue("monitoring"), record.language

    def grade(letter: str) -> str:
        return f"{letter} {catalogue['grades'][letter][language]}"

    def clock(t_s: float | None) -> str:
        return "–" if t_s is None else record.clock(t_s)

    def gauge(health: dict[str, Any]) -> str:
        if health["worst_gauge"] is None:
            return "–"
        worst = say("structure_worst", gauge=health["worst_gauge"], score=number_text(health["worst_score"]))
        doubtful = ", ".join(health["doubtful_gauges"])
        return f"{worst}{say('structure_doubtful', gauges=doubtful)}" if doubtful else worst

    health = sorted(found["structures"], key=lambda each: "UABCD".index(each["grade"]), reverse=True)
    return [
        StructureRow(
            name=f"{catalogue['kinds'][each['kind']][language]} {each['id']}",
            grade=grade(each["grade"]),
            worst=grade(each["worst_grade"]),
            readings=say("structure_readings", made=each["readings"], missing=each["missing"]),
            outside="–" if each["outside_share"] is None else share_text(each["outside_share"]),
            gauge=gauge(each),
            first_outside=clock(each["first_deviation_s"]),
            secured=clock(each["secured_s"]),
            outside_since=clock(each["since_s"]),
        )
        for each in health
    ]


def hazard_levels() -> list[dict[str, Any]]:
    """Return the classes of the hazard rating with their colours and both limits, mildest first."""
    classes = rating_classes()
    ends = [*(entry["from_rating"] for entry in classes[1:]), None]
    return [
        {**entry, "to_rating": end, "colour": colour}
        for entry, end, colour in zip(classes, ends, HAZARD_COLOURS, strict=True)
    ]
