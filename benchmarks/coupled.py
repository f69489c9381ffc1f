"""How fast a coupled run is, and where its time goes.

A whole run is made, with everything that a user's run has, and timed part by part: surface, sewer,
exchange, ground, pumps, roads, recording, and the rest: opening the city, those who
act, the clock, the summary.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from benchmarks.bellinge import DATA_SET as BELLINGE
from benchmarks.bellinge import bellinge_city
from benchmarks.part_clock import PartClock
from benchmarks.surface_cases import data_folder
from cim_models.bundle import write_city
from cim_models.errors import InputError
from cim_models.importers import import_city
from scenarios.floodwatch import FloodWatch
from scenarios.recorder import Recorder
from scenarios.runfolder import RunFolder, RunWriter
from scenarios.schema import load_scenario
from scenarios.schema.loading import LoadedScenario
from scenarios.simulation import run_scenario
from twin.exchange import SewerExchange
from twin.ground import GroundLoss
from twin.roads import RoadNetwork, RoadSampler
from twin.sewer import SewerEngine
from twin.surface import SurfaceSolver
from twin.surface.subgrid import CoarseSolver
from twin.water.pumps import PumpFleet

CASES = ("santboi", "bellinge")
REST = "other"
_METHODS = (
    (SurfaceSolver, "advance_to", "surface"),
    (CoarseSolver, "advance_to", "surface"),
    (SewerEngine, "advance_to", "sewer"),
    (SewerExchange, "step", "exchange"),
    (PumpFleet, "step", "pumps"),
    (GroundLoss, "take", "ground"),
    (RoadSampler, "depth_of", "roads"),
    (RoadNetwork, "update", "roads"),
    (FloodWatch, "watch_sewer", "events"),
    (FloodWatch, "watch_roads", "events"),
    (Recorder, "frame", "recording"),
    (Recorder, "sensors", "recording"),
    (Recorder, "volumes", "recording"),
    (Recorder, "rasters", "recording"),
    (RunWriter, "progress", "recording"),
    (RunWriter, "flush", "recording"),
)
_STORM = {"rain": {"constant": {"intensity_mm_h": 60, "duration": "1h"}}}


@dataclass(frozen=True, slots=True)
class CoupledPlan:
    """What to run.

    Parameters
    ----------
    case
        ``santboi`` or ``bellinge``, from the shared data sets.
    city
        A bundle folder instead of a case, under an hour of 60 mm/h and without anybody who acts.
    duration
        Simulated time, such as ``6h``.
    settings
        Further keys of the scenario, ``KEY=VALUE``.
    """

    case: str = "santboi"
    city: Path | None = None
    duration: str = "6h"
    settings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.city is None and self.case not in CASES:
            raise InputError("Benchmark case", got=f"'{self.case}'", expected=f"one of {', '.join(CASES)}")


def measure_coupled(plan: CoupledPlan, say: Callable[[str], None]) -> dict[str, Any]:
    """Run and return the figures, ready to be written as JSON.

    A first run of two simulated minutes compiles what is not in the cache; it is not timed.

    Parameters
    ----------
    say
        Is told what happens, since it may take minutes.

    Raises
    ------
    InputError
        If the plan is wrong or its data are absent.
    """
    with TemporaryDirectory(prefix="citytwin-bench-") as folder:
        scenario = scenario_of(plan, Path(folder))
        say("warming up")
        run_scenario(_load(scenario, plan, "2min"), Path(folder) / "warm")
        say(f"{plan.duration} of {scenario}")
        loaded, clock = _load(scenario, plan, plan.duration), PartClock()
        cpu_s = time.process_time()
        with clock.watching(_METHODS), clock.within(REST):
            run = run_scenario(loaded, Path(folder) / "run")
        return _figures(plan, run, clock, time.process_time() - cpu_s)


def _figures(plan: CoupledPlan, run: RunFolder, clock: PartClock, cpu_s: float) -> dict[str, Any]:
    summary = run.summary or {}
    water, performance = summary["water"], summary["performance"]
    wall_s = sum(clock.wall_s.values())
    inside = {part: clock.wall_s[part] for part in sorted(clock.wall_s)}
    return {
        "case": str(plan.city) if plan.city else plan.case,
        "simulated_s": summary["simulated_s"],
        "wall_s": wall_s,
        "cpu_s": cpu_s,
        "speed": summary["simulated_s"] / wall_s,
        "parts_s": inside,
        "parts_share": {part: seconds / wall_s for part, seconds in inside.items()},
        "calls": {part: clock.calls[part] for part in inside},
        "surface_steps": performance["steps"],
        "cells_updated": performance["cells_updated"],
        "surface_mcs_per_s": performance["cells_updated"] / clock.wall_s["surface"] / 1e6,
        "surface_error_units": water["surface_error_units"],
        "coupled_error_units": water["coupled_error_units"],
        "sewer_error": water["relative_error"]["sewer"],
        "event_log_hash": run.meta["event_log_hash"],
        "load_average": os.getloadavg()[0],
    }


def report_lines(figures: dict[str, Any]) -> list[str]:
    """Return the figures for people."""
    lines = [
        f"case {figures['case']}: {figures['simulated_s']:g} s simulated in {figures['wall_s']:.1f} s, "
        f"{figures['speed']:.0f} times real time, {figures['cpu_s']:.1f} s of processor time"
    ]
    for part, seconds in sorted(figures["parts_s"].items(), key=lambda item: -item[1]):
        share, calls = figures["parts_share"][part], figures["calls"][part]
        lines.append(f"  {part:10} {seconds:8.2f} s  {share:6.1%}  {calls:>8,} calls")
    names = ("surface_steps", "surface_mcs_per_s", "surface_error_units", "coupled_error_units")
    lines += [f"  {name:20} {figures[name]:>14,.6g}" for name in names]
    return [*lines, f"  {'sewer_error':20} {figures['sewer_error']:>14.2e}"]


def _load(scenario: str, plan: CoupledPlan, duration: str) -> LoadedScenario:
    return load_scenario(scenario, (f"duration={duration}", *plan.settings))


def scenario_of(plan: CoupledPlan, folder: Path) -> str:
    """Write the scenario, and the bundle that it needs, and return the scenario's path."""
    if plan.city is not None:
        return _write(folder, _plain(plan.city.resolve()))
    if plan.case == "bellinge":
        write_city(bellinge_city(data_folder() / BELLINGE), folder / "city")
        return _write(folder, _plain(folder / "city"))
    import_city(data_folder() / "santboi", "santboi", folder / "city")
    library = load_scenario("santboi_storm")
    values = yaml.safe_load(library.path.read_text(encoding="utf-8"))
    return _write(folder, {**values, "city": str(folder / "city")})


def _plain(city: Path) -> dict[str, Any]:
    return {
        "name": "coupled",
        "title": {"en": "Coupled run", "zh": "耦合运行"},
        "city": str(city),
        "start": "2026-06-18T17:00:00+02:00",
        "duration": "1h",
        "seed": 7,
        "weather": _STORM,
    }


def _write(folder: Path, values: dict[str, Any]) -> str:
    path = folder / "scenario.yaml"
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return str(path)
