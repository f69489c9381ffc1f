"""Runs one peer model on one case, in the peer's own environment: ``drive.py PEER CASE.npz ANSWER.json``.

Nothing of citytwin can be imported here. Each ``run_PEER.py`` beside this file has a function
``run(case)`` that takes a `Case` and returns a `Flow`; only its loop over time is timed.
"""

import importlib
import importlib.metadata
import json
import resource
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np


def load_case(path):
    """Return the case that the benchmark wrote, its numbers as plain floats.

    bed, water_depth (rows, cols) in m; rain_starts_s, rain_m_s: rate from each start on; cell_m,
    manning_n, courant, dry_m, max_step_s, end_s; limit_s: wall time after which to stop; threads;
    theta and record_interval_s of `benchmarks.peers.runner.PeerRules`.
    """
    with np.load(path) as held:
        arrays = {name: held[name] for name in held.files}
    return SimpleNamespace(**{name: array if array.ndim else float(array) for name, array in arrays.items()})


def answer(peer, case, target):
    """Run and return what the benchmark wants to know; write the maximum depth beside ``target`` if asked."""
    flow = importlib.import_module(f"run_{peer}").run(case)
    depth = np.asarray(flow.water_depth, dtype=np.float64)
    if case.record_interval_s > 0.0:
        np.save(target.with_suffix(".npy"), np.asarray(flow.max_depth, dtype=np.float64))
    fallen_m = np.interp(flow.time_s, *rain_curve(case))
    put_in_m = case.water_depth.astype(np.float64).sum() + fallen_m * depth.size
    return {
        "version": importlib.metadata.version(peer),
        "steps": int(flow.steps),
        "wall_s": flow.wall_s,
        "time_s": float(flow.time_s),
        "mcs_per_s": case.bed.size * flow.steps / flow.wall_s / 1e6,
        "deepest_m": float(depth.max()),
        "volume_error": float(depth.sum() / put_in_m - 1.0) if put_in_m > 0 else None,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def rain_curve(case):
    """Return times and the depth of rain fallen until then, m."""
    times = np.append(case.rain_starts_s, max(case.end_s, case.rain_starts_s[-1]) + 1.0)
    return times, np.concatenate([[0.0], np.cumsum(np.diff(times) * case.rain_m_s)])


if __name__ == "__main__":
    name, source, target = sys.argv[1:]
    written = Path(target)
    written.write_text(json.dumps(answer(name, load_case(source), written)), encoding="utf-8")
