"""A real but tiny run folder for tests, written through the product's own writer."""

from pathlib import Path

import numpy as np

from scenarios.runfolder import RunWriter

SHAPE = (6, 8)
ROADS = 3


def tiny_meta(reference: str = "builtin:district") -> dict[str, object]:
    """What a run knows before it starts."""
    return {
        "scenario": {"name": "tiny"},
        "city": {"name": "tiny", "reference": reference},
        "seed": 7,
        "start": "2026-06-18T17:00:00+08:00",
        "duration_s": 180.0,
        "versions": {},
        "inputs": [],
    }


def open_tiny_run(path: Path, reference: str = "builtin:district") -> RunWriter:
    """Start a run folder and leave it open."""
    return RunWriter(path, tiny_meta(reference), SHAPE, ROADS)


def write_tiny_run(path: Path, reference: str = "builtin:district") -> Path:
    """Write a run folder of three frames with a short chain of events, and finish it.

    Parameters
    ----------
    path
        Folder to write.
    reference
        City reference to record.

    Returns
    -------
    ``path``.
    """
    rng = np.random.default_rng(1)
    with open_tiny_run(path, reference) as run:
        started = run.events.append(0, "run.started", "run", data={"scenario": "tiny", "seed": 7})
        rain = run.events.append(0, "rain.started", "run", cause=started, data={"intensity_mm_h": 60.0})
        run.events.append(
            60, "road.flooded", "R-1", cause=rain, data={"depth_m": np.float64(0.2), "threshold_m": 0.15}
        )
        for index in range(3):
            depth = rng.random(SHAPE).astype(np.float32)
            run.frame(60.0 * index, depth, np.array([0.0, 0.1, 0.2]) * index)
            run.readings.add(60.0 * index, "city", "rain_intensity", 60.0, "mm/h")
            run.readings.add(60.0 * index, "S-1", "water_depth", 0.1 * index, "m")
            run.progress(60.0 * index)
        run.rasters({"max_depth": np.full(SHAPE, 0.5), "time_of_max_s": np.full(SHAPE, 60.0)})
        run.events.append(180, "run.ended", "run", cause=started, data={"status": "finished"})
        run.finish(180.0, {"name": "tiny"})
    return path
