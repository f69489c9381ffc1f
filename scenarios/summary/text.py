"""A run's summary for people who read a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any


def summary_lines(summary: Mapping[str, Any]) -> list[str]:
    """Say the most important figures of a summary, one line each; a part that is absent is left out."""
    return [*_physics_lines(summary), *_people_lines(summary)]


def _physics_lines(summary: Mapping[str, Any]) -> list[str]:
    lines = []
    water, flooding = summary.get("water"), summary.get("flooding")
    if water and _was_wet(summary):
        lines.append(f"Water     {water['rain_m3']:,.0f} m³ of rain, {_mass_error(water)}")
    if flooding and _was_wet(summary):
        area, road = flooding["area_m2"]["015"]["max"], flooding["road_m"]["015"]["max"]
        depth = flooding["max_depth_m"]
        lines.append(
            f"Flooding  {area or 0:,.0f} m² and {road or 0:,.0f} m of road above 0.15 m, up to {depth:.2f} m"
        )
    if "supply" in summary:
        supply = summary["supply"]
        lines.append(
            f"Supply    {supply['escaped_to_street_m3']:,.0f} m³ escaped, up to "
            f"{supply['most_customers_out']:,.0f} people without water, "
            f"{supply['customers_out_hours']:,.0f} person hours"
        )
    lines += _sewer_lines(summary.get("failures", ()))
    if "gas" in summary:
        gas = summary["gas"]
        lines.append(
            f"Gas       {gas['released_m3']:,.1f} m³ leaked, {gas['sites_in_alarm']:,} sites in alarm, "
            f"up to {gas['highest_lel']:.0%} of the explosive limit"
        )
    if "structures" in summary:
        found = summary["structures"]
        grades = ", ".join(f"{count} {grade}" for grade, count in found["by_grade"].items() if count)
        deviations = sum(each["deviations"] for each in found["structures"])
        secured = sum(each["secured_s"] is not None for each in found["structures"])
        lines.append(
            f"Health    {len(found['structures'])} structures watched: {grades}; "
            f"{deviations} deviations of gauges, {secured} structures secured"
        )
    if "lifelines" in summary:
        lifelines = summary["lifelines"]
        lines.append(
            f"Lifelines {lifelines['failures']:,} failures, "
            f"{lifelines['mended_by_crews']:,} mended by crews, "
            f"{lifelines['over_by_itself']:,} passed by themselves, {lifelines['not_mended']:,} open, "
            f"{lifelines['first_called_by'].get('alarm', 0):,} first known by an alarm"
        )
    return lines


def _was_wet(summary: Mapping[str, Any]) -> bool:
    """Whether there was any water: rain, or some on the ground."""
    water, flooding = summary.get("water") or {}, summary.get("flooding") or {}
    return water.get("rain_m3", 0.0) > 0.0 or flooding.get("max_depth_m", 0.0) > 0.0


def _mass_error(water: Mapping[str, Any]) -> str:
    """Name each mass error: surface and handover count whole units, SWMM has an error of its own."""
    surface, handover = water["surface_error_units"], water["handover_error_units"]
    exact = f"mass error {surface:,} units on the surface, {handover:,} in the handover to the sewer"
    whole = water["relative_error"]["whole"]
    return exact if whole == 0.0 else f"{exact}; {100.0 * whole:.3f} % of all water by SWMM's own routing"


def _sewer_lines(failures: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say what failed in the sewer, in a line of its own, for a run in which something did."""
    names = {
        "sewer.blocked": ("conduit blocked", "conduits blocked"),
        "sewer.collapsed": ("conduit collapsed", "conduits collapsed"),
        "sewer.pump_stopped": ("pump stopped", "pumps stopped"),
        "sewer.outfall_drowned": ("outfall drowned", "outfalls drowned"),
    }
    found = [failure for failure in failures if failure["kind"] in names]
    if not found:
        return []
    counts = Counter(str(failure["kind"]) for failure in found)
    kinds = ", ".join(_counted(counts[kind], *words) for kind, words in names.items() if counts[kind])
    manholes = {manhole for failure in found for manhole in failure["manholes_surcharged"]}
    over = sum(failure["ended_s"] is not None for failure in found)
    surcharged = _counted(len(manholes), "manhole", "manholes")
    return [f"Sewer     {kinds}; {surcharged} surcharged to the ground, {over:,} in order again"]


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _people_lines(summary: Mapping[str, Any]) -> list[str]:
    lines = []
    cases, crews = summary.get("cases"), summary.get("crews")
    if "alarms" in summary:
        alarms = summary["alarms"]
        levels = ", ".join(f"{alarms['by_level'][level]} of level {level}" for level in ("1", "2", "3", "4"))
        lines.append(
            f"Alarms    {alarms['published']:,} published ({levels}), {alarms['suppressed']} suppressed, "
            f"{alarms['false']} false, {alarms['open']} open"
        )
    if cases:
        counts = cases["counts"]
        lines.append(
            f"Cases     {counts['registered']} registered, {counts['dispatched']} dispatched, "
            f"{counts['closed']} closed, {counts['transferred']} handed over, {counts['voided']} void, "
            f"{counts['open']} open"
        )
    if crews:
        lines.append(
            f"Crews     {_counted(crews['count'], 'crew', 'crews')}, "
            f"{_counted(crews['tasks_finished'], 'task', 'tasks')} finished, "
            f"{crews['tasks_open']} open, {crews['tasks_dropped']} dropped, "
            f"{crews['lost_to_water_min']:.0f} min lost to water"
        )
    if "performance" in summary:
        figures = summary["performance"]
        lines.append(f"Time      {figures['wall_s']:.0f} s, {figures['speed']:.0f} times real time")
    return lines
