"""Readings of L-TOWN for 2018, simulated by EPANET with the leaks that BattLeDIM published for that year.

The model's own demands repeat every week; each leak is a hole in the middle of its pipe, with an outflow
of Cd A √(2 g h). EPANET solves every five minutes, which is how the readings come; they
are kept in the user's cache.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cim_models.city import Network
from cim_models.errors import InputError
from twin.compilation import user_cache_folder
from twin.detection.readings import Readings
from twin.supply.project import EpanetProject, solver_failure
from twin.supply.settings import SupplySettings

STEP_S = 300
GROWTH_S = 3600
DAY_S = 86_400
FIRST_ERROR = 100
MOST_RUNS = 10
LEAK = re.compile(r"^- (p\d+), ([\d: -]+), ([\d: -]+), ([\d.]+), (incipient|abrupt), ([\d: -]+)$")
PATTERN_START = re.compile(r"(?mi)^(\s*pattern start)\s+.*$")
SECTION = re.compile(r"^(pressure|flow|level)_sensors:")


@dataclass(frozen=True, slots=True)
class TrueLeak:
    """A leak of the schedule: a round hole that opens at once, or grows in area until its peak."""

    pipe: str
    start: datetime
    end: datetime
    diameter_m: float
    peak: datetime

    def area_m2(self, moment: datetime) -> float:
        """Area of the hole at a moment, m2."""
        if not self.start <= moment < self.end:
            return 0.0
        grows_s = (self.peak - self.start).total_seconds()
        share = 1.0 if grows_s <= 0.0 else min((moment - self.start).total_seconds() / grows_s, 1.0)
        return share * np.pi / 4.0 * self.diameter_m**2


@dataclass(frozen=True, slots=True)
class Schedule:
    """Leaks and sensors of a data set; sensors are columns such as ``p_n1``."""

    leaks: tuple[TrueLeak, ...]
    columns: tuple[str, ...]


def read_schedule(path: Path) -> Schedule:
    """Read a configuration file of BattLeDIM's data set generator."""
    leaks, columns, prefix = [], [], ""
    for line in path.read_text("utf-8").splitlines():
        if match := LEAK.match(line.strip()):
            pipe, start, end, diameter, _, peak = match.groups()
            times = [datetime.fromisoformat(text.strip()) for text in (start, end, peak)]
            leaks.append(TrueLeak(pipe, times[0], times[1], float(diameter), times[2]))
        elif match := SECTION.match(line):
            prefix = {"pressure": "p_", "flow": "q_", "level": "level_"}[match[1]]
        elif line.startswith("- ") and prefix:
            columns.append(prefix + line.removeprefix("- ").strip())
        elif line and not line.startswith("-"):
            prefix = ""
    if not leaks or not columns:
        raise InputError(
            f"{path}", got=f"{len(leaks)} leaks, {len(columns)} sensors", expected="some of both"
        )
    return Schedule(tuple(leaks), tuple(columns))


def simulated_year(network: Network, schedule: Schedule, begin: datetime, days: int) -> Readings:
    """Return the readings of some days, simulated once and then read from the cache."""
    text = f"2 {network.inp} {schedule} {begin} {days}"
    path = user_cache_folder() / "leaks" / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.npy"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        values = simulate(network, schedule, begin, days)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            np.save(file, values.astype(np.float32))
        Path(file.name).replace(path)
    values = np.load(path).astype(float)
    times = np.datetime64(begin, "s") + np.arange(len(values)) * np.timedelta64(STEP_S, "s")
    return Readings(times, schedule.columns, values)


def simulate(network: Network, schedule: Schedule, begin: datetime, days: int) -> NDArray[np.float64]:
    """Simulate readings; shape (steps of five minutes, sensors), m and m3/h.

    The model's week begins with a Monday, as 2018 does, whichever day is the first.
    """
    cuts = {leak.pipe: 0.5 for leak in schedule.leaks}
    steps = days * DAY_S // STEP_S
    values = np.zeros((steps, len(schedule.columns)))
    inp = PATTERN_START.sub(rf"\g<1> {begin.weekday() * 24}:00", network.inp)
    with tempfile.TemporaryDirectory() as folder:
        project = EpanetProject(
            Network(network.nodes, network.links, inp),
            Path(folder),
            SupplySettings(demand_model="file"),
            cuts,
        )
        try:
            read = _reader(network, schedule.columns)
            areas = dict.fromkeys(cuts, 0.0)
            for step in range(steps):
                if step * STEP_S % GROWTH_S == 0:
                    _open_holes(project, schedule.leaks, begin + timedelta(seconds=step * STEP_S), areas)
                _solve(project, areas)
                values[step] = read(project)
                _advance(project, STEP_S)
        finally:
            project.close()
    return values


def _open_holes(
    project: EpanetProject, leaks: Sequence[TrueLeak], moment: datetime, areas: dict[str, float]
) -> None:
    for leak in leaks:
        area_m2 = leak.area_m2(moment)
        if area_m2 != areas[leak.pipe]:
            project.set_opening(leak.pipe, area_m2)
            areas[leak.pipe] = area_m2


def _solve(project: EpanetProject, areas: Mapping[str, float]) -> None:
    """Solve the present moment, again if a hole that has just opened was not found."""
    for _ in range(MOST_RUNS):
        _, code = project.loop.run()
        if code >= FIRST_ERROR:
            raise solver_failure(code, "Simulated readings: no solution")
        if all(project.is_orifice(pipe, area) for pipe, area in areas.items() if area > 0.0):
            return


def _advance(project: EpanetProject, span_s: int) -> None:
    """Go on by a span, over the switching of pumps on the way."""
    while span_s > 0:
        step_s, code = project.loop.next()
        if code >= FIRST_ERROR or step_s <= 0:
            raise solver_failure(code, "Simulated readings: no further step")
        span_s -= step_s
        if span_s > 0:
            project.loop.run()


def _reader(network: Network, columns: Sequence[str]) -> Callable[[EpanetProject], NDArray[np.float64]]:
    """Return a function that reads the columns, m and m3/h, from a solved project."""
    nodes = {str(name): row for row, name in enumerate(network.nodes["id"])}
    links = {str(name): row for row, name in enumerate(network.links["id"])}
    is_flow = np.array([name.startswith("q_") for name in columns])
    rows = [(links if name[0] == "q" else nodes)[name.partition("_")[2]] for name in columns]
    node_rows = np.array([row for row, flow in zip(rows, is_flow, strict=True) if not flow])
    link_rows = np.array([row for row, flow in zip(rows, is_flow, strict=True) if flow])

    def read(project: EpanetProject) -> NDArray[np.float64]:
        values = np.empty(len(columns))
        levels = project.node_levels("HEAD") - project.node_levels("ELEVATION")
        values[~is_flow] = levels[node_rows]
        values[is_flow] = 3600.0 * project.link_flows()[link_rows]
        return values

    return read
