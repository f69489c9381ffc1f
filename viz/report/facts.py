"""What happened, in sentences: every figure comes from the run folder, none is rounded away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cim_models.catalogues import load_catalogue
from cim_models.events import EVENT_KINDS, Event
from scenarios.summary.alarms import summarize_alarms
from scenarios.summary.cases import summarize_cases
from scenarios.summary.crews import summarize_crews
from scenarios.summary.failures import summarize_failures
from scenarios.summary.lifelines import summarize_lifelines
from scenarios.summary.orders import summarize_orders
from viz.report.quantities import (
    area_text,
    depth_text,
    duration_text,
    error_text,
    length_text,
    number_text,
    rain_text,
    share_text,
    volume_text,
)
from viz.report.record import RunRecord
from viz.report.texts import Translate

FAILURES_TOLD = 6
"""Failures of which the page says what came of them; of further ones only how many there were."""
LEAST_VOLUME_M3 = 0.01
"""Volumes below it would read as none."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure of the page's head: the key of its name, its text, and where it comes from."""

    key: str
    text: str
    value_kind: str


def facts(record: RunRecord, say: Translate) -> list[str]:
    """Say what happened, a sentence each, in the order of the story."""
    found = [
        _rain(record, say),
        _worst_road(record, say),
        _extent(record, say),
        _sewer(record, say),
        *_failures(record, say),
        _supply(record, say),
        _gas(record, say),
        _lifelines(record, say),
        *_alarms(record, say),
        *_cases(record, say),
        _crews(record, say),
        _orders(record, say),
    ]
    return [sentence for sentence in found if sentence]


def tiles(record: RunRecord) -> list[Tile]:
    """Figures for the head of the page; those the run does not have are left out."""
    found = []
    if record.rain_depth_mm > 0.0:
        found.append(Tile("tile_rain", rain_text(record.rain_depth_mm), _rain_kind(record)))
    length = record.series.get("flooded_road_015")
    if length is not None and record.incoming_m3 > 0.0:
        found.append(Tile("tile_road", length_text(length.peak), "simulated"))
    if record.roads:
        found.append(Tile("tile_depth", depth_text(record.roads[0].depth_m), "simulated"))
    if record.most_customers_out > 0.0:
        found.append(Tile("tile_persons", number_text(record.most_customers_out), "simulated"))
    alarms = summarize_alarms(record.events)
    if alarms is not None:
        found.append(Tile("tile_alarms", number_text(alarms["published"]), "simulated"))
    sites = len({event.subject for event in record.of_kind("gas.alarm")})
    if sites:
        found.append(Tile("tile_sites", number_text(sites), "simulated"))
    closed = sum(case.closed_s is not None for case in record.cases)
    found.append(Tile("tile_cases", f"{len(record.cases)} / {closed}", "simulated"))
    response = summarize_cases(record.events, record.end_s)["response_time_s"]
    if response["count"]:
        times = (duration_text(response[key], record.language) for key in ("p50", "p90"))
        found.append(Tile("tile_response", " / ".join(times), "simulated"))
    if record.incoming_m3 > 0.0:
        found += _error_tile(record)
    return found


def _error_tile(record: RunRecord) -> list[Tile]:
    """Say what was created or lost by our own accounts, and beside it by SWMM's routing."""
    whole, units = record.relative_errors.get("whole"), record.error_units
    if whole is None:
        return []
    if any(units.values()) or not units:
        return [Tile("tile_error_whole", error_text(whole), "simulated")]
    if whole == 0.0:
        return [Tile("tile_error_exact", "0", "simulated")]
    return [Tile("tile_error", f"0 / {error_text(whole)}", "simulated")]


def _rain_kind(record: RunRecord) -> str:
    """Gauges and radars measured their rain; any other rain is an assumption of the scenario."""
    rain = (record.meta.get("scenario", {}).get("weather") or {}).get("rain") or {}
    return "observed" if rain.get("gauges") or rain.get("raster") else "assumed"


def _rain(record: RunRecord, say: Translate) -> str:
    starts, stops = record.of_kind("rain.started"), record.of_kind("rain.stopped")
    rain = record.series.get("rain_intensity")
    if not starts or rain is None or rain.peak <= 0:
        return ""
    return say(
        "fact_rain",
        begin=record.clock(starts[0].t_s),
        end=record.clock(stops[-1].t_s if stops else record.end_s),
        rain=rain_text(record.rain_depth_mm),
        at=record.clock(rain.time_s[rain.value.argmax()]),
        peak=number_text(rain.peak),
    )


def _worst_road(record: RunRecord, say: Translate) -> str:
    if not record.roads:
        return ""
    worst = record.roads[0]
    return say(
        "fact_road",
        depth=depth_text(worst.depth_m),
        place=worst.name,
        at=record.clock(worst.time_s),
        count=len(record.roads),
    )


def _extent(record: RunRecord, say: Translate) -> str:
    names = ("flooded_road_015", "flooded_area_015", "flooded_road_030")
    if any(name not in record.series for name in names) or record.series[names[0]].peak <= 0:
        return ""
    road, area, cut = (record.series[name] for name in names)
    worst = int(road.value.argmax())
    return say(
        "fact_extent",
        at=record.clock(road.time_s[worst]),
        length=length_text(road.peak),
        area=area_text(float(np.interp(road.time_s[worst], area.time_s, area.value))),
        cut=say("extent_cut", length=length_text(cut.peak)) if cut.peak > 0.0 else say("extent_not_cut"),
    )


def _sewer(record: RunRecord, say: Translate) -> str:
    """Say where heads rose to the ground, and apart from it how much water came up."""
    surcharged = record.of_kind("sewer.surcharged")
    series = record.series.get("exchange_to_surface")
    volume = 0.0 if series is None else series.last
    if not surcharged:
        return say("fact_risen", risen=_risen(volume, say)) if volume > 0.0 else ""
    return say(
        "fact_sewer",
        count=len({event.subject for event in surcharged}),
        at=record.clock(surcharged[0].t_s),
        risen=_risen(volume, say),
    )


def _risen(volume_m3: float, say: Translate) -> str:
    if volume_m3 <= 0.0:
        return say("risen_none")
    key = "risen_volume" if volume_m3 >= LEAST_VOLUME_M3 else "risen_little"
    return say(key, volume=volume_text(max(volume_m3, LEAST_VOLUME_M3)))


def _failures(record: RunRecord, say: Translate) -> list[str]:
    """Say of each failure in the networks what came of it, the first few in the order of the log."""
    found = summarize_failures(record.events)
    said = [
        say(
            "fact_failure",
            kind=getattr(EVENT_KINDS[failure["kind"]], record.language),
            subject=failure["subject"],
            at=record.clock(failure["t_s"]),
            led_to=_led_to(failure, say),
            end=say("fact_failure_open")
            if failure["ended_s"] is None
            else say("fact_failure_over", at=record.clock(failure["ended_s"])),
        )
        for failure in found[:FAILURES_TOLD]
    ]
    more = len(found) - FAILURES_TOLD
    return [*said, say("fact_failures_more", count=more)] if more > 0 else said


def _led_to(failure: Mapping[str, Any], say: Translate) -> str:
    """Say what a failure led to, only what it did; each clause ends with its comma."""
    counts = {
        "manholes": len(failure["manholes_surcharged"]),
        "flooded": len(failure["roads_flooded"]),
        "persons": failure["most_customers_out"],
        "cases": len(failure["cases"]),
        "valves": len(failure["valves_shut"]),
        "closed": len({closing["road"] for closing in failure["roads_closed"]}),
    }
    return "".join(say(f"failure_{name}", count=int(count)) for name, count in counts.items() if count)


def _supply(record: RunRecord, say: Translate) -> str:
    supply = record.summary.get("supply")
    if not supply:
        return ""
    return say(
        "fact_supply",
        street=volume_text(supply["escaped_to_street_m3"]),
        ground=volume_text(supply["escaped_to_ground_m3"]),
        persons=number_text(supply["most_customers_out"]),
        hours=number_text(supply["customers_out_hours"]),
    )


def _gas(record: RunRecord, say: Translate) -> str:
    gas = record.summary.get("gas")
    if not gas:
        return ""
    return say(
        "fact_gas",
        volume=volume_text(gas["released_m3"]),
        sites=gas["sites_in_alarm"],
        lel=share_text(gas["highest_lel"]),
    )


def _lifelines(record: RunRecord, say: Translate) -> str:
    found = summarize_lifelines(record.events)
    if found is None:
        return ""
    kinds = load_catalogue("failure_rates")["kinds"]
    names = {str(kind["kind"]): str(kind[record.language]) for kind in kinds}
    listed = "、".join if record.language == "zh" else ", ".join
    kinds_text = listed(f"{names[kind]} {counts['failed']}" for kind, counts in found["by_kind"].items())
    return say(
        "fact_lifelines",
        failures=found["failures"],
        kinds=kinds_text,
        mended=found["mended_by_crews"],
        passed=found["over_by_itself"],
        open=found["not_mended"],
        by_alarm=found["first_called_by"].get("alarm", 0),
    )


def _alarms(record: RunRecord, say: Translate) -> list[str]:
    found = summarize_alarms(record.events)
    if found is None:
        return []
    listed = [say(f"alarm_level{level}", count=count) for level, count in found["by_level"].items() if count]
    levels = say("alarm_levels", listed=say("listed").join(listed)) if listed else ""
    counts = {name: found[name] for name in ("alarms", "published", "open")}
    names = ("suppressed", "shelved", "held_back_first", "repeated", "false", "floods")
    clauses = [say(f"alarms_{name}", count=found[name]) for name in names if found[name]]
    held = [say("fact_alarms_held", clauses=say("between").join(clauses))] if clauses else []
    return [say("fact_alarms", **counts, levels=levels), *held]


def _cases(record: RunRecord, say: Translate) -> list[str]:
    if not record.cases:
        return []
    summary = summarize_cases(record.events, record.end_s)
    counts, response = summary["counts"], summary["response_time_s"]
    sentences = [
        say(
            "fact_cases",
            reports=summary["reports"]["total"],
            cases=counts["registered"],
            closed=counts["closed"],
            transferred=counts["transferred"],
            voided=counts["voided"],
            open=counts["open"],
        )
    ]
    if response["count"]:
        p50, p90 = (duration_text(response[key], record.language) for key in ("p50", "p90"))
        sentences.append(say("fact_response", p50=p50, p90=p90))
    return sentences


def _crews(record: RunRecord, say: Translate) -> str:
    crews = summarize_crews(record.events, record.end_s)
    if not crews["count"] or not record.is_wet:
        return ""
    lost_s = 60.0 * crews["lost_to_water_min"]
    if lost_s < 30.0 and not crews["reroutes"] and not crews["cut_offs"]:
        return say("fact_no_delay")
    counts = {"rerouted": crews["reroutes"], "cut": crews["cut_offs"]}
    clauses = [say("delay_lost", lost=duration_text(lost_s, record.language))] if lost_s >= 30.0 else []
    clauses += [say(f"delay_{name}", count=count) for name, count in counts.items() if count]
    return say("fact_delay", clauses=say("between").join(clauses))


def _orders(record: RunRecord, say: Translate) -> str:
    orders = summarize_orders(record.events)
    pumped = record.series.get("pumped_volume")
    volume = volume_text(pumped.last if pumped is not None else 0.0)
    clauses = [
        say(f"orders_{kind}", count=count, volume=volume)
        for kind, count in orders["by_kind"].items()
        if count
    ]
    return say("fact_orders", clauses=say("between").join(clauses)) if clauses else ""


def surcharged_nodes(events: Sequence[Event]) -> list[str]:
    """Ids of the sewer nodes whose head reached the ground, in order."""
    return sorted({event.subject for event in events if event.kind == "sewer.surcharged"})
