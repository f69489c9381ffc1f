"""How long one dispatch round takes at a city's size, policy by policy and step by step.

The round is the one of a run: the same crews, case book, road graph, policies and checks. Some crews are
busy from a round before, so that a policy has them to look at. Nothing that is decided is carried out,
so every policy meets the same situation. Wall time counts where the machine is otherwise idle; processor
time, summed over threads, also where it is not.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from itertools import cycle
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.clock import TwinEnv
from agents.dispatch import Dispatcher
from agents.operations import Operations
from agents.policies import BUILT_IN, Policy, load_policy
from agents.policies.checks import check_decisions
from agents.policies.situation import AnyCrew, OpenTask, TravelTimes
from agents.reports import Report
from agents.settings import DispatchSettings, OperationsSettings, StaffingSettings
from benchmarks.dispatch_city import CountedEvents, FloodedCity, StillWater, make_flooded_city
from cim_models.errors import InputError, RunError
from twin.roads import RoadNetwork

ROUND_S = 600.0
"""Time of the round that makes some crews busy, s; the one that is timed would be the next."""

WAIT_S = 120.0
"""From that round until the other cases may be dispatched, s; some crews are still under way then."""

START = datetime(2026, 6, 18, 9, 0, tzinfo=timezone(timedelta(hours=8)))
SKILLS = (
    "drainage", "traffic", "sanitation", "enforcement", "pump", "road", "inspection", "water", "power", "gas",
)  # fmt: skip
"""Skills of the roster, in turn."""

STEPS = ("situation", "travel times", "decide", "check")


@dataclass(frozen=True, slots=True)
class DispatchPlan:
    """What to measure.

    Parameters
    ----------
    nodes, crews, cases
        Junctions of the road graph, crews on duty, and cases that wait.
    busy_cases
        Cases of an earlier round, whose crews are under way or at work.
    depots
        Depots that the crews share.
    repeats
        How often every round is timed; the median counts.
    seed
        Seed of city, water and cases.
    """

    nodes: int = 50_000
    crews: int = 443
    cases: int = 200
    busy_cases: int = 60
    depots: int = 141
    repeats: int = 5
    seed: int = 7

    def __post_init__(self) -> None:
        for name in ("nodes", "crews", "cases", "depots", "repeats"):
            if getattr(self, name) < 1:
                raise InputError(f"Benchmark of dispatch, {name}", got=getattr(self, name), expected=">= 1")


def measure_dispatch(plan: DispatchPlan, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure and return the figures, ready to be written as JSON.

    Parameters
    ----------
    plan
        What to measure.
    say
        Is told what happens.
    """
    say(f"making a city of {plan.nodes:,} junctions")
    made = make_flooded_city(plan.nodes, plan.depots, plan.seed)
    roads = RoadNetwork(made.city.layers["roads"])
    roads.update(made.road_depth)
    say("an earlier round")
    dispatcher = _dispatcher(plan, made, roads)
    situation = dispatcher.situation()
    rounds = {}
    for name in sorted(BUILT_IN):
        say(f"policy {name}")
        rounds[name] = _time_policy(dispatcher, name, plan.repeats)
    return {
        "nodes": len(roads.node_ids),
        "roads": len(roads.road_ids),
        "wet_roads": int((made.road_depth > 0.0).sum()),
        "crews": plan.crews,
        "free_crews": len(situation.crews),
        "busy_crews": len(situation.busy),
        "open_cases": len({task.case for task in situation.tasks}),
        "open_tasks": len(situation.tasks),
        "reach_s": dispatcher.settings.reach_s,
        "rounds": rounds,
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
    }


def report_lines(figures: dict[str, Any]) -> list[str]:
    """Return the figures for people."""
    lines = [
        f"{figures['nodes']:,} junctions, {figures['roads']:,} roads ({figures['wet_roads']:,} wet), "
        f"{figures['free_crews']} of {figures['crews']} crews free, {figures['busy_crews']} busy, "
        f"{figures['open_cases']} open cases with {figures['open_tasks']} tasks, "
        f"reach {figures['reach_s']:.0f} s, {figures['cores']} cores, load {figures['load_average']:.1f}",
        f"{'one round, ms':14}{'wall':>10}{'processor':>11}" + "".join(f"{step:>14}" for step in STEPS),
    ]
    for name, figure in figures["rounds"].items():
        steps = "".join(f"{1000.0 * figure['steps_cpu_s'][step]:14.1f}" for step in STEPS)
        lines.append(f"{name:14}{1000.0 * figure['wall_s']:10.1f}{1000.0 * figure['cpu_s']:11.1f}{steps}")
    return lines


def _dispatcher(plan: DispatchPlan, made: FloodedCity, roads: RoadNetwork) -> Dispatcher:
    """Hire crews, let an earlier round make some of them busy, and let new cases wait."""
    water = StillWater(made.road_depth)
    crews = {
        skill: plan.crews // len(SKILLS) + (rank < plan.crews % len(SKILLS))
        for rank, skill in enumerate(SKILLS)
    }
    env = TwinEnv()
    operations = Operations(
        city=made.city,
        water=water,
        roads=roads,
        orders=water,
        events=CountedEvents(),
        settings=OperationsSettings(
            start=START,
            sensors=None,
            video=None,
            citizens=None,
            patrols=None,
            staffing=StaffingSettings(crews=crews, shifts="always"),
            dispatch=DispatchSettings(interval_s=ROUND_S, policy="nearest"),
        ),
        seed=plan.seed,
        env=env,
    )
    reports = _reports(operations, plan)
    for report in reports[: plan.busy_cases]:
        operations.desk.receive(report)
    env.run_to(ROUND_S + 1.0)
    for report in reports[plan.busy_cases :]:
        operations.desk.receive(report)
    env.run_to(ROUND_S + WAIT_S)
    assert operations.dispatcher is not None
    return operations.dispatcher


def _reports(operations: Operations, plan: DispatchPlan) -> list[Report]:
    """One report for each case, of water where the street is wet, else of the other classes in turn."""
    rng = np.random.default_rng(plan.seed)
    places, events = operations.world.places.roads, operations.catalogue.events
    depth = operations.world.water.road_depth()
    codes = cycle(code for code in events.classes if code != events.waterlogging)
    wet = np.flatnonzero((depth > events.waterlogged_from_m) & (depth < 0.4))
    count = plan.busy_cases + plan.cases
    chosen = np.where(
        np.arange(count) % 2 == 0,
        rng.choice(wet, count, replace=count > len(wet)),
        rng.choice(len(places), count, replace=count > len(places)),
    )
    reports = []
    for index in chosen.tolist():
        road, is_wet = places[index], depth[index] > events.waterlogged_from_m
        code = events.waterlogging if is_wet else next(codes)
        depth_m = round(float(depth[index]), 2) if is_wet else None
        reports.append(Report("citizen", code, road.x, road.y, depth_m=depth_m, road=road.id))
    return reports


def _time_policy(dispatcher: Dispatcher, name: str, repeats: int) -> dict[str, Any]:
    """Median times of a round, s; the first one, which compiles and imports, does not count."""
    policy = load_policy(name)
    rounds = [_time_round(dispatcher, policy) for _ in range(repeats + 1)][1:]
    return {
        "wall_s": float(np.median([wall_s for wall_s, _ in rounds])),
        "cpu_s": float(np.median([sum(steps) for _, steps in rounds])),
        "steps_cpu_s": dict(
            zip(STEPS, np.median([steps for _, steps in rounds], axis=0).tolist(), strict=True)
        ),
    }


def _time_round(dispatcher: Dispatcher, policy: Policy) -> tuple[float, list[float]]:
    """Hold a round without carrying it out; return its wall time and the processor time of each step, s."""
    begun, marks = time.perf_counter(), [time.process_time()]
    situation = dispatcher.situation()
    marks.append(time.process_time())
    watched = WatchedTimes(situation.travel_times)
    situation = replace(situation, travel_times=watched)
    decisions = policy.decide(situation)
    marks.append(time.process_time())
    searched_s = watched.cpu_s
    checked = check_decisions(decisions, situation)
    marks.append(time.process_time())
    wall_s = time.perf_counter() - begun
    seen_s, decided_s, checked_s = np.diff(marks).tolist()
    if checked.refusals or not checked.assignments:
        raise RunError(
            f"Benchmark of dispatch, policy {type(policy).__name__}",
            got=f"{len(checked.assignments)} assignments, {len(checked.refusals)} refusals",
            expected="assignments and no refusal",
        )
    return wall_s, [seen_s, searched_s, decided_s - searched_s, checked_s]


class WatchedTimes:
    """Travel times that add up the processor time which it takes to answer.

    Parameters
    ----------
    times
        Who answers.
    """

    def __init__(self, times: TravelTimes) -> None:
        self._times = times
        self.cpu_s = 0.0

    def __call__(self, crews: Sequence[AnyCrew], tasks: Sequence[OpenTask]) -> NDArray[np.float64]:
        """Return what `times` returns."""
        begun_s = time.process_time()
        found = self._times(crews, tasks)
        self.cpu_s += time.process_time() - begun_s
        return found
