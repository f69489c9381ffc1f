"""How fast the operations of a whole city are: 443 crews, 160 patrollers, 20,000 cases a day.

The engine is the one of a scenario run: the same agents, state machines, road graph, policy and event
log on disk; only the water is absent. Each load runs in a process of its own, so that its peak memory
is its own, once without anything that measures and once more with a sampler that says where the time goes.
Processor time is that of all threads: the log is written and hashed beside the loop.
"""

import os
import platform
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from agents.operations import Operations
from agents.snapshot import restore, save
from agents.worktime import DAY_S
from benchmarks.operations_city import (
    BenchCity,
    DryWater,
    crews_by_skill,
    make_catalogue,
    make_city,
    make_settings,
    staffing_line,
)
from benchmarks.stage_sampler import StageSampler
from cim_models.errors import InputError
from cim_models.workers import worker_pool
from scenarios.garbage import seldom_collected
from scenarios.runfolder.eventlog import EVENTS_FILE, EventLog, count_kinds
from scenarios.storylog import StoryLog
from twin.roads import RoadNetwork

STEP_S = 3600.0
"""Simulated time between two looks at the clock on the wall, s."""

STAGES = {
    "reporting": ("agents/channels/", "agents/draws.py"),
    "registration": ("agents/desk", "agents/merging.py", "agents/planning.py", "agents/worktime.py"),
    "dispatch": ("agents/dispatch.py", "agents/policies/"),
    "driving": ("agents/driving.py", "agents/crews.py"),
    "work": ("agents/site_work.py",),
    "checking": ("agents/checking.py",),
    "event log": ("runfolder/eventlog.py", "scenarios/storylog.py", "agents/world.py"),
    "clock": ("agents/clock.py",),
}
"""Which source files make up a stage of the loop; the rest counts to whoever calls it."""


@dataclass(frozen=True, slots=True)
class OperationsPlan:
    """What to run.

    Parameters
    ----------
    days
        Simulated time, days.
    per_day
        Reports a day, one run each.
    size
        How large the city is.
    seed
        Seed of the runs.
    """

    days: float = 7.0
    per_day: tuple[int, ...] = (5_000, 20_000, 80_000)
    size: BenchCity = field(default_factory=BenchCity)
    seed: int = 1

    def __post_init__(self) -> None:
        if not self.days > 0.0:
            raise InputError("Simulated time of the benchmark", got=f"{self.days} days", expected="> 0")
        if not self.per_day or min(self.per_day) < 1:
            raise InputError("Cases a day", got=str(self.per_day), expected="one or more numbers from 1 on")


def parse_loads(text: str) -> tuple[int, ...]:
    """Read numbers of reports a day, with commas between them.

    Raises
    ------
    InputError
        If one is no whole number.
    """
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise InputError(
            "Cases a day", got=f"'{text}'", expected="whole numbers with commas between them"
        ) from None


def measure_operations(plan: OperationsPlan, say: Callable[[str], None]) -> dict[str, Any]:
    """Run each load and return the figures, ready to be written as JSON.

    Parameters
    ----------
    say
        Is told what happens, since it takes a while.
    """
    loads = []
    for per_day in plan.per_day:
        say(f"{per_day:,} cases a day for {plan.days:g} days")
        loads.append(_alone(measure_load, plan, per_day))
        say(f"{per_day:,} cases a day: where the time goes")
        loads[-1]["stages"] = _alone(sample_stages, plan, per_day)
    return {
        "days": plan.days,
        "junctions": plan.size.cols * plan.size.rows,
        "crews": plan.size.crews,
        "organisations": asdict(plan.size.organisations),
        "patrollers": plan.size.beats[0] * plan.size.beats[1],
        "staffing": staffing_line(crews_by_skill(plan.size.crews)),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_average": os.getloadavg()[0],
        "loads": loads,
    }


def measure_load(plan: OperationsPlan, per_day: int) -> dict[str, Any]:
    """Run one load without anything that measures inside, then save and restore it."""
    with TemporaryDirectory(prefix="citytwin-bench-") as folder:
        bench = Bench(plan, per_day, Path(folder))
        before_mb, watch = peak_memory_mb(), Stopwatch()
        with seldom_collected():
            with watch:
                bench.run_to(max(bench.end_s - 0.5 * DAY_S, 0.0))
            snapshot = bench.snapshot_figures()
            with watch:
                bench.run_to(bench.end_s)
                bench.log.close()
        kinds = count_kinds(Path(folder))
        reports, events = kinds.get("report.made", 0), sum(kinds.values())
        return {
            "per_day": per_day,
            "reports": reports,
            "cases": bench.operations.book.begun,
            "events": events,
            "wall_s": watch.wall_s,
            "cpu_s": watch.cpu_s,
            "events_per_s": events / watch.wall_s,
            "cpu_us_per_report": 1e6 * watch.cpu_s / max(reports, 1),
            "log_mb": (Path(folder) / EVENTS_FILE).stat().st_size / 1e6,
            "memory_at_start_mb": before_mb,
            "peak_memory_mb": peak_memory_mb(),
            "hash": bench.log.hash(),
            "kinds": kinds,
            "states": bench.operations.case_counts(),
            "snapshot": snapshot,
        }


def sample_stages(plan: OperationsPlan, per_day: int) -> dict[str, float]:
    """Run one load under the sampler and return the share of the time in each stage."""
    sampler = StageSampler(STAGES)
    with TemporaryDirectory(prefix="citytwin-bench-") as folder:
        bench = Bench(plan, per_day, Path(folder))
        with seldom_collected(), sampler.watching():
            bench.run_to(bench.end_s)
            bench.log.close()
    return sampler.shares()


class Stopwatch:
    """Adds up wall time and processor time, s, of the blocks that it is used for."""

    def __init__(self) -> None:
        self.wall_s = self.cpu_s = 0.0

    def __enter__(self) -> None:
        self._begun = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        wall_s, cpu_s = self._begun
        self.wall_s += time.perf_counter() - wall_s
        self.cpu_s += time.process_time() - cpu_s


class Bench:
    """The operations of the benchmark's city on one clock, writing their event log to a folder.

    Parameters
    ----------
    plan
        What to run.
    per_day
        Reports a day.
    folder
        Where the event log goes.
    """

    def __init__(self, plan: OperationsPlan, per_day: int, folder: Path) -> None:
        self.end_s = plan.days * DAY_S
        city = make_city(plan.size)
        self.roads = RoadNetwork(city.layers["roads"])
        self.water = DryWater(len(city.layers["roads"]))
        self.log = EventLog()
        self.log.open(folder / EVENTS_FILE)
        self.story = StoryLog(self.log)
        self.operations = Operations(
            city=city,
            water=self.water,
            roads=self.roads,
            orders=self.roads,
            events=self.story,
            settings=make_settings(plan.size, per_day),
            seed=plan.seed,
            catalogue=make_catalogue(),
        )

    @property
    def outside(self) -> dict[str, Any]:
        """What a snapshot leaves behind: the physical city, its log, and what is read from its layers."""
        operations = self.operations
        return {
            "water": self.water,
            "roads": self.roads,
            "log": self.story,
            "places": operations.world.places,
            "offices": operations.offices,
            **{f"road {road.id}": road for road in operations.world.places.roads},
        }

    def run_to(self, t_s: float) -> None:
        """Let time pass, hour by hour as a scenario run does coupling step by coupling step."""
        env = self.operations.env
        while env.now < t_s:
            env.run_to(min(env.now + STEP_S, t_s))

    def snapshot_figures(self) -> dict[str, float]:
        """Save the state and restore it; size in kB, times in ms."""
        begun = time.perf_counter()
        data = save(self.operations, self.outside)
        saved = time.perf_counter()
        restore(data, self.outside)
        restored = time.perf_counter()
        return {
            "kb": len(data) / 1e3,
            "save_ms": 1e3 * (saved - begun),
            "restore_ms": 1e3 * (restored - saved),
        }


def report_lines(figures: dict[str, Any]) -> list[str]:
    """Return the figures for people."""
    lines = [
        f"{figures['crews']} crews ({figures['staffing']}), {figures['patrollers']} patrollers, "
        f"{figures['junctions']:,} junctions, {figures['days']:g} days; "
        f"1 centre, {', '.join(f'{n} {kind}' for kind, n in figures['organisations'].items())}; "
        f"Python {figures['python']} on {figures['cores']} cores, load average {figures['load_average']:.1f}"
    ]
    for load in figures["loads"]:
        snapshot = load["snapshot"]
        lines += [
            f"{load['per_day']:,} a day: {load['reports']:,} reports, {load['cases']:,} cases, "
            f"{load['events']:,} events",
            f"  {load['wall_s']:8.2f} s wall, {load['cpu_s']:.2f} s of processor time, "
            f"{load['cpu_us_per_report']:.0f} us of it a report, {load['events_per_s']:,.0f} events/s",
            f"  {load['peak_memory_mb']:8.0f} MB at most, {load['memory_at_start_mb']:.0f} MB before the "
            f"first event; event log {load['log_mb']:.0f} MB",
            f"  {snapshot['kb']:8.0f} kB of snapshot at noon of the last day, "
            f"saved in {snapshot['save_ms']:.0f} ms, restored in {snapshot['restore_ms']:.0f} ms",
        ]
        stages = sorted(load["stages"].items(), key=lambda item: -item[1])
        lines += [f"  {share:8.1%} {stage}" for stage, share in stages]
    return lines


def peak_memory_mb() -> float:
    """Largest resident memory of this process so far, MB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def _alone(work: Callable[..., Any], *args: Any) -> Any:
    """Do something in a fresh process and return its result."""
    with worker_pool(1) as pool:
        return pool.submit(work, *args).result()
