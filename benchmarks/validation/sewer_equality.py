"""The sewer without a street above it, against SWMM driven straight through its own toolkit."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.surface_cases import data_folder
from benchmarks.validation.outcome import Measure, Outcome
from cim_models.networks import read_sewer
from twin.sewer import SewerEngine, SewerSettings
from twin.sewer.swmm_input import SwmmInput

DATA_SETS = ("santboi", "bellinge")
STEP_S = 4.0
QUICK: dict[str, Any] = {"duration_s": 900.0}

ABOUT = """Two real sewers with their own rain, dry weather flow, pumps and control rules, run by the engine
without any exchange with a street, and by SWMM 5.2 through its toolkit alone with the same fixed routing
step of 4 s on one thread: Sant Boi de Llobregat through its design storm, Bellinge from 04:34, where the
rain of 30 June 2012 sets in. Depths at all nodes are compared after every step. Where a junction
surcharges, depth is its head above the invert, as SWMM has it: at node 2382 of Sant Boi, where pumps push
into a rising main of 606 m and the file allows any surcharge, it is 48 m, and 60 m in the one step in which
the main has filled. The engine adds to the file what a sewer that fails needs: a rule of the highest
priority for every pump, which acts only while it is out of order. Models: Giswater sample (GPL-3.0, read in
place); Pedersen et al. (2021), ESSD 13, 4779."""


@dataclass(frozen=True, slots=True)
class Sewer:
    """A sewer of the shared data: name, data set, file, and time of day at which its rain sets in."""

    name: str
    data_set: str
    file: str
    begin: str


SEWERS = (
    Sewer("Sant Boi", "santboi", "sewer/swmm_1e.inp", "00:00:00"),
    Sewer("Bellinge", "bellinge", "BellingeSWMM_v021_selfcontained.inp", "04:34:00"),
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Nodes and steps compared, largest difference of depths and largest depth, m."""

    nodes: int
    steps: int
    worst_m: float
    deepest_m: float


def validate(sewers: Sequence[Sewer] = SEWERS, duration_s: float = 7200.0) -> Outcome:
    """Compare the sewers, one after the other."""
    measures = []
    for sewer in sewers:
        found = compare(sewer, duration_s)
        title = f"{sewer.name}, {found.nodes} nodes, {found.steps} steps"
        measures += [
            Measure(f"{title}: largest difference of depths", found.worst_m, "m", at_most=1e-4),
            Measure(f"{title}: largest depth, or head where surcharged", found.deepest_m, "m", at_least=0.2),
        ]
    return Outcome("Sewer against SWMM", ABOUT, tuple(measures))


def compare(sewer: Sewer, duration_s: float) -> Comparison:
    """Run a sewer both ways; SWMM takes one simulation at a time."""
    text = (data_folder() / sewer.data_set / sewer.file).read_text(encoding="utf-8", errors="replace")
    text = (
        SwmmInput.parse(text).with_options({"START_TIME": sewer.begin, "REPORT_START_TIME": sewer.begin}).text
    )
    steps = round(duration_s / STEP_S)
    network = read_sewer(text)
    names = [str(name) for name in network.nodes["id"]]
    worst_m = 0.0
    with tempfile.TemporaryDirectory() as work:
        plain = plain_depths(text, names, steps, Path(work))
        settings = SewerSettings(rain=True, riser_area_m2=None, surcharge_method=None)
        with SewerEngine(network, Path(work) / "engine", STEP_S, settings) as engine:
            for step in range(steps):
                engine.advance_to((step + 1) * STEP_S)
                worst_m = max(worst_m, float(np.abs(engine.depths - plain[step]).max()))
    return Comparison(len(names), steps, worst_m, float(plain.max()))


def plain_depths(text: str, names: Sequence[str], steps: int, work: Path) -> NDArray[np.float64]:
    """Depths by SWMM's own toolkit after each step, shape (steps, nodes), m."""
    from swmm.toolkit import solver
    from swmm.toolkit.shared_enum import NodeResult, ObjectType

    fixed = {"ROUTING_STEP": f"{STEP_S:g}", "VARIABLE_STEP": "0", "THREADS": "1"}
    path = work / "plain.inp"
    path.write_text(SwmmInput.parse(text).with_options(fixed).text, encoding="utf-8")
    depths = np.empty((steps, len(names)))
    solver.swmm_open(str(path), str(work / "plain.rpt"), str(work / "plain.out"))
    try:
        solver.swmm_start(False)
        nodes = [solver.project_get_index(ObjectType.NODE, name) for name in names]
        for step in range(steps):
            solver.swmm_step()
            depths[step] = [solver.node_get_result(node, NodeResult.DEPTH) for node in nodes]
    finally:
        solver.swmm_close()
    return depths
