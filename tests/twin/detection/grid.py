"""A small network in a grid, and its readings by EPANET with a leak in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cim_models.city import Network
from cim_models.networks import read_supply
from twin.detection.readings import Readings
from twin.supply.engine import SupplyEngine
from twin.supply.interventions import SetOpening
from twin.supply.settings import SupplySettings

EDGE = 5
SPACING_M = 200.0
STEP_S = 900
DAY_S = 86_400
COLUMNS = ("p_n00", "p_n04", "p_n12", "p_n20", "p_n24", "p_n33", "p_n40", "p_n44", "q_main")
FACTORS = "0.4 0.3 0.3 0.3 0.4 0.7 1.2 1.7 1.5 1.3 1.2 1.1 1.2 1.1 1.0 1.0 1.1 1.3 1.6 1.5 1.2 0.9 0.7 0.5"


@dataclass(frozen=True, slots=True)
class Hole:
    """A hole in a pipe, from one day to another."""

    pipe: str
    area_m2: float
    from_day: float
    to_day: float = 1e3


def grid_inp(weekly: bool = False) -> str:
    """EPANET model: 5 x 5 junctions, 200 m apart, fed at one corner; demands with a day's course."""
    nodes = [(row, col) for row in range(EDGE) for col in range(EDGE)]
    junctions = "\n".join(f"n{row}{col} 10 {0.6 + 0.1 * ((row * 3 + col) % 5)} day" for row, col in nodes)
    across = [(f"h{r}{c}", f"n{r}{c}", f"n{r}{c + 1}") for r, c in nodes if c + 1 < EDGE]
    along = [(f"v{r}{c}", f"n{r}{c}", f"n{r + 1}{c}") for r, c in nodes if r + 1 < EDGE]
    pipes = "\n".join(f"{name} {a} {b} {SPACING_M:g} 80 120 0 Open" for name, a, b in [*across, *along])
    spots = "\n".join(f"n{row}{col} {SPACING_M * col:g} {SPACING_M * row:g}" for row, col in nodes)
    factors = FACTORS.split()
    days = [factors] * 5 + [factors[4:] + factors[:4]] * 2 if weekly else [factors]
    pattern = "\n".join(f"day {' '.join(day)}" for day in days)
    return f"""[TITLE]
grid
[JUNCTIONS]
{junctions}
[RESERVOIRS]
well 60
[TANKS]
[PIPES]
main well n00 300 150 120 0 Open
{pipes}
[PATTERNS]
{pattern}
[TIMES]
Duration 24:00
Hydraulic Timestep 1:00
Pattern Timestep 1:00
Report Timestep 1:00
[OPTIONS]
Units CMH
Headloss H-W
Emitter Exponent 0.5
[COORDINATES]
{spots}
well -300 0
[END]
"""


def grid_network(weekly: bool = False) -> Network:
    """Return the network of `grid_inp`."""
    return read_supply(grid_inp(weekly), source="grid.inp")


def grid_readings(work: Path, days: int, *holes: Hole, noise_m: float = 0.02, seed: int = 1) -> Readings:
    """Return readings every quarter of an hour by EPANET, rounded as telemetry does, with white noise."""
    network = grid_network()
    changes = sorted(
        [(int(hole.from_day * DAY_S), hole.pipe, hole.area_m2) for hole in holes]
        + [(int(hole.to_day * DAY_S), hole.pipe, 0.0) for hole in holes if hole.to_day < days]
    )
    settings = SupplySettings(demand_model="file", active_step_s=STEP_S)
    steps = days * DAY_S // STEP_S
    values = np.zeros((steps, len(COLUMNS)))
    with SupplyEngine(network, work, settings, cuts={hole.pipe: 0.5 for hole in holes}) as engine:
        rows = [engine.node_ids.index(name.removeprefix("p_")) for name in COLUMNS[:-1]]
        main = engine.link_ids.index("main")
        for step in range(steps):
            engine.advance_to(step * STEP_S)
            while changes and changes[0][0] <= engine.time_s:
                _, pipe, area_m2 = changes.pop(0)
                engine.apply(SetOpening(engine.time_s, pipe, 0.5, area_m2))
            values[step, :-1] = engine.pressure_m[rows]
            values[step, -1] = 3600.0 * engine.flow_m3_s[main]
    return Readings(moments(steps), COLUMNS, np.round(values + noise(values.shape, noise_m, seed), 2))


def noise(shape: tuple[int, ...], noise_m: float, seed: int) -> NDArray[np.float64]:
    """White noise of this deviation, m and m3/h."""
    return noise_m * np.random.default_rng(seed).standard_normal(shape)


def moments(steps: int) -> NDArray[np.datetime64]:
    """Every quarter of an hour from a Monday on."""
    times: NDArray[np.datetime64] = np.datetime64("2024-01-01T00:00:00") + np.arange(steps) * np.timedelta64(
        STEP_S, "s"
    )
    return times


def write_csv(readings: Readings, path: Path) -> Path:
    """Write readings as telemetry exports them."""
    lines = [",".join(["Timestamp", *readings.columns])]
    for moment, row in zip(readings.times, readings.values, strict=True):
        cells = ["" if np.isnan(value) else f"{value:g}" for value in row]
        lines.append(",".join([str(moment).replace("T", " "), *cells]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
