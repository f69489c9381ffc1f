"""The sewer of Sant Boi in dry weather and rain, with sensors in it: what detection is tried on."""

from __future__ import annotations

import csv
import gzip
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from benchmarks.surface_cases import data_folder
from cim_models.city import Network
from cim_models.networks import read_sewer
from twin.detection.blockages.forcing import Forcing, rain_forcing
from twin.detection.place import PipeMap
from twin.rain import RainSeries
from twin.sewer.swmm_input import SwmmInput

DATA_SETS = ("santboi", "bellinge", "astlingen")
ORIGIN = datetime(2000, 1, 13)
_FIRST_DAY = 12
_STEP_S, _PER_DAY = 300.0, 288
_MM_H_PER_5_MIN = 12.0


def sewer() -> Network:
    """Return the sewer with the dry weather flow of its database, over the day as in Bellinge.

    The model file of Sant Boi has no dry weather flow of its own, and no part of it a daily pattern.
    """
    folder = data_folder()
    model = SwmmInput.parse((folder / "santboi/sewer/swmm_1e.inp").read_text("utf-8", errors="replace"))
    other = (folder / "bellinge/BellingeSWMM_v021_selfcontained.inp").read_text("utf-8", errors="replace")
    hours = [
        word for row in SwmmInput.parse(other).rows("PATTERNS") if row[0] == "kurve1" for word in row[1:]
    ]
    junctions = {row[0] for row in model.rows("JUNCTIONS")}
    with (folder / "santboi/sewer/inp_dwf.csv").open(encoding="utf-8", newline="") as file:
        flows = [row for row in csv.reader(file) if row[0] in junctions]
    lines = [*model.lines, "[DWF]", *(f'{row[0]} FLOW {row[1]} "day"' for row in flows)]
    lines += ["[PATTERNS]", " ".join(["day", *hours])]
    return read_sewer(SwmmInput(tuple(lines)).text, source="swmm_1e.inp")


def forcing(network: Network, days: int) -> Forcing:
    """Return the sewer under some days of the synthetic rain of Astlingen, gauge 1, from 13 January on."""
    path = data_folder() / "astlingen/RG1_synthetic_year2000.txt.gz"
    with gzip.open(path, "rt", encoding="ascii") as file:
        depths_mm = np.array([float(line.split()[2]) for line in file], dtype=np.float64)
    first = _FIRST_DAY * _PER_DAY
    rates = depths_mm[first : first + days * _PER_DAY, None] * _MM_H_PER_5_MIN
    edges_s: NDArray[np.float64] = np.linspace(0.0, len(rates) * _STEP_S, len(rates) + 1)
    return rain_forcing(network.inp, RainSeries(edges_s, rates), ORIGIN)


def place_sensors(
    network: Network, flows_m3_h: NDArray[np.float64], levels: int, meters: int
) -> tuple[str, ...]:
    """Return names of level sensors and flow meters along the conduits with most flow.

    The levels are read at the upper ends of conduits at least 120 m from each other along the pipes, the
    flows in conduits at least 400 m from each other; a node that is sealed, as those of the rising main, has
    none.

    Parameters
    ----------
    network
        The sewer.
    flows_m3_h
        Mean flow of each conduit, in the order of the table, m3/h.
    levels, meters
        How many of each.
    """
    links = network.links
    ids = links["id"].astype(str).tolist()
    conduits = links.loc[links["kind"] == "conduit", "id"].astype(str).tolist()
    order = [conduits[row] for row in np.argsort(-flows_m3_h, kind="stable")]
    upper = dict(zip(ids, links["from_node"].astype(str), strict=True))
    sealed = {row[0] for row in SwmmInput.parse(network.inp).rows("JUNCTIONS") if float(row[4]) > 0.0}
    map_of_pipes = PipeMap(network, ids)

    def pick(count: int, apart_m: float) -> list[str]:
        chosen: list[str] = []
        for conduit in order:
            away_m = map_of_pipes.distances(ids.index(conduit))
            if upper[conduit] not in sealed and all(away_m[ids.index(one)] >= apart_m for one in chosen):
                chosen.append(conduit)
            if len(chosen) == count:
                break
        return chosen

    manholes = dict.fromkeys(upper[conduit] for conduit in pick(levels, 120.0))
    return (*(f"level_{name}" for name in manholes), *(f"q_{name}" for name in pick(meters, 400.0)))
