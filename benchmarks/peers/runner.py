"""Hands a case to the peers, each in its own process and environment."""

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.environments import Peer, clean_environment, last_line, python_of
from benchmarks.surface_cases import CELL_M, COURANT, MANNING_N, SurfaceCase
from cim_models.errors import RunError

DRIVER = Path(__file__).with_name("drive.py")
SETUP_LIMIT_S = 600.0
"""What a peer may take before and after its loop over time."""


def write_case(case: SurfaceCase, path: Path, threads: int, limit_s: float) -> None:
    """Write what `benchmarks.peers.drive` reads."""
    starts_s, rain_m_s = np.zeros(1), np.zeros(1)
    if case.rain is not None:
        starts_s = case.rain.edges_s
        rain_m_s = np.array([float(case.rain.rate_m_s(start)[0]) for start in starts_s])
    water_depth = np.zeros_like(case.bed) if case.water_depth is None else case.water_depth
    np.savez(
        path,
        bed=case.bed,
        water_depth=water_depth,
        rain_starts_s=starts_s,
        rain_m_s=rain_m_s,
        cell_m=CELL_M,
        manning_n=MANNING_N,
        courant=COURANT,
        dry_m=1.0e-3,
        max_step_s=10.0,
        end_s=case.end_s,
        limit_s=limit_s,
        threads=threads,
    )


def run_peer(peer: Peer, case_file: Path, threads: int, limit_s: float) -> dict[str, Any]:
    """Run a peer once on a written case and return its figures.

    Raises
    ------
    RunError
        If it cannot be installed, fails or does not stop.
    """
    python, count = python_of(peer), str(threads)
    folder = case_file.parent
    target = folder / f"{peer.name}.json"
    target.unlink(missing_ok=True)
    command = [str(python), str(DRIVER), peer.name, str(case_file), str(target)]
    # threads that wait for work must not keep a core busy: nobody is measured fairly on a machine shared so
    variables = clean_environment(
        OMP_NUM_THREADS=count, NUMBA_NUM_THREADS=count, OMP_WAIT_POLICY="PASSIVE", OPENBLAS_NUM_THREADS="1"
    )
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            env=variables,
            cwd=folder,
            timeout=limit_s + SETUP_LIMIT_S,
        )
    except subprocess.TimeoutExpired as exc:
        raise RunError(f"Running {peer.title}", got=f"no end after {limit_s + SETUP_LIMIT_S:.0f} s") from exc
    if done.returncode != 0 or not target.is_file():
        raise RunError(f"Running {peer.title}", got=last_line(done.stderr))
    figures: dict[str, Any] = json.loads(target.read_text("utf-8"))
    return figures
