"""From what a scenario says of those who report, work and dispatch to the settings of the operations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from agents.policies import load_policy
from agents.settings import (
    HOURS,
    CaseSettings,
    CitizenSettings,
    DeskSettings,
    DispatchSettings,
    OperationsSettings,
    PatrolSettings,
    SensorSettings,
    StaffingSettings,
    VideoSettings,
)
from agents.staffing import BarrierSite, CrewGroup
from agents.worktime import ROSTERS
from agents.zones import zone_areas
from cim_models.catalogues import load_catalogue
from cim_models.city import City
from cim_models.structures import Barrier
from scenarios.alarms import alarm_settings
from scenarios.blame import blame
from scenarios.moments import check_time
from scenarios.places import check_choice, check_id
from scenarios.schema.model import Scenario
from scenarios.schema.reporting import Citizens, DayAndNight, Patrols, Video
from scenarios.schema.staffing import Staffing
from scenarios.structures import StructurePlanner
from twin.roads.vehicles import vehicle_classes


@dataclass(frozen=True, slots=True)
class CrewLossPlan:
    """A crew that is lost at a time, s since the start, and why."""

    t_s: float
    crew: str
    reason: str


def operations_settings(scenario: Scenario, city: City, source: str) -> OperationsSettings:
    """Translate what the scenario says about reporting, staffing and dispatch.

    Raises
    ------
    ScenarioError
        If a skill, shift pattern, policy or patrol grid does not exist.
    """
    reporting, dispatch = scenario.reporting, scenario.dispatch
    calendars = [str(entry["name"]) for entry in load_catalogue("time_limits")["calendars"]]
    if scenario.cases.calendar:
        check_choice(scenario.cases.calendar, calendars, "cases.calendar", source)
    folder = Path(source).parent
    with blame(source, "dispatch.policy"):
        load_policy(dispatch.policy, dispatch.options, folder)
    with blame(source, "dispatch.zones"):
        zone_areas(city, dispatch.zones)
    with blame(source, "staffing, reporting or dispatch"):
        return OperationsSettings(
            start=scenario.start.astimezone(ZoneInfo(city.time_zone)),
            sensors=SensorSettings() if reporting.sensors else None,
            video=_video(reporting.video) if reporting.video else None,
            citizens=_citizens(reporting.citizens) if reporting.citizens else None,
            patrols=_patrols(reporting.patrols, city, source) if reporting.patrols else None,
            matters_per_day=scenario.matters.per_day,
            staffing=_staffing(scenario, city, source),
            dispatch=DispatchSettings(
                mode=dispatch.mode,
                delay_s=dispatch.delay,
                manual_delay_s=dispatch.manual_delay,
                interval_s=dispatch.interval,
                policy=dispatch.policy,
                options=dict(dispatch.options),
                folder=folder,
                zones=dispatch.zones,
                reach_s=dispatch.reach,
            ),
            cases=case_settings(scenario),
            alarms=alarm_settings(scenario, city, source),
        )


def case_settings(scenario: Scenario) -> CaseSettings:
    """Translate what the scenario says about the desk and the cases."""
    cases, desk = scenario.cases, scenario.cases.desk
    usual = DeskSettings()
    return CaseSettings(
        merge_distance_m=cases.merge_distance,
        merge_time_s=cases.merge_time,
        reopen_within_s=cases.reopen_within,
        calendar=cases.calendar,
        desk=DeskSettings(
            mode=desk.mode,
            acceptors=desk.acceptors,
            registrars=desk.registrars,
            misassigned=usual.misassigned if desk.misassigned is None else (desk.misassigned,) * 2,
            found_false=usual.found_false if desk.found_false is None else (desk.found_false,) * 2,
        ),
    )


def crew_losses(scenario: Scenario, operations: OperationsSettings, source: str) -> tuple[CrewLossPlan, ...]:
    """List the crews that the scenario loses, in the order of time.

    Raises
    ------
    ScenarioError
        If a crew is not on the roster, or the time is outside the run.
    """
    groups = operations.staffing.all_groups
    names = [f"{group.id}-{number + 1}" for group in groups for number in range(group.number)]
    losses = []
    for index, failure in enumerate(scenario.failures):
        if failure.crew_lost is None:
            continue
        loss, key = failure.crew_lost, f"failures.{index}.crew_lost"
        check_choice(loss.crew, names, f"{key}.crew", source)
        t_s = check_time(scenario, loss.at, f"{key}.at", source)
        losses.append(CrewLossPlan(t_s, loss.crew, loss.reason))
    return tuple(sorted(losses, key=lambda loss: (loss.t_s, loss.crew)))


def _staffing(scenario: Scenario, city: City, source: str) -> StaffingSettings:
    staffing = scenario.staffing
    plain = {skill: number for skill, number in staffing.crews.items() if isinstance(number, int)}
    groups = _groups(staffing)
    _check_groups(staffing, groups, city, source)
    breaks = staffing.breaks
    with blame(source, "staffing"):
        settings = StaffingSettings(
            crews=plain,
            groups=groups,
            shifts=staffing.shifts,
            barriers=_barrier_sites(scenario, city, source),
            overtime_limit_s=staffing.overtime,
        )
        if breaks is False:
            return replace(settings, break_length_s=0.0)
        return replace(
            settings,
            break_every_s=breaks.every,
            break_length_s=breaks.length,
            break_turns=breaks.turns,
        )


def _groups(staffing: Staffing) -> tuple[CrewGroup, ...]:
    at_depots = [
        CrewGroup(f"{skill}-{depot}", (skill,), number, depot=depot)
        for skill, numbers in staffing.crews.items()
        if isinstance(numbers, dict)
        for depot, number in numbers.items()
    ]
    further = [
        CrewGroup(
            id=group.id,
            skills=group.skills,
            number=group.crews,
            depot=group.depot or "",
            vehicle=group.vehicle or "",
            shifts=group.shifts or "",
            pump=group.pump,
        )
        for group in staffing.groups
    ]
    return (*at_depots, *further)


def _check_groups(staffing: Staffing, groups: tuple[CrewGroup, ...], city: City, source: str) -> None:
    catalogue = load_catalogue("skills")
    skills = [str(entry["name"]) for entry in catalogue["skills"]]
    pumps = [str(entry["name"]) for entry in catalogue["pump_trucks"]]
    for skill in staffing.crews:
        check_choice(skill, skills, f"staffing.crews.{skill}", source)
    check_choice(staffing.shifts, sorted(ROSTERS), "staffing.shifts", source)
    for group in groups:
        key = f"staffing, crews '{group.id}'"
        for skill in group.skills:
            check_choice(skill, skills, f"{key}, skills", source)
        check_choice(group.pump, pumps, f"{key}, pump", source)
        if group.shifts:
            check_choice(group.shifts, sorted(ROSTERS), f"{key}, shifts", source)
        if group.vehicle:
            check_choice(group.vehicle, sorted(vehicle_classes()), f"{key}, vehicle", source)
        if group.depot:
            check_id(city, "depots", group.depot, f"{key}, depot", source)


def _barrier_sites(scenario: Scenario, city: City, source: str) -> tuple[BarrierSite, ...]:
    barriers, planner = scenario.staffing.barriers, StructurePlanner(scenario, city, source)
    sites = []
    for index, plan in enumerate(barriers.sites):
        key = f"staffing.barriers.sites.{index}"
        road = check_id(city, "roads", plan.road, f"{key}.road", source)
        structure = planner.structure(plan, key)
        assert isinstance(structure, Barrier)
        sites.append(BarrierSite(plan.id, road, structure))
    roads = city.layer("roads")
    if barriers.underpasses is None or roads is None:
        return tuple(sites)
    key = "staffing.barriers.underpasses"
    below = roads[roads["underpass"].astype(bool)]
    for road, ends in zip(below["id"], zip(below["from_node"], below["to_node"], strict=True), strict=True):
        others = below[below["id"] != road]
        inner = set(others["from_node"]) | set(others["to_node"])
        blocks = planner.roadblocks(str(road), barriers.underpasses, key)
        for mouth, (end, block) in enumerate(zip(ends, blocks, strict=True), 1):
            if end not in inner:  # where two stretches of one underpass meet, nothing is to be kept out
                sites.append(BarrierSite(f"{road}-mouth-{mouth}", str(road), block))
    return tuple(sites)


def _video(video: Video) -> VideoSettings:
    recall = video.recall
    if isinstance(recall, DayAndNight):
        by_day = range(recall.begin, recall.to)
        recall = tuple(recall.day if hour in by_day else recall.night for hour in range(HOURS))
    return VideoSettings(
        recall=recall, interval_s=video.interval, false_alarms_per_day=video.false_alarms_per_day
    )


def _citizens(citizens: Citizens) -> CitizenSettings:
    return CitizenSettings(
        per_day=citizens.per_day,
        false_share=citizens.false_share,
        placeless_share=citizens.placeless_share,
        reached_share=citizens.reached_share,
    )


def _patrols(patrols: Patrols, city: City, source: str) -> PatrolSettings:
    grids = None if patrols.grids == "all" else patrols.grids
    if grids is not None and city.layer("patrol_grids") is not None:
        for grid in grids:
            check_id(city, "patrol_grids", grid, "reporting.patrols.grids", source)
    return PatrolSettings(
        grids=grids,
        per_grid=patrols.per_grid,
        from_h=patrols.hours[0],
        to_h=patrols.hours[1],
        speed_m_s=patrols.speed_m_s,
        recall=patrols.recall,
        false_alarms_per_day=patrols.false_alarms_per_day,
    )
