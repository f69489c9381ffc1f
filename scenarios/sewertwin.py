"""What a run's sewer sensors read, and what its sewer would do under the same rain if nothing failed."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cim_models.city import City, Network
from cim_models.errors import InputError
from scenarios.branching.stored import stored_setup
from scenarios.runfolder import RunFolder
from twin.detection.blockages.forcing import Forcing
from twin.detection.blockages.settings import BlockageSettings
from twin.detection.readings import Readings
from twin.water import WaterSystem

STEP_S, BLOCK_S = 60, 300
_LEAST_S = 4 * BLOCK_S


@dataclass(frozen=True, slots=True, eq=False)
class SewerTwin:
    """A run's sewer beside its readings.

    Parameters
    ----------
    network
        The sewer.
    readings
        What the level sensors in it read.
    forcing
        What the street would have given it.
    settings
        Steps of minutes, since a run is hours long; nothing is calibrated, its readings are exact to 1 cm.
    """

    network: Network
    readings: Readings
    forcing: Forcing
    settings: BlockageSettings


def sewer_twin(run: RunFolder, most_candidates: int) -> SewerTwin:
    """Run the water of a run's scenario again without failures, measures and crews, up to its last reading.

    Raises
    ------
    InputError
        If the run has no sewer, no level sensors in it, or is too short; or its city is no longer as it was.
    """
    setup = stored_setup(run, None)
    city = setup.city
    if city.sewer is None:
        raise InputError(f"City '{city.name}' of run '{run.path}'", got="no sewer", expected="a sewer")
    start = setup.scenario.start.replace(tzinfo=None)
    readings = sewer_readings(run, city, np.datetime64(start, "s"))
    seconds = (readings.times[-1] - readings.times[0]) / np.timedelta64(1, "s")
    length_s = int(seconds + STEP_S) // BLOCK_S * BLOCK_S
    if length_s < _LEAST_S:
        raise InputError(f"Run '{run.path}'", got=f"{length_s} s of readings", expected=f">= {_LEAST_S} s")
    water = replace(setup.water, sewer_failures=(), blockages=())
    with (
        tempfile.TemporaryDirectory() as work,
        WaterSystem(city, setup.rain, water, Path(work), setup.scenario.seed) as system,
    ):
        given = [system.given_to_sewer_m3.copy()]
        for step in range(length_s // STEP_S):
            system.advance_to(float((step + 1) * STEP_S))
            given.append(system.given_to_sewer_m3.copy())
    origin = water.sewer.start or start
    forcing = Forcing(city.sewer.inp, origin.replace(tzinfo=None), water.sewer, np.diff(given, axis=0))
    settings = BlockageSettings(
        step_s=STEP_S, block_s=BLOCK_S, routing_step_s=water.routing_step_s, warmup_s=0, calibration_days=0,
        probe_s=length_s, most_candidates=most_candidates,
    )  # fmt: skip
    kept = readings.times < readings.times[0] + np.timedelta64(length_s, "s")
    readings = Readings(readings.times[kept], readings.columns, readings.values[kept])
    return SewerTwin(city.sewer, readings, forcing, settings)


def sewer_readings(run: RunFolder, city: City, start: np.datetime64) -> Readings:
    """Return what the level sensors in a run's sewer read, as columns ``level_NODE``.

    A reading of a moment stands for the minute that ends with it, so the first of the run is left out.

    Raises
    ------
    InputError
        If there is none.
    """
    sensors = city.layer("sensors")
    nodes = {} if sensors is None else dict(zip(sensors["id"].astype(str), sensors["target"], strict=True))
    levels = (
        [] if sensors is None else sensors.loc[sensors["kind"] == "sewer_level", "id"].astype(str).tolist()
    )
    table = run.readings(quantity="water_level")
    table = table[table["subject"].isin(levels) & (table["t_s"] >= STEP_S)]
    if table.empty:
        raise InputError(
            f"Run '{run.path}'", got="no reading of a level sensor in its sewer", expected="one at least",
            remedy="Give the city sensors of kind sewer_level whose target is a sewer node",
        )  # fmt: skip
    wide = table.pivot_table(index="t_s", columns="subject", values="value")
    columns = tuple(f"level_{nodes[str(name)]}" for name in wide.columns)
    begin_s = np.rint(wide.index.to_numpy(dtype=float)).astype(np.int64) - STEP_S
    times = start + begin_s * np.timedelta64(1, "s")
    return Readings(times, columns, wide.to_numpy(dtype=float))
