"""A small sewer of two branches and a trunk, with rain, and readings of it by SWMM with a blockage in it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cim_models.city import Network
from cim_models.networks import read_sewer
from twin.detection.blockages.forcing import Forcing, rain_forcing
from twin.detection.blockages.settings import BlockageSettings
from twin.detection.blockages.shadow import Obstacle, SewerShadow, block
from twin.detection.readings import Readings
from twin.rain import RainSeries

ORIGIN = datetime(2024, 6, 3)
DAY_S = 86_400
COLUMNS = ("level_A3", "level_B3", "level_T1", "level_T4", "q_T3T4")
SETTINGS = BlockageSettings(
    routing_step_s=10.0, calibration_days=1, probe_s=4 * 3600, warmup_s=2 * 3600, shares=(0.7, 0.9, 1.0)
)
_BRANCH_M, _SPACING_M, _SLOPE = 5, 80.0, 0.003
_FACTORS = "0.5 0.4 0.3 0.3 0.4 0.7 1.2 1.6 1.5 1.3 1.2 1.1 1.2 1.1 1.0 1.0 1.1 1.3 1.5 1.5 1.2 1.0 0.8 0.6"


def tree_inp() -> str:
    """SWMM model: branches A1..A5 and B1..B5 that meet in T1, a trunk T1..T5 to the outfall O."""
    nodes: list[tuple[str, float, float, float]] = []
    links: list[tuple[str, str, str, float]] = []
    for name, sign in (("A", 1.0), ("B", -1.0)):
        for number in range(1, _BRANCH_M + 1):
            away = _BRANCH_M + 1 - number
            rise = _SLOPE * _SPACING_M * (away + 4)
            nodes.append((f"{name}{number}", 10.0 + rise, -away * _SPACING_M, sign * away * _SPACING_M))
            to = f"{name}{number + 1}" if number < _BRANCH_M else "T1"
            links.append((f"{name}{number}{to}", f"{name}{number}", to, 0.3))
    for number in range(1, 5):
        nodes.append((f"T{number}", 10.0 + _SLOPE * _SPACING_M * (5 - number), number * _SPACING_M, 0.0))
        links.append((f"T{number}{'O' if number == 4 else f'T{number + 1}'}", f"T{number}", "", 0.4))
    links = [(link, a, b or link.removeprefix(a), size) for link, a, b, size in links]
    names = [name for name, *_ in nodes]
    return "\n".join(
        [
            "[OPTIONS]", "FLOW_UNITS CMS", "FLOW_ROUTING DYNWAVE", "INFILTRATION HORTON", "WET_STEP 0:05",
            "DRY_STEP 0:15", "[RAINGAGES]", "G INTENSITY 0:05 1.0 TIMESERIES none",
            "[SUBCATCHMENTS]", *(f"S{name} G {name} 0.4 40 60 0.5 0" for name in names),
            "[SUBAREAS]", *(f"S{name} 0.013 0.2 1 5 25 OUTLET" for name in names),
            "[INFILTRATION]", *(f"S{name} 60 10 4 7 0" for name in names),
            "[JUNCTIONS]", *(f"{name} {invert:.3f} 2.5 0 0 0" for name, invert, _, _ in nodes),
            "[OUTFALLS]", "O 10.0 FREE NO",
            "[CONDUITS]", *(f"{link} {a} {b} {_SPACING_M:g} 0.013 0 0 0" for link, a, b, _ in links),
            "[XSECTIONS]", *(f"{link} CIRCULAR {size:g} 0 0 0" for link, _, _, size in links),
            "[DWF]", *(f'{name} FLOW 0.001 "day"' for name in names),
            "[PATTERNS]", f"day HOURLY {_FACTORS}",
            "[TIMESERIES]", "none 0:00 0",
            "[COORDINATES]", *(f"{name} {x:g} {y:g}" for name, _, x, y in nodes), "O 400 0", "",
        ]
    )  # fmt: skip


def tree_network() -> Network:
    """Return the sewer of `tree_inp`."""
    return read_sewer(tree_inp(), source="tree.inp")


def tree_rain(days: int) -> RainSeries:
    """Return a shower of 40 minutes at two in the morning and at two in the afternoon of every day."""
    rates = np.zeros((days * 288, 1))
    for day in range(days):
        for hour in (2, 14):
            first = day * 288 + hour * 12
            rates[first : first + 8, 0] = 12.0 + 4.0 * (day % 3)
    return RainSeries(np.arange(days * 288 + 1) * 300.0, rates)


def tree_forcing(days: int) -> Forcing:
    """Return the sewer under that rain."""
    return rain_forcing(tree_inp(), tree_rain(days), ORIGIN)


def tree_readings(
    days: int,
    obstacle: Obstacle | None = None,
    hours: tuple[float, float] = (0.0, np.inf),
    *,
    noise: tuple[float, float] = (0.02, 0.05),
    seed: int = 1,
) -> Readings:
    """Return readings every five minutes, the obstacle there between two hours, with white noise.

    ``noise`` is that of levels, m, and of flows, as a share. The truth has 5 % less rain than the gauge says.
    """
    shadow = SewerShadow(tree_network(), COLUMNS, SETTINGS)
    steps, parts = days * 288, []
    edges = [0, *(int(min(hour * 12, steps)) for hour in hours), steps]
    with shadow.opened(
        tree_forcing(days).scaled(rain=0.95), 0, () if obstacle is None else (obstacle.conduit,)
    ) as engine:
        engine.advance_to(float(SETTINGS.warmup_s))
        for part in range(3):
            if obstacle is not None and part == 1:
                block(engine, obstacle)
            elif obstacle is not None and part == 2:
                engine.controls.throttle(obstacle.conduit, 0.0)
            parts.append(shadow.read(engine, edges[part + 1] - edges[part]).sensors)
    exact = np.concatenate(parts)
    random = np.random.default_rng(seed).standard_normal(exact.shape)
    scale: NDArray[np.float64] = np.where(shadow.is_level, noise[0], noise[1] * np.abs(exact))
    times = np.datetime64(ORIGIN, "s") + np.arange(steps) * np.timedelta64(300, "s")
    return Readings(times, COLUMNS, np.round(exact + scale * random, 3))


def write_rain(days: int, path: Path) -> Path:
    """Write the rain as a table."""
    rates = tree_rain(days).rates_mm_h[:, 0]
    times = np.datetime64(ORIGIN, "s") + np.arange(rates.size) * np.timedelta64(300, "s")
    lines = ["time,gauge", *(f"{moment},{rate:g}" for moment, rate in zip(times, rates, strict=True))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
