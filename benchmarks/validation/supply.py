"""The water supply against EPANET alone and the orifice equation, and how long a forecast takes."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.plain_epanet import heads
from benchmarks.surface_cases import data_folder
from benchmarks.validation.outcome import Measure, Outcome
from cim_models.city import Network
from cim_models.networks import read_supply
from twin.supply.engine import SupplyEngine
from twin.supply.interventions import SetOpening
from twin.supply.isolation import IsolationPlanner, Leak
from twin.supply.segments import Segments, isolation_valves
from twin.supply.settings import SupplySettings

DATA_SETS = ("epanet",)
PACKAGES = ("epanet",)
NETWORKS = ("Net3.inp", "ky4.inp", "ky10.inp", "modena.inp", "L-TOWN.inp")
REQUIRED_M = 15.0
DAY_H = 24
BURST_PIPE, BURST_AREA_M2 = "P-997", 0.004
FORECAST_S = 48 * 3600
REPAIR_S = 6 * 3600.0
QUICK: dict[str, Any] = {"networks": ("Net3.inp", "ky10.inp"), "forecast_s": 6 * 3600}

ABOUT = """Five published networks run for 24 hours without failures, once with the demands of their files
and once pressure-driven (P0 = 0, Pf = 15 m, exponent 0.5). Heads at all nodes are compared with those of
EPANET driven by its own toolkit, at every moment that it solves. Then a main of ky10 (920 nodes) bursts in
the first hour: the flow through the hole is compared with Cd A √(2 g h), and the time of 48 hours of forecast
in five-minute steps, reading and opening the model included, is measured in processor time, as is the choice
of isolation valves for every tenth pipe. The time depends on the machine; the limits are those of the
project's requirements. Networks: WNTR and EPyT libraries (EPA, public domain; EUPL-1.2)."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """A burst forecast: times, h; flow of the burst, m3/h; and what it took in processor time, s."""

    hours: NDArray[np.float64]
    flow_m3_h: NDArray[np.float64]
    orifice_error: float
    took_s: float


def validate(networks: Sequence[str] = NETWORKS, forecast_s: int = FORECAST_S) -> Outcome:
    """Compare the networks, forecast a burst, choose valves."""
    folder = data_folder() / "epanet"
    with tempfile.TemporaryDirectory() as work:
        measures = []
        for name in networks:
            network = _read(folder / name)
            for words, settings in (
                ("demands of the file", SupplySettings(demand_model="file")),
                ("pressure-driven", SupplySettings(required_pressure_m=REQUIRED_M)),
            ):
                error = largest_difference(network, settings, Path(work))
                title = f"{name.rpartition('.')[0]}, {words}: largest difference of heads"
                measures.append(Measure(title, error, "m", at_most=1e-3))
        forecast = forecast_burst(folder / "ky10.inp", Path(work), forecast_s)
    choice_s, valves = choose_everywhere(folder / "ky10.inp")
    measures += [
        Measure("burst flow against the orifice equation", forecast.orifice_error, "", at_most=1e-3),
        Measure(f"ky10, {forecast_s // 3600} h of burst forecast", forecast.took_s, "s", at_most=3.0),
        Measure(f"ky10, {valves} valves: longest choice", choice_s, "s", at_most=1.0),
    ]
    return Outcome("Water supply against EPANET", ABOUT, tuple(measures), _plot(forecast))


def largest_difference(network: Network, settings: SupplySettings, work: Path) -> float:
    """Largest difference of heads to EPANET alone over a day, m."""
    wanted_m = settings.required_pressure_m if settings.demand_model == "pressure_driven" else None
    plain = heads(network, work, required_pressure_m=wanted_m, hours=DAY_H)
    worst = 0.0
    with SupplyEngine(network, work / "ours", settings) as engine:
        for moment in sorted(plain):
            engine.advance_to(moment)
            worst = max(worst, float(np.abs(engine.head_m - plain[moment]).max()))
    return worst


def forecast_burst(path: Path, work: Path, forecast_s: int) -> Forecast:
    """Burst a main in the first hour and look two days ahead."""
    begun = time.process_time()
    with SupplyEngine(_read(path), work / "burst", cuts={BURST_PIPE: 0.5}) as engine:
        engine.advance_to(1800)
        engine.apply(SetOpening(1800, BURST_PIPE, 0.5, BURST_AREA_M2))
        pressure_m = engine.opening_pressure_m(BURST_PIPE)
        expected = 0.75 * BURST_AREA_M2 * np.sqrt(2.0 * 9.80665 * pressure_m)
        error = abs(engine.escape_m3_s[BURST_PIPE] / expected - 1.0)
        hours, flows = [], []
        for span_s in engine.spans_to(forecast_s):
            hours.append((engine.time_s + 0.5 * span_s) / 3600.0)
            flows.append(3600.0 * engine.escape_m3_s[BURST_PIPE])
    took_s = time.process_time() - begun
    return Forecast(np.array(hours), np.array(flows), float(error), took_s)


def choose_everywhere(path: Path) -> tuple[float, int]:
    """Return the longest time to choose valves for any tenth pipe, s, segments included, and their number."""
    network = _read(path)
    ones = np.ones(len(network.nodes))
    begun = time.process_time()
    planner_segments = Segments(network, isolation_valves(network), ones, ones)
    planner = IsolationPlanner(planner_segments)
    setup_s = time.process_time() - begun
    longest_s = 0.0
    for pipe in network.links.loc[network.links["kind"] == "pipe", "id"].tolist()[::10]:
        begun = time.process_time()
        planner.choose(Leak(str(pipe), 0.1, REPAIR_S))
        longest_s = max(longest_s, time.process_time() - begun)
    return setup_s + longest_s, len(planner_segments.valves)


def _read(path: Path) -> Network:
    return read_supply(path.read_text(encoding="utf-8", errors="replace"), source=path.name)


def _plot(forecast: Forecast) -> Any:
    def draw(figure: Any) -> None:
        axes = figure.subplots()
        axes.step(forecast.hours, forecast.flow_m3_h, where="mid", linewidth=1)
        axes.set_xlabel("time, h")
        axes.set_ylabel(f"flow through the hole in {BURST_PIPE} of ky10, m³/h")
        axes.set_ylim(bottom=0.0)

    return draw
